"""Carry out what the journal does not record as done.

Walk the actions, record their results, recreate what has vanished.
"""

import time
from collections.abc import Sequence
from threading import Lock

from msgspec.structs import replace

from lookervault_plan.content.node import Address, DesiredNode, Json, Node, Raw, Ref, SourceRef
from lookervault_plan.content.text_links import rewrite_links
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.execution.before_images import before_image, overwrites
from lookervault_plan.execution.events import ApplyStart, Checkpoint, Event
from lookervault_plan.execution.history import History, seconds_left
from lookervault_plan.execution.ids import Ids, Workspace
from lookervault_plan.execution.item_results import ItemResults
from lookervault_plan.execution.perform import Performer
from lookervault_plan.execution.run_types import Environment, Load, RunResult, RunSettings
from lookervault_plan.execution.units import UnitKey, refers_softly, units_of
from lookervault_plan.execution.walk import (
    Expansion,
    Finished,
    StepResult,
    Stop,
    UnitCutOff,
    UnitDone,
    UnitFailed,
    UnitResult,
    Walk,
)
from lookervault_plan.looker.errors import ApiError, ConnectionFailed
from lookervault_plan.plan_file import (
    ContentWriting,
    Delete,
    Plan,
    Update,
    Writing,
    destination_id_of,
)
from lookervault_plan.state.rows import ACTION, StepIntent
from lookervault_plan.steps.cycles import cycle_in_words, find_cycle
from lookervault_plan.steps.over_live import over_live
from lookervault_plan.steps.recipes import expand, expand_deferred
from lookervault_plan.steps.recreate import as_create, created_parts, parts_gone, without_parts
from lookervault_plan.steps.request import Resolve
from lookervault_plan.steps.step import CreateStep, FindStep, Step, is_shared
from lookervault_plan.steps.step_id import StepId

#: answers to requests about something gone; 422 if the body names a part's gone parent
_GONE = frozenset({404, 422})
#: items with deferred values that are kept from the start, to be loaded once
_MAX_KEPT = 100

__all__ = ["Environment", "RunResult", "RunSettings", "run"]


def run(
    plan: Plan, environment: Environment, settings: RunSettings, stop: Stop | None = None
) -> RunResult:
    """Carry out everything that the journal does not record as done.

    The caller checks preconditions. An error that stops everything comes back in the result; any
    other error raised is the journal's failure, or a bug.
    """
    return _Run(plan, environment, settings, stop or Stop()).run()


