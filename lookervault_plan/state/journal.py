"""Record every step of a session: its intent before the request, its outcome after it.

One thread writes, first in first out. An intent is on disk when `intend` returns. Outcomes are
written after 50 ms, after `checkpoint_interval` of them, or with the next intent that a caller
waits for. All that gathers during a commit goes into the next one.
"""

import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from sqlite3 import Connection
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Self

from msgspec.structs import astuple

from lookervault_plan.content.table.kinds import CODES
from lookervault_plan.errors import PlanError
from lookervault_plan.state.queries import QUERIES
from lookervault_plan.state.row_codec import Values, as_json, dead_letter_values
from lookervault_plan.state.rows import StepIntent, StepOutcome, StepRecord
from lookervault_plan.state.store import State

_MAX_DELAY_SECONDS = 0.05
_NO_IDS = "[]"
_NO_LABELS = "{}"


class Journal:
    """The journal of one session, for any number of threads.

    If writing fails (disk full, file locked or read-only), every later call raises that failure,
    so that no request is sent that can't be recorded. Committed rows stay.
    """

    def __init__(self, state: State, session: str, checkpoint_interval: int = 100) -> None:
        known = state.session(session)
        if known is None:
            raise ValueError(f"the state knows no session {session}")
        self._state = state
        self._session = session
        self._scope = (known.source, known.destination_instance)
        self._interval = checkpoint_interval
        self._changed = Condition()
        self._queue: list[tuple[str, Values]] = []
        self._outcomes = 0
        self._waiting: list[Event] = []
        self._is_closing = False
        self._failure: Exception | None = None
        self._writer = Thread(target=self._write, name="journal", daemon=True)
        self._writer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except PlanError:
            if error is None:  # else the error that ended the session is the one to show
                raise

    def intend(self, rows: Sequence[StepIntent]) -> None:
        """Record steps that are about to be sent, in one commit, and return when it is on disk.

        A step that is begun again keeps its first before-image. If it was never finished, it
        keeps its first `known_ids` too.
        """
        self.intend_ahead(rows).wait()

    def intend_ahead(self, rows: Sequence[StepIntent]) -> "Ticket":
        """Record steps that are queued, and return at once: wait for the ticket before sending.

        A commit takes 1 to 2 ms. A worker whose ticket is already written saves that time.
        """
        return self._enqueue([("intend", self._intent_values(row)) for row in rows])

    def finish(self, outcome: StepOutcome) -> None:
        """Record how a step ended, with the ids it revealed, and return at once."""
        rows = [*self._outcome_rows(outcome)]
        with self._changed:
            self._check()
            self._queue.extend(rows)
            self._outcomes += 1
            if self._outcomes == 1 or self._outcomes >= self._interval:
                self._changed.notify()

    def flush(self) -> None:
        """Return when everything recorded so far is on disk."""
        self._enqueue([]).wait()

    def close(self) -> None:
        """Write the rest and end the writer. Raises its failure, if it had one."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._writer.join()
        self._raise_failure()

    def steps(self) -> list[StepRecord]:
        """Return all steps of this session, the queued ones included."""
        self.flush()
        return self._state.steps(self._session)

    def _enqueue(self, rows: list[tuple[str, Values]]) -> "Ticket":
        done = Event()
        with self._changed:
            self._check()
            self._queue.extend(rows)
            self._waiting.append(done)
            self._changed.notify()
        return Ticket(done, self._raise_failure)

    def _check(self) -> None:
        self._raise_failure()
        if self._is_closing:
            raise RuntimeError("the journal is closed")

    def _raise_failure(self) -> None:
        match self._failure:
            case None:
                return
            case PlanError(diagnostic=diagnostic):
                raise PlanError(diagnostic) from self._failure
            case bug:
                raise RuntimeError("the journal's writer broke") from bug

    def _intent_values(self, row: StepIntent) -> Values:
        before = None if row.before is None else zlib.compress(row.before, 1)
        known = as_json(row.known_ids) if row.known_ids else _NO_IDS
        return self._session, row.step, row.kind, row.at, known, before

    def _outcome_rows(self, row: StepOutcome) -> Iterable[tuple[str, Values]]:
        revealed = as_json(row.revealed) if row.revealed else _NO_LABELS
        result = (row.outcome, row.at, row.attempts, revealed, row.error, row.http_status)
        yield "finish", (*result, self._session, row.step)
        for each in row.mappings:
            key = (CODES[each.type], each.source_id)
            yield "set-mapping", (*self._scope, *key, each.destination_id, row.at, self._session)
        for part in row.parts:
            yield "set-part-mapping", (*self._scope, *astuple(part))
        if row.applied is not None:
            yield "put-applied", (*self._scope, *astuple(row.applied))
        if row.dead_letter is not None:
            yield "add-dead-letter", dead_letter_values(row.dead_letter)

    def _write(self) -> None:
        while True:
            with self._changed:
                _ = self._changed.wait_for(lambda: self._queue or self._is_due())
                _ = self._changed.wait_for(self._is_due, timeout=_MAX_DELAY_SECONDS)
                rows, self._queue, self._outcomes = self._queue, [], 0
                waiting, self._waiting = self._waiting, []
                is_last = self._is_closing
            try:
                if rows:
                    with self._state.writing() as connection:
                        _write_rows(connection, rows)
            except Exception as error:  # noqa: BLE001  # it is raised in every later call
                with self._changed:
                    self._failure = error
                    self._queue = rows + self._queue
                    waiting += self._waiting
                is_last = True
            for done in waiting:
                done.set()
            if is_last:
                return

    def _is_due(self) -> bool:
        return bool(self._waiting) or self._outcomes >= self._interval or self._is_closing


class Ticket:
    """A handle on recorded intents that are not on disk yet."""

    def __init__(self, done: Event, check: Callable[[], None]) -> None:
        self._done = done
        self._check = check

    def wait(self) -> None:
        """Return when the intents are on disk. Raises the writer's failure."""
        _ = self._done.wait()
        self._check()


def _write_rows(connection: Connection, rows: list[tuple[str, Values]]) -> None:
    """Run the statements, many rows at once, in their order within each table."""
    for _, of_table in groupby(sorted(rows, key=_table), key=_table):
        for name, same in groupby(of_table, key=_name):
            _ = connection.executemany(QUERIES[name], [values for _, values in same])


_TABLES = {
    "intend": 0,
    "finish": 0,
    "set-mapping": 1,
    "set-part-mapping": 2,
    "put-applied": 3,
    "add-dead-letter": 4,
}


def _table(row: tuple[str, Values]) -> int:
    return _TABLES[row[0]]


def _name(row: tuple[str, Values]) -> str:
    return row[0]
