"""The walk: units in dependency order, their steps in one queue, longest remaining path first.

It knows neither Looker nor plans: what a unit's steps are, and what performing one does, are
functions handed in. No type barriers, no worker that sleeps while a step is ready, and no more
units expanded at a time than keep the workers busy.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Container, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Literal

import msgspec

from lookervault_plan.execution.queue import Active, Steps, Task
from lookervault_plan.steps.step import Step

#: units expanded at a time, for each worker
_UNITS_AHEAD = 4
_POLL_SECONDS = 0.2


class Unit(msgspec.Struct, frozen=True):
    """Something to carry out, as a whole. `length` estimates its longest chain of steps."""

    key: str
    depends_on: tuple[str, ...] = ()
    length: int = 1


class Expansion(msgspec.Struct, frozen=True):
    """The steps of a unit; `finished` ones, by id, were done in an earlier run."""

    steps: Sequence[Step]
    finished: Container[str] = frozenset[str]()
    #: it can't be carried out at all
    failed: bool = False


class Over(msgspec.Struct, frozen=True):
    """A step is done, or has failed for good."""

    succeeded: bool


class Again(msgspec.Struct, frozen=True):
    """The step waits: by itself, or, `everyone`, because nobody may send anything yet."""

    seconds: float
    everyone: bool = False


class Halt(msgspec.Struct, frozen=True):
    """Nothing else will work either."""

    error: Exception


Verdict = Over | Again | Halt


class Ending(msgspec.Struct, frozen=True):
    """How a unit ended. `cause`: the failed step, or the failed unit that cut this one off."""

    key: str
    outcome: Literal["done", "failed", "cut off"]
    cause: str = ""


class Stop:
    """How to end a walk early; set from a signal handler or another thread."""

    def __init__(self) -> None:
        self.is_asked = False
        self.is_urgent = False

    def ask(self) -> None:
        """Start nothing more, finish what is in flight; asked again, don't even wait for that."""
        self.is_urgent = self.is_asked
        self.is_asked = True


