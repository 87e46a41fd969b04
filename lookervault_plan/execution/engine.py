"""Carry out a plan: begin or go on with a session, walk its actions, account for each."""

import time
from collections.abc import Sequence
from threading import Lock

from msgspec.structs import replace

from lookervault_plan.content.node import Address, Json, Node, Raw, Ref
from lookervault_plan.content.text_links import rewrite
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.execution.before_images import before_image
from lookervault_plan.execution.events import ApplyStart, Checkpoint, Event
from lookervault_plan.execution.ids import Ids, Workspace
from lookervault_plan.execution.outcomes import Accounts
from lookervault_plan.execution.perform import Performer
from lookervault_plan.execution.ports import Failure
from lookervault_plan.execution.results import Result, Settings, World
from lookervault_plan.execution.resume import History, seconds_left
from lookervault_plan.execution.units import FIX, only_links, units_of
from lookervault_plan.execution.walk import Ending, Expansion, Over, Stop, Verdict, Walk
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
from lookervault_plan.steps import recreate as instead
from lookervault_plan.steps.recipes import expand, fixups
from lookervault_plan.steps.request import Resolve
from lookervault_plan.steps.step import Step

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
        self.actions: dict[str, Writing] = {action.address: action for action in plan.writing}
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
        #: made anew as a whole in this run: what earlier steps did is gone
        self.anew: set[Address] = set()
        self.accounts = Accounts(
            world, settings, self.performer.failures, tell=self._tell, full=stop.ask
        )
        self.intended: set[str] = set()
        self.performed = 0
        #: steps that checkpoints have told of
        self.told = 0
        self._lock = Lock()
        self._telling = Lock()

    def run(self) -> Result:
        units = units_of(self.plan, self.history, self.world.load, self.settings.instances)
        for address, outcome in self.history.actions.items():
            if outcome == "done":
                self.accounts.outcomes[address] = "done"
        self.accounts.bury_blocked(self.plan)
        walk = Walk(
            units,
            expand=self._expand,
            perform=self._perform,
            settle=self._settle,
            reconsider=self._reconsider,
            is_needed=self._is_needed,
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
        accounts = self.accounts
        self._tell(accounts.summary(self.actions))
        actions = (self.actions.get(action.address, action) for action in self.plan.actions)
        return Result(
            plan=replace(self.plan, actions=tuple(actions)),
            outcomes=accounts.outcomes,
            ids=self.ids,
            unlinked={key: tuple(sorted(ends)) for key, ends in accounts.unlinked.items()},
            dead_letters=accounts.letters,
            left=tuple(dict.fromkeys(Address(key.removesuffix(FIX)) for key in left)),
            error=error,
            queue_is_full=accounts.queue_is_full,
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
        node = None if isinstance(action, Delete) else self.world.load(ref)
        if isinstance(node, Diagnostic):
            self.accounts.unread[key] = Failure(step="", error=f"{node.summary}: {node.detail}")
            return Expansion((), failed=True)
        if key == address:
            if address not in self.spaces:
                self.spaces[address] = Workspace(self.ids, action)
                self.spaces[address].learn(self.history.parts(address).items())
            steps = expand(action, node, self.known)
            self._tell(ApplyStart(address=address, action=action.verb, name=action.name))
        elif isinstance(action, ContentWriting) and node is not None:
            steps = fixups(action, node, self.known)
        else:
            steps = ()
        is_anew = address in self.anew
        done = self.accounts.succeeded(key)
        finished = frozenset[str]() if is_anew else self.history.finished(steps, done)
        at = self.world.now()
        if address not in self.history.begun:
            self.history.begun.add(address)
            intents.append(StepIntent(step=address, kind=ACTION, at=at))
        live = destination_id_of(action)
        before = self.world.before(Ref(action.type, live)) if live else None
        for step in steps:
            if step.id not in finished and step.id not in self.intended:
                self._intend(step, before, at, intents, is_anew=is_anew)
        return Expansion(steps, finished)

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
        if isinstance(verdict, Over) and (self.world.look or not verdict.succeeded):
            self.accounts.note(key, step.id, succeeded=verdict.succeeded)
        with self._lock:
            self.performed += 1
            is_due = not self.performed % self.settings.checkpoint_interval
        if is_due:
            self._tell_checkpoint()
        return verdict

    def _reconsider(self, ending: Ending) -> bool:
        """Whether a failed unit is to be expanded once more: what it changes is made anew."""
        address = Address(ending.key)
        action = self.actions.get(address)  # none for a unit of deferred values
        if self.world.look is None or not isinstance(action, Update):
            return False
        statuses = {failure.http_status for failure in self.accounts.failures(ending)}
        node = self.world.load(Ref.parse(address)) if statuses & _GONE else None
        if not isinstance(node, Node):
            return False
        try:
            found = self.world.look(action, node, self.ids.resolve)
        except (ApiError, ConnectionFailed, PlanError):
            return False  # the failure that led here is told
        if found.held:
            self.accounts.held[address] = found.held
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

    def _begin_again(self, address: Address, action: ContentWriting) -> None:
        """Put an action in the place of the one that failed; what is left of it stays known."""
        earlier, old = self.spaces[address], self.actions[address]
        space = Workspace(self.ids, action)
        if address not in self.anew:
            gone = instead.made(action) - (instead.made(old) if isinstance(old, Update) else set())
            space.learn(each for each in earlier.parts().items() if each[0] not in gone)
        self.spaces[address], self.actions[address] = space, action
        self.accounts.forget(address, all_of_it=False)

    def _is_needed(self, key: str, failed: str) -> bool:
        """Whether a unit fails with another one: not where it only links to it."""
        address, end = Address(key.removesuffix(FIX)), Address(failed.removesuffix(FIX))
        action, node = self.actions[address], self.world.load(Ref.parse(address))
        is_soft = (
            isinstance(node, Node)
            and isinstance(action, ContentWriting)
            and only_links(action, node, end, self.settings.instances)
        )
        if is_soft:
            self.accounts.unlinked.setdefault(address, set()).add(end)
        return not is_soft

    def _settle(self, ending: Ending) -> None:
        address = Address(ending.key.removesuffix(FIX))
        action = self.actions[address]
        is_fix = ending.key != address
        if ending.outcome == "done":
            if not is_fix and isinstance(action, ContentWriting) and action.deferred:
                return  # its fix-ups come later
            id_ = self.ids.resolve(Ref.parse(address)) if not isinstance(action, Delete) else None
            self.accounts.complete(address, action, id_)
        elif address not in self.accounts.outcomes:
            is_told = self.history.actions.get(address) == "failed"
            self.accounts.fail(address, action, ending, is_told=is_told)
            self.ids.abandon(Ref.parse(address))
        self.accounts.forget(ending.key)
        if ending.outcome != "cut off" or is_fix:
            _ = self.spaces.pop(address, None)

    def _rewrite(self, value: Json, resolve: Resolve) -> Json:
        return rewrite(value, self.settings.instances, resolve)

    def _tell_checkpoint(self) -> None:
        with self._telling:  # counted in the order told
            self.told += self.settings.checkpoint_interval
            self.world.tell(Checkpoint(steps=self.told))

    def _tell(self, event: Event) -> None:
        with self._telling:
            self.world.tell(event)
