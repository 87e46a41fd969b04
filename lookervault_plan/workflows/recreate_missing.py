"""`--on-missing create`: create items anew that are gone by the time they are to be updated."""

from collections.abc import Callable, Mapping, Sequence

from lookervault_plan.content.node import Address, DesiredNode, LiveId, Node, Ref, SourceRef
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.execution.history import History
from lookervault_plan.execution.run_types import LookAgain, SecondLook
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.plan_file import ContentWriting, Create, Plan, Update, destination_id_of
from lookervault_plan.steps.recreate import CREATE, as_create, revised, with_created
from lookervault_plan.steps.stale import Stale, TakenKeys
from lookervault_plan.workflows.preconditions import describe_stale, find_stale_creates

Load = Callable[[SourceRef], DesiredNode | Diagnostic]


def with_begun_creates(plan: Plan, history: History, load: Load) -> Plan:
    """Turn updates into creates if an earlier run of the session has begun to create the item."""
    if plan.options.on_missing != CREATE:
        return plan
    steps = history.begun_steps()
    begun = [
        action
        for action in plan.actions
        if isinstance(action, Update) and action.address in history.begun
    ]
    changed = {
        action.address: again
        for action in begun
        if isinstance(node := load(Ref.parse(action.address)), Node)
        and (again := revised(action, node, steps)) is not action
    }
    return _with(plan, changed, load) if changed else plan


def recreate_gone(
    plan: Plan,
    found: Sequence[Stale],
    before: LiveItems,
    history: History,
    *,
    reader: LiveReader,
    load: Load,
) -> tuple[Plan, list[Stale]]:
    """Turn updates of gone items into creates. Return the plan, and the items that stay stale.

    An item stays stale if its name is taken, or if it points to an item that is gone too.
    """
    if plan.options.on_missing != CREATE:
        return plan, list(found)
    gone = {each.address for each in found if each.what == "gone" and not (each.part or each.path)}
    changed = {
        action.address: as_create(action, node)
        for action in plan.actions
        if action.address in gone
        and isinstance(action, Update)
        and _may_create(plan, action)
        and isinstance(node := load(Ref.parse(action.address)), Node)
    }
    if not changed:
        return plan, list(found)
    planned = _with(plan, changed, load)
    creates = [
        action
        for action in planned.actions
        if isinstance(action, Create) and action.address in changed
    ]
    also = find_stale_creates(planned, creates, before, history, reader=reader, load=load)
    held = {each.address for each in also}
    free = {address: action for address, action in changed.items() if address not in held}
    anew = {
        f"{action.type}:{destination_id_of(action)}"
        for action in plan.actions
        if action.address in free
    }
    rest = [each for each in found if each.address not in free and each.now not in anew]
    return _with(plan, free, load), [*rest, *also]


def missing_item_search(plan: Plan, reader: LiveReader) -> LookAgain | None:
    """Make the function that looks again for an item that an update did not find."""
    if plan.options.on_missing != CREATE:
        return None

    def look(
        action: Update, desired: DesiredNode, resolve: Callable[[SourceRef], LiveId | None]
    ) -> SecondLook:
        ref = Ref(action.type, action.destination_id)
        found = reader.read_items([ref])
        if ref in found.identities:
            return SecondLook(live=found.node(ref))
        if not _may_create(plan, action):
            return SecondLook(live=None, obstacle="Creating it here is to be agreed to: plan again")
        live = LiveItems()
        reader.read_identities([action.type], live)
        reader.read_identities([action.type], live, trash=True)
        planned = {Ref(each.type, destination_id_of(each) or "") for each in plan.actions}
        held = TakenKeys(live.identities.values(), planned=planned).holders(
            action, desired, resolve
        )
        why = "; ".join(map(describe_stale, held))
        return SecondLook(
            live=None, obstacle=f"It can't be made anew: {why}; plan again" if why else ""
        )

    return look


def _may_create(plan: Plan, action: Update) -> bool:
    """Whether no guard has to ask first: users who sign in at another instance need consent."""
    row = KINDS[action.type]
    agreed = any(guard.name == "users-across" and guard.allowed for guard in plan.guards)
    return row.creatable and (plan.options.same_instance or not row.item.can_sign_in or agreed)


def _with(plan: Plan, changed: Mapping[Address, ContentWriting], load: Load) -> Plan:
    if not changed:
        return plan
    loaded = (load(Ref.parse(action.address)) for action in plan.writing)
    return with_created(plan, changed, (node for node in loaded if isinstance(node, Node)))
