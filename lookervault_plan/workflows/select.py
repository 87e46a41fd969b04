"""`select`, and how `plan` chooses: what a selection picks of a backup."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from lookervault_plan.backup.reader import Backup
from lookervault_plan.content.folder_paths import FOLDER
from lookervault_plan.content.node import Address, Ref
from lookervault_plan.content.table.kinds import ITEM_KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Action, Skip, decode
from lookervault_plan.selectors.catalogue import Catalogue, Item
from lookervault_plan.selectors.choose import Choice
from lookervault_plan.selectors.evaluate import Picked, evaluate
from lookervault_plan.state.rows import ACTION
from lookervault_plan.state.store import State
from lookervault_plan.workflows.backup_items import Desired
from lookervault_plan.workflows.selectable_items import Cataloguer

#: what a method calls an item: one word, or several
Words = Mapping[Ref, Sequence[str]]

#: outcome of an action in the journal -> word of `result`
_RESULTS: Mapping[str | None, str] = {"done": "applied", "skipped": "applied", "failed": "failed"}
#: what a plan says of an item -> word of `state`
_STATES: Mapping[str, str] = {"create": "new", "update": "modified", "delete": "modified"}
#: why a plan leaves an item alone -> word of `state`; it can't bring back the rest
_LEFT: Mapping[str | None, str] = {
    "unchanged": "unmodified",
    "modified-in-destination": "modified",
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An item that is picked, and the criterion that picked it."""

    address: Address
    type: str
    name: str
    #: names of the folders it lies in, from a root on
    path: tuple[str, ...]
    by: str


class Selected(msgspec.Struct, frozen=True, kw_only=True):
    """What is picked of how many."""

    lines: tuple[Line, ...]
    of: int
    diagnostics: tuple[Diagnostic, ...]


def select(
    backup: Backup,
    choice: Choice,
    *,
    results: Callable[[], Words | None] = lambda: None,
    states: Callable[[], Words | None] = lambda: None,
) -> Selected:
    """What a choice picks of a backup. The functions are asked only if a criterion needs them.

    Raises:
        PlanError: a criterion picks nothing, or can't be told here.

    """
    seen = Cataloguer()
    desired = Desired(backup, see=seen.see)
    catalogue = seen.catalogue(desired.identities)
    picked = pick(catalogue, choice, {"result": results, "state": states})
    rank = {kind: index for index, kind in enumerate(ITEM_KINDS)}
    lines = [_line(catalogue.items[ref], by) for ref, by in picked.by.items()]
    return Selected(
        lines=tuple(sorted(lines, key=lambda line: (rank[line.type], line.path, line.name))),
        of=len(catalogue.items),
        diagnostics=(*backup.warnings, *picked.diagnostics),
    )


def pick(
    catalogue: Catalogue, choice: Choice, words: Mapping[str, Callable[[], Words | None]]
) -> Picked:
    """Evaluate a choice; without a selection it is everything.

    `words` tells methods about items; what is not used is not asked for.
    """
    if choice.selection is None:
        return Picked(by=dict.fromkeys(catalogue.items, "everything"))
    used = choice.methods
    told = {name: found for name, ask in words.items() if name in used and (found := ask())}
    return evaluate(
        choice.selection,
        msgspec.structs.replace(catalogue, labels=told),
        selectors=choice.selectors,
        allow_empty=choice.allow_empty,
    )


def states_of(actions: Iterable[Action]) -> Words:
    """What a plan over everything says of each item, in the words of `state`."""
    return {
        Ref.parse(action.address): (
            _LEFT.get(action.reason, "unrestorable")
            if isinstance(action, Skip)
            else _STATES.get(action.verb, "unrestorable"),
        )
        for action in actions
    }


def results_of(state: State, source: str, destination: str | None = None) -> Words | None:
    """What came of each item in the last session, in the words of `result`.

    Only sessions from this source count, and to this destination if one is named. None: there
    was no such session.
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


def _line(item: Item, by: str) -> Line:
    return Line(
        address=item.ref.address,
        type=item.ref.kind,
        name=item.name,
        path=item.folder[:-1] if item.ref.kind == FOLDER else item.folder,
        by=by,
    )
