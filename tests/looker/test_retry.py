"""The error table, the waits, Retry-After."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.errors import Diagnostic, PlanError, failure
from lookervault_plan.looker.error_rules import (
    ERROR_RULES,
    Decision,
    Method,
    Symptom,
    decide_after_error,
    symptom,
)
from lookervault_plan.looker.errors import (
    ApiError,
    AuthenticationFailed,
    ConnectionFailed,
    UnreadableReply,
)
from lookervault_plan.looker.retry import RetryPolicy
from lookervault_plan.looker.retry_after import retry_after_seconds

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
METHODS: tuple[Method, ...] = get_args(Method)
REPEATABLE: tuple[Method, ...] = ("GET", "PATCH", "PUT", "DELETE")


def an_answer(status: int, *, code: str = "", at_login: bool = False) -> ApiError:
    errors = [{"code": code, "field": "f", "message": "m"}] if code else None
    body = msgspec.json.encode({"message": "x", "errors": errors})
    return ApiError(status, "POST", "/x", body, at_login=at_login)


def an_error_of(symptom_: Symptom) -> ApiError | ConnectionFailed | PlanError:
    return {
        Symptom.THROTTLED: an_answer(429),
        Symptom.FATAL: failure("looker.auth", "no"),
        Symptom.EXISTS: an_answer(409),
        Symptom.MISSING: an_answer(404),
        Symptom.REJECTED: an_answer(422, code="invalid"),
        Symptom.SERVER: an_answer(500),
        Symptom.LOST: ConnectionFailed("timeout", sent=True),
        Symptom.UNSENT: ConnectionFailed("refused", sent=False),
    }[symptom_]


TRANSIENT = [an_answer(status) for status in (408, 500, 502, 503, 504, 529)] + [
    ConnectionFailed("timeout", sent=True),
    ConnectionFailed("reset", sent=True),
    UnreadableReply(Diagnostic(code="looker.reply", summary="?")),
]


@pytest.mark.parametrize("error", TRANSIENT)
def test_what_may_have_happened_is_repeated_only_if_that_does_no_harm(
    error: ApiError | ConnectionFailed | PlanError,
):
    assert {decide_after_error(error, method=method) for method in REPEATABLE} == {Decision.RETRY}
    assert decide_after_error(error, method="POST", idempotent=True) is Decision.RETRY
    assert decide_after_error(error, method="POST") is Decision.PROBE
    # Even the last attempt may have created something.
    assert decide_after_error(error, method="POST", attempt=9) is Decision.PROBE
    assert decide_after_error(error, method="PATCH", attempt=5) is Decision.DEAD_LETTER


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "error",
    [
        ConnectionFailed("refused", sent=False),
        ConnectionFailed("dns", sent=False),
        ConnectionFailed("timeout", sent=False),
        ConnectionFailed("reset", sent=False),
        an_answer(503, at_login=True),
    ],
)
def test_what_was_never_sent_is_sent_again(error: ApiError | ConnectionFailed, method: Method):
    assert decide_after_error(error, method=method) is Decision.RETRY
    assert decide_after_error(error, method=method, attempt=4) is Decision.RETRY
    assert decide_after_error(error, method=method, attempt=5) is Decision.DEAD_LETTER


@pytest.mark.parametrize("method", METHODS)
def test_429_is_repeated_whatever_the_attempt_until_it_is_hopeless(method: Method):
    assert decide_after_error(an_answer(429), method=method, attempt=5) is Decision.RETRY
    assert decide_after_error(an_answer(429, at_login=True), method=method) is Decision.RETRY
    assert decide_after_error(an_answer(429), method=method, throttled=59) is Decision.RETRY
    assert decide_after_error(an_answer(429), method=method, throttled=60) is Decision.DEAD_LETTER


@pytest.mark.parametrize("error", [an_answer(409), an_answer(422, code="already_exists")])
def test_a_twin_may_be_ours_when_we_create_and_never_when_we_update(error: ApiError):
    assert decide_after_error(error, method="POST") is Decision.ADOPT
    assert decide_after_error(error, method="POST", idempotent=True) is Decision.ADOPT
    assert decide_after_error(error, method="PATCH") is Decision.DEAD_LETTER
    assert decide_after_error(error, method="PUT") is Decision.DEAD_LETTER


def test_404_means_something_else_for_each_operation():
    missing = an_answer(404)

    assert decide_after_error(missing, method="PATCH") is Decision.TARGET_GONE
    assert decide_after_error(missing, method="POST") is Decision.DEAD_LETTER
    assert decide_after_error(missing, method="PUT") is Decision.DEAD_LETTER
    assert decide_after_error(missing, method="GET") is Decision.DEAD_LETTER
    # A delete that may have worked has worked; one that was never tried may not be visible.
    assert decide_after_error(missing, method="DELETE", attempt=2) is Decision.DONE
    assert decide_after_error(missing, method="DELETE") is Decision.DEAD_LETTER


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [400, 403, 405, 422, 301])
def test_what_looker_rejects_is_not_repeated(status: int, method: Method):
    assert decide_after_error(an_answer(status), method=method) is Decision.DEAD_LETTER


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "error",
    [
        an_answer(401),
        AuthenticationFailed(Diagnostic(code="looker.auth", summary="no")),
        failure("looker.url", "no"),
        ConnectionFailed("tls", sent=False),
        ConnectionFailed("closed", sent=False),
    ],
)
def test_what_concerns_every_request_stops_the_session(
    error: ApiError | ConnectionFailed | PlanError, method: Method
):
    assert decide_after_error(error, method=method) is Decision.STOP


@given(
    st.sampled_from(Symptom),
    st.sampled_from(METHODS),
    st.booleans(),
    st.integers(min_value=1, max_value=20),
    st.integers(min_value=0, max_value=100),
)
def test_the_table_has_a_row_for_everything(
    symptom_: Symptom, method: Method, idempotent: bool, attempt: int, throttled: int
):
    error = an_error_of(symptom_)

    assert symptom(error) is symptom_
    decision = decide_after_error(
        error, method=method, idempotent=idempotent, attempt=attempt, throttled=throttled
    )
    assert isinstance(decision, Decision)
    if decision in (Decision.PROBE, Decision.ADOPT):
        assert method == "POST"


def test_no_row_of_the_table_is_out_of_reach():
    used = {
        id(
            next(
                rule
                for rule in ERROR_RULES
                if rule.symptom is symptom_
                and (rule.methods is None or method in rule.methods)
                and rule.idempotent in (None, idempotent)
                and rule.is_retry in (None, again)
            )
        )
        for symptom_ in Symptom
        for method in METHODS
        for idempotent in (True, False)
        for again in (True, False)
    }

    assert used == {id(rule) for rule in ERROR_RULES}


@given(st.integers(min_value=1, max_value=50))
def test_waits_grow_within_their_bounds(attempt: int):
    seconds = RetryPolicy().delay_seconds(attempt)

    assert min(2 * 2 ** (attempt - 1), 60) <= seconds <= min(2 * 2 ** (attempt - 1) + 2, 60)
    assert RetryPolicy(base_seconds=0.001, max_seconds=0.01).delay_seconds(attempt) <= 0.01


def test_waits_are_not_all_alike():
    assert len({RetryPolicy().delay_seconds(1) for _ in range(20)}) > 1


def test_five_attempts_are_four_retries():
    assert [RetryPolicy().may_retry(attempt) for attempt in range(1, 7)] == [True] * 4 + [False] * 2
    assert not RetryPolicy(attempts=1).may_retry(1)


def test_looker_s_own_wish_counts_if_it_is_longer():
    policy = RetryPolicy(base_seconds=0.1, max_seconds=0.2)
    patient = ApiError(503, "GET", "/x", retry_after=7.0)
    hasty = ApiError(503, "GET", "/x", retry_after=0.0)

    assert policy.wait_seconds(patient, 1) == 7.0
    assert policy.wait_seconds(hasty, 1) >= 0.1
    assert policy.wait_seconds(ConnectionFailed("reset", sent=True), 1) >= 0.1
    # The limiter holds everyone up after 429; twice would be too much.
    assert policy.wait_seconds(ApiError(429, "GET", "/x", retry_after=7.0), 1) == 0.0


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("-3", 0.0),
        ("9999", 300.0),
        ("Wed, 01 Jul 2026 12:00:30 GMT", 30.0),
        ("Wed, 01 Jul 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Wed, 99 Jul 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(wish: str, seconds: float | None):
    assert retry_after_seconds({"retry-after": wish}, NOW) == seconds


def test_no_retry_after_is_no_wish():
    assert retry_after_seconds({}, NOW) is None


@given(
    st.integers(min_value=0, max_value=300),
    st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)),
)
def test_a_date_is_measured_by_the_clock_of_the_server(seconds: int, skew: timedelta):
    theirs = (NOW + skew).replace(microsecond=0)
    until = theirs + timedelta(seconds=seconds)
    headers = {
        "retry-after": format_datetime(until, usegmt=True),
        "date": format_datetime(theirs, usegmt=True),
    }

    assert retry_after_seconds(headers, NOW) == seconds


@given(st.text())
def test_no_header_makes_it_fail(text: str):
    seconds = retry_after_seconds({"retry-after": text, "date": text}, NOW)

    assert seconds is None or 0 <= seconds <= 300
