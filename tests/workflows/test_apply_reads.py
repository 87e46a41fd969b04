"""The plan's estimate of requests is what apply sends."""

from pathlib import Path

import pytest

from lookervault_plan.plan_file import decode
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run


def estimated_and_sent(run: Run) -> tuple[int, int]:
    assert (
        run(
            "plan", "--db-path", "backup.db", "--out", "plan.json", "-q", "--allow", "hand-edits"
        ).code
        == 0
    )
    plan = decode(Path("plan.json").read_bytes())
    return plan.summary.calls, run("apply", "plan.json", "--json").lines[-1]["calls"]


def test_creating_everything_sends_the_estimated_requests(run: Run, prod: Sandbox, backup: Path):
    estimated, sent = estimated_and_sent(run)

    assert sent == pytest.approx(estimated, abs=1)


@pytest.mark.parametrize("number", [1, 3])
def test_updating_a_few_items_sends_the_estimated_requests(
    run: Run, prod: Sandbox, backup: Path, number: int
):
    assert run("apply", "--db-path", backup, "--auto-approve", "-q").code == 0
    _, looks = prod.looker.call("GET", "/looks/search", {"sorts": "id"})
    for look in list(looks)[:number]:
        _ = prod.looker.call(
            "PATCH", f"/looks/{look['id']}", None, {"title": f"Other {look['id']}"}
        )

    estimated, sent = estimated_and_sent(run)

    assert sent == pytest.approx(estimated, abs=1)


def test_a_plan_without_writes_needs_no_requests(run: Run, prod: Sandbox, backup: Path):
    assert run("apply", "--db-path", backup, "--auto-approve", "-q").code == 0

    assert run("plan", "--db-path", backup, "--json").json["summary"]["calls"] == 0
