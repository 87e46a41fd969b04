"""What to do when a call fails, how long to wait. The only user of tenacity."""

import enum
import functools
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import msgspec
import tenacity

from lookervault_plan.errors import PlanError
from lookervault_plan.looker.errors import ApiError, ConnectionFailed, UnreadableReply
from lookervault_plan.looker.rate_limit import LimiterState, RateLimiter

__all__ = [
    "DEFAULT_RETRY_POLICY",
    "ERROR_RULES",
    "Decision",
    "LimiterState",
    "Method",
    "RateLimiter",
    "RetryPolicy",
    "Rule",
    "Symptom",
    "decide_after_error",
    "retry_after_seconds",
    "symptom",
]

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]


class Decision(enum.Enum):
    """What the caller does next."""

    RETRY = "retry"  # the same request again, after RetryPolicy.wait_seconds
    PROBE = "probe"  # it may have happened: look before sending it again
    ADOPT = "adopt"  # Looker has one already: adopt it if it is ours
    CREATE_INSTEAD = "create instead"  # what was to be updated is not there
    DONE = "done"  # what was wanted is already so
    DEAD_LETTER = "dead letter"  # give this one up
    STOP = "stop"  # nothing else will work either


class Symptom(enum.Enum):
    """What a failure looks like, whoever reports it."""

    THROTTLED = "throttled"  # 429
    FATAL = "fatal"  # credentials, certificates, a wrong URL
    EXISTS = "exists"  # 409, or 422 already_exists
    MISSING = "missing"  # 404: gone, never there, or not visible
    REJECTED = "rejected"  # any other 4xx, 3xx
    SERVER = "server"  # 5xx, 408: it may or may not have happened
    LOST = "lost"  # no answer to what may have arrived, or one that can't be read
    UNSENT = "unsent"  # it never arrived


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ERROR_RULES; None matches anything."""

    symptom: Symptom
    decision: Decision
    methods: frozenset[Method] | None = None
    idempotent: bool | None = None
    is_again: bool | None = None  # an earlier attempt may have done it


_CREATE: frozenset[Method] = frozenset({"POST"})
_UPDATE: frozenset[Method] = frozenset({"PATCH"})
_DELETE: frozenset[Method] = frozenset({"DELETE"})

#: The seed's error table (research, section 8), refined by design section 6; first hit wins.
ERROR_RULES: tuple[Rule, ...] = (
    Rule(symptom=Symptom.FATAL, decision=Decision.STOP),
    Rule(symptom=Symptom.THROTTLED, decision=Decision.RETRY),
    Rule(symptom=Symptom.UNSENT, decision=Decision.RETRY),
    Rule(symptom=Symptom.SERVER, methods=_CREATE, idempotent=False, decision=Decision.PROBE),
    Rule(symptom=Symptom.SERVER, decision=Decision.RETRY),
    Rule(symptom=Symptom.LOST, methods=_CREATE, idempotent=False, decision=Decision.PROBE),
    Rule(symptom=Symptom.LOST, decision=Decision.RETRY),
    Rule(symptom=Symptom.EXISTS, methods=_CREATE, decision=Decision.ADOPT),
    Rule(symptom=Symptom.EXISTS, decision=Decision.DEAD_LETTER),
    Rule(symptom=Symptom.MISSING, methods=_UPDATE, decision=Decision.CREATE_INSTEAD),
    Rule(symptom=Symptom.MISSING, methods=_DELETE, is_again=True, decision=Decision.DONE),
    Rule(symptom=Symptom.MISSING, decision=Decision.DEAD_LETTER),
    Rule(symptom=Symptom.REJECTED, decision=Decision.DEAD_LETTER),
)


_STATUSES: Mapping[int, Symptom] = {
    401: Symptom.FATAL,
    404: Symptom.MISSING,
    429: Symptom.THROTTLED,
}
_FATAL_KINDS = frozenset({"tls", "closed"})


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how long; tests make the seconds small."""

    attempts: int = 5
    base_seconds: float = 2.0
    max_seconds: float = 60.0
    throttles: int = 60  # answers of 429 to one request, after which it is given up

    def may_retry(self, attempt: int) -> bool:
        """Whether one more attempt is allowed after `attempt` of them (counted from 1)."""
        state = _state(self, attempt)
        return not _retrying(self).stop(state)

    def delay_seconds(self, attempt: int) -> float:
        """The pause after attempt number `attempt`: exponential, with jitter, within the bounds."""
        return min(_wait(self)(_state(self, attempt)), self.max_seconds)

    def wait_seconds(self, error: BaseException, attempt: int) -> float:
        """The pause before the next attempt. None for 429, where the limiter holds everyone up."""
        if isinstance(error, ApiError):
            if error.status == 429:
                return 0.0
            if error.retry_after is not None:
                return max(error.retry_after, self.delay_seconds(attempt))
        return self.delay_seconds(attempt)


