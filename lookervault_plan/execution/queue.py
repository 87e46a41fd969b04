"""The queue of steps, and the order among them. Not locked: the walk holds its lock."""

from collections.abc import Callable, Container, Hashable, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Generic, TypeVar

from lookervault_plan.steps.step import Step, is_shared
from lookervault_plan.steps.step_id import StepId

K = TypeVar("K", bound=Hashable)


class ActiveUnit(Generic[K]):
    """A unit being carried out."""

    __slots__ = ("failed_step", "key", "left", "succeeded", "tail")

    def __init__(self, key: K, tail: int) -> None:
        self.key = key
        #: steps in the longest chain of units that wait for this one
        self.tail = tail
        #: steps that are not over
        self.left = 0
        self.succeeded = True
        #: the step that failed first; None if none has
        self.failed_step: StepId | None = None


class Task(Generic[K]):
    """A step in the queue, or one that waits to enter it."""

    __slots__ = ("blocks", "is_over", "rank", "step", "succeeded", "unit", "waits_for")

    def __init__(self, step: Step, unit: ActiveUnit[K]) -> None:
        self.step = step
        self.unit = unit
        self.waits_for = 0
        #: tasks that wait for this one, and whether they need its success
        self.blocks: list[tuple[Task[K], bool]] = []
        self.rank = 0
        self.is_over = False
        self.succeeded = False


class StepQueue(Generic[K]):
    """Steps of all active units, and those that the session shares."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._order = count()
        self._ready: list[tuple[int, int, Task[K]]] = []
        self._later: list[tuple[float, int, Task[K]]] = []
        self._closed_until = float("-inf")
        self._shared: dict[StepId, Task[K]] = {}

    @property
    def count(self) -> int:
        """Number of steps that could be performed now."""
        return len(self._ready)

    @property
    def has_more(self) -> bool:
        """Whether a step is ready, or will be without another one finishing first."""
        return bool(self._ready or self._later)

    def add(self, unit: ActiveUnit[K], steps: Sequence[Step], finished: Container[StepId]) -> int:
        """Take in a unit's steps; return how many of them are ready."""
        fresh: dict[StepId, Task[K]] = {}
        for step in steps:
            if step.id in finished or (is_shared(step) and step.id in self._shared):
                continue
            task = fresh[step.id] = Task(step, unit)
            if is_shared(step):
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

    def _connect(self, fresh: dict[StepId, Task[K]]) -> list[tuple[Task[K], StepId]]:
        """Link each task to those it waits for; return tasks that need a failed one, with that."""
        lost: list[tuple[Task[K], StepId]] = []
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

    def pop(self) -> Task[K] | None:
        """Return the step to perform now, if any; the caller puts it back or finishes it."""
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
        """Seconds until a step may be performed; None if another one has to finish first."""
        moments = [self._later[0][0]] if self._later else []
        if self._ready:
            moments.append(self._closed_until)
        return max(min(moments) - self._clock(), 0.0) if moments else None

    def put_back(self, task: Task[K], seconds: float, *, everyone: bool) -> None:
        """Let the step wait alone, or, if `everyone`, let all steps wait."""
        until = self._clock() + seconds
        if everyone:
            self._closed_until = max(self._closed_until, until)
            self._push(task)
        else:
            heappush(self._later, (until, next(self._order), task))

    def finish(self, task: Task[K], *, succeeded: bool) -> tuple[int, list[ActiveUnit[K]]]:
        """Close a step; return how many steps became ready, and the units that ended."""
        before = len(self._ready)
        ended = self._close(task, None if succeeded else task.step.id)
        return len(self._ready) - before, ended

    def _push(self, task: Task[K]) -> None:
        heappush(self._ready, (-task.rank, next(self._order), task))

    def _close(self, task: Task[K], failed: StepId | None) -> list[ActiveUnit[K]]:
        """Close a step, and with a failed one all that need it; return the units that ended."""
        ended: list[ActiveUnit[K]] = []
        stack = [task]
        while stack:
            task = stack.pop()
            if task.is_over:
                continue
            task.is_over, task.succeeded = True, failed is None
            for other, is_needed in task.blocks:
                if other.is_over:
                    continue
                if failed is not None and is_needed:
                    stack.append(other)
                    continue
                other.waits_for -= 1
                if not other.waits_for:
                    self._push(other)
            task.blocks = []
            if not is_shared(task.step):
                unit = task.unit
                unit.left -= 1
                if failed is not None and unit.succeeded:
                    unit.succeeded, unit.failed_step = False, failed
                if not unit.left:
                    ended.append(unit)
        return ended


def _rank(tasks: dict[StepId, Task[K]], tail: int) -> None:
    """Rank each task by the number of steps in the longest chain that begins with it."""
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
        raise ValueError(f"steps wait for each other: {sorted(map(str, tasks))[:5]}")
    for task in reversed(order):
        task.rank = 1 + max((other.rank for other, _ in task.blocks), default=tail)
