"""`select`: pick items of a backup by a selection, as `plan --select` does too."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from lookervault_plan.backup.reader import Backup
from lookervault_plan.content.folder_paths import FOLDER
from lookervault_plan.content.node import Address, Ref, SourceRef
from lookervault_plan.content.table.kinds import ITEM_KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Action, Skip, decode
from lookervault_plan.selectors.catalogue import Catalogue, Item
from lookervault_plan.selectors.choose import Choice
from lookervault_plan.selectors.evaluate import Picked, evaluate
from lookervault_plan.selectors.parse_text import parse
from lookervault_plan.state.rows import ACTION
from lookervault_plan.state.store import State
from lookervault_plan.workflows.backup_items import BackupItems
from lookervault_plan.workflows.gone_items import naming_gone_items
from lookervault_plan.workflows.selectable_items import CatalogueBuilder

#: Words that a selection method such as `state:` has for each item.
WordsByItem = Mapping[SourceRef, Sequence[str]]

#: Outcome of an action in the journal -> word of `result:`.
_RESULTS: Mapping[str | None, str] = {"done": "applied", "skipped": "applied", "failed": "failed"}
#: Action of an item -> word of `state:`.
_STATES: Mapping[str, str] = {"create": "new", "update": "modified", "delete": "modified"}
#: Reason of a skip -> word of `state:`. Other reasons mean `unrestorable`.
_LEFT: Mapping[str | None, str] = {
    "unchanged": "unmodified",
    "modified-in-destination": "modified",
}


class SelectedItem(msgspec.Struct, frozen=True, kw_only=True):
    """A picked item, and the criterion that picked it."""

    address: Address
    type: str
    name: str
    #: Names of its folders, from the root down.
    path: tuple[str, ...]
    by: str


class Selected(msgspec.Struct, frozen=True, kw_only=True):
    """The picked items, and the number of items in the backup."""

    lines: tuple[SelectedItem, ...]
    of: int
    diagnostics: tuple[Diagnostic, ...]


def select(
    backup: Backup,
    choice: Choice,
    *,
    results: Callable[[], WordsByItem | None] = lambda: None,
    states: Callable[[], WordsByItem | None] = lambda: None,
) -> Selected:
    """Pick items of a backup. `results` and `states` are called only if a criterion needs them.

    Raises:
        PlanError: a criterion picks nothing, or needs words that are not known here.

    """
    seen = CatalogueBuilder()
    desired = BackupItems(backup, on_item=seen.add)
    catalogue = seen.catalogue(desired.identities)
    with naming_gone_items(backup):
        picked = pick(catalogue, choice, {"result": results, "state": states})
    rank = {kind: index for index, kind in enumerate(ITEM_KINDS)}
    lines = [_line(catalogue.items[ref], by) for ref, by in picked.by.items()]
    return Selected(
        lines=tuple(sorted(lines, key=lambda line: (rank[line.type], line.path, line.name))),
        of=len(catalogue.items),
        diagnostics=(*backup.warnings, *picked.diagnostics),
    )


def pick(
    catalogue: Catalogue, choice: Choice, words: Mapping[str, Callable[[], WordsByItem | None]]
) -> Picked:
    """Evaluate a choice. Without a selection it picks everything.

    `words` returns the words of a method by item. Only methods that the choice uses are called.
    """
    if choice.selection is None:
        return Picked(by=dict.fromkeys(catalogue.items, "everything"))
    used = choice.methods
    asked = {name: found for name, ask in words.items() if name in used and (found := ask())}
    return evaluate(
        choice.selection,
        msgspec.structs.replace(catalogue, labels=asked),
        selectors=choice.selectors,
        allow_empty=choice.allow_empty,
    )


def picked_by(criterion: str, catalogue: Catalogue | None) -> Iterable[SourceRef]:
    """List the items that a key of [ignore] picks; it may pick nothing."""
    if catalogue is None:
        return ()
    return evaluate(parse(criterion), catalogue, allow_empty=True).by


def state_words(actions: Iterable[Action]) -> WordsByItem:
    """Return the word of `state:` for each item, by the actions of a plan over everything."""
    return {
        Ref.parse(action.address): (
            _LEFT.get(action.reason, "unrestorable")
            if isinstance(action, Skip)
            else _STATES.get(action.verb, "unrestorable"),
        )
        for action in actions
    }


def result_words(state: State, source: str, destination: str | None = None) -> WordsByItem | None:
    """Return the words of `result:` for each item, by the latest session.

    Only sessions from this source count, and to this destination if one is given. Return None
    without such a session.
    """
    session = next(
        (
            each
            for each in state.sessions()
            if each.source == source and destination in {None, each.destination_instance}
        ),
        None,
    )
    if session is None:
        return None
    ended = {
        step.step: _RESULTS.get(step.outcome)
        for step in state.steps(session.id)
        if step.kind == ACTION
    }
    buried = {letter.address for letter in state.dead_letters(session.id)}
    plan = decode(state.session_plan(session.id), name=f"the plan of session {session.id}")
    fixed = {"skip": "skipped", "blocked": "failed"}
    return {
        Ref.parse(action.address): tuple(
            word
            for word in (
                fixed.get(action.verb) or ended.get(action.address),
                "dlq" if action.address in buried else None,
            )
            if word
        )
        for action in plan.actions
    }


def _line(item: Item, by: str) -> SelectedItem:
    return SelectedItem(
        address=item.ref.address,
        type=item.ref.kind,
        name=item.name,
        path=item.folder[:-1] if item.ref.kind == FOLDER else item.folder,
        by=by,
    )
