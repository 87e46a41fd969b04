"""How long what a killed run has sent may still be carried out."""

import pytest

from lookervault_plan.execution.history import History, seconds_left
from lookervault_plan.state.rows import StepRecord

NOON = "2026-01-01T12:00:00.500000Z"


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("2026-01-01T12:00:00.500000Z", 10),
        ("2026-01-01T12:00:04.500000Z", 6),
        ("2026-01-01T12:05:00.000000Z", 0),
        ("2026-01-01T11:00:00.000000Z", 10),
    ],
    ids=["at once", "later", "much later", "the clock was put back"],
)
def test_seconds_left_never_exceed_the_span(now: str, left: float):
    assert seconds_left(NOON, now, 10) == left


def test_no_seconds_are_left_without_a_journal():
    assert seconds_left(History([]).last_at, NOON, 10) == 0


def test_the_latest_record_of_the_journal_counts():
    records = [
        StepRecord(
            step=f"folder:{number}#create",
            kind="folder",
            intended_at=f"2026-01-01T12:00:0{number}Z",
            known_ids=(),
            outcome=None,
            finished_at=finished,
            attempts=0,
            revealed={},
            error=None,
            http_status=None,
        )
        for number, finished in enumerate([None, "2026-01-01T12:00:07Z", None])
    ]

    assert History(records).last_at == "2026-01-01T12:00:07Z"
