"""Progress of an apply, counted from its events.

The counter has no clock and no lock. Every call says when it happens, in seconds of the caller's
clock, and the caller makes one call at a time.
"""

from collections import Counter, deque
from collections.abc import Mapping
from typing import assert_never

from lookervault_plan.content.node import Address, Ref
from lookervault_plan.execution.events import (
    ApplyComplete,
    ApplyErrored,
    ApplyStart,
    ChangeSummary,
    Checkpoint,
    DlqAdded,
    Event,
    RateLimited,
    Retry,
)
from lookervault_plan.plan_file import Plan
from lookervault_plan.render.amounts import duration
from lookervault_plan.render.apply.progress import Progress, TypeProgress
from lookervault_plan.render.type_order import type_order

#: The pace is the average over this time.
_WINDOW_SECONDS = 30.0
#: No forecast before this time: the first calls are not typical.
_FORECAST_AFTER_SECONDS = 3.0


class ProgressCounter:
    """Takes events and answers with snapshots."""

    def __init__(self, plan: Plan, *, workers: int = 0, at_seconds: float = 0.0) -> None:
        #: Estimated requests of each item that is written. They count as made once it has ended.
        self._calls: Mapping[Address, int] = {
            action.address: action.calls for action in plan.writing
        }
        self._totals: Counter[str] = Counter(_type(address) for address in self._calls)
        self._workers: int = workers
        self._began: float = at_seconds
        self._done: Counter[str] = Counter()
        self._failed: set[Address] = set()
        self._current: dict[Address, None] = {}
        self._finished: deque[tuple[float, int]] = deque()
        self._calls_made: int = 0
        self._calls_of_earlier_runs: int = 0
        #: The number that the plan shows: writes and reads.
        self._calls_planned: int = plan.summary.calls
        self._retries: int = 0
        self._paused_until: float = at_seconds

    def count_earlier(self, address: Address, *, failed: bool = False) -> None:
        """Count an item that an earlier run of the session finished, or that failed in it.

        Ignore an item that the plan does not write.
        """
        if address not in self._calls:
            return
        if failed:
            self._failed.add(address)
        else:
            self._done[_type(address)] += 1
        self._calls_made += self._calls[address]
        self._calls_of_earlier_runs += self._calls[address]

    def count(self, event: Event, *, at_seconds: float) -> None:
        """Count an event."""
        match event:
            case ApplyStart():
                self._current[event.address] = None
            case ApplyComplete():
                self._done[_type(event.address)] += 1
                self._end(event.address, at_seconds)
            case ApplyErrored() | DlqAdded():
                if event.address not in self._failed:
                    self._failed.add(event.address)
                    self._end(event.address, at_seconds)
            case Retry():
                self._retries += 1
            case RateLimited():
                self._paused_until = max(self._paused_until, at_seconds + event.seconds)
            case Checkpoint() | ChangeSummary():
                pass
            case _:  # pragma: no cover
                assert_never(event)

    def _end(self, address: Address, at_seconds: float) -> None:
        calls = self._calls.get(address, 0)
        was_begun = address in self._current
        _ = self._current.pop(address, None)
        self._calls_made += calls
        if was_begun:  # an item that failed with another took no time, so it has no pace
            self._finished.append((at_seconds, calls))

    def snapshot(
        self, *, at_seconds: float, calls: int | None = None, is_stopping: bool = False
    ) -> Progress:
        """Return the progress at a moment.

        `calls` are the API calls of this run. None: estimate them from the items that are done.
        """
        elapsed = max(at_seconds - self._began, 0.0)
        pace = self._pace(at_seconds, elapsed)
        left = max(sum(self._calls.values()) - self._calls_made, 0)
        made = self._calls_made if calls is None else self._calls_of_earlier_runs + calls
        failed = Counter(_type(address) for address in self._failed)
        pause = self._paused_until - at_seconds
        return Progress(
            types=tuple(
                TypeProgress(
                    type=name, done=self._done[name], failed=failed[name], total=self._totals[name]
                )
                for name in sorted(self._totals, key=type_order)
            ),
            calls_per_second=pace,
            calls=made,
            calls_total=self._calls_planned,
            in_flight=len(self._current),
            workers=self._workers,
            current=tuple(self._current),
            throttle=f"Looker asked for a pause of {duration(pause)}" if pause > 0 else "",
            retries=self._retries,
            elapsed_seconds=elapsed,
            eta_seconds=left / pace if pace and elapsed >= _FORECAST_AFTER_SECONDS else None,
            is_stopping=is_stopping,
        )

    def _pace(self, at_seconds: float, elapsed: float) -> float | None:
        while self._finished and self._finished[0][0] < at_seconds - _WINDOW_SECONDS:
            _ = self._finished.popleft()
        if elapsed <= 0:
            return None
        made = sum(calls for _, calls in self._finished)
        return made / min(elapsed, _WINDOW_SECONDS)


def _type(address: Address) -> str:
    return Ref.parse(address).kind
