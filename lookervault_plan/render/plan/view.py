"""A plan put in order for reading: by type, the blocked under what blocks them, and counts."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from lookervault_plan.content.node import Address
from lookervault_plan.content.table.kinds import ITEM_KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import Action, Counts, Plan
from lookervault_plan.render.action_styles import ACTIONS
from lookervault_plan.render.lines import Line, Span
from lookervault_plan.render.plan.action_lines import heading_spans
from lookervault_plan.render.safe_text import clip, quoted, visible
from lookervault_plan.render.summary_lines import is_held_back

_TYPE_ORDER = {name: number for number, name in enumerate(ITEM_KINDS)}
#: deeper ones stand at this depth of the tree
_DEEPEST = 8
#: reasons to skip that go without saying
_USUAL_SKIPS = frozenset((None, "", "unchanged"))
#: of items left alone that differ, and of their names
_NAMED, _NAME_ROOM = 5, 60


class TypeGroup(msgspec.Struct, frozen=True):
    """The changed items of one type, in the order of the plan."""

    type: str
    actions: tuple[Action, ...]

    @property
    def phrase(self) -> str:
        """`3 to add, 1 to change`."""
        counts = Counter(action.action for action in self.actions)
        known = [f"{counts[name]:,} {row.phrase}" for name, row in ACTIONS.items() if counts[name]]
        other = sum(number for name, number in counts.items() if name not in ACTIONS)
        return ", ".join([*known, f"{other:,} other"] if other else known)


def type_order(name: str) -> tuple[int, str]:
    """Dependencies first, as in the table of kinds; unknown types last."""
    return _TYPE_ORDER.get(name, len(_TYPE_ORDER)), name


def groups(plan: Plan, *, with_skips: bool = False) -> list[TypeGroup]:
    """The items to tell about, by type; the blocked have a tree of their own."""
    by_type: dict[str, list[Action]] = defaultdict(list)
    for action in plan.actions:
        is_quiet = action.action == "skip" and not action.is_incomplete
        if action.action != "blocked" and (with_skips or not is_quiet):
            by_type[action.type].append(action)
    return [TypeGroup(name, tuple(by_type[name])) for name in sorted(by_type, key=type_order)]


def fair_shares(sizes: Sequence[int], limit: int) -> list[int]:
    """Divide `limit` fairly: small groups whole, what they leave goes to the larger ones."""
    given = [0] * len(sizes)
    left = limit
    for rank, number in enumerate(sorted(range(len(sizes)), key=lambda index: sizes[index])):
        given[number] = min(sizes[number], left // (len(sizes) - rank))
        left -= given[number]
    return given


#: of the table of counts: title, and what it counts
COLUMNS: tuple[tuple[str, Callable[[Counts], int]], ...] = (
    ("Import", lambda counts: counts.remap),
    ("Add", lambda counts: counts.create),
    ("Change", lambda counts: counts.update),
    ("Destroy", lambda counts: counts.delete),
    ("Blocked", lambda counts: counts.blocked),
    ("Unchanged", lambda counts: counts.skip),
    ("Calls", lambda counts: counts.calls),
)


def type_rows(plan: Plan) -> list[tuple[str, list[str]]]:
    """For each type the plan's counts, in the order of COLUMNS; a dash for none."""
    rows = sorted(plan.summary.by_type.items(), key=lambda row: type_order(row[0]))
    return [
        (name, [f"{number:,}" if (number := count(counts)) else "-" for _, count in COLUMNS])
        for name, counts in rows
    ]


def skip_notes(plan: Plan) -> list[str]:
    """Why items are left alone that are not simply unchanged: `3 modified-in-destination`.

    A few of those that differ are named.
    """
    by_reason: dict[str, list[Action]] = defaultdict(list)
    for action in plan.actions:
        if action.action == "skip" and action.reason not in _USUAL_SKIPS:
            by_reason[action.reason or ""].append(action)
    rows = sorted(by_reason.items(), key=lambda row: -len(row[1]))
    return [f"{len(few):,} {visible(reason)}{_held_back(few)}" for reason, few in rows]


