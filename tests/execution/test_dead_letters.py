"""Dead letters keep all that a later retry, and the reader of the queue, need."""

from typing import Any

import msgspec
import pytest

from lookervault_plan.content.node import Address
from lookervault_plan.execution.dead_letters import (
    cut_off_letter,
    failure_letter,
    unreadable_letter,
)
from lookervault_plan.execution.ports import Failure
from lookervault_plan.steps.step_id import StepId

DASHBOARD = Address("dashboard:42")
RAW: Any = {"id": "42", "title": "Revenue"}
NOON = "2026-01-01T12:00:00Z"


def a_failure(operation: str = "create", **more: Any) -> Failure:
    facts: dict[str, Any] = {
        "step": StepId(DASHBOARD, operation),
        "error": f"{operation} refused",
        "http_status": 500,
        "attempts": 3,
        "trace": "Traceback …",
    }
    return Failure(**facts | more)


def test_a_letter_tells_the_first_failure_in_full_and_names_the_others():
    failures = [a_failure(), a_failure("update"), a_failure("fix")]

    letter = failure_letter("s1", DASHBOARD, RAW, failures, at=NOON)

    assert (letter.session, letter.type, letter.id) == ("s1", "dashboard", "42")
    assert msgspec.json.decode(letter.data) == RAW
    assert (letter.error_message, letter.stack_trace) == ("create refused", "Traceback …")
    assert (letter.step, letter.http_status, letter.failed_at) == (
        "dashboard:42#create",
        500,
        NOON,
    )
    assert letter.retry_count == 2
    assert letter.metadata == {
        "also_failed": {"dashboard:42#update": "update refused", "dashboard:42#fix": "fix refused"}
    }


@pytest.mark.parametrize(
    ("status", "type_"),
    [(422, "ValidationError"), (500, "RestorationError"), (None, "RestorationError")],
)
def test_a_refusal_of_the_body_is_a_validation_error(status: int | None, type_: str):
    letter = failure_letter("s1", DASHBOARD, RAW, [a_failure(http_status=status)], at=NOON)

    assert letter.error_type == type_
    assert letter.metadata == {}


def test_the_letter_of_a_dependent_names_what_failed_and_can_be_retried():
    letter = cut_off_letter("s1", DASHBOARD, RAW, "folder:7", at=NOON)

    assert (letter.session, letter.failed_at, letter.retry_count) == ("s1", NOON, 0)
    assert (letter.error_type, letter.cause) == ("DependencyError", "folder:7")
    assert "folder:7 failed" in letter.error_message
    assert msgspec.json.decode(letter.data) == RAW
    assert letter.step == ""


def test_the_letter_of_an_unreadable_item_says_why_and_keeps_what_there_is():
    with_data = unreadable_letter("s1", DASHBOARD, RAW, "ValidationError", "no title", at=NOON)
    without = unreadable_letter("s1", DASHBOARD, None, "DeserializationError", "no JSON", at=NOON)

    assert msgspec.json.decode(with_data.data) == RAW
    assert without.data == b"{}"
    assert [(each.session, each.failed_at) for each in (with_data, without)] == [("s1", NOON)] * 2
    assert (without.error_type, without.error_message) == ("DeserializationError", "no JSON")