class _ItemsInFlight:
    """Items of the backup, each loaded once while its unit is being carried out."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._items: dict[Address, DesiredNode | Diagnostic] = {}

    def get(self, address: Address) -> DesiredNode | Diagnostic:
        """Return an item; keep it until it is released."""
        item = self._items.get(address)
        if item is None:
            item = self._items[address] = self._load(Ref.parse(address))
        return item

    def peek(self, ref: SourceRef) -> DesiredNode | Diagnostic:
        """Return an item whose unit is still to come; keep it if few are kept."""
        item = self.get(ref.address)
        if len(self._items) > _MAX_KEPT:
            self.release(ref.address)
        return item

    def release(self, address: Address) -> None:
        _ = self._items.pop(address, None)


class _Run:
    def __init__(
        self, plan: Plan, environment: Environment, settings: RunSettings, stop: Stop
    ) -> None:
        self.plan = plan
        self.environment = environment
        self.settings = settings
        self.stop = stop
        self.actions: dict[Address, Writing] = {action.address: action for action in plan.writing}
        self.items = _ItemsInFlight(environment.load)
        self.history = History(environment.journal.steps())
        self.ids = Ids(plan)
        #: queries whose id the plan names
        self.known_queries = self.ids.known_queries()
        for ref, id_ in self.history.revealed.items():
            self.ids.put(ref, id_)
        self.performer = Performer(
            looker=environment.looker,
            limiter=environment.limiter,
            journal=environment.journal,
            now=environment.now,
            rewrite=self._rewrite,
            on_event=self._send_event,
            policy=settings.policy,
            unanswered_seconds=settings.unanswered_seconds,
            broken_connection_seconds=settings.broken_connection_seconds,
        )
        #: seconds from `began` in which Looker may still carry out requests of a killed run
        self.pending_seconds = seconds_left(
            self.history.last_at, environment.now(), settings.broken_connection_seconds
        )
        self.began = time.monotonic()
        self.shared_workspace = Workspace(self.ids)
        self.workspaces: dict[Address, Workspace] = {}
        #: deferred steps of items in flight
        self.deferred: dict[Address, tuple[Step, ...]] = {}
        #: items whose own unit is done and whose deferred unit is not
        self.awaiting_deferred: set[Address] = set()
        #: items that this run recreates as a whole: their earlier steps are done once more
        self.recreated: set[Address] = set()
        self.results = ItemResults(
            environment,
            settings,
            self.performer.failures,
            payload=self._payload,
            on_event=self._send_event,
            on_full_queue=stop.ask,
        )
        #: shared steps whose intent is recorded
        self.intended_shared_steps: set[StepId] = set()
        self.steps_performed = 0
        #: steps that checkpoint events have counted
        self.steps_reported = 0
        self._lock = Lock()
        self._event_lock = Lock()

    def run(self) -> RunResult:
        units = units_of(self.plan, self.history, self.items.peek, self.settings.instances)
        for address, outcome in self.history.actions.items():
            if outcome == "done":
                self.results.outcomes[address] = "done"
        self.results.bury_blocked(self.plan)
        walk = Walk(
            units,
            expand=self._expand,
            perform=self._perform,
            report=self._record_result,
            may_expand_again=self._recreate,
            is_needed=self._is_needed,
            workers=self.settings.workers,
            stop=self.stop,
        )
        units_left: tuple[UnitKey, ...] = ()
        error: ApiError | ConnectionFailed | PlanError | None = None
        try:
            units_left = walk.run()
        except (ApiError, ConnectionFailed, PlanError) as fatal:
            error, units_left = fatal, walk.left
        self.environment.journal.flush()
        results = self.results
        left = tuple(dict.fromkeys(key.address for key in units_left))
        blocked = self.plan.summary.blocked
        self._send_event(results.summary(self.actions, blocked=blocked, left=len(left)))
        actions = (self.actions.get(action.address, action) for action in self.plan.actions)
        return RunResult(
            plan=replace(self.plan, actions=tuple(actions)),
            outcomes=results.outcomes,
            ids=self.ids,
            unlinked={key: tuple(sorted(ends)) for key, ends in results.unlinked.items()},
            in_doubt=frozenset(self.performer.in_doubt),
            dead_letters=len(results.buried),
            buried=frozenset(results.buried),
            left=left,
            error=error,
            dlq_is_full=results.dlq_is_full,
        )

    # --- expanding ---------------------------------------------------------------------------

    def _expand(self, keys: Sequence[UnitKey]) -> list[Expansion]:
        """Return the steps of these units, once their intents are on disk."""
        intents: list[StepIntent] = []
        expansions = [self._expand_one(key, intents) for key in keys]
        self.environment.journal.intend(intents)
        return expansions

    def _expand_one(self, key: UnitKey, intents: list[StepIntent]) -> Expansion:
        address = key.address
        action = self.actions[address]
        if self.history.actions.get(address) == "failed":
            return Expansion((), failed=True)
        if key.is_deferred:
            steps = self.deferred.pop(address, ())
        else:
            item = None if isinstance(action, Delete) else self.items.get(address)
            if isinstance(item, Diagnostic):
                self.results.unreadable[key] = f"{item.summary}: {item.detail}"
                return Expansion((), failed=True)
            steps = self._begin_item(action, item)
            if item is not None and (live := self._live(action, steps)) is not None:
                steps = tuple(over_live(step, item, live) for step in steps)
        if cycle := find_cycle(steps):
            self.results.unreadable[key] = cycle_in_words(cycle)
            return Expansion((), failed=True)
        done = self.results.succeeded_steps(key)
        is_recreated = address in self.recreated
        finished = frozenset[StepId]() if is_recreated else self.history.finished(steps, done)
        self._intend(action, [step for step in steps if step.id not in finished], intents)
        return Expansion(steps, finished)

    def _begin_item(self, action: Writing, item: DesiredNode | None) -> tuple[Step, ...]:
        """Expand an action, and set aside its deferred steps."""
        address = action.address
        if address not in self.workspaces:
            self.workspaces[address] = Workspace(self.ids, action)
            self.workspaces[address].learn(self.history.parts(address).items())
        steps = expand(action, item, self.known_queries)
        if item is not None and isinstance(action, ContentWriting) and action.deferred:
            self.deferred[address] = expand_deferred(action, item, self.known_queries)
        self._send_event(ApplyStart(address=address, action=action.verb, name=action.name))
        return steps

    def _intend(self, action: Writing, steps: Sequence[Step], intents: list[StepIntent]) -> None:
        """Collect the intents of these steps, with before-images of what they overwrite."""
        address, at = action.address, self.environment.now()
        if address not in self.history.begun:
            self.history.begun.add(address)
            intents.append(StepIntent(step=address, kind=ACTION, at=at))
        before = self._live(action, steps)
        for step in steps:
            if isinstance(step, FindStep) or step.id in self.intended_shared_steps:
                continue
            if is_shared(step):
                self.intended_shared_steps.add(step.id)
            if address not in self.recreated and (record := self.history.in_doubt(step)):
                left = self.pending_seconds - (time.monotonic() - self.began)
                self.performer.note_earlier_attempt(
                    step, record.attempts, pending_seconds=max(left, 0.0)
                )
            intents.append(
                StepIntent(
                    step=str(step.id),
                    kind=step.kind,
                    at=at,
                    known_ids=step.known_ids if isinstance(step, CreateStep) else (),
                    before=before_image(step, before) if before is not None else None,
                )
            )

    def _live(self, action: Writing, steps: Sequence[Step]) -> Raw | None:
        """Return the live item as it was read before; None if no step overwrites anything."""
        live = destination_id_of(action)
        if not live or not any(map(overwrites, steps)):
            return None
        return self.environment.live_before(Ref(action.type, live))

    # --- performing --------------------------------------------------------------------------

    def _perform(self, step: Step, key: UnitKey) -> StepResult:
        workspace = self.shared_workspace if is_shared(step) else self.workspaces[key.address]
        result = self.performer.perform(step, workspace)
        if isinstance(result, Finished) and (self.environment.look_again or not result.succeeded):
            self.results.note_step(key, step.id, succeeded=result.succeeded)
        with self._lock:
            self.steps_performed += 1
            is_due = not self.steps_performed % self.settings.checkpoint_interval
        if is_due:
            self._send_checkpoint()
        return result

    # --- after a failure ---------------------------------------------------------------------

    def _recreate(self, failed: UnitFailed[UnitKey]) -> bool:
        """Replace an update that failed because its item, or a part of it, is gone.

        Return True if the walk should expand the unit again.
        """
        address = failed.key.address
        action = self.actions[address]
        look_again = self.environment.look_again
        if look_again is None or failed.key.is_deferred or not isinstance(action, Update):
            return False
        statuses = {failure.http_status for failure in self.results.failures_of(failed)}
        item = self.items.get(address) if statuses & _GONE else None
        if not isinstance(item, Node):
            return False
        try:
            second_look = look_again(action, item, self.ids.resolve)
        except (ApiError, ConnectionFailed, PlanError):
            return False  # the first failure is reported instead
        if second_look.obstacle:
            self.results.obstacles[address] = second_look.obstacle
            return False
        gone_parts = parts_gone(action, second_look.live) if second_look.live else ()
        if second_look.live is not None and not gone_parts:
            return False
        if second_look.live is None:
            replacement = as_create(action, item)
            self.ids.forget(item.ref)
            self.recreated.add(address)
        else:
            replacement = without_parts(action, item, gone_parts)
        self._replace_action(failed.key, replacement)
        return True

    def _replace_action(self, key: UnitKey, action: ContentWriting) -> None:
        """Replace the action that failed; keep the ids of parts that still exist."""
        address = key.address
        earlier, old = self.workspaces[address], self.actions[address]
        workspace = Workspace(self.ids, action)
        if address not in self.recreated:
            planned = created_parts(old) if isinstance(old, Update) else frozenset[SourceRef]()
            recreated = created_parts(action) - planned
            workspace.learn(
                (part, id_) for part, id_ in earlier.parts().items() if part not in recreated
            )
        self.workspaces[address], self.actions[address] = workspace, action
        self.results.forget_failures(key)

    def _is_needed(self, key: UnitKey, failed: UnitKey) -> bool:
        """Whether a unit needs `failed` to succeed. Soft references need nothing."""
        action = self.actions[key.address]
        if isinstance(action, Delete):
            return True
        item = self.items.get(key.address)
        is_soft = isinstance(item, Node) and refers_softly(
            action, item, failed.address, self.settings.instances
        )
        if is_soft:
            self.results.unlinked.setdefault(key.address, set()).add(failed.address)
            if key.address not in self.workspaces:  # its turn may come much later
                self.items.release(key.address)
        return not is_soft

    # --- the end of a unit -------------------------------------------------------------------

    def _record_result(self, result: UnitResult[UnitKey]) -> None:
        key = result.key
        address, action = key.address, self.actions[key.address]
        match result:
            case UnitDone() if _has_deferred(action) and not key.is_deferred:
                self._await_deferred(address)
                return
            case UnitDone():
                is_gone = isinstance(action, Delete)
                id_ = None if is_gone else self.ids.resolve(Ref.parse(address))
                self.results.complete(action, id_)
            case UnitFailed() | UnitCutOff():
                if address not in self.results.outcomes:
                    is_recorded = self.history.actions.get(address) == "failed"
                    self.results.fail(action, result, is_recorded=is_recorded)
                    self.ids.abandon(Ref.parse(address))
        self.results.forget(key)
        self.items.release(address)
        if isinstance(result, UnitCutOff) and address not in self.awaiting_deferred:
            return  # the item's own unit, if it has begun, still needs its ids
        self._forget_item(address)

    def _await_deferred(self, address: Address) -> None:
        """Keep the ids of an item whose own unit is done, if its deferred unit is still to come."""
        self.items.release(address)
        if address in self.results.outcomes:  # the deferred unit was cut off
            self._forget_item(address)
        else:
            self.awaiting_deferred.add(address)

    def _forget_item(self, address: Address) -> None:
        _ = self.workspaces.pop(address, None)
        _ = self.deferred.pop(address, None)
        self.awaiting_deferred.discard(address)

    def _payload(self, address: Address) -> Raw | bytes | None:
        item = self.items.get(address)
        if address not in self.actions:
            self.items.release(address)
        if isinstance(item, Node):
            return item.raw
        return self.environment.corrupt(Ref.parse(address))

    def _rewrite(self, value: Json, resolve: Resolve) -> Json:
        return rewrite_links(value, self.settings.instances, resolve)

    def _send_checkpoint(self) -> None:
        with self._event_lock:  # counted in the order sent
            self.steps_reported += self.settings.checkpoint_interval
            self.environment.on_event(Checkpoint(steps=self.steps_reported))

    def _send_event(self, event: Event) -> None:
        with self._event_lock:
            self.environment.on_event(event)


def _has_deferred(action: Writing) -> bool:
    return isinstance(action, ContentWriting) and bool(action.deferred)
