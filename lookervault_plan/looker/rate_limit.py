"""How fast to go: one limiter for all workers, which slows down when Looker asks for it."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

_MEASURED_SECONDS = 5.0
_SHORTEST_SPAN_SECONDS = 0.1
_SLOWEST_PER_SECOND = 0.1
_LONGEST_PAUSE_SECONDS = 300.0


class LimiterState(msgspec.Struct, frozen=True, kw_only=True):
    """For the progress display; times are those of the limiter's own clock."""

    limit_per_second: float | None  # what 429s have left; None until the first
    paused_until: float | None
    measured_per_second: float


class _Bucket:
    """So many tokens; each comes back `seconds` after it was taken.

    So no span of `seconds` ever sees more than `tokens` requests, which a bucket that is
    refilled drop by drop and may be emptied at once does not promise.
    """

    def __init__(self, tokens: int, seconds: float) -> None:
        if tokens < 1:
            raise ValueError("a rate limit is at least 1")
        self.tokens = tokens
        self.seconds = seconds
        self.taken: deque[float] = deque(maxlen=tokens)

    def free_at(self) -> float:
        return self.taken[0] + self.seconds if len(self.taken) == self.tokens else float("-inf")


class RateLimiter:
    """Token buckets for the two flags, and what Looker's 429s teach; no limit by default.

    `reserve` never sleeps: a scheduler asks it, and does something else if it has to wait.
    `wait` sleeps, for callers with nothing else to do. All methods may be called from any
    thread. `pause_seconds` is the first pause after a 429 that names none; it doubles with
    each window of 429s that follows without a success in between.
    """

    def __init__(
        self,
        *,
        per_minute: int | None = None,
        per_second: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        pause_seconds: float = 2.0,
    ) -> None:
        self._buckets = [
            _Bucket(tokens, seconds)
            for tokens, seconds in ((per_minute, 60.0), (per_second, 1.0))
            if tokens is not None
        ]
        self._clock = clock
        self._sleep = sleep
        self._pause_seconds = pause_seconds
        self._lock = threading.Lock()
        self._recent: deque[float] = deque(maxlen=10_000)
        self._paused_until = float("-inf")
        self._limit: float | None = None
        self._gain = 0.0  # won back each second, in requests per second
        self._grown_at = float("-inf")
        self._next_at = float("-inf")
        self._halved_at = float("-inf")
        self._window_ends = float("-inf")  # 429s before this belong to the halving already made
        self._windows_in_a_row = 0

    def now(self) -> float:
        return self._clock()

    def reserve(self, now: float | None = None) -> float:
        """Take a place and return 0.0, or take none and return the seconds to wait."""
        with self._lock:
            now = self._clock() if now is None else now
            self._win_back(now)
            free_at = max(
                self._paused_until, self._next_at, *(bucket.free_at() for bucket in self._buckets)
            )
            if free_at > now:
                return free_at - now
            for bucket in self._buckets:
                bucket.taken.append(now)
            self._recent.append(now)
            if self._limit is not None:
                self._next_at = now + 1 / self._limit
            return 0.0

    def wait(self) -> None:
        """Sleep until there is a place, and take it."""
        while (seconds := self.reserve()) > 0:
            _ = self._sleep(seconds)

    def throttle(
        self,
        retry_after: float | None = None,
        *,
        sent_at: float | None = None,
        now: float | None = None,
    ) -> float:
        """Looker answered 429: pause everyone, halve the rate. Returns the seconds of the pause.

        `sent_at` is when that request left. The answers to requests already under way when
        the rate was halved prolong the pause, but do not halve again.
        """
        with self._lock:
            now = self._clock() if now is None else now
            sent_at = now if sent_at is None else sent_at
            is_new = now >= self._window_ends and sent_at >= self._halved_at
            if is_new:
                self._halve(now)
            if is_new and retry_after is None:
                retry_after = math.ldexp(self._pause_seconds, self._windows_in_a_row - 1)
            if retry_after is not None:
                pause = min(retry_after, _LONGEST_PAUSE_SECONDS)
                self._paused_until = max(self._paused_until, now + pause)
            if is_new:
                self._window_ends = max(now + 1.0, self._paused_until)
            return max(self._paused_until - now, 0.0)

    def succeeded(self) -> None:
        """Looker answered anything but 429."""
        self._windows_in_a_row = 0

    def paused_seconds(self) -> float:
        """How long everyone still waits because of a 429."""
        with self._lock:
            return max(self._paused_until - self._clock(), 0.0)

    def state(self) -> LimiterState:
        with self._lock:
            now = self._clock()
            self._win_back(now)
            return LimiterState(
                limit_per_second=self._limit,
                paused_until=self._paused_until if self._paused_until > now else None,
                measured_per_second=self._measured(now)[0],
            )

    def _halve(self, now: float) -> None:
        self._win_back(now)
        measured, span = self._measured(now)
        if self._limit is None:
            rate = measured
        else:  # a limit that nothing ran into says nothing; nor does a sample of a moment
            rate = min(self._limit, measured) if span >= 1.0 else self._limit
        self._limit = max(rate / 2, _SLOWEST_PER_SECOND)
        self._gain = max(rate / 20, 0.5)  # the half that was lost is back within ten seconds
        self._windows_in_a_row = min(self._windows_in_a_row + 1, 10)
        self._halved_at = now
        self._recent.clear()

    def _win_back(self, now: float) -> None:
        """Add the gain for each second since; more of it, the longer all goes well.

        Else a first halving made on little evidence would be felt for minutes.
        """
        since = max(self._grown_at, self._paused_until)
        if self._limit is not None and now > since:
            began = max(self._halved_at, self._paused_until)
            well = (now + since) / 2 - began  # half-way through what is added now
            self._limit += self._gain * (now - since) * (1 + well / 10)
        self._grown_at = now

    def _measured(self, now: float) -> tuple[float, float]:
        """Requests per second of late, and the seconds that this was measured over."""
        while self._recent and self._recent[0] < now - _MEASURED_SECONDS:
            _ = self._recent.popleft()
        if not self._recent:
            return 0.0, 0.0
        span = now - self._recent[0]
        return len(self._recent) / max(span, _SHORTEST_SPAN_SECONDS), span
