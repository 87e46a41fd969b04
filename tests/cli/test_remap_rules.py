"""Rules of remaps.yml: new owners, emails by domain, folders by prefix, recipients."""

from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

ALLOW = ("--allow", "users-across", "--allow", "updates-share", "--allow", "access-widened")


def call(sandbox: Sandbox, method: str, path: str, body: object = None, **query: object) -> Any:
    status, reply = sandbox.looker.call(method, path, query, body)
    assert status < 300, (method, path, reply)
    return reply


def a_person(sandbox: Sandbox, email: str) -> str:
    user = call(sandbox, "POST", "/users", {"first_name": email.partition("@")[0]})
    call(sandbox, "POST", f"/users/{user['id']}/credentials_email", {"email": email})
    return user["id"]


def a_company(sandbox: Sandbox, owner: str, folder: str = "Dev") -> dict[str, str]:
    """A dashboard with an alert, a look, a board and a schedule, all of one owner."""
    shared = next(each for each in call(sandbox, "GET", "/folders") if each["is_shared_root"])
    top = call(sandbox, "POST", "/folders", {"name": folder, "parent_id": shared["id"]})
    place = call(sandbox, "POST", "/folders", {"name": "dev_Sales", "parent_id": top["id"]})["id"]
    if not call(sandbox, "GET", "/lookml_models"):
        call(sandbox, "POST", "/lookml_models", {"name": "shop", "project_name": "shop"})
    made = {"folder": place}
    board = {"title": "KPIs", "folder_id": place}
    made["dashboard"] = call(sandbox, "POST", "/dashboards", board)["id"]
    made["board"] = call(sandbox, "POST", "/boards", {"title": "Start"})["id"]
    schedule = {
        "name": "daily",
        "dashboard_id": made["dashboard"],
        "crontab": "0 6 * * *",
        "user_id": owner,
        "scheduled_plan_destination": [
            {"type": "email", "format": "wysiwyg_pdf", "address": "team@dev.example.com"},
            {"type": "webhook", "format": "json", "address": "https://x.example/@dev.example.com"},
        ],
    }
    made["scheduled_plan"] = call(sandbox, "POST", "/scheduled_plans", schedule)["id"]
    call(sandbox, "PATCH", f"/dashboards/{made['dashboard']}", {"user_id": owner})
    call(sandbox, "PATCH", f"/boards/{made['board']}", {"user_id": owner})
    return made


@pytest.fixture
def source(use, tmp_path: Path):
    with Sandbox(seed=31) as sandbox:
        use(sandbox)
        yield sandbox


@pytest.fixture
def destination():
    with Sandbox(seed=32) as sandbox:
        yield sandbox


def owners(sandbox: Sandbox, made: dict[str, str]) -> set[str]:
    return {
        str(call(sandbox, "GET", f"/{kind}s/{made[kind]}")["user_id"])
        for kind in ("dashboard", "board", "scheduled_plan")
    }


def remaps(text: str) -> tuple[str, str]:
    Path("remaps.yml").write_text(text)
    return "--remaps", "remaps.yml"


def test_an_employees_content_moves_to_a_successor_and_the_account_stays(run: Run, source: Sandbox):
    ann, bob = (a_person(source, f"{name}@x.example") for name in ("ann", "bob"))
    made = a_company(source, ann)
    assert run("backup", "--db-path", "b.db").code == 0
    words = ("plan", "--db-path", "b.db", *remaps("owners: {Ann@x.example: bob@x.example}"))

    ran = run(*words, "--out", "plan.json", *ALLOW)

    assert ran.code == 0, ran.err
    assert "remaps.yml, line 1: Ann@x.example -> bob@x.example changes the owner of 3 items" in (
        " ".join(ran.out.split())
    )
    assert run("apply", "plan.json").code == 0
    assert owners(source, made) == {bob}
    assert call(source, "GET", f"/users/{ann}")["is_disabled"] is False
    again = run(*words)
    assert "0 to add, 0 to change" in again.out or "No changes." in again.out, again.out


def test_owners_are_left_alone_where_no_rule_is_about_them(run: Run, source: Sandbox):
    ann, bob = (a_person(source, f"{name}@x.example") for name in ("ann", "bob"))
    made = a_company(source, ann)
    assert run("backup", "--db-path", "b.db").code == 0
    call(source, "PATCH", f"/dashboards/{made['dashboard']}", {"user_id": bob})

    made_plan = run(
        "plan", "--db-path", "b.db", "--json", *remaps("owners: {cid@x.example: bob@x.example}")
    ).json

    assert {each["action"] for each in made_plan["actions"]} == {"skip"}
    assert [
        each["summary"] for each in made_plan["diagnostics"] if each["code"] == "remaps.unused"
    ] == ["remaps.yml, line 1: nothing in the backup is an owner with the email cid@x.example"]


@pytest.mark.parametrize("few", [False, True])
def test_a_successor_who_lives_only_in_the_destination_is_found_by_email(
    run: Run, source: Sandbox, destination: Sandbox, use, few: bool
):
    ann = a_person(source, "ann@dev.example.com")
    made = a_company(source, ann)
    assert run("backup", "--db-path", "b.db").code == 0
    use(destination)
    a_person(destination, "ann@dev.example.com")
    zoe = a_person(destination, "zoe@example.com")
    words = (*remaps("owners: {ann@dev.example.com: Zoe@example.com}"), *ALLOW)
    chosen = ("--select", f"+scheduled_plan:{made['scheduled_plan']}") if few else ()

    assert run("apply", "--db-path", "b.db", "--auto-approve", *words, *chosen).code == 0

    (schedule,) = call(destination, "GET", "/scheduled_plans", all_users=True)
    (dashboard,) = call(destination, "GET", "/dashboards/search")
    assert {schedule["user_id"], dashboard["user_id"]} == {zoe}
    again = run("plan", "--db-path", "b.db", "--json", "--state", "new.db", *words, *chosen).json
    changed = [each for each in again["actions"] if each["action"] != "skip"]
    assert changed == []


