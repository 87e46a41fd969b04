"""The engine against a simulated Looker, over HTTP, in good and in bad weather."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lookervault_plan.content.normalise import content_key
from lookervault_plan.sandbox.company.lookml import EXPLORES
from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.state.store import open_state
from tests.execution.content import a_query
from tests.execution.rig import apply, shape, wanted


def test_an_apply_makes_the_backup_s_content_with_the_expected_writes(tmp_path: Path):
    with Sandbox(seed=3) as sandbox:
        result = apply(sandbox.url, tmp_path / "state.db", 6)
        made = shape(sandbox.looker.call)
        writes = [
            f"{sent.method} {sent.path.rpartition('/')[0] or sent.path}"
            for sent in sandbox.writes()
        ]
        overlaps = sandbox.looker.overlaps

    assert result.is_complete
    assert made == wanted(6)
    posts = [sent.path for sent in sandbox.writes() if sent.method == "POST"]
    assert {path: posts.count(path) for path in set(posts)} == {
        "/folders": 1,
        "/queries": 3,
        "/dashboards": 6,
        "/dashboard_filters": 6,
        "/dashboard_layouts": 6,
        "/dashboard_elements": 30,
    }
    # The first tab's label, and the places that Looker chose otherwise: all but none.
    assert writes.count("PATCH /dashboard_layouts") == 6
    assert writes.count("PATCH /dashboard_layout_components") == 30
    assert overlaps == []


def test_ids_revealed_in_a_session_are_in_the_state(tmp_path: Path):
    with Sandbox(seed=3) as sandbox:
        result = apply(sandbox.url, tmp_path / "state.db", 1)
        with open_state(tmp_path / "state.db") as state:
            mappings = state.mappings("https://dev", sandbox.url)
            parts = state.part_mappings("https://dev", sandbox.url)
            steps = state.steps("s1")
            (checkpoint, *_) = state.checkpoints("s1")

    assert result.is_complete
    assert set(mappings) == {("folder", "7"), ("dashboard", "1")}
    kinds = [kind for kind, _ in parts["dashboard:1"]]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "dashboard_filter": 1,
        "dashboard_layout": 2,
        "dashboard_element": 5,
        "dashboard_layout_component": 5,
    }
    key = content_key("query", a_query("900", EXPLORES[1]))
    assert parts[f"query:{key}"] == {("query", key): parts[f"query:{key}"]["query", str(key)]}
    assert all(step.outcome in {"done", "skipped"} for step in steps)
    assert checkpoint.completed_ids == ("1",)


EXPIRING = [Fault(kind="expire_token", skip=skip, count=1) for skip in (5, 40, 80, 120)]
WEATHER = {
    "5xx": [Fault(kind="error", share=0.15)],
    "resets": [Fault(kind="reset_before", share=0.15)],
    "lost replies": [Fault(kind="reset_after", share=0.15)],
    "gateways": [Fault(kind="error_after", share=0.15, status=502, html=True)],
    "429": [Fault(kind="too_many", share=0.1, seconds=0.05)],
    "tokens": EXPIRING,
    "late": [Fault(kind="slow", share=1, method="POST", count=3, skip=20, seconds=1.3)],
    "all": [
        Fault(kind="error", share=0.05),
        Fault(kind="reset_before", share=0.05),
        Fault(kind="reset_after", share=0.05),
        Fault(kind="too_many", share=0.03, seconds=0.05),
        *EXPIRING,
    ],
}


@pytest.mark.parametrize("weather", WEATHER)
def test_faults_of_looker_do_not_change_the_outcome(weather: str, tmp_path: Path):
    with Sandbox(seed=5) as sandbox:
        for fault in WEATHER[weather]:
            sandbox.faults.add(fault)
        result = apply(sandbox.url, tmp_path / "state.db", 6)
        sandbox.wait_until_idle()
        sandbox.faults.clear()
        made = shape(sandbox.looker.call)

    assert result.is_complete
    assert made == wanted(6)


@pytest.mark.parametrize("after_requests", [3, 12, 30, 55, 80])
def test_a_killed_and_resumed_apply_has_the_same_outcome(after_requests: int, tmp_path: Path):
    state = tmp_path / "state.db"
    command = [sys.executable, "-m", "tests.execution.rig"]
    with Sandbox(seed=8, latency_seconds=0.01) as sandbox:
        process = subprocess.Popen(
            [*command, sandbox.url, str(state), "6"], cwd=Path(__file__).parents[2]
        )
        while len(sandbox.requests) < after_requests and process.poll() is None:
            time.sleep(0.002)
        process.kill()
        _ = process.wait()
        sandbox.wait_until_idle()
        assert shape(sandbox.looker.call) != wanted(6)

        result = apply(sandbox.url, state, 6)
        made = shape(sandbox.looker.call)

    assert result.is_complete
    assert made == wanted(6)
