"""What a backup costs in calls, and how it can be told to cost less."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.backup.reader import open_backup
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run


@pytest.fixture
def company(use: Callable[[Sandbox], None]) -> Iterator[Sandbox]:
    """A company of one's own, with looks, merge queries and groups."""
    with Sandbox(seed=12) as sandbox:
        fill(sandbox.looker.call, seed=1, dashboards=40, looks=40, folders=6, users=6)
        use(sandbox)
        yield sandbox


def reads(sandbox: Sandbox, pattern: str) -> list[str]:
    paths = [each.path for each in sandbox.requests]
    return [path for path in paths if re.search(pattern, path)]


def call(sandbox: Sandbox, method: str, path: str, body: object = None):
    status, reply = sandbox.looker.call(method, path, None, body)
    assert status in {200, 204}, reply
    return reply


def contents(path: Path) -> dict[tuple[str, str], Any]:
    with open_backup(path) as backup:
        return {row.key: backup.load(*row.key) for row in backup.rows()}


def test_known_queries_are_never_read_again(run: Run, company: Sandbox):
    first = run("backup", "--db-path", "b.db", "--json").json
    before = contents(Path("b.db"))
    company.requests.clear()

    second = run("backup", "--db-path", "b.db", "--json").json

    assert second["counts"]["unchanged"] == first["counts"]["new"]
    assert reads(company, r"/(queries|merge_queries)/|/looks/\d|folders/.+/looks") == []
    assert second["calls"] < 0.75 * first["calls"]
    assert contents(Path("b.db")) == before


def test_a_look_with_another_query_is_read_whole(run: Run, company: Sandbox):
    run("backup", "--db-path", "b.db")
    looks = [each for each in call(company, "GET", "/looks/search") if not each["deleted"]]
    look = looks[0]
    other = next(each["query_id"] for each in looks if each["query_id"] != look["query_id"])
    call(company, "PATCH", f"/looks/{look['id']}", {"query_id": other, "title": "Moved on"})
    company.requests.clear()

    assert run("backup", "--db-path", "b.db").code == 0

    assert len(reads(company, f"/looks/{look['id']}$")) == 1
    stored = contents(Path("b.db"))["look", look["id"]]
    assert stored == contents_of_a_fresh_backup(run)["look", look["id"]]


def contents_of_a_fresh_backup(run: Run) -> dict[tuple[str, str], Any]:
    assert run("backup", "--db-path", "fresh.db").code == 0
    return contents(Path("fresh.db"))


def test_each_query_is_read_once_by_many_threads(run: Run, company: Sandbox):
    run("backup", "--db-path", "b.db")

    found = reads(company, "/(queries|merge_queries)/")
    assert len(found) == len(set(found)) > 0


def test_a_backup_stops_cleanly_and_goes_on_until_it_is_whole(run: Run, company: Sandbox):
    run("backup", "--db-path", "b.db", "folders")
    company.requests.clear()
    ran = run("backup", "--db-path", "b.db", "--max-calls", "40")

    assert ran.code == 3
    assert len(company.requests) == 40
    assert "Backup stopped." in ran.out
    assert "--resume" in ran.err
    assert [each["complete"] for each in run("snapshots", "--db-path", "b.db", "--json").json] == [
        True,
        False,
    ]
    for _ in range(12):
        ran = run("backup", "--db-path", "b.db", "--resume", "--max-calls", "40")
        if ran.code == 0:
            break
    assert ran.code == 0, ran.err
    snapshots = run("snapshots", "--db-path", "b.db", "--json").json
    assert [each["complete"] for each in snapshots] == [True, True]
    assert snapshots[-1]["calls"] > 60
    assert contents(Path("b.db")) == contents_of_a_fresh_backup(run)


def test_a_selection_is_refreshed_and_the_rest_carried_over(run: Run, company: Sandbox):
    run("backup", "--db-path", "b.db")
    boards = [each for each in call(company, "GET", "/dashboards/search") if not each["deleted"]]
    mine, other, gone = boards[:3]
    for each in (mine, other):
        call(company, "PATCH", f"/dashboards/{each['id']}", {"title": f"New {each['id']}"})
    call(company, "DELETE", f"/dashboards/{gone['id']}")
    company.requests.clear()

    ran = run("backup", "--db-path", "b.db", "--select", f"dashboard:{mine['id']}", "--json")

    assert ran.code == 0, ran.err
    assert ran.json["counts"] == {"new": 0, "changed": 1, "unchanged": 0, "gone": 0} | {
        key: 0 for key in ran.json["counts"] if key not in {"new", "changed", "unchanged", "gone"}
    }
    assert reads(company, "content_metadata|/groups/.+/users") == []
    after = contents(Path("b.db"))
    titles = {id_: item["title"] for (kind, id_), item in after.items() if kind == "dashboard"}
    assert titles[mine["id"]] == f"New {mine['id']}"
    assert titles[other["id"]] == other["title"]
    assert gone["id"] in titles
    latest = run("snapshots", "--db-path", "b.db", "--json").json[-1]
    assert latest["complete"]
    assert set(latest["coverage"].values()) == {"part"}
    nothing = run("backup", "--db-path", "b.db", "--select", "dashboard:0")
    assert nothing.code == 1
    assert "picks nothing" in nothing.err


def test_the_summary_says_what_a_month_of_nights_costs(run: Run, company: Sandbox):
    ran = run("backup", "--db-path", "b.db", "folders")

    calls = len(company.requests)
    assert f"{calls} calls; nightly that is {calls * 30:,} a month." in ran.out
