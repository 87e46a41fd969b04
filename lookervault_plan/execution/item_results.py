"""Results of items: recorded in the journal, reported as events, and buried if they failed."""

from collections.abc import Callable, Mapping
from threading import Lock

from msgspec.structs import replace

from lookervault_plan.content.node import Address, Raw
from lookervault_plan.execution import dead_letters
from lookervault_plan.execution.events import (
    ApplyComplete,
    ApplyErrored,
    ChangeSummary,
    DlqAdded,
    Event,
)
from lookervault_plan.execution.ports import Failure
from lookervault_plan.execution.run_types import Environment, ItemOutcome, RunSettings
from lookervault_plan.execution.units import UnitKey
from lookervault_plan.execution.walk import UnitCutOff, UnitFailed
from lookervault_plan.plan_file import Create, Delete, Plan, Update, Writing
from lookervault_plan.state.rows import DeadLetter, StepOutcome
from lookervault_plan.steps.step_id import StepId


class ItemResults:
    """Collects the results of one run's items; may be used from any thread."""

    def __init__(
        self,
        environment: Environment,
        settings: RunSettings,
        failures: Mapping[StepId, Failure],
        *,
        payload: Callable[[Address], Raw | bytes | None],
        on_event: Callable[[Event], None],
        on_full_queue: Callable[[], None],
    ) -> None:
        """`failures` fills as steps fail; `payload` returns the object for a dead letter."""
        self._environment = environment
        self._settings = settings
        self._failures = failures
        self._payload = payload
        self._on_event = on_event
        self._on_full_queue = on_full_queue
        self._lock = Lock()
        self.outcomes: dict[Address, ItemOutcome] = {}
        #: items that this run has put into the dead letter queue
        self.buried: set[Address] = set()
        self.dlq_is_full = False
        #: units whose item can't be read from the backup
        self.unreadable: dict[UnitKey, str] = {}
        #: gone items -> why they can't be created again
        self.obstacles: dict[Address, str] = {}
        #: items -> failed items that they refer to softly
        self.unlinked: dict[Address, set[Address]] = {}
        #: unit -> its steps that failed, or succeeded, in order
        self._failed: dict[UnitKey, list[StepId]] = {}
        self._succeeded: dict[UnitKey, list[StepId]] = {}

    # --- steps -------------------------------------------------------------------------------

    def note_step(self, key: UnitKey, step: StepId, *, succeeded: bool) -> None:
        """Remember how a step of a unit ended."""
        steps = self._succeeded if succeeded else self._failed
        with self._lock:
            steps.setdefault(key, []).append(step)

    def succeeded_steps(self, key: UnitKey) -> list[StepId]:
        """Return the steps of a unit that succeeded."""
        return self._succeeded.get(key, [])

    def failures_of(self, failed: UnitFailed[UnitKey]) -> list[Failure]:
        """Return the failures of a unit's steps, or that of the shared step it needs."""
        with self._lock:
            ids = [*self._failed.get(failed.key, ())]
        if failed.step is not None:
            ids.append(failed.step)
        found = [self._failures.get(id_) for id_ in dict.fromkeys(ids)]
        return [one for one in found if one] or [Failure(step=failed.step, error="failed")]

    def forget_failures(self, key: UnitKey) -> None:
        """Forget the failed steps of a unit that is tried once more."""
        with self._lock:
            _ = self._failed.pop(key, None)

    def forget(self, key: UnitKey) -> None:
        """Forget the steps of a unit that is over."""
        with self._lock:
            _ = self._failed.pop(key, None)
            _ = self._succeeded.pop(key, None)

    # --- items -------------------------------------------------------------------------------

    def complete(self, action: Writing, destination_id: str | None) -> None:
        """Record that an item is done."""
        address = action.address
        with self._lock:
            self.outcomes[address] = "done"
        self._environment.journal.finish(
            StepOutcome(step=address, outcome="done", at=self._environment.now())
        )
        self._on_event(
            ApplyComplete(address=address, action=action.verb, destination_id=destination_id)
        )

    def fail(
        self,
        action: Writing,
        result: UnitFailed[UnitKey] | UnitCutOff[UnitKey],
        *,
        is_recorded: bool,
    ) -> None:
        """Record that an item has failed or was not tried, unless an earlier run has done so."""
        address, is_begun = action.address, isinstance(result, UnitFailed)
        with self._lock:
            self.outcomes[address] = "failed" if is_begun else "not tried"
        if is_recorded:
            return
        letter = self._letter(address, result)
        self._bury(address, letter)
        if is_begun:
            self._on_event(
                ApplyErrored(
                    address=address,
                    action=action.verb,
                    error=letter.error_message,
                    step=letter.step,
                    http_status=letter.http_status,
                )
            )

    def bury_blocked(self, plan: Plan) -> None:
        """Bury the items that could not be read when the plan was made."""
        for diagnostic in plan.diagnostics:
            error_type = dead_letters.BLOCKED_TYPES.get(diagnostic.code)
            if error_type is None or diagnostic.address is None:
                continue
            address = Address(diagnostic.address)
            letter = dead_letters.unreadable_letter(
                self._settings.session,
                address,
                self._payload(address),
                error_type,
                f"{diagnostic.summary}: {diagnostic.detail}",
                at=self._environment.now(),
            )
            self._bury(address, letter)

    def summary(
        self, actions: Mapping[Address, Writing], *, blocked: int, left: int
    ) -> ChangeSummary:
        """Count the items of the run by what became of them."""
        done = [actions[key] for key, how in self.outcomes.items() if how == "done"]
        outcomes = list(self.outcomes.values())
        return ChangeSummary(
            add=sum(isinstance(action, Create) for action in done),
            change=sum(isinstance(action, Update) for action in done),
            remove=sum(isinstance(action, Delete) for action in done),
            failed=outcomes.count("failed"),
            not_tried=outcomes.count("not tried"),
            blocked=blocked,
            left=left,
        )

    def _letter(
        self, address: Address, result: UnitFailed[UnitKey] | UnitCutOff[UnitKey]
    ) -> DeadLetter:
        at, session = self._environment.now(), self._settings.session
        raw = self._payload(address)
        if isinstance(result, UnitCutOff):
            return dead_letters.cut_off_letter(session, address, raw, result.by.address, at=at)
        if reason := self.unreadable.get(result.key):
            return dead_letters.unreadable_letter(
                session, address, raw, "DeserializationError", reason, at=at
            )
        first, *rest = self.failures_of(result)
        if obstacle := self.obstacles.get(address):
            first = replace(first, error=f"{first.error}. {obstacle}")
        return dead_letters.failure_letter(session, address, raw, [first, *rest], at=at)

    def _bury(self, address: Address, letter: DeadLetter) -> None:
        self._environment.journal.finish(
            StepOutcome(
                step=address,
                outcome="failed",
                at=letter.failed_at,
                attempts=letter.retry_count + 1,
                error=letter.error_message,
                http_status=letter.http_status,
                dead_letter=letter,
            )
        )
        limit = self._settings.max_dead_letters
        with self._lock:
            self.buried.add(address)
            is_last = limit is not None and len(self.buried) >= limit and not self.dlq_is_full
            self.dlq_is_full = self.dlq_is_full or is_last
        if is_last:
            self._on_full_queue()
        self._on_event(
            DlqAdded(
                address=address,
                error_type=letter.error_type,
                error=letter.error_message,
                cause=letter.cause,
            )
        )
