"""Check before the first write that the destination is still what the plan saw."""

from collections.abc import Callable, Collection, Sequence

import msgspec

from lookervault_plan.content.node import Address, DesiredNode, LiveRef, Node, Ref, SourceRef
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import Diagnostic, Refused, refusal
from lookervault_plan.execution.history import History
from lookervault_plan.execution.ids import Ids
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.plan_file import (
    Action,
    ContentWriting,
    Create,
    Plan,
    Skip,
    Writing,
    destination_id_of,
)
from lookervault_plan.steps.stale import Stale, TakenKeys, changes_since_plan, lost_references


def overwritten_items(actions: Sequence[Writing]) -> list[LiveRef]:
    """Return the live items that these actions update or delete."""
    return [
        Ref(action.type, action.destination_id)
        for action in actions
        if not isinstance(action, Create)
    ]


def find_stale(
    plan: Plan,
    actions: Sequence[Writing],
    before: LiveItems,
    *,
    history: History,
    reader: LiveReader,
    load: Callable[[SourceRef], DesiredNode | Diagnostic],
) -> list[Stale]:
    """Find differences between the destination now and the destination that the plan saw.

    `before` holds the re-read live items. Items that earlier runs of the session created, or may
    have created, are not stale.
    """
    found: list[Stale] = []
    creates: list[Create] = []
    for action in actions:
        if isinstance(action, Create):
            creates.append(action)
        else:
            ref = Ref(action.type, action.destination_id)
            node = before.node(ref) if ref in before.identities else None
            found.extend(changes_since_plan(action, node))
    found.extend(find_stale_creates(plan, creates, before, history, reader=reader, load=load))
    return found


def stale_refusal(found: Sequence[Stale]) -> Refused:
    """Make the refusal of a stale plan, which names the first 20 differences."""
    return refusal(
        "plan.stale",
        f"the destination has changed since the plan was made: {_count(found)}",
        detail="\n".join(map(describe_stale, found[:20]))
        + (f"\nand {len(found) - 20} more" if found[20:] else ""),
        fix="make a new plan and review it; --skip-stale leaves these items out",
    )


class PlanWithoutStale(msgspec.Struct, frozen=True, kw_only=True):
    """A plan in which stale items, and items that depend on them, are skipped."""

    plan: Plan
    addresses: frozenset[Address] = frozenset()
    details: tuple[str, ...] = ()


def without_stale(plan: Plan, found: Sequence[Stale], begun: Collection[str]) -> PlanWithoutStale:
    """Skip stale actions, and actions that need them. Actions in `begun` stay."""
    out = {each.address for each in found}
    if not out:
        return PlanWithoutStale(plan=plan)
    actions: list[Action] = []
    # Repeat: an action with an interim name waits for one that may come later in the plan.
    size = 0
    while size != len(out):
        size = len(out)
        for action in plan.writing:
            interim = action.interim if isinstance(action, ContentWriting) else ()
            needs = {*action.depends_on, *(each.until for each in interim)}
            if action.address not in begun and needs & out:
                out.add(action.address)
    for action in plan.actions:
        is_left = action.address in out and isinstance(action, Writing)
        actions.append(_skipped(action) if is_left else action)
    return PlanWithoutStale(
        plan=msgspec.structs.replace(plan, actions=tuple(actions)),
        addresses=frozenset(out),
        details=tuple(map(describe_stale, found)),
    )


def _skipped(action: Action) -> Skip:
    return Skip(
        address=action.address,
        type=action.type,
        name=action.name,
        path=action.path,
        reason="stale",
        destination_id=destination_id_of(action),
    )


def find_stale_creates(
    plan: Plan,
    creates: Sequence[Create],
    before: LiveItems,
    history: History,
    *,
    reader: LiveReader,
    load: Callable[[SourceRef], DesiredNode | Diagnostic],
) -> list[Stale]:
    """Find creates whose natural key or slug is taken, or whose target is gone."""
    if not creates:
        return []
    ids, live = Ids(plan), LiveItems()
    kinds = {action.type for action in creates}
    needed = {
        reference.kind
        for kind in kinds
        for row in (KINDS[kind], *(KINDS[each.kind] for each in KINDS[kind].item.collections))
        for reference in row.refs
        if KINDS[reference.kind].item.listing
    }
    reader.read_identities(kinds | needed, live)
    reader.read_identities(kinds, live, trash=True)
    live.identities.update(before.identities)
    planned = {
        Ref(action.type, id_) for action in plan.actions if (id_ := destination_id_of(action))
    }
    planned.update(Ref(ref.kind, id_) for ref, id_ in history.revealed.items())
    taken = TakenKeys(live.identities.values(), planned=planned)
    begun = [
        each for each in plan.actions if isinstance(each, Create) and each.address in history.begun
    ]
    # A create of a killed run may have succeeded: its own item is not in the way.
    doubted = {
        str(one.now)
        for action in begun
        if isinstance(desired := load(Ref.parse(action.address)), Node)
        for one in taken.holders(action, desired, ids.resolve)
    }
    found: list[Stale] = []
    for action in creates:
        desired = load(Ref.parse(action.address))
        if isinstance(desired, Diagnostic):
            continue
        found.extend(
            one
            for one in taken.holders(action, desired, ids.resolve)
            if str(one.now) not in doubted
        )
        found.extend(
            lost_references(action, desired, ids.resolve, lambda ref: ref in live.identities)
        )
    return found


def describe_stale(stale: Stale) -> str:
    """Describe a difference in one line."""
    where = stale.address + (f", {stale.part} {stale.title!r}" if stale.part else "")
    at_path = stale.path != ""
    match stale.what, at_path:
        case "unseen", _:
            text = f"{stale.address}: Looker does not show its {stale.part} any more"
        case "gone", True:
            text = f"{where}: {stale.path} points to {stale.now}, which is gone"
        case "gone", False:
            text = f"{where}: gone"
        case "new", _:
            text = f"{where}: new since the plan"
        case "taken", _:
            text = f"{where}: {stale.path} is taken by {stale.now}"
        case "changed", True:
            text = f"{where}: {stale.path} was {stale.before!r}, is {stale.now!r}"
        case _:
            text = f"{where}: changed"
    return text


def _count(found: Sequence[Stale]) -> str:
    addresses: set[Address] = {stale.address for stale in found}
    return f"{len(addresses)} item{'s' if len(addresses) > 1 else ''} of the plan"
