"""The one queue of steps, and what waits for what. Not locked: the walk holds its lock."""

from collections.abc import Callable, Container, Sequence
from heapq import heappop, heappush
from itertools import count

from lookervault_plan.steps.step import Step


class Active:
    """A unit being carried out."""

    __slots__ = ("cause", "key", "left", "succeeded", "tail")

    def __init__(self, key: str, tail: int) -> None:
        self.key = key
        #: steps to come after the unit's own
        self.tail = tail
        self.left = 0
        self.succeeded = True
        #: the step that failed first
        self.cause = ""


class Task:
    """A step in the queue, or on its way there."""

    __slots__ = ("blocks", "is_over", "rank", "step", "succeeded", "unit", "waits_for")

    def __init__(self, step: Step, unit: Active) -> None:
        self.step = step
        self.unit = unit
        self.waits_for = 0
        #: what waits for it, and whether that needs its success
        self.blocks: list[tuple[Task, bool]] = []
        self.rank = 0
        self.is_over = False
        self.succeeded = False


class Steps:
    """Steps of all active units, and those the session shares."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._order = count()
        self._ready: list[tuple[int, int, Task]] = []
        self._later: list[tuple[float, int, Task]] = []
        self._closed_until = float("-inf")
        self._shared: dict[str, Task] = {}

    @property
    def count(self) -> int:
        """Steps that could be performed now."""
        return len(self._ready)

    @property
    def has_more(self) -> bool:
        """Whether any step is ready, or will be without another one finishing first."""
        return bool(self._ready or self._later)

    def add(self, unit: Active, steps: Sequence[Step], finished: Container[str]) -> int:
        """Take in a unit's steps; how many of them are ready."""
        fresh: dict[str, Task] = {}
        for step in steps:
            if step.id in finished or (step.shared and step.id in self._shared):
                continue
            task = fresh[step.id] = Task(step, unit)
            if step.shared:
                self._shared[step.id] = task
            else:
                unit.left += 1
        lost = self._connect(fresh)
        _rank(fresh, unit.tail)
        before = len(self._ready)
        for task in fresh.values():
            if not task.waits_for:
                self._push(task)
        for task, cause in lost:
            _ = self._close(task, cause)
        return len(self._ready) - before

    def _connect(self, fresh: dict[str, Task]) -> list[tuple[Task, str]]:
        """Make each wait for what is not over yet; those whose need has failed, with that need."""
        lost: list[tuple[Task, str]] = []
        for task in fresh.values():
            for ids, is_needed in ((task.step.needs, True), (task.step.after, False)):
                for id_ in ids:
                    other = fresh.get(id_) or self._shared.get(id_)
                    if other is None:
                        continue
                    if not other.is_over:
                        other.blocks.append((task, is_needed))
                        task.waits_for += 1
                    elif is_needed and not other.succeeded:
                        lost.append((task, id_))
        return lost

    def pop(self) -> Task | None:
        """The step to perform now, if there is one; the caller gives it back or finishes it."""
        now = self._clock()
        while self._later and self._later[0][0] <= now:
            self._push(heappop(self._later)[2])
        if self._closed_until > now:
            return None
        while self._ready:
            task = heappop(self._ready)[2]
            if not task.is_over:
                return task
        return None

    def seconds_to_wait(self) -> float | None:
        """Until a step may be performed; None if that takes another one to finish."""
        moments = [self._later[0][0]] if self._later else []
        if self._ready:
            moments.append(self._closed_until)
        return max(min(moments) - self._clock(), 0.0) if moments else None

    def put_back(self, task: Task, seconds: float, *, everyone: bool) -> None:
        """It has to wait: alone, or all of them."""
        until = self._clock() + seconds
        if everyone:
            self._closed_until = max(self._closed_until, until)
            self._push(task)
        else:
            heappush(self._later, (until, next(self._order), task))

    def finish(self, task: Task, *, succeeded: bool) -> tuple[int, list[Active]]:
        """How many steps became ready, and which units are over with this one."""
        before = len(self._ready)
        ended = self._close(task, "" if succeeded else task.step.id)
        return len(self._ready) - before, ended

    def _push(self, task: Task) -> None:
        heappush(self._ready, (-task.rank, next(self._order), task))

    def _close(self, task: Task, cause: str) -> list[Active]:
        """Close a step, and with a failed one what needs it; the units that ended."""
        ended: list[Active] = []
        stack = [task]
        while stack:
            task = stack.pop()
            if task.is_over:
                continue
            task.is_over, task.succeeded = True, not cause
            for other, is_needed in task.blocks:
                if other.is_over:
                    continue
                if cause and is_needed:
                    stack.append(other)
                    continue
                other.waits_for -= 1
                if not other.waits_for:
                    self._push(other)
            task.blocks = []
            if not task.step.shared:
                unit = task.unit
                unit.left -= 1
                if cause and unit.succeeded:
                    unit.succeeded, unit.cause = False, cause
                if not unit.left:
                    ended.append(unit)
        return ended


def _rank(tasks: dict[str, Task], tail: int) -> None:
    """Give each the number of steps from it to the end of all that waits for it."""
    waits = dict.fromkeys(tasks, 0)
    for task in tasks.values():
        for other, _ in task.blocks:
            if other.step.id in waits:
                waits[other.step.id] += 1
    order = [task for id_, task in tasks.items() if not waits[id_]]
    for task in order:
        for other, _ in task.blocks:
            id_ = other.step.id
            if id_ in waits:
                waits[id_] -= 1
                if not waits[id_]:
                    order.append(other)
    if len(order) < len(tasks):
        raise ValueError(f"steps wait for each other: {sorted(set(tasks))[:5]}")
    for task in reversed(order):
        task.rank = 1 + max((other.rank for other, _ in task.blocks), default=tail)