DEFAULT_RETRY_POLICY = RetryPolicy()


def symptom(error: ApiError | ConnectionFailed | PlanError) -> Symptom:
    match error:
        case UnreadableReply():
            return Symptom.LOST
        case ApiError():
            return _symptom_of_answer(error)
        case ConnectionFailed(kind=kind) if kind not in _FATAL_KINDS:
            return Symptom.LOST if error.sent else Symptom.UNSENT
        case _:
            return Symptom.FATAL


def _symptom_of_answer(error: ApiError) -> Symptom:
    if error.status in _STATUSES:
        return _STATUSES[error.status]
    if error.status == 408 or error.status >= 500:
        return Symptom.UNSENT if error.at_login else Symptom.SERVER
    return Symptom.EXISTS if error.already_exists else Symptom.REJECTED


def decide_after_error(
    error: ApiError | ConnectionFailed | PlanError,
    *,
    method: Method,
    idempotent: bool = False,
    attempt: int = 1,
    throttled: int = 0,
    policy: RetryPolicy = DEFAULT_RETRY_POLICY,
) -> Decision:
    """What to do about `error`.

    `idempotent` is asked of a POST only: the others are. `attempt` counts from 1, requests
    of an earlier run included, and 429s not; `throttled` counts those. PROBE comes however
    many attempts there were; if the probe finds nothing, ask `policy.may_retry`.
    """
    seen = symptom(error)
    row = next(
        rule
        for rule in ERROR_RULES
        if rule.symptom is seen
        and (rule.methods is None or method in rule.methods)
        and rule.idempotent in (None, idempotent)
        and rule.is_again in (None, attempt > 1)
    )
    if row.decision is Decision.RETRY:
        allowed = (
            throttled < policy.throttles if seen is Symptom.THROTTLED else policy.may_retry(attempt)
        )
        return Decision.RETRY if allowed else Decision.DEAD_LETTER
    return row.decision


def retry_after_seconds(
    headers: Mapping[str, str], now: datetime, *, cap_seconds: float = 300.0
) -> float | None:
    """What `retry-after` asks for, in seconds or as a date; None if there is nothing usable.

    A date is measured from the server's own `date` if it sent one, so that clocks may differ;
    `now` serves otherwise.
    """
    wish = headers.get("retry-after", "").strip()
    if not wish:
        return None
    try:
        seconds = float(wish)
    except ValueError:
        until, sent = _http_date(wish), _http_date(headers.get("date", ""))
        if until is None:
            return None
        seconds = (until - (sent or now)).total_seconds()
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), cap_seconds)


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


@functools.lru_cache(maxsize=16)
def _retrying(policy: RetryPolicy) -> tenacity.Retrying:
    return tenacity.Retrying(stop=tenacity.stop_after_attempt(policy.attempts))


@functools.lru_cache(maxsize=16)
def _wait(policy: RetryPolicy) -> Callable[[tenacity.RetryCallState], float]:
    return tenacity.wait_exponential(
        multiplier=policy.base_seconds, min=policy.base_seconds, max=policy.max_seconds
    ) + tenacity.wait_random(0, policy.base_seconds)


def _state(policy: RetryPolicy, attempt: int) -> tenacity.RetryCallState:
    state = tenacity.RetryCallState(_retrying(policy), None, (), {})
    state.attempt_number = attempt
    return state
