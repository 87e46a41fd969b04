"""What the journal of a session knows when a run begins: nothing, or where to go on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from lookervault_plan.content.node import Address, Ref
from lookervault_plan.content.table.kinds import KINDS, LISTED
from lookervault_plan.state.rows import ACTION, Outcome, StepRecord
from lookervault_plan.steps.step import Step

_ENDED = ("done", "skipped")


class History:
    """The steps of earlier runs of a session, less those of actions that are over."""

    def __init__(self, records: Iterable[StepRecord]) -> None:
        #: actions that are over, and how
        self.actions: dict[Address, Outcome] = {}
        self.begun: set[Address] = set()
        #: ids of items and queries, and of parts that other items list
        self.revealed: dict[Ref, str] = {}
        #: when the session last gave a sign of life, ISO 8601; "" if never
        self.last_at = ""
        self._records: dict[str, StepRecord] = {}
        self._parts: dict[Address, dict[Ref, str]] = {}
        for record in records:
            self.last_at = max(self.last_at, record.intended_at, record.finished_at or "")
            if record.kind == ACTION:
                self._add_action(record)
            else:
                self._add_step(record)
        for address in self.actions:
            _ = self._parts.pop(address, None)
        self._records = {
            id_: record
            for id_, record in self._records.items()
            if address_of(id_) not in self.actions
        }

    def parts(self, address: Address) -> Mapping[Ref, str]:
        """Ids of the parts of an action that was begun."""
        return self._parts.get(address, {})

    def begun_steps(self) -> frozenset[str]:
        """Steps that were begun, of actions that are not over."""
        return frozenset(self._records)

    def finished(self, steps: Sequence[Step], more: Collection[str] = ()) -> frozenset[str]:
        """Those that need not be done again. A read is, as long as anything waits for it.

        `more` were done since.
        """
        ended = {
            step.id
            for step in steps
            if step.id in more
            or ((record := self._records.get(step.id)) and record.outcome in _ENDED)
        }
        waited_for = {id_ for step in steps if step.id not in ended for id_ in step.needs}
        reads = {step.id for step in steps if step.operation == "find"}
        return frozenset(ended | (reads - waited_for if ended else set[str]()))

    def in_doubt(self, step: Step) -> StepRecord | None:
        """The record of a step that was meant to be sent, and of which no end is known."""
        record = self._records.get(step.id)
        return record if record is not None and record.outcome is None else None

    def _add_action(self, record: StepRecord) -> None:
        address = Address(record.step)
        self.begun.add(address)
        if record.outcome is not None:
            self.actions[address] = record.outcome

    def _add_step(self, record: StepRecord) -> None:
        self._records[record.step] = record
        for label, id_ in record.revealed.items():
            ref = Ref.parse(label)
            if KINDS[ref.kind].is_part:
                self._parts.setdefault(address_of(record.step), {})[ref] = id_
            if ref.kind in LISTED or not KINDS[ref.kind].is_part:
                self.revealed[ref] = id_


def seconds_left(since: str, now: str, seconds: float) -> float:
    """How much of a span that began at `since` is left; all of it if the clock was put back.

    Times are ISO 8601 in UTC.
    """
    if not since:
        return 0.0
    passed = (datetime.fromisoformat(now) - datetime.fromisoformat(since)).total_seconds()
    return seconds if passed < 0 else max(seconds - passed, 0.0)


def address_of(step: str) -> Address:
    """The item a step belongs to: `dashboard:42` of `dashboard:42/dashboard_element:7#create`."""
    return Address(step.rpartition("#")[0].partition("/")[0])
