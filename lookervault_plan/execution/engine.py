"""Carry out a plan: begin or go on with a session, walk its actions, account for each."""

import time
from collections.abc import Sequence
from threading import Lock

from msgspec.structs import replace

from lookervault_plan.content.links import rewrite
from lookervault_plan.content.node import Address, Json, Node, Raw, Ref
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.execution import instead, letters
from lookervault_plan.execution.events import (
    ApplyComplete,
    ApplyErrored,
    ApplyStart,
    ChangeSummary,
    Checkpoint,
    DlqAdded,
    Event,
)
from lookervault_plan.execution.expand import expand, fixups
from lookervault_plan.execution.fill import Resolve
from lookervault_plan.execution.graph import Step
from lookervault_plan.execution.history import History, seconds_left
from lookervault_plan.execution.ids import Ids, Workspace
from lookervault_plan.execution.images import before_image
from lookervault_plan.execution.session import ItemOutcome, Result, Settings, World
from lookervault_plan.execution.step import Failure, Performer
from lookervault_plan.execution.units import FIX, units_of
from lookervault_plan.execution.walk import Ending, Expansion, Over, Stop, Verdict, Walk
from lookervault_plan.looker.failures import ApiError, ConnectionFailed
from lookervault_plan.plan_file import Action, Plan
from lookervault_plan.state.records import ACTION, DeadLetter, StepIntent, StepOutcome

#: answers to requests for what is not there: a part's parent is named in its body
_GONE = frozenset({404, 422})

__all__ = ["Result", "Settings", "World", "run"]


def run(plan: Plan, world: World, settings: Settings, stop: Stop | None = None) -> Result:
    """Carry out what the journal does not know as done yet.

    Preconditions are the caller's. Errors that stop everything come back in the result; whatever
    else is raised is the journal's failure, or a bug.
    """
    return _Run(plan, world, settings, stop or Stop()).run()


