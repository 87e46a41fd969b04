"""`apply --dry-run`: check as apply does, and list the requests that it would send."""

from collections.abc import Iterator

import msgspec

from lookervault_plan.backup.reader import Backup
from lookervault_plan.content.node import Address, Node, Ref
from lookervault_plan.execution.history import History
from lookervault_plan.execution.ids import Ids, Workspace
from lookervault_plan.execution.units import units_of
from lookervault_plan.execution.walk import check_order
from lookervault_plan.looker.client import Client
from lookervault_plan.plan_file import ContentWriting, Delete, Plan, Writing
from lookervault_plan.state.store import State
from lookervault_plan.steps.cycles import find_cycle
from lookervault_plan.steps.recipes import expand, expand_deferred
from lookervault_plan.steps.step import RequestTemplate, Step, is_shared
from lookervault_plan.steps.step_id import StepId
from lookervault_plan.workflows.apply import check_plan, check_unchanged, earlier_session
from lookervault_plan.workflows.apply_options import ApplyOptions
from lookervault_plan.workflows.plan import links_of
from lookervault_plan.workflows.preconditions import PlanWithoutStale


class PlannedCall(msgspec.Struct, frozen=True, kw_only=True, tag="planned_call"):
    """With --dry-run: a request that apply would send."""

    address: Address
    step: str
    method: str
    #: `{dashboard:42}` stands for an id that only apply will know.
    path: str


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that apply would send, in the order of the plan. It may send fewer."""

    calls: tuple[PlannedCall, ...]
    #: The plan without items that --skip-stale would leave out.
    stale: PlanWithoutStale
    blocked: int
    #: Items that apply would not write, since their steps wait for each other.
    in_cycles: tuple[Address, ...] = ()

    @property
    def writes(self) -> int:
        return sum(call.method != "GET" for call in self.calls)


def rehearse(
    plan: Plan, *, backup: Backup, client: Client, state: State, options: ApplyOptions
) -> Rehearsal:
    """Check and read as apply does; write nothing, neither to Looker nor to the state.

    Raises what `apply_plan` raises before its first write.
    """
    check_plan(plan, backup, client, state, plan_is_saved=options.plan_is_saved)
    state.refuse_if_locked(plan.destination.instance, host=options.host)
    earlier = earlier_session(plan, state)
    history = History(state.steps(earlier.id) if earlier else ())
    checked = check_unchanged(plan, history, backup, client, skip_stale=options.skip_stale)
    ids = Ids(checked.plan)
    known = ids.known_queries()
    for ref, id_ in history.revealed.items():
        ids.put(ref, id_)
    calls: list[PlannedCall] = []
    late: list[PlannedCall] = []
    shared: set[StepId] = set()
    cycles: list[Address] = []
    instances = links_of(checked.plan)
    check_order(units_of(checked.plan, history, checked.desired.node, instances))
    for action in checked.plan.writing:
        if history.actions.get(action.address):
            continue
        node = None
        if not isinstance(action, Delete):
            loaded = checked.desired.node(Ref.parse(action.address))
            if not isinstance(loaded, Node):
                continue
            node = loaded
        space = Workspace(ids, action)
        space.learn(history.parts(action.address).items())
        steps = expand(action, node, known)
        if find_cycle(steps):
            cycles.append(action.address)
            continue
        calls += _calls(action, steps, history, space, shared)
        if node is not None and isinstance(action, ContentWriting) and action.deferred:
            late += _calls(action, expand_deferred(action, node, known), history, space, shared)
    return Rehearsal(
        calls=(*calls, *late),
        stale=checked.without_stale,
        blocked=checked.plan.summary.blocked + len(cycles),
        in_cycles=tuple(cycles),
    )


def _calls(
    action: Writing,
    steps: tuple[Step, ...],
    history: History,
    space: Workspace,
    shared: set[StepId],
) -> Iterator[PlannedCall]:
    finished = history.finished(steps)
    for step in steps:
        if step.id in finished or step.id in shared:
            continue
        if is_shared(step):
            shared.add(step.id)
        yield PlannedCall(
            address=action.address,
            step=str(step.id),
            method=step.request.method,
            path=_path(step.request, space),
        )


def _path(request: RequestTemplate, space: Workspace) -> str:
    target = request.target
    if target is None or "{0}" not in request.path:
        return request.path
    return request.path.format(space.resolve(target) or f"{{{target.address}}}")
