"""What every format shows of a plan, in reading order.

Each format is written from a `PlanView`, so that all of them show the same facts.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from lookervault_plan.content.table.built_in import NOUNS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import (
    BUILT_IN,
    LINK,
    NOT_THERE,
    Action,
    Counts,
    Guard,
    Plan,
    PlanReference,
    Remap,
    Skip,
    Update,
    is_incomplete,
    references_of,
)
from lookervault_plan.planning.report.risk import Risk, risk_of
from lookervault_plan.render.action_styles import ACTIONS
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.lines import Line
from lookervault_plan.render.plan.blocked_tree import blocked_tree
from lookervault_plan.render.safe_text import quoted, visible
from lookervault_plan.render.shorten import clip
from lookervault_plan.render.summary_lines import counts_line, headline, is_held_back, parts_line
from lookervault_plan.render.type_order import type_order

#: A plan of at most this many items, skips aside, is shown unfolded.
SHORT_PLAN = 10
#: Shown if Looker does not tell its version.
UNKNOWN_VERSION = "of unknown version"
#: Skip reasons that need no note.
_UNREMARKABLE_SKIPS = frozenset((None, "", "unchanged"))
#: Further addresses named beside a note that is on many items.
_NOTED_ADDRESSES = 5
#: Held-back items named in a note, and the terminal cells for each name.
_HELD_BACK_NAMED, _NAME_ROOM = 5, 60


class RiskGroup(msgspec.Struct, frozen=True):
    """The shown items of one risk, by folder and name."""

    title: str
    #: Name for anchors and filters.
    name: str
    actions: tuple[Action, ...]
    #: True: reviewers must not miss it, so that it is the last to be cut.
    is_dangerous: bool

    @property
    def phrase(self) -> str:
        """Count the actions: `3 to add, 1 to change`."""
        counts = Counter(action.verb for action in self.actions)
        return ", ".join(
            f"{counts[verb]:,} {style.phrase}" for verb, style in ACTIONS.items() if counts[verb]
        )


#: Risk -> the heading of its items. Blocked items have a tree of their own.
_RISKS: Mapping[Risk, str] = {
    Risk.DELETES: "Deletes",
    Risk.ACCESS: "Access",
    Risk.UPDATES: "Updates",
    Risk.CREATES: "Creates",
    Risk.NONE: "Left as is",
}
_DANGEROUS = frozenset((Risk.DELETES, Risk.ACCESS))


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """A plan put in order for reading. Its texts from an instance are not escaped yet."""

    #: For facts that need no preparation: source, destination, options, summary.
    plan: Plan
    headline: str
    counts_line: str
    #: Counts of parts: `Parts: 3 to add, 11 to delete.`; "" for none.
    parts_line: str
    #: The selection as the user wrote it. Empty if everything is selected.
    selected: tuple[str, ...]
    #: Items by risk, without blocked items; unchanged items only on request.
    groups: tuple[RiskGroup, ...]
    #: Blocked items below the item that blocks them.
    blocked: tuple[Line, ...]
    #: Live twins that the state does not know yet, of items that are not updated.
    imports: tuple[Remap, ...]
    #: Addresses of all items whose twins the state does not know yet.
    imported: frozenset[str]
    #: Missing targets that texts of several items link to. A note names the items.
    folded_links: frozenset[str]
    #: Guards that refuse the plan first.
    guards: tuple[Guard, ...]
    #: Errors and warnings, those of one code together; errors first.
    diagnostics: tuple[tuple[Diagnostic, ...], ...]
    #: Notes, those of one code together; equal ones are one line.
    notes: tuple[tuple[Line, ...], ...]
    #: For each type its cells of the table of counts, one for each of COUNT_COLUMNS.
    type_rows: tuple[tuple[str, tuple[str, ...]], ...]
    #: Why items are left alone that are not simply unchanged: `3 modified-in-destination`.
    skip_notes: tuple[str, ...]

    @property
    def refusing(self) -> int:
        """Count the guards because of which apply refuses the plan."""
        return sum(not guard.allowed for guard in self.guards)


def view_of(plan: Plan, *, with_skips: bool = False) -> PlanView:
    """Put a plan in order for reading. `with_skips` groups unchanged items too."""
    imports = tuple(remap for remap in plan.remaps if remap.new)
    updated = {action.address for action in plan.actions if isinstance(action, Update)}
    links = _folded_links(plan)
    return PlanView(
        plan=plan,
        headline=headline(plan),
        counts_line=counts_line(plan),
        parts_line=parts_line(plan),
        selected=tuple(_selected(plan)),
        groups=tuple(_groups(plan, with_skips=with_skips)),
        blocked=tuple(blocked_tree(plan)),
        imports=tuple(each for each in imports if _address(each) not in updated),
        imported=frozenset(map(_address, imports)),
        folded_links=frozenset(links),
        guards=tuple(sorted(plan.guards, key=lambda guard: guard.allowed)),
        diagnostics=tuple(_by_code([each for each in plan.diagnostics if each.severity != "note"])),
        notes=(
            *(tuple(_note_lines(alike)) for alike in _by_code(plan.notes)),
            *([tuple(_link_notes(links))] if links else []),
        ),
        type_rows=tuple(_type_rows(plan)),
        skip_notes=tuple(_skip_notes(plan)),
    )


def _selected(plan: Plan) -> Iterator[str]:
    yield from plan.selection.select
    yield from (f"not {one}" for one in plan.selection.exclude)
    if plan.selection.selector:
        yield f"selector {plan.selection.selector}"


def _address(remap: Remap) -> str:
    return f"{remap.type}:{remap.source_id}"


def _groups(plan: Plan, *, with_skips: bool) -> Iterator[RiskGroup]:
    by_risk: dict[Risk, list[Action]] = defaultdict(list)
    for action in plan.actions:
        is_quiet = isinstance(action, Skip) and not is_incomplete(action)
        if with_skips or not is_quiet:
            by_risk[risk_of(action)].append(action)
    for risk, title in _RISKS.items():
        if found := by_risk[risk]:
            actions = tuple(sorted(found, key=_reading_order))
            yield RiskGroup(title, risk.value, actions, is_dangerous=risk in _DANGEROUS)


def _reading_order(action: Action) -> tuple[object, ...]:
    """Sort items by folder, then by type and name."""
    path = [name.casefold() for name in action.path]
    return path, type_order(action.type), action.name.casefold(), action.address


def _folded_links(plan: Plan) -> Mapping[str, tuple[PlanReference, Sequence[Action]]]:
    """Find the missing targets that texts of several items link to."""
    found: dict[str, tuple[PlanReference, list[Action]]] = {}
    for action in plan.actions:
        seen = {each.from_: each for each in references_of(action) if _is_broken_link(each)}
        for target, reference in seen.items():
            found.setdefault(target, (reference, []))[1].append(action)
    return {target: each for target, each in found.items() if len(each[1]) > 1}


def _is_broken_link(reference: PlanReference) -> bool:
    return reference.path == LINK and reference.to is None


def _link_notes(
    links: Mapping[str, tuple[PlanReference, Sequence[Action]]],
) -> Iterator[Line]:
    """Write a note for each target: `14 items link to look:9, which does not exist`."""
    for target, (reference, actions) in links.items():
        name = f" {quoted(reference.name)}" if reference.name else ""
        yield Line.of(
            " ",
            ("plain", f"{len(actions):,} items link to "),
            ("address", visible(target)),
            ("plain", f"{name}, which does not exist in the destination; the links are left as is"),
            children=tuple(
                Line.of(" ", ("plain", f"{visible(one.address)} {clip(quoted(one.name), 160)}"))
                for one in actions
            ),
        )


#: Columns of the table of counts: title and value.
COUNT_COLUMNS: tuple[tuple[str, Callable[[Counts], int]], ...] = (
    ("Import", lambda counts: counts.remap),
    ("Add", lambda counts: counts.create),
    ("Change", lambda counts: counts.update),
    ("Destroy", lambda counts: counts.delete),
    ("Blocked", lambda counts: counts.blocked),
    ("Unchanged", lambda counts: counts.skip),
    ("Calls", lambda counts: counts.calls),
)


def _type_rows(plan: Plan) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Write the plan's counts of each type, with a dash for zero. Unchanged types are left out."""
    for name, counts in sorted(plan.summary.by_type.items(), key=lambda row: type_order(row[0])):
        numbers = [count(counts) for _, count in COUNT_COLUMNS]
        if not any(numbers) or counts == Counts(skip=counts.skip):
            continue
        yield name, tuple(f"{number:,}" if number else "-" for number in numbers)


