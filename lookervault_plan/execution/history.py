"""History of a session: what its journal says that earlier runs did."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from lookervault_plan.content.node import Address, LiveId, Ref, SourceRef
from lookervault_plan.content.table.kinds import KINDS, LISTED
from lookervault_plan.state.rows import ACTION, Outcome, StepRecord
from lookervault_plan.steps.step import FindStep, Step
from lookervault_plan.steps.step_id import StepId

_ENDED = ("done", "skipped")


class History:
    """What earlier runs of a session did; steps of actions that are over are left out."""

    def __init__(self, records: Iterable[StepRecord]) -> None:
        #: actions that are over -> their outcome
        self.actions: dict[Address, Outcome] = {}
        self.begun: set[Address] = set()
        #: ids of items and queries, and of parts that other items list
        self.revealed: dict[SourceRef, LiveId] = {}
        #: time of the latest record, ISO 8601; "" if there is none
        self.last_at = ""
        self._records: dict[StepId, StepRecord] = {}
        self._parts: dict[Address, dict[SourceRef, LiveId]] = {}
        for record in records:
            self.last_at = max(self.last_at, record.intended_at, record.finished_at or "")
            if record.kind == ACTION:
                self._add_action(record)
            else:
                self._add_step(record)
        for address in self.actions:
            _ = self._parts.pop(address, None)
        self._records = {
            id_: record for id_, record in self._records.items() if id_.address not in self.actions
        }

    def parts(self, address: Address) -> Mapping[SourceRef, LiveId]:
        """Return destination ids of the parts of an action that was begun."""
        return self._parts.get(address, {})

    def begun_steps(self) -> frozenset[StepId]:
        """Return the steps that were begun, of actions that are not over."""
        return frozenset(self._records)

    def finished(
        self, steps: Sequence[Step], done_since: Collection[StepId] = ()
    ) -> frozenset[StepId]:
        """Return the steps that need not be done again.

        A `FindStep` is done again as long as an unfinished step needs it.
        """
        ended = {
            step.id
            for step in steps
            if step.id in done_since
            or ((record := self._records.get(step.id)) and record.outcome in _ENDED)
        }
        waited_for = {id_ for step in steps if step.id not in ended for id_ in step.needs}
        reads = {step.id for step in steps if isinstance(step, FindStep)}
        return frozenset(ended | (reads - waited_for if ended else set[StepId]()))

    def in_doubt(self, step: Step) -> StepRecord | None:
        """Return the record of a step that may have been sent and has no outcome, else None."""
        record = self._records.get(step.id)
        return record if record is not None and record.outcome is None else None

    def _add_action(self, record: StepRecord) -> None:
        address = Address(record.step)
        self.begun.add(address)
        if record.outcome is not None:
            self.actions[address] = record.outcome

    def _add_step(self, record: StepRecord) -> None:
        id_ = StepId.parse(record.step)
        self._records[id_] = record
        for label, destination_id in record.revealed.items():
            ref = Ref.parse(label)
            if KINDS[ref.kind].is_part:
                self._parts.setdefault(id_.address, {})[ref] = destination_id
            if ref.kind in LISTED or not KINDS[ref.kind].is_part:
                self.revealed[ref] = destination_id


def seconds_left(since: str, now: str, seconds: float) -> float:
    """Return how much is left of a span that began at `since`; all of it if the clock went back.

    Times are ISO 8601 in UTC.
    """
    if not since:
        return 0.0
    passed = (datetime.fromisoformat(now) - datetime.fromisoformat(since)).total_seconds()
    return seconds if passed < 0 else max(seconds - passed, 0.0)
