"""[collections] and [ignore] of lookervault-plan.toml, from a plan to an apply."""

from pathlib import Path

from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run
from tests.cli.test_config import configure

ALLOW = ("--allow", "users-across", "--allow", "updates-share", "--allow", "hand-edits")


def call(sandbox: Sandbox, method: str, path: str, body: object = None, **query: object):
    return sandbox.looker.call(method, path, query, body)[1]


def test_what_is_not_managed_is_shown_counted_and_left_alone(run: Run, prod: Sandbox, backup: Path):
    assert run("apply", "--db-path", backup, "--auto-approve", *ALLOW).code == 0
    dashboard = call(prod, "GET", "/dashboards/search", sorts="id")[0]
    look = call(prod, "GET", "/looks/search", sorts="id")[0]
    call(prod, "PATCH", f"/dashboards/{dashboard['id']}", {"description": "hand", "title": "Hand"})
    call(prod, "PATCH", f"/looks/{look['id']}", {"description": "hand"})
    before = run("plan", "--db-path", backup, "--json").json
    (address,) = (
        each["address"]
        for each in before["actions"]
        if each["type"] == "look" and each["destination_id"] == look["id"]
    )
    configure(f'[ignore]\ndashboard = ["description"]\n"{address}" = ["*"]\n')

    made = run("plan", "--db-path", backup, "--json", "--out", "plan.json", *ALLOW).json

    (update,) = (each for each in made["actions"] if each["action"] == "update")
    assert [each["path"] for each in update["changes"]] == ["title"]
    assert made["summary"]["not_managed"] == {"look": 1}
    shown = run("show", "plan.json").out
    assert "1 look is not managed: [ignore] look:" in shown
    assert "[ignore] leaves it alone" in shown

    assert run("apply", "plan.json").code == 0
    after = call(prod, "GET", f"/dashboards/{dashboard['id']}")
    assert (after["description"], after["title"]) == ("hand", dashboard["title"])
    assert call(prod, "GET", f"/looks/{look['id']}")["description"] == "hand"


def test_members_of_an_add_only_collection_stay(run: Run, prod: Sandbox, tmp_path: Path):
    group = call(prod, "POST", "/groups", {"name": "Finance"})
    first, second, *_ = (each["id"] for each in call(prod, "GET", "/users") if each["id"] != "1")
    call(prod, "POST", f"/groups/{group['id']}/users", {"user_id": first})
    assert run("backup", "--db-path", "prod.db", "groups", "users").code == 0
    call(prod, "DELETE", f"/groups/{group['id']}/users/{first}")
    call(prod, "POST", f"/groups/{group['id']}/users", {"user_id": second})
    allow = ("--allow", "access-widened", "--allow", "updates-share")

    managed = run("plan", "--db-path", "prod.db", "--json", *allow).json
    configure('[collections]\n"group.users" = "add-only"\n')
    ran = run("apply", "--db-path", "prod.db", "--auto-approve", *allow)

    assert any(guard["name"] == "part-deletes" for guard in managed["guards"])
    assert ran.code == 0, ran.err
    members = call(prod, "GET", f"/groups/{group['id']}/users")
    assert {each["id"] for each in members} == {first, second}
    assert "1 member stays that the backup lacks" in run("plan", "--db-path", "prod.db").out


def test_drift_leaves_alone_what_is_not_managed(run: Run, prod: Sandbox, backup: Path):
    assert run("apply", "--db-path", backup, "--auto-approve", *ALLOW).code == 0
    dashboard = call(prod, "GET", "/dashboards/search", sorts="id")[0]
    call(prod, "PATCH", f"/dashboards/{dashboard['id']}", {"description": "hand"})

    seen = run("drift")
    configure('[ignore]\ndashboard = ["description"]\n')
    ignored = run("drift")

    assert "description" in seen.out
    assert "description" not in ignored.out


def test_values_whose_secrets_are_not_remembered_are_no_drift(
    run: Run, prod: Sandbox, backup: Path
):
    assert run("apply", "--db-path", backup, "--auto-approve", *ALLOW).code == 0
    dashboard = call(prod, "GET", "/dashboards/search", sorts="id")[0]
    assert run("drift", "--detailed-exitcode").code == 0
    call(prod, "PATCH", f"/dashboards/{dashboard['id']}", {"description": "hand"})

    ran = run("drift")

    assert "description" in ran.out
    assert "(sensitive)" not in ran.out
