"""Environments: blocks of options in lookervault-plan.toml, for `--env`."""

from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.state.place import StatePlace
from tests.cli.conftest import Run
from tests.cli.test_config import configure, options

FILE = """
workers = 3

[plan]
schedules = "keep"
max_calls = 700

[environments.prod]
section = "prod"
state = "prod.db"
allow = ["users-across"]
schedules = "disable"

[environments.dev]
section = "dev"
"""


@pytest.fixture
def stages(dev: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """A looker.ini with dev and prod. Give prod, which has people and no content."""
    with Sandbox(seed=9) as prod:
        fill(prod.looker.call, seed=1, dashboards=0, looks=0, folders=0, users=3)
        ini = ConfigParser()
        for name, sandbox in (("dev", dev), ("prod", prod)):
            ini[name] = {
                "base_url": sandbox.url,
                "client_id": sandbox.client_id,
                "client_secret": sandbox.client_secret,
            }
        with (tmp_path / "looker.ini").open("w") as file:
            ini.write(file)
        configure(FILE)
        yield prod


def test_an_environment_goes_before_tables_and_flat_keys_and_after_what_is_given(
    monkeypatch: pytest.MonkeyPatch,
):
    configure(FILE)

    assert options("plan --db-path b.db")["schedules"] == "keep"
    found = options("plan --db-path b.db --env prod")
    assert (found["schedules"], found["section"]) == ("disable", "prod")
    assert (found["state"], found["workers"], found["max_calls"]) == (StatePlace("prod.db"), 3, 700)
    assert options("plan --db-path b.db --env prod --schedules keep")["schedules"] == "keep"
    monkeypatch.setenv("LOOKERVAULT_PLAN_SECTION", "other")
    assert options("plan --db-path b.db --env prod")["section"] == "other"


def test_a_variable_names_the_environment(monkeypatch: pytest.MonkeyPatch):
    configure(FILE)
    monkeypatch.setenv("LOOKERVAULT_PLAN_ENV", "prod")

    assert options("status")["state"] == StatePlace("prod.db")
    assert options("status --env dev")["state"] == options("status --env dev")["state"]
    assert options("plan --db-path b.db --env dev")["section"] == "dev"


def test_guards_that_an_environment_allows_add_to_those_that_are_typed():
    configure(FILE)

    assert set(options("plan --db-path b.db --env prod --allow deletes")["allow"]) == {
        "deletes",
        "users-across",
    }


def test_an_unknown_environment_is_refused_with_the_nearest_name(run: Run):
    configure(FILE)

    ran = run("status", "--env", "prodd")

    assert ran.code == 1
    assert "has no environment prodd" in ran.err
    assert "did you mean --env prod?" in ran.err


def test_consent_is_never_read_from_an_environment(run: Run):
    configure("[environments.prod]\nauto-approve = true")

    ran = run("status", "--env", "prod")

    assert ran.code == 1
    assert "line 2, column 1: auto-approve is never read from a file" in ran.err


def test_environments_are_listed(run: Run, stages: Sandbox, dev: Sandbox):
    ran = run("environments")

    assert ran.code == 0
    assert f"dev  {dev.url}" in ran.out
    assert f"prod  {stages.url}" in ran.out
    listed = run("environments", "list", "--json").json["environments"]
    assert listed == run("environments", "--json").json["environments"]
    assert listed[0] == {
        "name": "prod",
        "instance": stages.url,
        "section": "prod",
        "state": "prod.db",
        "allow": ["users-across"],
        "schedules": "disable",
    }


def test_a_check_reaches_the_looker_of_each_environment(run: Run, stages: Sandbox):
    ran = run("environments", "check")

    assert ran.code == 0
    assert f"✓ prod  {stages.url}, Looker" in ran.out
    only = run("environments", "check", "dev", "--json").json
    assert [each["name"] for each in only["environments"]] == ["dev"]
    assert only["environments"][0]["user"] == "Sandbox Admin"


def test_a_check_names_all_wrong_values_with_their_places(run: Run, stages: Sandbox):
    configure(
        '[environments.prod]\nsection = "prodd"\nremaps = "none.yml"\n'
        '[environments.dev]\nsection = "dev"\nschedules = "disabled"\nallow = ["usrs-across"]\n'
    )

    ran = run("environments", "check")

    assert ran.code == 1
    for told in (
        "line 2, column 1: looker.ini has no section [prodd]",
        "line 3, column 1: none.yml can't be read",
        'line 6, column 1: invalid value "disabled" for schedules',
        "line 7, column 1: invalid value for allow",
        "did you mean users-across?",
    ):
        assert told in " ".join(ran.out.split())


def test_a_check_names_all_unknown_keys_with_their_places(run: Run):
    configure(
        "wokers = 3\n\n[environments.prod]\n  schdules = 'keep'\n"
        "[collections]\n'group.usrs' = 'add-only'\n'group.users' = 'never'\n"
        "[ignore]\ndashbord = ['title']\ndashboard = ['titel']\n'foldr:x' = ['*']\nlook = 3\n"
    )

    ran = run("environments", "check", "--json")

    assert ran.code == 1
    found = [(each["line"], each["column"], each["fix"]) for each in ran.json["problems"]]
    assert found == [
        (1, 1, "did you mean workers?"),
        (4, 3, "did you mean schedules?"),
        (6, 1, "did you mean group.users?"),
        (7, 1, 'write "group.users" = "add-only", or remove the line'),
        (9, 1, "did you mean dashboard?"),
        (10, 1, "did you mean title?"),
        (11, 1, "did you mean folder?"),
        (12, 1, 'give names of fields in a list, or all: "look" = ["*"]'),
    ]


def test_a_plan_goes_to_the_environment_it_was_made_for_and_to_no_other(
    run: Run, stages: Sandbox, backup: Path, monkeypatch: pytest.MonkeyPatch
):
    made = run("plan", "--db-path", backup, "--env", "prod", "--out", "plan.json")
    assert made.code == 0, made.err
    assert "lookervault-plan apply --env prod plan.json" in made.err
    assert run("show", "plan.json", "--json").json["environment"] == "prod"

    refused = run("apply", "plan.json", "--env", "dev")

    assert refused.code == 4
    assert "this plan is for the environment prod, not for dev" in refused.err
    assert stages.writes() == []
    monkeypatch.setenv("LOOKERVAULT_PLAN_ENV", "dev")
    assert run("apply", "plan.json", "--json").error["code"] == "plan.environment"
    monkeypatch.delenv("LOOKERVAULT_PLAN_ENV")

    done = run("apply", "plan.json")  # its own environment comes with it

    assert done.code == 0, done.err
    assert Path("prod.db").exists()


def test_a_plan_without_an_environment_is_not_applied_to_one(
    run: Run, stages: Sandbox, backup: Path
):
    words = ("plan", "--db-path", backup, "--section", "prod", "--out", "plan.json")
    assert run(*words, "--allow", "users-across").code == 0

    refused = run("apply", "plan.json", "--env", "prod")

    assert refused.code == 4
    assert "made without an environment" in refused.err
    assert stages.writes() == []
