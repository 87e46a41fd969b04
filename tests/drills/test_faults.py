"""An apply that meets every kind of trouble ends as one that meets none."""

import pytest

from lookervault_plan.sandbox.faults import Fault, Faults
from tests.drills.conftest import Drill

WRITES = "POST|PATCH|PUT|DELETE"
TROUBLE: dict[str, Faults] = {
    "10 % 5xx": Faults(
        rules=[
            Fault(kind="error", share=0.04, status=500),
            Fault(kind="error", share=0.04, status=503, html=True),
            Fault(kind="error", share=0.04, status=502),
        ]
    ),
    "10 % of the connections reset before the commit": Faults(
        rules=[Fault(kind="reset_before", share=0.1)]
    ),
    "10 % of the replies lost after the commit": Faults(
        rules=[Fault(kind="reset_after", share=0.1, method=WRITES)]
    ),
    "10 % of the replies are a gateway's, after the commit": Faults(
        rules=[Fault(kind="error_after", share=0.1, method=WRITES, status=502)]
    ),
    "storms of 429": Faults(
        rules=[
            Fault(kind="too_many", skip=40, count=12, seconds=0.1),
            Fault(kind="too_many", skip=150, count=4, seconds=1.0, as_date=True),
        ],
    ),
    "tokens that expire": Faults(
        token_requests=25,
        rules=[Fault(kind="expire_token", skip=skip, count=1) for skip in (20, 60, 100)],
    ),
    "slow replies": Faults(
        jitter_seconds=0.05, rules=[Fault(kind="slow", share=0.03, seconds=0.3)]
    ),
    "some of everything": Faults(
        jitter_seconds=0.01,
        token_requests=60,
        rules=[
            Fault(kind="error", share=0.03),
            Fault(kind="reset_before", share=0.03),
            Fault(kind="reset_after", share=0.03),
            Fault(kind="error_after", share=0.02, method=WRITES),
            Fault(kind="too_many", skip=100, count=10, seconds=0.03),
        ],
    ),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_an_apply_with_faults_ends_as_one_without(drill: Drill, name: str):
    for key in Faults.__struct_fields__:
        setattr(drill.sandbox.faults, key, getattr(TROUBLE[name], key))

    events = drill.finish(drill.apply())

    assert events[-1]["failed"] == 0
    assert any(request.fault for request in drill.sandbox.requests) or "token" in name
    drill.check()


def test_a_request_that_commits_after_the_client_gave_up(drill: Drill):
    """The client waits 0.6 s for an answer; these are carried out after 1 s all the same."""
    drill.more = {"LOOKERSDK_TIMEOUT": "0.6", "LOOKERVAULT_PLAN_RETRY_SECONDS": "0.05"}
    for path in ("^/dashboards$", "^/dashboard_elements$", "^/looks$", "^/folders$", "^/boards$"):
        drill.sandbox.faults.add(
            Fault(kind="slow", method="POST", path=path, seconds=1.0, count=2, skip=1)
        )

    events = drill.finish(drill.apply())

    assert events[-1]["failed"] == 0
    assert [each for each in events if each["type"] == "retry" and each.get("in_doubt")]
    drill.check()


def test_a_request_that_commits_after_the_connection_broke(drill: Drill):
    drill.more = {"LOOKERVAULT_PLAN_RETRY_SECONDS": "0.1"}  # looked for for 0.5 s
    drill.sandbox.faults.add(Fault(kind="late_commit", method="POST", share=0.2, seconds=0.35))

    events = drill.finish(drill.apply())

    assert events[-1]["failed"] == 0
    assert [each for each in events if each["type"] == "retry" and each.get("in_doubt")]
    drill.check()


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "a date"])
def test_all_workers_pause_for_as_long_as_looker_asks(drill: Drill, as_date: bool):
    rule = Fault(kind="too_many", method="POST", skip=5, count=1, seconds=2.0, as_date=as_date)
    drill.sandbox.faults.add(rule)

    events = drill.finish(drill.apply())

    seconds = [each["seconds"] for each in events if each["type"] == "rate_limited"]
    assert len(seconds) == 1
    assert 0.9 < seconds[0] <= 3.0
    throttled = next(each for each in drill.sandbox.requests if each.status == 429)
    in_flight = 0.3
    assert not [
        each
        for each in drill.sandbox.requests
        if throttled.ended + in_flight < each.started < throttled.ended + seconds[0] - 0.1
    ]
    drill.check()
