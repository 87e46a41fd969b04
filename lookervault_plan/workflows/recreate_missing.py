"""`--on-missing create`: what is gone by the time it is to be changed is made anew."""

from collections.abc import Callable, Mapping, Sequence

from lookervault_plan.content.node import Address, Node, Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.execution.results import LookAgain, SecondLook
from lookervault_plan.execution.resume import History
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.plan_file import ContentWriting, Create, Plan, Update, destination_id_of
from lookervault_plan.steps.recreate import CREATE, as_create, revised, with_created
from lookervault_plan.steps.stale import Stale, Taken
from lookervault_plan.workflows.preconditions import describe, taken

Load = Callable[[Ref], Node | Diagnostic]


def as_begun(plan: Plan, history: History, load: Load) -> Plan:
    """The plan with what earlier runs of the session have begun to make anew."""
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


def made_anew(
    plan: Plan,
    found: Sequence[Stale],
    before: LiveItems,
    history: History,
    *,
    reader: LiveReader,
    load: Load,
) -> tuple[Plan, list[Stale]]:
    """The plan that creates what is gone, and what is stale all the same.

    An item whose place is taken, or that points to what is gone too, stays stale.
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
    also = taken(planned, creates, before, history, reader=reader, load=load)
    held = {each.address for each in also}
    free = {address: action for address, action in changed.items() if address not in held}
    anew = {
        f"{action.type}:{destination_id_of(action)}"
        for action in plan.actions
        if action.address in free
    }
    rest = [each for each in found if each.address not in free and each.now not in anew]
    return _with(plan, free, load), [*rest, *also]


def looking(plan: Plan, reader: LiveReader) -> LookAgain | None:
    """How a running session looks for an item that an update did not find."""
    if plan.options.on_missing != CREATE:
        return None

    def look(action: Update, desired: Node, resolve: Callable[[Ref], str | None]) -> SecondLook:
        ref = Ref(action.type, action.destination_id)
        found = reader.items([ref])
        if ref in found.identities:
            return SecondLook(live=found.node(ref))
        if not _may_create(plan, action):
            return SecondLook(live=None, obstacle="Creating it here is to be agreed to: plan again")
        live = LiveItems()
        reader.read_identities([action.type], live)
        reader.read_identities([action.type], live, trash=True)
        ours = {Ref(each.type, destination_id_of(each) or "") for each in plan.actions}
        held = Taken(live.identities.values(), ours=ours).by(action, desired, resolve)
        why = "; ".join(map(describe, held))
        return SecondLook(
            live=None, obstacle=f"It can't be made anew: {why}; plan again" if why else ""
        )

    return look


def _may_create(plan: Plan, action: Update) -> bool:
    """Whether nobody has to be asked first: a guard speaks up for those who sign in elsewhere."""
    row = KINDS[action.type]
    agreed = any(guard.name == "users-across" and guard.allowed for guard in plan.guards)
    return row.creatable and (plan.options.same_instance or not row.item.can_sign_in or agreed)


def _with(plan: Plan, changed: Mapping[Address, ContentWriting], load: Load) -> Plan:
    if not changed:
        return plan
    loaded = (load(Ref.parse(action.address)) for action in plan.writing)
    return with_created(plan, changed, (node for node in loaded if isinstance(node, Node)))