def _skip_notes(plan: Plan) -> Iterator[str]:
    by_reason: dict[str, list[Skip]] = defaultdict(list)
    for action in plan.actions:
        if isinstance(action, Skip) and action.reason not in _UNREMARKABLE_SKIPS:
            by_reason[_without_kind(action.reason)].append(action)
    for reason, skipped in sorted(by_reason.items(), key=lambda row: -len(row[1])):
        names = _held_back_names(skipped) or _kinds(skipped)
        yield f"{len(skipped):,} {visible(reason)}{names}"


def _kind(reason: str) -> str | None:
    """Find why an item is built in, in the reason to skip it. None: it is not, or not why."""
    why = reason.removeprefix(f"{BUILT_IN}, ").removesuffix(f", {NOT_THERE}")
    return why if why in NOUNS else None


def _without_kind(reason: str) -> str:
    kind = _kind(reason)
    return reason.replace(f", {kind}", "") if kind else reason


def _kinds(skipped: Sequence[Skip]) -> str:
    """Count built-in items by their kind: ` (4 personal folders, 3 root folders)`."""
    kinds = Counter(NOUNS[kind] for one in skipped if (kind := _kind(one.reason)))
    counts = ", ".join(counted(number, noun) for noun, number in kinds.most_common())
    return f" ({counts})" if counts else ""


