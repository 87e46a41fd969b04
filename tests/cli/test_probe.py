"""`doctor --probe`: what it finds out, that it leaves nothing behind, and what plans make of it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.sandbox.behaviour import Behaviour
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run, settings

Use = Callable[[Sandbox], None]
ALLOW = ("--allow", "users-across", "--allow", "updates-share", "--allow", "access-widened")

USUAL = {
    "paging": "total-count",
    "owner-by-patch:dashboard": "taken",
    "owner-by-patch:look": "taken",
    "duplicates": "title:422 slug:409 folder:422 set:422 group:422",
    "trash-titles": "free",
    "inline-query": "taken",
    "components": "goes",
    "tiles-updated-at": "stays",
    "schedules": "accepted",
    "disabled-owner": "taken",
    "unknown-models": "kept",
    "inherited-roles": "included",
    "token": "3600s",
}
#: A behaviour, and the answers by which it differs from the usual ones.
OTHERS: list[tuple[Behaviour, dict[str, str]]] = [
    (
        Behaviour(
            owner_by_patch="ignored",
            duplicate_status=409,
            trash_keeps_titles=True,
            inline_query="ignored",
            tile_takes_component=False,
            tiles_move_updated_at=True,
            disabled_owner="refused",
            unknown_models="dropped",
            inherited_roles=False,
        ),
        {
            "owner-by-patch:dashboard": "ignored",
            "owner-by-patch:look": "ignored",
            "duplicates": "title:409 slug:409 folder:409 set:409 group:409",
            "trash-titles": "kept",
            "inline-query": "refused",  # a tile without a source is none
            "components": "stays",
            "tiles-updated-at": "moves",
            "disabled-owner": "refused",
            "unknown-models": "dropped",
            "inherited-roles": "left-out",
        },
    ),
    (
        Behaviour(
            owner_by_patch="refused",
            duplicate_status=422,
            inline_query="refused",
            unknown_models="refused",
        ),
        {
            "owner-by-patch:dashboard": "refused",
            "owner-by-patch:look": "refused",
            "duplicates": "title:422 slug:422 folder:422 set:422 group:422",
            "inline-query": "refused",
            "unknown-models": "refused",
        },
    ),
]


def call(sandbox: Sandbox, method: str, path: str, body: object = None, **query: object) -> Any:
    status, reply = sandbox.looker.call(method, path, query, body)
    assert status < 300, (method, path, reply)
    return reply


@pytest.fixture(scope="module")
def company() -> Iterator[Sandbox]:
    """A Looker with people of every sort; tests set its behaviour."""
    with Sandbox(seed=51) as sandbox:
        fill(sandbox.looker.call, seed=1, dashboards=1, looks=1, folders=1, users=4)
        people = [each for each in call(sandbox, "GET", "/users") if each["email"]]
        call(sandbox, "PATCH", f"/users/{people[-1]['id']}", {"is_disabled": True})
        role = next(each for each in call(sandbox, "GET", "/roles") if each["name"] == "Viewer")
        group = call(sandbox, "POST", "/groups", {"name": "Readers"})
        call(sandbox, "POST", f"/groups/{group['id']}/users", {"user_id": people[1]["id"]})
        call(sandbox, "PUT", f"/roles/{role['id']}/groups", [group["id"]])
        yield sandbox


@pytest.fixture
def instance(company: Sandbox, use: Use) -> Iterator[Sandbox]:
    """The same, which must hold after the test what it held before."""
    use(company)
    before = content(company)
    yield company
    company.looker.instance.behaviour = Behaviour()
    company.faults.latency_seconds = 0.0
    assert content(company) == before


def content(sandbox: Sandbox) -> dict[str, set[str]]:
    """Ids of all that a probe could leave behind."""
    tables = ("dashboards", "looks", "folders", "scheduled_plans", "groups", "model_sets", "users")
    tables += ("dashboard_elements", "content_metadata")
    return {name: set(sandbox.looker.store.table(name)) for name in tables}


def shared(sandbox: Sandbox) -> str:
    return next(each["id"] for each in call(sandbox, "GET", "/folders") if each["is_shared_root"])


def answers(run: Run, sandbox: Sandbox) -> dict[str, str]:
    ran = run("doctor", "--probe", "--folder", shared(sandbox), "--json")
    assert ran.code == 0, ran.out
    return {each["name"]: each["answer"] for each in ran.json["findings"]}


def test_each_question_is_answered_and_nothing_is_left_behind(run: Run, instance: Sandbox):
    assert answers(run, instance) == USUAL


@pytest.mark.parametrize(("behaviour", "others"), OTHERS, ids=["one", "two"])
def test_another_looker_gets_other_answers(
    run: Run, instance: Sandbox, behaviour: Behaviour, others: dict[str, str]
):
    instance.looker.instance.behaviour = behaviour

    assert answers(run, instance) == USUAL | others


def test_the_report_names_nobody_and_nothing_of_the_instance(run: Run, instance: Sandbox):
    ran = run("doctor", "--probe", "--folder", shared(instance), "--out", "report.json")

    assert ran.code == 0, ran.err
    assert "Can a look's owner be changed?" in ran.out
    report = Path("report.json").read_text()
    names = [instance.url, instance.client_secret, "Admin", "sandbox.example.com", "127.0.0.1"]
    names += [each["title"] for each in call(instance, "GET", "/dashboards/search")]
    names += [each["email"] for each in call(instance, "GET", "/users") if each["email"]]
    assert [name for name in names if name in report] == []
    assert {each["name"] for each in json.loads(report)["findings"]} == set(USUAL)


def test_a_probe_needs_a_folder(run: Run, instance: Sandbox):
    assert "--folder ID" in run("doctor", "--probe").err
    ran = run("doctor", "--probe", "--folder", "99999")
    assert ran.code == 1
    assert "no scratch folder can be made in folder 99999" in ran.err


@pytest.mark.parametrize("writes", [1, 9, 17, 26])
def test_what_a_killed_probe_has_left_the_next_one_removes(
    run: Run, instance: Sandbox, tmp_path: Path, writes: int
):
    instance.faults.latency_seconds = 0.02
    before = len(instance.writes())
    child = subprocess.Popen(
        [
            *(sys.executable, "-c", "from lookervault_plan.cli.app import run; run()"),
            *("doctor", "--probe", "--folder", shared(instance)),
        ],
        cwd=tmp_path,
        env={**os.environ, **settings(instance)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while len(instance.writes()) - before < writes and child.poll() is None:
        time.sleep(0.002)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    instance.faults.latency_seconds = 0.0

    assert answers(run, instance) == USUAL


def plan(run: Run, *words: str) -> dict[str, Any]:
    ran = run("plan", "--db-path", "b.db", "--json", *ALLOW, *words)
    assert ran.code == 0, ran.out
    return ran.json


def test_a_looker_that_keeps_owners_is_planned_for(run: Run, instance: Sandbox):
    assert run("backup", "--db-path", "b.db").code == 0
    (dashboard,) = call(instance, "GET", "/dashboards/search")
    other = next(
        each["id"]
        for each in call(instance, "GET", "/users")
        if each["id"] != dashboard["user_id"] and not each["is_disabled"]
    )
    call(instance, "PATCH", f"/dashboards/{dashboard['id']}", {"user_id": other})
    address = f"dashboard:{dashboard['id']}"

    before = plan(run, "--owners")
    instance.looker.instance.behaviour = Behaviour(owner_by_patch="ignored")
    assert answers(run, instance)["owner-by-patch:dashboard"] == "ignored"
    after = plan(run, "--owners")

    assert [a["address"] for a in before["actions"] if a["action"] == "update"] == [address]
    assert [a["address"] for a in after["actions"] if a["action"] == "update"] == []
    assert any(
        "this Looker keeps owners, says doctor --probe" in each["summary"]
        for each in after["diagnostics"]
    )
    assert after["options"]["findings"]["owner-by-patch:dashboard"] == "ignored"
    instance.looker.instance.behaviour = Behaviour()
    call(instance, "PATCH", f"/dashboards/{dashboard['id']}", {"user_id": dashboard["user_id"]})


def test_what_a_looker_refuses_is_blocked_by_name_when_planning(
    run: Run, instance: Sandbox, use: Use
):
    with Sandbox(seed=52) as source:
        fill(source.looker.call, seed=1, dashboards=1, looks=0, folders=1, users=2)
        people = [each for each in call(source, "GET", "/users") if each["email"]]
        leaver = people[-1]["id"]
        (dashboard,) = call(source, "GET", "/dashboards/search")
        destination = {"type": "email", "format": "wysiwyg_pdf", "address": "a@b.example"}
        schedule = {
            "name": "of a leaver",
            "dashboard_id": dashboard["id"],
            "crontab": "0 6 * * *",
            "user_id": leaver,
            "scheduled_plan_destination": [destination],
        }
        call(source, "POST", "/scheduled_plans", schedule)
        call(source, "PATCH", f"/users/{leaver}", {"is_disabled": True})
        call(source, "POST", "/model_sets", {"name": "odd", "models": ["nowhere"]})
        use(source)
        assert run("backup", "--db-path", "b.db").code == 0
    use(instance)
    instance.looker.instance.behaviour = Behaviour(
        disabled_owner="refused", unknown_models="refused"
    )
    assert answers(run, instance)["disabled-owner"] == "refused"

    made = plan(run)

    told = {each["code"]: each["summary"] for each in made["diagnostics"]}
    assert "of a leaver" in told["owner.refused"]
    assert "the destination lacks the model nowhere" in told["model.refused"]


def test_dates_that_hide_changes_of_tiles_are_warned_of(run: Run, instance: Sandbox):
    assert run("backup", "--db-path", "b.db").code == 0
    (dashboard,) = call(instance, "GET", "/dashboards/search")
    call(instance, "PATCH", f"/dashboards/{dashboard['id']}", {"title": "Hand"})
    _ = answers(run, instance)

    made = plan(run, "--skip-if-modified")

    call(instance, "PATCH", f"/dashboards/{dashboard['id']}", {"title": dashboard["title"]})
    assert "modified.tiles" in {each["code"] for each in made["diagnostics"]}


def test_a_damaged_file_of_findings_is_named(run: Run, instance: Sandbox):
    assert run("backup", "--db-path", "b.db").code == 0
    folder = Path(".lookervault-plan")
    folder.mkdir(exist_ok=True)
    (folder / "state.db.doctor.json").write_text("{")

    ran = run("plan", "--db-path", "b.db")

    assert ran.code == 1
    assert "state.db.doctor.json is damaged" in ran.err


def test_answers_of_another_version_are_warned_of_and_doctor_shows_what_is_kept(
    run: Run, instance: Sandbox
):
    _ = answers(run, instance)
    assert run("backup", "--db-path", "b.db").code == 0
    kept = run("doctor")
    assert "Plans take into account what --probe found out at" in kept.out
    assert ".lookervault-plan/state.db.doctor.json" in "".join(kept.out.split())
    assert "doctor.outdated" not in {each["code"] for each in plan(run)["diagnostics"]}

    instance.looker.instance.looker_version = "27.2.0"
    told = {each["code"]: each["summary"] for each in plan(run)["diagnostics"]}

    instance.looker.instance.looker_version = "26.12.3"
    assert told["doctor.outdated"].endswith("is from Looker 26.12.3, and this is 27.2.0")