def test_content_that_has_another_owner_there_by_now_changes_hands_and_has_no_twin(
    run: Run, source: Sandbox, destination: Sandbox, use
):
    ann = a_person(source, "ann@x.example")
    a_company(source, ann)
    assert run("backup", "--db-path", "b.db").code == 0
    use(destination)
    there = a_person(destination, "ann@x.example")
    bob = a_person(destination, "bob@x.example")
    assert run("apply", "--db-path", "b.db", "--auto-approve", *ALLOW).code == 0
    (schedule,) = call(destination, "GET", "/scheduled_plans", all_users=True)
    assert schedule["user_id"] == there
    words = (*remaps("owners: {ann@x.example: bob@x.example}"), *ALLOW)

    fresh = ("--state", "new.db")  # found by its natural key, of which the owner is part
    assert run("apply", "--db-path", "b.db", "--auto-approve", *words, *fresh).code == 0

    schedules = call(destination, "GET", "/scheduled_plans", all_users=True)
    assert [(each["id"], each["user_id"]) for each in schedules] == [(schedule["id"], bob)]
    boards = call(destination, "GET", "/boards")
    assert [each["user_id"] for each in boards] == [bob]


def test_a_successor_whom_nobody_knows_is_told_with_the_line(run: Run, source: Sandbox):
    a_company(source, a_person(source, "ann@x.example"))
    assert run("backup", "--db-path", "b.db").code == 0

    ran = run("plan", "--db-path", "b.db", *remaps("\nowners: {ann@x.example: eve@x.example}"))

    assert "remaps.yml, line 2: nobody in the destination has the email eve@x.example" in (
        " ".join(ran.out.split())
    )


def test_rules_change_emails_folders_and_recipients_and_say_so(
    run: Run, source: Sandbox, destination: Sandbox, use
):
    a_company(source, a_person(source, "ann@dev.example.com"))
    assert run("backup", "--db-path", "b.db").code == 0
    use(destination)
    ann = a_person(destination, "ann@example.com")
    rules = """
emails: {"*@dev.example.com": "*@example.com"}
folders: {"Shared/Dev/dev_*": "Shared/*"}
recipients:
  "*@dev.example.com": "*@example.com"
  "*@other.example": "*@example.com"
"""
    words = (*remaps(rules), *ALLOW)

    ran = run("apply", "--db-path", "b.db", "--auto-approve", *words)

    assert ran.code == 0, ran.err
    (schedule,) = call(destination, "GET", "/scheduled_plans", all_users=True)
    assert schedule["user_id"] == ann
    assert [each["address"] for each in schedule["scheduled_plan_destination"]] == [
        "team@example.com",
        "https://x.example/@dev.example.com",
    ]
    (dashboard,) = call(destination, "GET", "/dashboards/search")
    assert dashboard["folder"]["name"] == "Sales"
    shown = " ".join(ran.out.split())
    for told in (
        "line 2: *@dev.example.com -> *@example.com changes 1 email",
        "line 3: Shared/Dev/dev_* -> Shared/* changes 1 path",
        "line 5: *@dev.example.com -> *@example.com changes 1 recipient",
        "line 6: nothing in the backup is a recipient with the email *@other.example",
    ):
        assert told in shown


def test_a_rule_that_comes_later_is_no_hand_edit_and_no_drift(
    run: Run, source: Sandbox, destination: Sandbox, use
):
    made_there = a_company(source, a_person(source, "ann@dev.example.com"))
    schedule = f"/scheduled_plans/{made_there['scheduled_plan']}"
    mail = {"type": "email", "format": "wysiwyg_pdf", "address": "team@dev.example.com"}
    call(source, "PATCH", schedule, {"scheduled_plan_destination": [mail]})
    assert run("backup", "--db-path", "b.db").code == 0
    use(destination)
    a_person(destination, "ann@example.com")
    a_person(destination, "zoe@example.com")
    first = 'emails: {"*@dev.example.com": "*@example.com"}\n'
    second = (
        'owners: {"ann@dev.example.com": zoe@example.com}\n'
        'folders: {"Shared/Dev/dev_Sales": Shared/Sales}\n'
    )
    assert run("apply", "--db-path", "b.db", "--auto-approve", *remaps(first), *ALLOW).code == 0
    assert run("drift", "--detailed-exitcode").code == 0

    made = run("plan", "--db-path", "b.db", "--json", *remaps(first + second), *ALLOW).json

    origins = {
        change["path"]: change.get("origin")
        for each in made["actions"]
        for change in each["changes"]
    }
    assert origins["user_id"] == "source"
    assert "destination" not in origins.values()
    assert "hand-edits" not in {each["name"] for each in made["guards"]}
    ran = run("apply", "--db-path", "b.db", "--auto-approve", *remaps(first + second), *ALLOW)
    assert ran.code == 0, ran.err
    drift = run("drift", "--detailed-exitcode")
    assert drift.code == 0, drift.out