def _held_back_names(skipped: Sequence[Skip]) -> str:
    """Name the first items that differ: ` (look:8 "Kept", look:9 "Too" and 3 more)`."""
    held_back = [action for action in skipped if is_held_back(action)]
    names = [
        f"{visible(one.address)} {clip(quoted(one.name), _NAME_ROOM)}"
        for one in held_back[:_HELD_BACK_NAMED]
    ]
    more = len(held_back) - len(names)
    also = f" and {more:,} more" if more else ""
    return f" ({', '.join(names)}{also})" if names else ""


def _by_code(diagnostics: Sequence[Diagnostic]) -> Iterator[tuple[Diagnostic, ...]]:
    grouped: dict[tuple[bool, str], list[Diagnostic]] = defaultdict(list)
    for diagnostic in diagnostics:
        grouped[diagnostic.severity != "error", diagnostic.code].append(diagnostic)
    for key in sorted(grouped, key=lambda one: one[0]):
        yield tuple(grouped[key])


def _note_lines(notes: Sequence[Diagnostic]) -> Iterator[Line]:
    """Write a line for each different note, with its detail below."""
    by_text: dict[tuple[str, str], list[str]] = defaultdict(list)
    for note in notes:
        by_text[note.summary, note.detail].append(note.address or "")
    for (summary, detail), addresses in by_text.items():
        first, *others = addresses
        more = [*others[:_NOTED_ADDRESSES], *(["…"] if others[_NOTED_ADDRESSES:] else [])]
        yield Line.of(
            " ",
            ("address", visible(first)),
            ("plain", f"{': ' * bool(first)}{visible(summary)}"),
            ("dim", f" (and on {visible(', '.join(more))})" if any(more) else ""),
            children=tuple(Line.of(" ", ("plain", visible(line))) for line in detail.splitlines()),
        )


def needs_allow_hint(guard: Guard) -> bool:
    """Tell whether a refusing guard's own fix leaves the option to allow it unsaid."""
    return not guard.allowed and f"--allow {guard.name}" not in guard.fix
