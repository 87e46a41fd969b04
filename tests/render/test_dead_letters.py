"""Dead letters on a terminal."""

import msgspec
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.render.dead_letters import (
    DeadLetterDetails,
    dead_letter_text,
    dead_letters_text,
)
from tests.render.screen import shown


def a_letter(id_: int = 7) -> DeadLetterDetails:
    return DeadLetterDetails(
        id=id_,
        session_id="s-1",
        address="dashboard:42",
        content_id="42",
        content_type="dashboard",
        name="Finance [b]overview[/b]",
        error_message="422 Unprocessable: title has been taken\nby dashboard 9",
        error_type="ValidationError",
        http_status=422,
        retry_count=2,
        failed_at="2026-03-01T12:00:00Z",
        step="dashboard:42/create",
        cause="folder:12",
        also_failed={"dashboard:42/elements/5": "404\x1b[2J"},
        stack_trace="Traceback:\n  line 1\n",
        content_data={"title": "Finance", "hidden": False},
    )


def test_an_empty_queue_says_so():
    assert shown(dead_letters_text([])) == "The dead letter queue is empty.\n"


def test_the_table_shows_the_first_line_of_each_error(snapshot: SnapshotAssertion):
    bare = msgspec.structs.replace(a_letter(8), name="", http_status=None, retry_count=0)

    text = shown(dead_letters_text([a_letter(), bare]), width=110)

    assert "by dashboard 9" not in text
    assert text == snapshot


def test_one_letter_is_shown_in_full(snapshot: SnapshotAssertion):
    assert shown(dead_letter_text(a_letter(), with_trace=True), width=100) == snapshot
    assert "Traceback" not in shown(dead_letter_text(a_letter()), width=100)


def test_a_letter_shows_no_titles_for_facts_that_are_unknown():
    bare = msgspec.structs.replace(
        a_letter(), cause=None, step="", http_status=None, also_failed={}, stack_trace=None
    )

    text = shown(dead_letter_text(bare))

    for title in ("Cause:", "Step:", "HTTP status:", "Also failed:", "Stack trace:"):
        assert title not in text