class _Run:
    def __init__(self, plan: Plan, world: World, settings: Settings, stop: Stop) -> None:
        self.plan = plan
        self.world = world
        self.settings = settings
        self.stop = stop
        self.actions: dict[str, Action] = {
            action.address: action for action in plan.actions if action.writes
        }
        self.history = History(world.journal.steps())
        self.ids = Ids(plan)
        self.known = self.ids.known_queries()
        for ref, id_ in self.history.revealed.items():
            self.ids.put(ref, id_)
        self.performer = Performer(
            looker=world.looker,
            limiter=world.limiter,
            journal=world.journal,
            now=world.now,
            rewrite=self._rewrite,
            tell=self._tell,
            policy=settings.policy,
            settle_seconds=settings.settle_seconds,
            linger_seconds=settings.linger_seconds,
        )
        #: until when what a killed run has sent may still be carried out
        self.settled_in = seconds_left(self.history.last_at, world.now(), settings.linger_seconds)
        self.began = time.monotonic()
        self.shared_space = Workspace(self.ids)
        self.spaces: dict[str, Workspace] = {}
        #: failures that are no step's: an item that can't be read any more
        self.unread: dict[str, Failure] = {}
        #: steps of a unit that failed, and that went well, in order
        self.failed: dict[str, list[str]] = {}
        self.succeeded: dict[str, list[str]] = {}
        #: made anew as a whole in this run: what earlier steps did is gone
        self.anew: set[Address] = set()
        #: what holds the place of items that are gone
        self.held: dict[Address, str] = {}
        self.outcomes: dict[Address, ItemOutcome] = {}
        self.intended: set[str] = set()
        self.letters = 0
        self.performed = 0
        self.queue_is_full = False
        self._lock = Lock()
        self._telling = Lock()

    def run(self) -> Result:
        units = units_of(self.plan, self.history, self.world.load, self.settings.instances)
        for address, outcome in self.history.actions.items():
            if outcome == "done":
                self.outcomes[address] = "done"
        self._bury_blocked()
        walk = Walk(
            units,
            expand=self._expand,
            perform=self._perform,
            settle=self._settle,
            reconsider=self._reconsider,
            workers=self.settings.workers,
            stop=self.stop,
        )
        left: tuple[str, ...] = ()
        error: ApiError | ConnectionFailed | PlanError | None = None
        try:
            left = walk.run()
        except (ApiError, ConnectionFailed, PlanError) as fatal:
            error, left = fatal, walk.left
        self.world.journal.flush()
        self._summarise()
        actions = (self.actions.get(action.address, action) for action in self.plan.actions)
        return Result(
            plan=replace(self.plan, actions=tuple(actions)),
            outcomes=self.outcomes,
            ids=self.ids,
            dead_letters=self.letters,
            left=tuple(dict.fromkeys(Address(key.removesuffix(FIX)) for key in left)),
            error=error,
            queue_is_full=self.queue_is_full,
        )

    # --- what the walk asks for --------------------------------------------------------------

    def _expand(self, keys: Sequence[str]) -> list[Expansion]:
        """The steps of these units; their intents are on disk when this returns."""
        intents: list[StepIntent] = []
        expansions = [self._expand_one(key, intents) for key in keys]
        self.world.journal.intend(intents)
        return expansions

    def _expand_one(self, key: str, intents: list[StepIntent]) -> Expansion:
        address = Address(key.removesuffix(FIX))
        action = self.actions[address]
        if self.history.actions.get(address) == "failed":
            return Expansion((), failed=True)
        ref = Ref.parse(address)
        node = None if action.action == "delete" else self.world.load(ref)
        if isinstance(node, Diagnostic):
            self.unread[key] = Failure(step="", error=f"{node.summary}: {node.detail}")
            return Expansion((), failed=True)
        if key == address:
            if address not in self.spaces:
                self.spaces[address] = Workspace(self.ids, action)
                self.spaces[address].learn(self.history.parts(address).items())
            steps = expand(action, node, self.known)
            self._tell(ApplyStart(address=address, action=action.action, name=action.name))
        else:
            steps = fixups(action, node, self.known) if node is not None else ()
        is_anew = address in self.anew
        finished = frozenset[str]() if is_anew else self._finished(key, steps)
        at = self.world.now()
        if address not in self.history.begun:
            self.history.begun.add(address)
            intents.append(StepIntent(step=address, kind=ACTION, at=at))
        live = Ref(action.type, action.destination_id) if action.destination_id else None
        before = self.world.before(live) if live else None
        for step in steps:
            if step.id not in finished and step.id not in self.intended:
                self._intend(step, before, at, intents, is_anew=is_anew)
        return Expansion(steps, finished)

    def _finished(self, key: str, steps: Sequence[Step]) -> frozenset[str]:
        """Steps that an earlier run has done, or this one before the unit was changed."""
        return self.history.finished(steps, self.succeeded.get(key, ()))

    def _intend(
        self,
        step: Step,
        before: Raw | None,
        at: str,
        intents: list[StepIntent],
        *,
        is_anew: bool,
    ) -> None:
        if step.operation == "find":
            return
        if step.shared:
            self.intended.add(step.id)
        if not is_anew and (record := self.history.in_doubt(step)):
            left = self.settled_in - (time.monotonic() - self.began)
            self.performer.resume(step, record.attempts, settled_in=max(left, 0.0))
        image = before_image(step, before) if before is not None else None
        intents.append(
            StepIntent(step=step.id, kind=step.kind, at=at, known_ids=step.known_ids, before=image)
        )

    def _perform(self, step: Step, key: str) -> Verdict:
        address = key.removesuffix(FIX)
        space = self.shared_space if step.shared else self.spaces[address]
        verdict = self.performer.perform(step, space)
        with self._lock:
            match verdict:
                case Over(succeeded=True) if self.world.look and step.operation != "find":
                    self.succeeded.setdefault(key, []).append(step.id)
                case Over(succeeded=False):
                    self.failed.setdefault(key, []).append(step.id)
                case _:
                    pass
            self.performed += 1
            is_due = not self.performed % self.settings.checkpoint_interval
        if is_due:
            self._tell(Checkpoint(steps=self.performed))
        return verdict

    def _reconsider(self, ending: Ending) -> bool:
        """Whether a failed unit is to be expanded once more: what it changes is made anew."""
        address = Address(ending.key)
        action = self.actions.get(address)  # none for a unit of deferred values
        if self.world.look is None or action is None or action.action != "update":
            return False
        statuses = {failure.http_status for failure in self._failures(ending)}
        node = self.world.load(Ref.parse(address)) if statuses & _GONE else None
        if not isinstance(node, Node):
            return False
        try:
            found = self.world.look(action, node, self.ids.resolve)
        except (ApiError, ConnectionFailed, PlanError):
            return False  # the failure that led here is told
        if found.held:
            self.held[address] = found.held
            return False
        gone = instead.parts_gone(action, found.live) if found.live else ()
        if found.live is not None and not gone:
            return False
        if found.live is None:
            changed = instead.as_create(action, node)
            self.ids.forget(node.ref)
            self.anew.add(address)
        else:
            changed = instead.without_parts(action, node, gone)
        self._begin_again(address, changed)
        return True

    def _begin_again(self, address: Address, action: Action) -> None:
        """Put an action in the place of the one that failed; what is left of it stays known."""
        earlier, old = self.spaces[address], self.actions[address]
        space = Workspace(self.ids, action)
        if address not in self.anew:
            gone = instead.made(action) - instead.made(old)
            space.learn(each for each in earlier.parts().items() if each[0] not in gone)
        self.spaces[address], self.actions[address] = space, action
        with self._lock:
            _ = self.failed.pop(address, None)

    def _settle(self, ending: Ending) -> None:
        address = Address(ending.key.removesuffix(FIX))
        action = self.actions[address]
        is_fix = ending.key != address
        if ending.outcome == "done":
            if not is_fix and action.deferred:
                return  # its fix-ups come later
            self._complete(address, action)
        elif address not in self.outcomes:
            self._fail(address, action, ending)
            self.ids.abandon(Ref.parse(address))
        with self._lock:
            _ = self.failed.pop(ending.key, None), self.succeeded.pop(ending.key, None)
        if ending.outcome != "cut off" or is_fix:
            _ = self.spaces.pop(address, None)

    # --- accounts ----------------------------------------------------------------------------

    def _complete(self, address: Address, action: Action) -> None:
        with self._lock:
            self.outcomes[address] = "done"
        self.world.journal.finish(StepOutcome(step=address, outcome="done", at=self.world.now()))
        id_ = self.ids.resolve(Ref.parse(address)) if action.action != "delete" else None
        self._tell(ApplyComplete(address=address, action=action.action, destination_id=id_))

    def _fail(self, address: Address, action: Action, ending: Ending) -> None:
        at, session = self.world.now(), self.settings.session
        is_begun = ending.outcome == "failed"
        with self._lock:
            self.outcomes[address] = "failed" if is_begun else "not tried"
        if self.history.actions.get(address) == "failed":
            return  # an earlier run has told it all
        raw = self._payload(address)
        if not is_begun:
            cause = ending.cause.removesuffix(FIX)
            buried = letters.dependent(session, address, raw, cause, at=at)
        elif unread := self.unread.get(ending.key):
            buried = letters.unreadable(
                session, address, raw, "DeserializationError", unread.error, at=at
            )
        else:
            failures = self._failures(ending)
            if held := self.held.get(address):
                failures = [
                    replace(failures[0], error=f"{failures[0].error}. {held}"),
                    *failures[1:],
                ]
            buried = letters.letter(session, address, raw, failures, at=at)
        self._bury(address, buried)
        if is_begun:
            self._tell(
                ApplyErrored(
                    address=address,
                    action=action.action,
                    error=buried.error_message,
                    step=buried.step,
                    http_status=buried.http_status,
                )
            )

    def _failures(self, ending: Ending) -> list[Failure]:
        """Steps of the unit that failed; else the shared one that it could not do without."""
        with self._lock:
            ids = [*self.failed.get(ending.key, ()), ending.cause]
        found = [self.performer.failures.get(id_) for id_ in dict.fromkeys(ids)]
        return [one for one in found if one] or [Failure(step=ending.cause, error="failed")]

    def _bury(self, address: Address, buried: DeadLetter) -> None:
        self.world.journal.finish(
            StepOutcome(
                step=address,
                outcome="failed",
                at=buried.failed_at,
                attempts=buried.retry_count + 1,
                error=buried.error_message,
                http_status=buried.http_status,
                dead_letter=buried,
            )
        )
        limit = self.settings.max_dead_letters
        with self._lock:
            self.letters += 1
            if limit is not None and self.letters >= limit and not self.queue_is_full:
                self.queue_is_full = True
                self.stop.ask()
        self._tell(
            DlqAdded(
                address=address,
                error_type=buried.error_type,
                error=buried.error_message,
                cause=buried.cause,
            )
        )

    def _bury_blocked(self) -> None:
        """Items that could not be read when the plan was made get their letter now."""
        for diagnostic in self.plan.diagnostics:
            error_type = letters.BLOCKED_TYPES.get(diagnostic.code)
            if error_type is None or diagnostic.address is None:
                continue
            address = Address(diagnostic.address)
            why = f"{diagnostic.summary}: {diagnostic.detail}"
            at = self.world.now()
            buried = letters.unreadable(
                self.settings.session, address, self._payload(address), error_type, why, at=at
            )
            self._bury(address, buried)

    def _payload(self, address: Address) -> Raw | None:
        node = self.world.load(Ref.parse(address))
        return node.raw if isinstance(node, Node) else None

    def _summarise(self) -> None:
        done = [self.actions[key].action for key, how in self.outcomes.items() if how == "done"]
        told = list(self.outcomes.values())
        self._tell(
            ChangeSummary(
                add=done.count("create"),
                change=done.count("update"),
                remove=done.count("delete"),
                failed=told.count("failed"),
                not_tried=told.count("not tried"),
            )
        )

    def _rewrite(self, value: Json, resolve: Resolve) -> Json:
        return rewrite(value, self.settings.instances, resolve)

    def _tell(self, event: Event) -> None:
        with self._telling:
            self.world.tell(event)
