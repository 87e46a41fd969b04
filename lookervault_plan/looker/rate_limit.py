"""Limit the rate of requests of all workers together, and slow down after each 429.

Who sends a throttled request again: a read `client.Client._read`, a write `execution/perform.py`.

Source: docs/looker-api.md, section 1.4.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

#: The current rate is measured over this long, but never over less than the next.
_MEASURED_SECONDS = 5.0
_SHORTEST_SPAN_SECONDS = 0.1
_SLOWEST_PER_SECOND = 0.1
_LONGEST_PAUSE_SECONDS = 300.0


class LimiterState(msgspec.Struct, frozen=True, kw_only=True):
    """The limiter's state, for the progress display. Times are those of the limiter's clock."""

    #: Requests per second allowed since the last 429; None before the first.
    limit_per_second: float | None
    #: End of the running pause; None if there is none.
    paused_until: float | None
    measured_per_second: float


class _Bucket:
    """At most `tokens` requests in any span of `seconds`.

    Each token comes back `seconds` after it was taken. A bucket that is refilled continuously
    would allow twice as many in one span: a full bucket, and the refill while it is emptied.
    """

    def __init__(self, tokens: int, seconds: float) -> None:
        if tokens < 1:
            raise ValueError("a rate limit is at least 1")
        self.tokens = tokens
        self.seconds = seconds
        self.taken: deque[float] = deque(maxlen=tokens)

    def free_at(self) -> float:
        """Return when the next token is back; -inf if one is left."""
        return self.taken[0] + self.seconds if len(self.taken) == self.tokens else float("-inf")


class RateLimiter:
    """Token buckets for the rate options, and a limit learned from 429s; unlimited by default.

    No method sleeps. All may be called from any thread. `pause_seconds` is the first pause after
    a 429 without Retry-After; it doubles with each further wave of 429s, until a request succeeds.
    """

    def __init__(
        self,
        *,
        per_minute: int | None = None,
        per_second: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause_seconds: float = 2.0,
    ) -> None:
        self._buckets = [
            _Bucket(tokens, seconds)
            for tokens, seconds in ((per_minute, 60.0), (per_second, 1.0))
            if tokens is not None
        ]
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._lock = threading.Lock()
        self._recent: deque[float] = deque(maxlen=10_000)
        self._paused_until = float("-inf")
        self._limit: float | None = None
        #: How fast the limit grows: requests per second, each second.
        self._gain = 0.0
        self._grown_at = float("-inf")
        self._next_at = float("-inf")
        self._halved_at = float("-inf")
        #: 429s before this time belong to the same wave as the last halving.
        self._wave_ends = float("-inf")
        self._waves_in_a_row = 0

    def now(self) -> float:
        """Return the time by the limiter's clock."""
        return self._clock()

    def reserve(self, now: float | None = None) -> float:
        """Allow one request and return 0.0, or return the seconds to wait before asking again."""
        with self._lock:
            now = self._clock() if now is None else now
            self._grow(now)
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

    def throttle(
        self,
        retry_after: float | None = None,
        *,
        sent_at: float | None = None,
        now: float | None = None,
    ) -> float:
        """Pause all requests after a 429 and halve their rate. Return the seconds of the pause.

        `retry_after` is the seconds Looker asks for; it may prolong a running pause, but never
        shortens one. `sent_at` is when the request was sent: requests already under way when the
        rate was halved don't halve it again.
        """
        with self._lock:
            now = self._clock() if now is None else now
            sent_at = now if sent_at is None else sent_at
            is_new_wave = now >= self._wave_ends and sent_at >= self._halved_at
            if is_new_wave:
                self._halve(now)
            if is_new_wave and retry_after is None:
                retry_after = math.ldexp(self._pause_seconds, self._waves_in_a_row - 1)
            if retry_after is not None:
                pause = min(retry_after, _LONGEST_PAUSE_SECONDS)
                self._paused_until = max(self._paused_until, now + pause)
            if is_new_wave:
                self._wave_ends = max(now + 1.0, self._paused_until)
            return max(self._paused_until - now, 0.0)

    def succeeded(self) -> None:
        """Note an answer other than 429: the next wave of 429s starts with a short pause again."""
        self._waves_in_a_row = 0

    def paused_seconds(self) -> float:
        """Return the seconds left of the pause after a 429; 0.0 without one."""
        with self._lock:
            return max(self._paused_until - self._clock(), 0.0)

    def state(self) -> LimiterState:
        with self._lock:
            now = self._clock()
            self._grow(now)
            return LimiterState(
                limit_per_second=self._limit,
                paused_until=self._paused_until if self._paused_until > now else None,
                measured_per_second=self._measured(now)[0],
            )

    def _halve(self, now: float) -> None:
        self._grow(now)
        measured, span = self._measured(now)
        if self._limit is None:
            rate = measured
        else:  # an unused limit, or a sample of less than a second, proves nothing
            rate = min(self._limit, measured) if span >= 1.0 else self._limit
        self._limit = max(rate / 2, _SLOWEST_PER_SECOND)
        self._gain = max(rate / 20, 0.5)  # wins the lost half back within ten seconds
        self._waves_in_a_row = min(self._waves_in_a_row + 1, 10)
        self._halved_at = now
        self._recent.clear()

    def _grow(self, now: float) -> None:
        """Let the limit grow for the time since the last call, faster the longer no 429 came.

        Growing at a constant rate would make a first halving on little evidence last for minutes.
        """
        since = max(self._grown_at, self._paused_until)
        if self._limit is not None and now > since:
            began = max(self._halved_at, self._paused_until)
            undisturbed = (now + since) / 2 - began  # in the middle of the span added now
            self._limit += self._gain * (now - since) * (1 + undisturbed / 10)
        self._grown_at = now

    def _measured(self, now: float) -> tuple[float, float]:
        """Return the recent requests per second, and the seconds they were measured over."""
        while self._recent and self._recent[0] < now - _MEASURED_SECONDS:
            _ = self._recent.popleft()
        if not self._recent:
            return 0.0, 0.0
        span = now - self._recent[0]
        return len(self._recent) / max(span, _SHORTEST_SPAN_SECONDS), span
