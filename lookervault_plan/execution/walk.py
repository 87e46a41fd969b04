"""The walk: carries out units in dependency order, their steps in one queue, longest path first.

It knows neither Looker nor plans: functions handed in expand a unit into steps and perform a step.
No step waits for its type's turn, no worker sleeps while a step is ready, and only as many units
are expanded at a time as keep the workers busy.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Generic, TypeAlias

import msgspec

from lookervault_plan.execution.queue import ActiveUnit, K, StepQueue, Task
from lookervault_plan.steps.step import Step
from lookervault_plan.steps.step_id import StepId

#: units expanded at a time, for each worker
_UNITS_AHEAD = 4
_POLL_SECONDS = 0.2


class Unit(msgspec.Struct, Generic[K], frozen=True):
    """Steps that are carried out, and fail, as a whole."""

    key: K
    depends_on: tuple[K, ...] = ()
    #: estimate of its longest chain of steps
    length: int = 1


class Expansion(msgspec.Struct, frozen=True):
    """The steps of a unit."""

    steps: Sequence[Step]
    #: steps that an earlier run finished
    finished: Container[StepId] = frozenset[StepId]()
    #: True if the unit can't be carried out at all
    failed: bool = False


class Finished(msgspec.Struct, frozen=True):
    """A step succeeded, or failed for good."""

    succeeded: bool


class Wait(msgspec.Struct, frozen=True):
    """A step has to wait: alone, or, if `everyone`, because nobody may send anything yet."""

    seconds: float
    everyone: bool = False


class Abort(msgspec.Struct, frozen=True):
    """No other step will work either."""

    error: Exception


StepResult = Finished | Wait | Abort


class UnitDone(msgspec.Struct, Generic[K], frozen=True):
    """All steps of a unit succeeded."""

    key: K


class UnitFailed(msgspec.Struct, Generic[K], frozen=True):
    """A step of a unit failed."""

    key: K
    #: the step that failed first, perhaps a shared one; None if the unit could not be expanded
    step: StepId | None = None


class UnitCutOff(msgspec.Struct, Generic[K], frozen=True):
    """A unit was not tried, because one that it needs failed or was cut off."""

    key: K
    by: K


UnitResult: TypeAlias = UnitDone[K] | UnitFailed[K] | UnitCutOff[K]


class Stop:
    """A request to end a walk early; may be set by a signal handler or another thread."""

    def __init__(self) -> None:
        self.is_asked = False
        self.is_urgent = False

    def ask(self) -> None:
        """Start no more steps and finish those in flight; asked twice, don't wait for those."""
        self.is_urgent = self.is_asked
        self.is_asked = True


