"""Blocked items as a tree: each below the blocked item, or the missing target, that blocks it."""

from collections import defaultdict
from collections.abc import Mapping

from lookervault_plan.content.node import Address
from lookervault_plan.plan_file import Action, Blocked, Plan, Skip
from lookervault_plan.render.lines import Line, Span
from lookervault_plan.render.plan.action_lines import item_spans
from lookervault_plan.render.safe_text import visible

#: Deeper items are shown at this depth.
_MAX_DEPTH = 8


def blocked_tree(plan: Plan) -> list[Line]:
    """Make a tree for each blocked item that no other blocks, then for each missing target.

    A missing target that blocks a single item gets no line of its own.
    """
    known = {action.address: action for action in plan.actions}
    blocked = {address: one for address, one in known.items() if isinstance(one, Blocked)}
    blockers = {address: _blocker(action, blocked) for address, action in blocked.items()}
    below: dict[str | None, list[Address]] = defaultdict(list)
    for address in blocked:
        below[_parent(address, blockers)].append(address)
    missing = [key for key in below if key is not None and key not in blocked]
    single = [below[key][0] for key in missing if len(below[key]) == 1]
    roots = [*below[None], *single, *(key for key in missing if len(below[key]) > 1)]
    return [_branch(root, known, below, parent=None) for root in roots]


def _blocker(action: Blocked, blocked: Mapping[Address, Blocked]) -> str | None:
    """Choose one missing target, blocked ones first."""
    missing = [reference for reference in action.references if reference.to is None]
    for reference in sorted(missing, key=lambda one: one.from_ not in blocked):
        if reference.from_ != action.address and ":" in reference.from_:
            return reference.from_
    return None


def _parent(address: Address, blockers: Mapping[Address, str | None]) -> str | None:
    """Return the item to show `address` below; None for a root.

    A cycle is cut above its first member in the order of the plan. Below the greatest depth,
    an ancestor stands in for the blocker.
    """
    seen: dict[str, None] = {address: None}
    blocker = blockers[address]
    while blocker is not None and blocker not in seen:
        seen[blocker] = None
        blocker = blockers.get(Address(blocker))
    ancestry = list(seen)
    if blocker is not None:  # it was seen before: a cycle
        ring = set(ancestry[ancestry.index(blocker) :])
        first = next(one for one in blockers if one in ring)
        if address == first:
            return None
        ancestry = ancestry[: ancestry.index(first) + 1]
    if len(ancestry) > _MAX_DEPTH:
        return ancestry[-_MAX_DEPTH + 1]
    return ancestry[1] if len(ancestry) > 1 else None


def _branch(
    key: str,
    known: Mapping[Address, Action],
    below: Mapping[str | None, list[Address]],
    *,
    parent: str | None,
) -> Line:
    action = known.get(Address(key))
    children = tuple(_branch(one, known, below, parent=key) for one in below.get(key, ()))
    spans = item_spans(action) if action else (Span("address", visible(key)),)
    if isinstance(action, Skip) and action.reason:
        spans = (*spans, Span("dim", f" ({visible(action.reason)})"))
    if not isinstance(action, Blocked):
        text = f" is not found in the destination; it blocks {len(children):,} items:"
        return Line("!", (*spans, Span("alarm", text)), children)
    if action.reason and action.reason != f"needs {parent}":  # the tree shows that already
        spans = (*spans, Span("alarm", f": {visible(action.reason)}"))
    return Line("!", spans, children)
