"""How often a failed request is sent again, and after how many seconds.

The only user of tenacity. `Client.read` lets tenacity run the whole loop; the walk of an apply
must not block, so it takes the seconds and does the waiting itself.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice

import msgspec
import tenacity
from tenacity.stop import stop_base

from lookervault_plan.looker.errors import ApiError

__all__ = ["DEFAULT_RETRY_POLICY", "RetryPolicy"]


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of attempts and lengths of waits."""

    #: Requests in all, the first one included. Answers of 429 don't count.
    attempts: int = 5
    #: The wait after the first failed attempt. Each further wait is twice as long.
    base_seconds: float = 2.0
    max_seconds: float = 60.0
    #: Answers of 429 to one request before it is given up.
    max_throttled: int = 60

    def retrying(
        self,
        *,
        is_retried: Callable[[BaseException], bool],
        sleep: Callable[[float], None],
        before_wait: Callable[[BaseException, int, float], None],
    ) -> tenacity.Retrying:
        """Make tenacity's loop for one request; the last error is raised as it is.

        `before_wait` is called with the error, the number of the next attempt, and the seconds
        to wait for it.
        """

        def wait(state: tenacity.RetryCallState) -> float:
            return self.wait_seconds(_error_of(state), state.attempt_number)

        def tell(state: tenacity.RetryCallState) -> None:
            before_wait(_error_of(state), state.attempt_number + 1, state.upcoming_sleep)

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(is_retried),
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=wait,
            sleep=sleep,
            before_sleep=tell,
            reraise=True,
        )

    def may_retry(self, attempt: int) -> bool:
        """Return whether another attempt follows attempt number `attempt` (from 1)."""
        stop = tenacity.stop_after_attempt(self.attempts)
        return _wait_after(self._waits(stop), attempt) is not None

    def delay_seconds(self, attempt: int) -> float:
        """Return the wait after attempt number `attempt` (from 1): exponential, with jitter."""
        return min(_wait_after(self._waits(tenacity.stop_never), attempt) or 0.0, self.max_seconds)

    def wait_seconds(self, error: BaseException, attempt: int) -> float:
        """Return the wait after an error: at least what its Retry-After header asks for.

        0.0 for a 429: the rate limiter then makes all requests wait.
        """
        if isinstance(error, ApiError):
            if error.status == 429:
                return 0.0
            if error.retry_after is not None:
                return max(error.retry_after, self.delay_seconds(attempt))
        return self.delay_seconds(attempt)

    def _waits(self, stop: stop_base) -> Iterator[float]:
        """Yield the waits that tenacity would sleep, up to where it gives up."""
        slept: list[float] = []
        retrying = tenacity.Retrying(
            wait=tenacity.wait_exponential(
                multiplier=self.base_seconds, min=self.base_seconds, max=self.max_seconds
            )
            + tenacity.wait_random(0, self.base_seconds),
            stop=stop,
            sleep=slept.append,
        )
        with suppress(tenacity.RetryError):
            for attempt in retrying:
                if slept:
                    yield float(slept.pop())  # tenacity yields a subclass that JSON can't encode
                with attempt:
                    raise tenacity.TryAgain


DEFAULT_RETRY_POLICY = RetryPolicy()


def _wait_after(waits: Iterator[float], attempt: int) -> float | None:
    return next(islice(waits, attempt - 1, None), None)


def _error_of(state: tenacity.RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome else None
    assert error is not None
    return error
