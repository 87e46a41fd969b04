"""Which failed requests are sent again, and what happens to the others: the table ERROR_RULES."""

import enum
from collections.abc import Mapping
from typing import Literal

import msgspec

from lookervault_plan.errors import PlanError
from lookervault_plan.looker.errors import ApiError, ConnectionFailed, UnreadableReply
from lookervault_plan.looker.retry import DEFAULT_RETRY_POLICY, RetryPolicy

__all__ = ["ERROR_RULES", "Decision", "Method", "Rule", "Symptom", "decide_after_error", "symptom"]

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]


class Decision(enum.Enum):
    """The caller's next move after a failed request."""

    #: Send the same request again, after `RetryPolicy.wait_seconds`.
    RETRY = "retry"
    #: Look for the object first: an earlier request may have created it.
    PROBE = "probe"
    #: Look at the object that Looker already has: adopt it if this step created it.
    ADOPT = "adopt"
    #: Fail the step: its object is gone. `engine._Run._recreate` may recreate the item.
    TARGET_GONE = "target gone"
    #: Count the request as successful: the object is already gone.
    DONE = "done"
    #: Give this request up and go on with the others.
    DEAD_LETTER = "dead letter"
    #: Stop the session: every other request would fail too.
    STOP = "stop"


class Symptom(enum.Enum):
    """The class of an error, by which ERROR_RULES decides."""

    #: 429.
    THROTTLED = "throttled"
    #: Refused credentials, a failed certificate check, a wrong URL, or a closed client.
    FATAL = "fatal"
    #: 409, or 422 with the code `already_exists`.
    EXISTS = "exists"
    #: 404: the object is gone, never existed, or is not visible to the API user.
    MISSING = "missing"
    #: Any other 4xx or 3xx.
    REJECTED = "rejected"
    #: 5xx or 408: Looker may or may not have carried the request out.
    SERVER = "server"
    #: The request may have arrived, but its answer is missing or unreadable.
    LOST = "lost"
    #: The request never arrived.
    UNSENT = "unsent"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ERROR_RULES. A column that is None matches every request."""

    symptom: Symptom
    decision: Decision
    methods: frozenset[Method] | None = None
    #: Whether a POST may be sent twice without harm. Only asked of a POST.
    idempotent: bool | None = None
    #: Whether an earlier attempt may have been carried out.
    is_retry: bool | None = None


_CREATE: frozenset[Method] = frozenset({"POST"})
_UPDATE: frozenset[Method] = frozenset({"PATCH"})
_DELETE: frozenset[Method] = frozenset({"DELETE"})

#: The first row that matches decides. Source: docs/looker-api.md, section 1.3.
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
    Rule(symptom=Symptom.MISSING, methods=_UPDATE, decision=Decision.TARGET_GONE),
    Rule(symptom=Symptom.MISSING, methods=_DELETE, is_retry=True, decision=Decision.DONE),
    Rule(symptom=Symptom.MISSING, decision=Decision.DEAD_LETTER),
    Rule(symptom=Symptom.REJECTED, decision=Decision.DEAD_LETTER),
)


_STATUSES: Mapping[int, Symptom] = {
    401: Symptom.FATAL,
    404: Symptom.MISSING,
    429: Symptom.THROTTLED,
}
_FATAL_KINDS = frozenset({"tls", "closed"})


def symptom(error: ApiError | ConnectionFailed | PlanError) -> Symptom:
    """Classify an error for ERROR_RULES."""
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
    """Look up the caller's next move in ERROR_RULES.

    `idempotent` says that a POST may be sent twice; it has no meaning for other methods.
    `attempt` is the number of requests so far, those of earlier runs included and answers of 429
    excluded. `throttled` is the number of answers of 429.

    RETRY becomes DEAD_LETTER once `policy` allows no more attempts. PROBE does not: ask
    `policy.may_retry` if the probe finds no object.
    """
    seen = symptom(error)
    row = next(
        rule
        for rule in ERROR_RULES
        if rule.symptom is seen
        and (rule.methods is None or method in rule.methods)
        and rule.idempotent in (None, idempotent)
        and rule.is_retry in (None, attempt > 1)
    )
    if row.decision is Decision.RETRY:
        allowed = (
            throttled < policy.max_throttled
            if seen is Symptom.THROTTLED
            else policy.may_retry(attempt)
        )
        return Decision.RETRY if allowed else Decision.DEAD_LETTER
    return row.decision