class Walk(Generic[K]):
    """One walk over all units."""

    def __init__(
        self,
        units: Sequence[Unit[K]],
        *,
        expand: Callable[[Sequence[K]], Sequence[Expansion]],
        perform: Callable[[Step, K], StepResult],
        report: Callable[[UnitResult[K]], None],
        may_expand_again: Callable[[UnitFailed[K]], bool] = lambda _: False,
        is_needed: Callable[[K, K], bool] = lambda _unit, _failed: True,
        workers: int = 8,
        stop: Stop | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare a walk. No function handed in is called under the walk's lock.

        `expand` is called by one thread, for several units at once; the others by any thread.
        `report` gets the result of each unit. `may_expand_again` is asked before a unit counts
        as failed: if it agrees, the unit is expanded once more. `is_needed(unit, failed)` is asked
        whether a unit can't be carried out because `failed`, which it waited for, has failed.
        """
        self._expand = expand
        self._perform = perform
        self._report_result = report
        self._may_expand_again = may_expand_again
        self._is_needed = is_needed
        self._workers = workers
        self._stop = stop if stop is not None else Stop()
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)  # workers wait here
        self._quiet = threading.Condition(self._lock)  # the thread that expands waits here
        self._steps = StepQueue[K](clock)
        self._order = count()
        #: unit -> units that wait for it; never changes
        self._needed_by: dict[K, list[K]] = {}
        self._waits_for: dict[K, int] = {}
        self._rank = _ranks(units, self._needed_by, self._waits_for)
        self._ready = [
            (-self._rank[unit.key], next(self._order), unit.key)
            for unit in units
            if not self._waits_for[unit.key]
        ]
        heapify(self._ready)
        #: units to expand once more, before any other: some may wait for the ids they bring
        self._again: list[K] = []
        self._active: dict[K, ActiveUnit[K]] = {}
        self._left = {unit.key: None for unit in units}
        self._results: deque[UnitResult[K]] = deque()
        self._in_flight = 0
        self._is_over = False
        self._error: BaseException | None = None

    def run(self) -> tuple[K, ...]:
        """Carry out all that can be; return the units left over when it was stopped.

        Raises the error a step aborted with, or one that a function handed in raised.
        """
        threads = [
            threading.Thread(target=self._work, name=f"apply-{number}", daemon=True)
            for number in range(self._workers)
        ]
        for thread in threads:
            thread.start()
        try:
            self._feed()
        finally:
            with self._lock:
                self._is_over = True
                self._idle.notify_all()
            if not self._stop.is_urgent:
                for thread in threads:
                    thread.join()
        if self._error is not None:
            raise self._error
        return self.left

    @property
    def left(self) -> tuple[K, ...]:
        """Units not begun, or not finished."""
        return tuple(self._left)

    # --- the thread that expands -------------------------------------------------------------

    def _feed(self) -> None:
        limit = max(_UNITS_AHEAD * self._workers, 2)
        while True:
            with self._lock:
                keys = self._next_keys(limit)
                if keys is None:
                    return
            expansions = self._expand(keys)
            with self._lock:
                begun = [self._begin(*each) for each in zip(keys, expansions, strict=True)]
            for unit in begun:
                if unit is not None:
                    self._fail(unit)
            self._report()

    def _next_keys(self, limit: int) -> list[K] | None:
        """Choose units to expand now, the longest first; None if nothing is left to do."""
        while True:
            stopping = self._stop.is_asked or self._error is not None
            if self._stop.is_urgent or (stopping and not self._in_flight):
                return None
            if not stopping:
                if self._again:
                    again, self._again = self._again, []
                    return again
                room = limit - len(self._active)
                if self._ready and room > 0 and self._steps.count < 2 * self._workers:
                    size = min(room, len(self._ready), self._workers)
                    return [heappop(self._ready)[2] for _ in range(size)]
                if not self._active and not self._ready:
                    return None
            else:
                self._idle.notify_all()
            _ = self._quiet.wait(_POLL_SECONDS)

    def _begin(self, key: K, expansion: Expansion) -> ActiveUnit[K] | None:
        """Queue the steps of a unit; return the unit if it has failed already."""
        tail = max((self._rank[after] for after in self._needed_by[key]), default=0)
        unit = self._active[key] = ActiveUnit(key, tail)
        if expansion.failed:
            return unit
        self._idle.notify(self._steps.add(unit, expansion.steps, expansion.finished))
        if unit.left:
            return None
        if not unit.succeeded:
            return unit
        self._close_done(unit)
        return None

    # --- workers -----------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while (task := self._take()) is not None:
                result = self._perform(task.step, task.unit.key)
                for unit in self._record(task, result):
                    if self._may_expand_again(UnitFailed(unit.key, unit.failed_step)):
                        self._expand_again(unit)
                    else:
                        self._fail(unit)
                self._report()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that runs
            with self._lock:
                self._error = self._error or error
                self._in_flight = max(self._in_flight - 1, 0)
                self._quiet.notify()

    def _take(self) -> Task[K] | None:
        with self._lock:
            while True:
                if self._is_over or self._stop.is_asked or self._error is not None:
                    self._quiet.notify()
                    return None
                task = self._steps.pop()
                if task is not None:
                    self._in_flight += 1
                    if self._steps.has_more:  # another worker must watch the clock, or take it
                        self._idle.notify()
                    return task
                _ = self._idle.wait(self._steps.seconds_to_wait())

    def _record(self, task: Task[K], result: StepResult) -> list[ActiveUnit[K]]:
        """Record the result of a step; return the units that failed with it."""
        failed: list[ActiveUnit[K]] = []
        with self._lock:
            self._in_flight -= 1
            pushed = 0
            match result:
                case Finished(succeeded=succeeded):
                    pushed, ended = self._steps.finish(task, succeeded=succeeded)
                    for unit in ended:
                        if unit.succeeded:
                            self._close_done(unit)
                        else:
                            failed.append(unit)
                case Wait(seconds=seconds, everyone=everyone):
                    self._steps.put_back(task, seconds, everyone=everyone)
                case Abort(error=error):
                    self._error = self._error or error
            if pushed:  # this worker comes back for one of them itself
                self._idle.notify(pushed - 1)
            self._quiet.notify()
        return failed

    def _expand_again(self, unit: ActiveUnit[K]) -> None:
        with self._lock:
            del self._active[unit.key]
            self._again.append(unit.key)
            self._quiet.notify()

    def _report(self) -> None:
        while self._results:
            try:
                result = self._results.popleft()
            except IndexError:  # another thread was faster
                return
            self._report_result(result)

    # --- the end of a unit -------------------------------------------------------------------

    def _fail(self, unit: ActiveUnit[K]) -> None:
        """Close a failed unit, and cut off those that need it."""
        cut_off = self._find_cut_off(unit.key)
        with self._lock:
            del self._active[unit.key]
            self._close(UnitFailed(unit.key, unit.failed_step))
            self._release(unit.key, cut_off)
            self._quiet.notify()

    def _find_cut_off(self, failed: K) -> Collection[tuple[K, K]]:
        """Find the units that can't do without a failed one: (unit, the one it needs).

        Not under the lock, since answering may take an item from the backup.
        """
        pairs: dict[K, K] = {}
        stack = [failed]
        while stack:
            key = stack.pop()
            for after in self._needed_by[key]:
                if after in self._left and after not in pairs and self._is_needed(after, key):
                    pairs[after] = key
                    stack.append(after)
        return frozenset(pairs.items())

    # --- under the lock ----------------------------------------------------------------------

    def _close_done(self, unit: ActiveUnit[K]) -> None:
        del self._active[unit.key]
        self._close(UnitDone(unit.key))
        self._release(unit.key, ())

    def _release(self, key: K, cut_off: Collection[tuple[K, K]]) -> None:
        """Let units that waited for this one go on, and close those that are cut off."""
        stack = [key]
        while stack:
            key = stack.pop()
            for after in self._needed_by[key]:
                if after not in self._left:
                    continue
                if (after, key) in cut_off:
                    self._close(UnitCutOff(after, key))
                    stack.append(after)
                    continue
                self._waits_for[after] -= 1
                if not self._waits_for[after]:
                    heappush(self._ready, (-self._rank[after], next(self._order), after))

    def _close(self, result: UnitResult[K]) -> None:
        _ = self._left.pop(result.key, None)
        self._results.append(result)


def check_order(units: Sequence[Unit[K]]) -> None:
    """Check that the units can be walked.

    Raises:
        ValueError: units wait for each other, which is a bug.

    """
    _ = _ranks(units, {}, {})


def _ranks(
    units: Sequence[Unit[K]], needed_by: dict[K, list[K]], waits_for: dict[K, int]
) -> Mapping[K, int]:
    """Rank each unit by its longest chain of steps to the end of the walk.

    Fills in the edges both ways; a dependency that is no unit is ignored.
    """
    lengths = {unit.key: unit.length for unit in units}
    for key in lengths:
        needed_by[key] = []
    for unit in units:
        depends_on = [key for key in dict.fromkeys(unit.depends_on) if key in lengths]
        waits_for[unit.key] = len(depends_on)
        for key in depends_on:
            needed_by[key].append(unit.key)
    waits = dict(waits_for)
    order = [key for key, number in waits.items() if not number]
    for key in order:
        for after in needed_by[key]:
            waits[after] -= 1
            if not waits[after]:
                order.append(after)
    if len(order) < len(lengths):
        circle = sorted(map(str, set(lengths) - set(order)))
        raise ValueError(f"units wait for each other: {', '.join(circle[:5])}")
    ranks: dict[K, int] = {}
    for key in reversed(order):
        ranks[key] = lengths[key] + max((ranks[after] for after in needed_by[key]), default=0)
    return ranks
