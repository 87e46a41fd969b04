"""What became of each item: told, journaled, and buried where it failed for good."""

from collections.abc import Callable, Mapping
from threading import Lock

from msgspec.structs import replace

from lookervault_plan.content.node import Address, Node, Raw, Ref
from lookervault_plan.execution import dead_letters as letters
from lookervault_plan.execution.events import (
    ApplyComplete,
    ApplyErrored,
    ChangeSummary,
    DlqAdded,
    Event,
)
from lookervault_plan.execution.ports import Failure
from lookervault_plan.execution.results import ItemOutcome, Settings, World
from lookervault_plan.execution.units import FIX
from lookervault_plan.execution.walk import Ending
from lookervault_plan.plan_file import Action, Create, Delete, Plan, Update
from lookervault_plan.state.rows import DeadLetter, StepOutcome


class Accounts:
    """The accounts of one run; may be used from any thread."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        failures: Mapping[str, Failure],
        *,
        tell: Callable[[Event], None],
        full: Callable[[], None],
    ) -> None:
        """`failures` of steps, as they come; `full` is called once the queue may hold no more."""
        self._world = world
        self._settings = settings
        self._failures = failures
        self._tell = tell
        self._full = full
        self._lock = Lock()
        self.outcomes: dict[Address, ItemOutcome] = {}
        self.letters = 0
        self.queue_is_full = False
        #: failures that are no step's: an item that can't be read any more
        self.unread: dict[str, Failure] = {}
        #: what holds the place of items that are gone
        self.held: dict[Address, str] = {}
        #: what has failed and is only linked to
        self.unlinked: dict[Address, set[Address]] = {}
        #: steps of a unit that failed, and that went well, in order
        self._failed: dict[str, list[str]] = {}
        self._succeeded: dict[str, list[str]] = {}

    # --- steps -------------------------------------------------------------------------------

    def note(self, key: str, step: str, *, succeeded: bool) -> None:
        """A step of a unit is over."""
        steps = self._succeeded if succeeded else self._failed
        with self._lock:
            steps.setdefault(key, []).append(step)

    def succeeded(self, key: str) -> list[str]:
        """Steps of a unit that went well."""
        return self._succeeded.get(key, [])

    def failures(self, ending: Ending) -> list[Failure]:
        """Steps of the unit that failed; else the shared one that it could not do without."""
        with self._lock:
            ids = [*self._failed.get(ending.key, ()), ending.cause]
        found = [self._failures.get(id_) for id_ in dict.fromkeys(ids)]
        return [one for one in found if one] or [Failure(step=ending.cause, error="failed")]

    def forget(self, key: str, *, all_of_it: bool = True) -> None:
        """A unit is over, or, if not `all_of_it`, it is tried once more."""
        with self._lock:
            _ = self._failed.pop(key, None)
            if all_of_it:
                _ = self._succeeded.pop(key, None)

    # --- items -------------------------------------------------------------------------------

    def complete(self, address: Address, action: Action, id_: str | None) -> None:
        with self._lock:
            self.outcomes[address] = "done"
        self._world.journal.finish(StepOutcome(step=address, outcome="done", at=self._world.now()))
        self._tell(ApplyComplete(address=address, action=action.verb, destination_id=id_))

    def fail(self, address: Address, action: Action, ending: Ending, *, is_told: bool) -> None:
        """An item has failed, or was not tried; an earlier run may have told it all."""
        is_begun = ending.outcome == "failed"
        with self._lock:
            self.outcomes[address] = "failed" if is_begun else "not tried"
        if is_told:
            return
        buried = self._letter(address, ending)
        self._bury(address, buried)
        if is_begun:
            self._tell(
                ApplyErrored(
                    address=address,
                    action=action.verb,
                    error=buried.error_message,
                    step=buried.step,
                    http_status=buried.http_status,
                )
            )

    def bury_blocked(self, plan: Plan) -> None:
        """Items that could not be read when the plan was made get their letter now."""
        for diagnostic in plan.diagnostics:
            error_type = letters.BLOCKED_TYPES.get(diagnostic.code)
            if error_type is None or diagnostic.address is None:
                continue
            address = Address(diagnostic.address)
            why = f"{diagnostic.summary}: {diagnostic.detail}"
            at, raw = self._world.now(), self._payload(address)
            session = self._settings.session
            self._bury(address, letters.unreadable(session, address, raw, error_type, why, at=at))

    def summary(self, actions: Mapping[str, Action]) -> ChangeSummary:
        """What the run did."""
        done = [actions[key] for key, how in self.outcomes.items() if how == "done"]
        told = list(self.outcomes.values())
        return ChangeSummary(
            add=sum(isinstance(action, Create) for action in done),
            change=sum(isinstance(action, Update) for action in done),
            remove=sum(isinstance(action, Delete) for action in done),
            failed=told.count("failed"),
            not_tried=told.count("not tried"),
        )

    def _letter(self, address: Address, ending: Ending) -> DeadLetter:
        at, session = self._world.now(), self._settings.session
        raw = self._payload(address)
        if ending.outcome != "failed":
            cause = ending.cause.removesuffix(FIX)
            return letters.dependent(session, address, raw, cause, at=at)
        if unread := self.unread.get(ending.key):
            return letters.unreadable(
                session, address, raw, "DeserializationError", unread.error, at=at
            )
        first, *rest = self.failures(ending)
        if held := self.held.get(address):
            first = replace(first, error=f"{first.error}. {held}")
        return letters.letter(session, address, raw, [first, *rest], at=at)

    def _bury(self, address: Address, buried: DeadLetter) -> None:
        self._world.journal.finish(
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
        limit = self._settings.max_dead_letters
        with self._lock:
            self.letters += 1
            is_last = limit is not None and self.letters >= limit and not self.queue_is_full
            self.queue_is_full = self.queue_is_full or is_last
        if is_last:
            self._full()
        self._tell(
            DlqAdded(
                address=address,
                error_type=buried.error_type,
                error=buried.error_message,
                cause=buried.cause,
            )
        )

    def _payload(self, address: Address) -> Raw | None:
        node = self._world.load(Ref.parse(address))
        return node.raw if isinstance(node, Node) else None