def _held_back(actions: Sequence[Action]) -> str:
    """` (look:8 "Kept", look:9 "Too" and 3 more)`."""
    held = [action for action in actions if is_held_back(action)]
    names = [
        f"{visible(one.address)} {clip(quoted(one.name), _NAME_ROOM)}" for one in held[:_NAMED]
    ]
    more = f" and {len(held) - _NAMED:,} more" if len(held) > _NAMED else ""
    return f" ({', '.join(names)}{more})" if names else ""


def blocked_tree(plan: Plan) -> list[Line]:
    """Blocked items under what blocks them: another blocked item, or a missing target."""
    known = {action.address: action for action in plan.actions}
    blocked = {address: one for address, one in known.items() if one.action == "blocked"}
    parents = {address: _blocker(action, blocked) for address, action in blocked.items()}
    below: dict[str | None, list[Address]] = defaultdict(list)
    for address in blocked:
        below[_parent(address, parents)].append(address)
    missing = [key for key in below if key is not None and key not in blocked]
    few = [one for key in missing for one in below[key] if len(below[key]) == 1]
    roots = [*below[None], *few, *(key for key in missing if len(below[key]) > 1)]
    return [_branch(root, known, below, parent=None) for root in roots]


def _blocker(action: Action, blocked: Mapping[Address, Action]) -> str | None:
    for address in action.depends_on:
        if address in blocked and address != action.address:
            return address
    missing = [reference for reference in action.references if reference.to is None]
    for reference in sorted(missing, key=lambda one: one.from_ not in blocked):
        if reference.from_ != action.address and ":" in reference.from_:
            return reference.from_
    return None


def _parent(address: Address, parents: Mapping[Address, str | None]) -> str | None:
    """The blocker; of a cycle the first is a root, and very deep trees are made flat."""
    seen: dict[str, None] = {address: None}
    parent = parents[address]
    while parent is not None and parent not in seen:
        seen[parent] = None
        parent = parents.get(Address(parent))
    line = list(seen)
    if parent is not None:  # a cycle: cut above its first member in the order of the plan
        ring = set(line[line.index(parent) :])
        first = next(one for one in parents if one in ring)
        if address == first:
            return None
        line = line[: line.index(first) + 1]
    if len(line) > _DEEPEST:
        return line[-_DEEPEST + 1]
    return line[1] if len(line) > 1 else None


def _branch(
    key: str,
    known: Mapping[Address, Action],
    below: Mapping[str | None, list[Address]],
    *,
    parent: str | None,
) -> Line:
    action = known.get(Address(key))
    children = tuple(_branch(one, known, below, parent=key) for one in below.get(key, ()))
    spans = heading_spans(action) if action else (Span("address", visible(key)),)
    if action is None or action.action != "blocked":
        text = f" is missing; it blocks {len(children):,} items:"
        return Line("!", (*spans, Span("alarm", text)), children)
    if action.reason and action.reason != f"needs {parent}":  # the tree says that already
        spans = (*spans, Span("alarm", f": {visible(action.reason)}"))
    return Line("!", spans, children)


def first_lines(entries: Sequence[Line], limit: int) -> tuple[list[Line], int]:
    """The first `limit` entries, counted with all below them; and how many are left out."""
    kept: list[Line] = []
    used = 0
    for number, one in enumerate(entries):
        size = sum(1 for _ in one.walk())
        if used + size > limit and kept:
            return kept, len(entries) - number
        kept.append(_first_children(one, limit - used))
        used += min(size, limit - used)
    return kept, 0


def _first_children(one: Line, limit: int) -> Line:
    if sum(1 for _ in one.walk()) <= limit:
        return one
    shown = max(limit - 1, 1)
    left = len(one.children) - shown
    more = (Line.of(" ", ("dim", f"… and {left:,} more")),) if left > 0 else ()
    children = tuple(msgspec.structs.replace(c, children=()) for c in one.children[:shown])
    return msgspec.structs.replace(one, children=(*children, *more))


def grouped_by_code(
    diagnostics: Sequence[Diagnostic], each: int | None
) -> Iterator[tuple[list[Diagnostic], int]]:
    """Errors first, then by code: the first `each` of it, and how many more there are."""
    grouped: dict[tuple[bool, str], list[Diagnostic]] = defaultdict(list)
    for diagnostic in diagnostics:
        grouped[diagnostic.severity != "error", diagnostic.code].append(diagnostic)
    for key in sorted(grouped, key=lambda one: one[0]):
        shown = grouped[key][:each]
        yield shown, len(grouped[key]) - len(shown)
