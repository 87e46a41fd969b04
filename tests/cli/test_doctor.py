"""`doctor`: what a key and a Looker can do, before anybody trusts a backup."""

from collections.abc import Callable

import pytest

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

Use = Callable[[Sandbox], None]


@pytest.fixture
def company(use: Use):
    with Sandbox(seed=41) as sandbox:
        fill(sandbox.looker.call, seed=1, dashboards=3, looks=3, folders=3, users=3)
        use(sandbox)
        yield sandbox


def of(found: dict, type_: str) -> dict:
    return next(each for each in found["kinds"] if each["type"] == type_)


def test_an_admins_key_sees_reads_and_writes_everything(run: Run, company: Sandbox):
    ran = run("doctor")

    assert ran.code == 0, ran.err
    assert "API key of Sandbox Admin (admin)" in ran.out
    assert "This key sees everything" in ran.out
    found = run("doctor", "--json").json
    assert found["is_admin"] is True
    assert {each["read_whole"] for each in found["kinds"]} == {"yes"}
    assert {each["written"] for each in found["kinds"]} == {"yes"}
    assert of(found, "dashboard")["listed"] == 3
    assert found["missing_endpoints"] == []
    assert company.writes() == []


def test_the_calls_that_it_foretells_are_those_that_a_backup_makes(run: Run, company: Sandbox):
    foretold = run("doctor", "--json").json

    company.requests.clear()
    assert run("backup", "--db-path", "b.db").code == 0
    backup = len(company.requests)
    company.requests.clear()
    assert run("plan", "--db-path", "b.db").code == 0
    plan = len(company.requests)

    assert 0.7 * backup <= foretold["backup_calls"] <= 1.4 * backup, (foretold, backup)
    assert 0.5 * plan <= foretold["plan_calls"] <= 1.5 * plan, (foretold, plan)


def test_a_key_without_rights_is_told_what_it_cannot_see_and_what_would_help(
    run: Run, company: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    client_id, secret = company.looker.add_api_user(admin=False)
    monkeypatch.setenv("LOOKERSDK_CLIENT_ID", client_id)
    monkeypatch.setenv("LOOKERSDK_CLIENT_SECRET", secret)

    ran, found = run("doctor"), run("doctor", "--json").json

    assert ran.code == 0, ran.err
    assert "not admin" in ran.out
    assert "Use the key of an admin" in ran.out
    assert "see_users" in ran.out
    assert found["is_admin"] is False
    lost = [each["type"] for each in found["kinds"] if each["read_whole"] == "no"]
    assert lost
    assert set(found["missing_endpoints"]) <= {
        one.partition(" GET ")[2] for each in found["kinds"] for one in each["refused"]
    }
