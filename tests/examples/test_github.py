"""The two GitHub workflows, step by step: plan on a pull request, apply on merge."""

import json
from pathlib import Path

import pytest

from lookervault_plan.sandbox.server import Sandbox
from tests.examples.conftest import titles
from tests.examples.github_runner import GitHub

EXAMPLES = Path(__file__).parents[2] / "examples"
PLAN = EXAMPLES / "github" / "looker-plan.yml"
APPLY = EXAMPLES / "github" / "looker-apply.yml"


@pytest.fixture
def github(tmp_path: Path, dev: Sandbox, prod: Sandbox) -> GitHub:
    return GitHub(
        tmp_path / "github",
        values={
            "github.token": "t",
            "github.event.pull_request.number": "7",
            "vars.DEV_LOOKER_URL": dev.url,
            "secrets.DEV_LOOKER_CLIENT_ID": dev.client_id,
            "secrets.DEV_LOOKER_CLIENT_SECRET": dev.client_secret,
            "vars.PROD_LOOKER_URL": prod.url,
            "secrets.PROD_LOOKER_CLIENT_ID": prod.client_id,
            "secrets.PROD_LOOKER_CLIENT_SECRET": prod.client_secret,
        },
    )


def test_what_was_planned_is_commented_on_and_applied_on_merge(
    github: GitHub, dev: Sandbox, prod: Sandbox, repository: Path
):
    planned = github.run(PLAN, repository=repository)
    assert planned.passed, planned.log
    (comment,) = github.comments
    assert "to add" in comment
    assert planned.summary.strip() == comment.strip()
    assert prod.writes() == []

    applied = github.run(APPLY, repository=repository)

    assert applied.passed, applied.log
    assert "Apply complete!" in applied.summary
    assert titles(prod) == titles(dev)


def test_the_next_plan_knows_the_state_and_updates_the_comment(
    github: GitHub, prod: Sandbox, repository: Path
):
    github.comment("LGTM")
    for workflow in (PLAN, APPLY):
        ran = github.run(workflow, repository=repository)
        assert ran.passed, ran.log

    again = github.run(PLAN, repository=repository)

    assert again.passed, again.log
    assert github.comments[0] == "LGTM"
    assert len(github.comments) == 2
    assert "No changes." in github.comments[1]
    kept = github.root / "artifacts" / "3" / "looker-plan" / "plan.json"
    matched = {each["matched_by"] for each in json.loads(kept.read_text())["remaps"]}
    assert matched <= {"state", "email"}


def test_a_plan_that_was_overtaken_is_refused_and_the_state_kept(
    github: GitHub, prod: Sandbox, repository: Path
):
    for workflow in (PLAN, APPLY, PLAN):
        assert github.run(workflow, repository=repository).passed

    ran = github.run(APPLY, repository=repository)  # an empty plan: nothing to do
    assert ran.passed, ran.log
    again = github.run(APPLY, repository=repository)  # the same plan a second time

    assert not again.passed
    assert "applied" in again.log
    assert (github.root / "artifacts" / "5" / "looker-state" / "state.db").exists()


def test_a_merge_without_a_plan_writes_nothing(github: GitHub, prod: Sandbox, repository: Path):
    ran = github.run(APPLY, repository=repository)

    assert not ran.passed
    assert "::error::No plan was made" in ran.log
    assert prod.writes() == []