class Walk:
    """One walk over all units."""

    def __init__(
        self,
        units: Sequence[Unit],
        *,
        expand: Callable[[Sequence[str]], Sequence[Expansion]],
        perform: Callable[[Step, str], Verdict],
        settle: Callable[[Ending], None],
        reconsider: Callable[[Ending], bool] = lambda _: False,
        is_needed: Callable[[str, str], bool] = lambda _unit, _failed: True,
        workers: int = 8,
        stop: Stop | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`expand` is called by one thread, for several units at once; the others by any.

        `reconsider` is asked before a unit counts as failed: if it says so, the unit is expanded
        once more. `is_needed` says whether a unit, by key, can't be carried out since another one
        that it waited for has failed; it is asked under the walk's lock.
        """
        self._expand = expand
        self._perform = perform
        self._settle = settle
        self._reconsider = reconsider
        self._is_needed = is_needed
        self._workers = workers
        self._stop = stop if stop is not None else Stop()
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)  # workers wait here
        self._quiet = threading.Condition(self._lock)  # the one that expands waits here
        self._steps = Steps(clock)
        self._clock = clock
        self._order = count()
        self._needed_by: dict[str, list[str]] = {}
        self._waits_for: dict[str, int] = {}
        self._rank = _ranks(units, self._needed_by, self._waits_for)
        self._ready = [
            (-self._rank[unit.key], next(self._order), unit.key)
            for unit in units
            if not self._waits_for[unit.key]
        ]
        heapify(self._ready)
        #: to be expanded once more, before any other: some may wait for what they bring
        self._anew: list[str] = []
        self._active: dict[str, Active] = {}
        self._left = {unit.key: None for unit in units}
        self._endings: deque[Ending] = deque()
        self._flying = 0
        self._is_over = False
        self._error: BaseException | None = None

    def run(self) -> tuple[str, ...]:
        """Carry out all that can be; the units left over when it was stopped.

        Raises what a step halted with, or what a callable raised.
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
    def left(self) -> tuple[str, ...]:
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
                for key, expansion in zip(keys, expansions, strict=True):
                    self._begin(key, expansion)
            self._tell()

    def _next_keys(self, limit: int) -> list[str] | None:
        """Units to expand now, the longest first; None when there is nothing more to do."""
        while True:
            stopping = self._stop.is_asked or self._error is not None
            if self._stop.is_urgent or (stopping and not self._flying):
                return None
            if not stopping:
                if self._anew:
                    anew, self._anew = self._anew, []
                    return anew
                room = limit - len(self._active)
                if self._ready and room > 0 and self._steps.count < 2 * self._workers:
                    size = min(room, len(self._ready), self._workers)
                    return [heappop(self._ready)[2] for _ in range(size)]
                if not self._active and not self._ready:
                    return None
            else:
                self._idle.notify_all()
            _ = self._quiet.wait(_POLL_SECONDS)

    def _begin(self, key: str, expansion: Expansion) -> None:
        tail = max((self._rank[after] for after in self._needed_by[key]), default=0)
        active = Active(key, tail)
        if expansion.failed:
            self._end(active, succeeded=False, cause=key)
            return
        self._active[key] = active
        pushed = self._steps.add(active, expansion.steps, expansion.finished)
        if not active.left:
            self._end(active, succeeded=active.succeeded, cause=active.cause)
        self._idle.notify(pushed)

    # --- workers -----------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while (task := self._take()) is not None:
                verdict = self._perform(task.step, task.unit.key)
                for failed in self._record(task, verdict):
                    is_to_be_expanded = self._reconsider(Ending(failed.key, "failed", failed.cause))
                    self._close_failed(failed, anew=is_to_be_expanded)
                self._tell()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that runs
            with self._lock:
                self._error = self._error or error
                self._flying = max(self._flying - 1, 0)
                self._quiet.notify()

    def _take(self) -> Task | None:
        with self._lock:
            while True:
                if self._is_over or self._stop.is_asked or self._error is not None:
                    self._quiet.notify()
                    return None
                task = self._steps.pop()
                if task is not None:
                    self._flying += 1
                    if self._steps.has_more:  # somebody must watch the clock, or take the next
                        self._idle.notify()
                    return task
                _ = self._idle.wait(self._steps.seconds_to_wait())

    def _record(self, task: Task, verdict: Verdict) -> list[Active]:
        """Take note of how a step ended; the units that have failed with it."""
        failed: list[Active] = []
        with self._lock:
            self._flying -= 1
            pushed = 0
            match verdict:
                case Over(succeeded=succeeded):
                    pushed, ended = self._steps.finish(task, succeeded=succeeded)
                    for active in ended:
                        if active.succeeded:
                            self._end(active, succeeded=True, cause="")
                        else:
                            failed.append(active)
                case Again(seconds=seconds, everyone=everyone):
                    self._steps.put_back(task, seconds, everyone=everyone)
                case Halt(error=error):
                    self._error = self._error or error
            if pushed:  # this worker comes back for one of them itself
                self._idle.notify(pushed - 1)
            self._quiet.notify()
        return failed

    def _close_failed(self, active: Active, *, anew: bool) -> None:
        with self._lock:
            if anew:
                del self._active[active.key]
                self._anew.append(active.key)
            else:
                self._end(active, succeeded=False, cause=active.cause)
            self._quiet.notify()

    def _tell(self) -> None:
        while self._endings:
            try:
                ending = self._endings.popleft()
            except IndexError:  # another thread was faster
                return
            self._settle(ending)

    # --- units: under the lock ---------------------------------------------------------------

    def _end(self, active: Active, *, succeeded: bool, cause: str) -> None:
        _ = self._active.pop(active.key, None)
        self._close(Ending(active.key, "done" if succeeded else "failed", cause))
        stack = [active.key]
        while stack:
            key = stack.pop()
            for after in self._needed_by[key]:
                if after not in self._left:
                    continue
                if not succeeded and self._is_needed(after, key):
                    self._close(Ending(after, "cut off", key))
                    stack.append(after)
                    continue
                self._waits_for[after] -= 1
                if not self._waits_for[after]:
                    heappush(self._ready, (-self._rank[after], next(self._order), after))

    def _close(self, ending: Ending) -> None:
        _ = self._left.pop(ending.key, None)
        self._endings.append(ending)


def _ranks(
    units: Sequence[Unit], needed_by: dict[str, list[str]], waits_for: dict[str, int]
) -> Mapping[str, int]:
    """The longest chain of steps from the beginning of each unit to the end of all.

    Fills in the edges both ways; what is no unit is no dependency.
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
        circle = sorted(set(lengths) - set(order))
        raise ValueError(f"units wait for each other: {', '.join(circle[:5])}")
    ranks: dict[str, int] = {}
    for key in reversed(order):
        ranks[key] = lengths[key] + max((ranks[after] for after in needed_by[key]), default=0)
    return ranks
