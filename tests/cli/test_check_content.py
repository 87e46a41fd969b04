"""`apply --check-content`: Looker names the tiles that do not work in the changed folders."""

from pathlib import Path
from typing import Any

import msgspec

from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

ALLOW = ("--allow", "users-across", "--allow", "updates-share", "--auto-approve")


def without_fields(sandbox: Sandbox) -> None:
    """Take all fields from the explores, as a release of the LookML would."""
    lookml = sandbox.looker.instance.lookml
    models = [
        msgspec.structs.replace(model, fields=dict.fromkeys(model.explores, ()))
        for model in lookml.models
    ]
    sandbox.looker.install_lookml(msgspec.structs.replace(lookml, models=tuple(models)))


def test_broken_tiles_are_named_with_their_dashboards(run: Run, prod: Sandbox, backup: Path):
    without_fields(prod)

    ran = run("apply", "--db-path", backup, "--check-content", *ALLOW)

    assert ran.code == 0, ran.err
    shown = " ".join(ran.out.split())
    assert "not work" in shown
    assert "Unknown field" in shown
    (dashboard, *_) = prod.looker.call("GET", "/dashboards/search", {})[1]
    assert f'dashboard {dashboard["id"]} "' in shown
    asked = [each for each in prod.requests if "/content_validation" in each.path]
    assert asked


def test_only_changed_folders_are_looked_at(run: Run, prod: Sandbox, backup: Path):
    assert run("apply", "--db-path", backup, *ALLOW).code == 0
    without_fields(prod)
    dashboard = prod.looker.call("GET", "/dashboards/search", {"sorts": "id"})[1][0]
    prod.looker.call(
        "PATCH", f"/dashboards/{dashboard['id']}", {}, {"title": "Changed by somebody"}
    )

    ran = run(
        "apply", "--db-path", backup, "--check-content", *ALLOW, "--allow", "hand-edits", "--json"
    )

    assert ran.code == 0, ran.out
    check: dict[str, Any] = ran.lines[-1]["content_check"]
    assert check["folders"] == 1
    folders = {
        each["id"]
        for each in prod.looker.call("GET", "/dashboards/search", {})[1]
        if each["folder_id"] == dashboard["folder_id"]
    }
    named = {
        each["item"].split()[1]
        for each in check.get("broken", ())
        if each["item"].startswith("dashboard")
    }
    assert named <= folders


def test_content_that_works_is_no_news(run: Run, prod: Sandbox, backup: Path):
    ran = run("apply", "--db-path", backup, "--check-content", *ALLOW)

    assert ran.code == 0
    assert "not work" not in ran.out


def test_a_refused_validation_is_told_and_fails_nothing(run: Run, prod: Sandbox, backup: Path):
    prod.faults.rules = [Fault(kind="error", path="/content_validation", status=403)]

    ran = run("apply", "--db-path", backup, "--check-content", *ALLOW)

    assert ran.code == 0, ran.err
    assert "Looker did not validate the content" in ran.out
    assert "403 GET /content_validation" in ran.out
