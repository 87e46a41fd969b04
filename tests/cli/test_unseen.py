"""What Looker does not show is named, counted and left alone."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

COMPANY = {"dashboards": 3, "looks": 3, "folders": 3, "users": 3, "tiles": 2}


@pytest.fixture(scope="module")
def source() -> Iterator[Sandbox]:
    with Sandbox(seed=71) as sandbox:
        fill(sandbox.looker.call, seed=5, **COMPANY)
        yield sandbox


@pytest.fixture(autouse=True)
def no_faults(
    source: Sandbox, use: Callable[[Sandbox], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    use(source)
    monkeypatch.setenv("LOOKERVAULT_PLAN_RETRY_SECONDS", "0.001")
    yield
    source.faults.clear()


def refuse(sandbox: Sandbox, path: str, status: int = 404) -> None:
    sandbox.faults.add(Fault(kind="error", method="GET", path=path, status=status))


def error_count(path: Path) -> int:
    with sqlite3.connect(path) as database:
        (count,) = database.execute(
            "SELECT error_count FROM extraction_sessions ORDER BY rowid DESC"
        ).fetchone()
    database.close()
    return count


def test_a_backup_names_and_counts_queries_that_it_could_not_see(
    run: Run, source: Sandbox, tmp_path: Path
):
    refuse(source, "^/(queries|looks)/[0-9]|^/folders/.*/looks$")

    ran = run("backup", "--db-path", "b.db")

    assert ran.code == 3
    assert ran.out.startswith("Backup incomplete: not all could be seen.")
    assert "Warning: the query definitions of 3 looks could not be read" in ran.err
    assert "404 GET /looks/{id}" in ran.err
    looks = [each["id"] for each in source.looker.call("GET", "/looks")[1]]
    assert all(f"look:{id_}" in ran.err for id_ in looks)
    assert error_count(tmp_path / "b.db") >= len(looks)

    offline = run("validate", "--db-path", "b.db", "--offline")
    planned = run("plan", "--db-path", "b.db", "--json")

    assert "the backup lacks query definitions of 3 looks" in offline.out
    (warning,) = [
        one
        for one in planned.json["diagnostics"]
        if one["code"] == "backup.unseen" and " looks" in one["summary"]
    ]
    assert warning["severity"] == "warning"
    assert "query:" in warning["detail"]


def test_a_backup_in_json_lists_what_it_could_not_see(run: Run, source: Sandbox):
    refuse(source, "^/groups/.*/users$", 403)

    ran = run("backup", "--db-path", "b.db", "groups", "--json")

    assert ran.code == 3
    assert [one["summary"] for one in ran.json["unseen"]] == [
        "the users of 2 groups could not be read"
    ]
    assert ran.json["unseen"][0]["fix"].startswith("give the user of the API key the permission")
    assert ran.json["counts"]["unseen"] == 2


def test_a_resumed_backup_names_what_the_run_before_could_not_see(run: Run, source: Sandbox):
    source.faults.add(Fault(kind="error", method="GET", path="^/groups/.*/users$", status=403))
    refuse(source, "^/boards", 403)
    assert run("backup", "--db-path", "b.db", "groups", "boards").code == 1
    source.faults.clear()

    ran = run("backup", "--db-path", "b.db", "--resume")

    assert ran.code == 3
    assert "the backup lacks users of 2 groups" in ran.err


def test_a_complete_backup_is_an_end_to_all_warnings(run: Run, source: Sandbox):
    refuse(source, "^/groups/.*/users$", 403)
    assert run("backup", "--db-path", "b.db", "groups", "users").code == 3
    source.faults.clear()

    assert run("backup", "--db-path", "b.db", "groups", "users").code == 0
    assert "lacks" not in run("validate", "--db-path", "b.db", "--offline").out


def test_a_plan_names_what_it_could_not_see_and_strict_makes_it_an_error(run: Run, source: Sandbox):
    assert run("backup", "--db-path", "b.db", "-q").code == 0
    refuse(source, "^/alerts/search", 403)

    ran = run("plan", "--db-path", "b.db", "--out", "plan.json")
    strict = run("plan", "--db-path", "b.db", "--out", "strict.json", "--strict")

    assert ran.code == 0
    assert "the alerts of 1 dashboard could not be read" in ran.out
    assert "No changes.\n" in ran.out
    assert strict.code == 1
    assert Path("plan.json").exists()
    assert not Path("strict.json").exists()


@pytest.mark.parametrize("path", ["/boards", "/folders", "/roles", "/model_sets", "/looks/search"])
@pytest.mark.parametrize("status", [403, 404])
def test_a_refused_list_is_named_with_its_type(run: Run, source: Sandbox, path: str, status: int):
    refuse(source, f"^{path}$", status)
    word = path.split("/")[1].replace("_", " ")

    ran = run("backup", "--db-path", "b.db")

    assert ran.code == 1
    assert f"the {word} of {source.url} can't be listed" in ran.err
    assert "check that it exists" not in ran.err


@pytest.mark.parametrize("body", ["html", "cut", "empty", "null", "shape"])
def test_a_list_that_nobody_can_read_is_one_error_and_no_absence(
    run: Run, source: Sandbox, body: str
):
    assert run("backup", "--db-path", "b.db", "-q").code == 0
    source.faults.add(Fault(kind="spoil", method="GET", path="^/boards$", body=body))  # pyright: ignore[reportArgumentType]

    ran = run("plan", "--db-path", "b.db")

    assert ran.code == 1
    assert "Error: the answer to GET /boards cannot be read" in ran.err
    assert "bug" not in ran.err


def test_an_apply_refuses_what_it_can_no_longer_see(run: Run, prod: Sandbox, source: Sandbox):
    groups = prod.looker.call("GET", "/groups")[1]
    group = next(each for each in groups if each["name"] != "All Users")
    assert run("backup", "--db-path", "b.db", "groups", "users", "-q").code == 0
    prod.looker.call("PATCH", f"/groups/{group['id']}", None, {"name": "Renamed"})
    assert run("plan", "--db-path", "b.db", "--out", "p.json", "--allow", "updates-share").code == 0
    refuse(prod, f"^/groups/{group['id']}/users$", 403)

    ran = run("apply", "p.json", "--db-path", "b.db")

    assert ran.code == 4
    assert f"group:{group['id']}: Looker does not show its users any more" in ran.err
    assert prod.writes() == []
