"""The record of every step of a session, written by one thread, first in first out.

An intent is on disk before `intend` returns; all intents and outcomes that gathered while
the last commit ran go into the next one. Outcomes may wait, for `checkpoint_interval` of
them or 50 ms, unless somebody waits for an intent.
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
from lookervault_plan.state.row_codec import Line, as_json, dead_letter_line
from lookervault_plan.state.rows import StepIntent, StepOutcome, StepRecord
from lookervault_plan.state.store import State

_MAX_DELAY_SECONDS = 0.05
_NO_IDS = "[]"
_NO_LABELS = "{}"


class Journal:
    """The journal of one session; may be used from any thread.

    If the writer fails (disk full, file locked or read-only) every later call raises that
    failure, so that nobody sends what can't be recorded; what was committed stays.
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
        self._queue: list[tuple[str, Line]] = []
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
            if error is None:  # else what ended the session is the better message
                raise

    def intend(self, rows: Sequence[StepIntent]) -> None:
        """Record what is about to be sent; returns when it is on disk, in one commit.

        An unfinished step that is begun again keeps the `known_ids` of the first time, a
        finished one takes the new; the first before-image stays.
        """
        self.intend_ahead(rows).wait()

    def intend_ahead(self, rows: Sequence[StepIntent]) -> "Ticket":
        """As `intend`, for a step that is queued but not sent yet: wait for the ticket then.

        A commit takes a millisecond or two, so a worker that finds its ticket already written
        saves that much on each request.
        """
        return self._enqueue([("intend", self._intent_line(row)) for row in rows])

    def finish(self, outcome: StepOutcome) -> None:
        """Record how a step ended, with all that it revealed; returns at once."""
        lines = [*self._outcome_lines(outcome)]
        with self._changed:
            self._check()
            self._queue.extend(lines)
            self._outcomes += 1
            if self._outcomes == 1 or self._outcomes >= self._interval:
                self._changed.notify()

    def flush(self) -> None:
        """Return when everything so far is on disk."""
        self._enqueue([]).wait()

    def close(self) -> None:
        """Write what is left and end the writer; raises its failure, if it had one."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._writer.join()
        self._raise_failure()

    def steps(self) -> list[StepRecord]:
        """All steps of this session, written out first."""
        self.flush()
        return self._state.steps(self._session)

    def _enqueue(self, lines: list[tuple[str, Line]]) -> "Ticket":
        done = Event()
        with self._changed:
            self._check()
            self._queue.extend(lines)
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

    def _intent_line(self, row: StepIntent) -> Line:
        before = None if row.before is None else zlib.compress(row.before, 1)
        known = as_json(row.known_ids) if row.known_ids else _NO_IDS
        return self._session, row.step, row.kind, row.at, known, before

    def _outcome_lines(self, row: StepOutcome) -> Iterable[tuple[str, Line]]:
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
            yield "add-dead-letter", dead_letter_line(row.dead_letter)

    def _write(self) -> None:
        while True:
            with self._changed:
                _ = self._changed.wait_for(lambda: self._queue or self._is_due())
                _ = self._changed.wait_for(self._is_due, timeout=_MAX_DELAY_SECONDS)
                lines, self._queue, self._outcomes = self._queue, [], 0
                waiting, self._waiting = self._waiting, []
                is_last = self._is_closing
            try:
                if lines:
                    with self._state.writing() as connection:
                        _write_lines(connection, lines)
            except Exception as error:  # noqa: BLE001  # it is raised in every later call
                with self._changed:
                    self._failure = error
                    self._queue = lines + self._queue
                    waiting += self._waiting
                is_last = True
            for done in waiting:
                done.set()
            if is_last:
                return

    def _is_due(self) -> bool:
        return bool(self._waiting) or self._outcomes >= self._interval or self._is_closing


class Ticket:
    """A promise that something will be on disk."""

    def __init__(self, done: Event, check: Callable[[], None]) -> None:
        self._done = done
        self._check = check

    def wait(self) -> None:
        """Return when it is on disk; raises the writer's failure."""
        _ = self._done.wait()
        self._check()


def _write_lines(connection: Connection, lines: list[tuple[str, Line]]) -> None:
    """Run the statements, many lines at once; each table sees its own in their order."""
    for _, of_table in groupby(sorted(lines, key=_table), key=_table):
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


def _table(line: tuple[str, Line]) -> int:
    return _TABLES[line[0]]


def _name(line: tuple[str, Line]) -> str:
    return line[0]
