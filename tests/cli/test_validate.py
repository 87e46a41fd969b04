"""`validate`: three stages, one verdict, no writes; and offline not a single call."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run


def stages(ran) -> dict:
    return {stage["name"]: stage for stage in ran.json["stages"]}


def test_what_is_in_order(run: Run, empty: Sandbox, backup: Path):
    ran = run("validate", "--db-path", backup, "--json")

    assert ran.code == 0, ran.out
    assert [stage["is_valid"] for stage in stages(ran).values()] == [True, True, True]
    assert any("logged in as" in fact for fact in stages(ran)["preflight"]["facts"])
    assert any("a plan would add" in fact for fact in stages(ran)["api"]["facts"])
    assert empty.writes() == []
    assert not Path(".lookervault-plan").exists()


def test_people_see_three_verdicts(run: Run, empty: Sandbox, backup: Path):
    out = run("validate", "--db-path", backup).out

    assert [line[0] for line in out.splitlines() if line[0] in "✓✗-"] == ["✓", "✓", "✓"]


def test_offline_makes_no_call(run: Run, empty: Sandbox, backup: Path):
    before = len(empty.requests)

    ran = run("validate", "--db-path", backup, "--offline", "--json")

    assert ran.code == 0
    assert stages(ran)["api"]["is_skipped"]
    assert len(empty.requests) == before


def test_a_plan_that_can_be_applied_and_one_that_can_not(run: Run, prod: Sandbox, backup: Path):
    run("plan", "--db-path", backup, "--out", "plan.json")
    assert run("validate", "plan.json").code == 0
    assert prod.writes() == []

    run("apply", "plan.json")
    ran = run("validate", "plan.json", "--json")

    assert ran.code == 1
    assert [each["code"] for each in stages(ran)["api"]["diagnostics"]] == ["plan.used"]


def test_an_item_that_looker_would_not_take(run: Run, empty: Sandbox, backup: Path):
    with sqlite3.connect(backup) as connection:
        row_id, data = connection.execute(
            "SELECT id, content_data FROM content_items WHERE content_type = 1 ORDER BY id"
        ).fetchone()
        raw = msgspec.msgpack.decode(data) | {"title": None}
        connection.execute(
            "UPDATE content_items SET content_data = ? WHERE id = ? AND content_type = 1",
            (msgspec.msgpack.encode(raw), row_id),
        )
        connection.execute(
            "UPDATE content_items SET content_data = 'oops' WHERE content_type = 2 AND id ="
            " (SELECT id FROM content_items WHERE content_type = 2 LIMIT 1)"
        )
    connection.close()

    ran = run("validate", "--db-path", backup, "--offline", "--json")

    codes = sorted(each["code"] for each in stages(ran)["items"]["diagnostics"])
    assert ran.code == 1
    assert codes == ["backup.corrupt", "backup.invalid"]
    assert run("validate", "--db-path", backup, "--offline", "--skip-validation").code == 0


def test_validate_blocks_what_a_plan_blocks_and_names_it_once(
    run: Run, empty: Sandbox, backup: Path
):
    with sqlite3.connect(backup) as connection:
        connection.execute(
            "UPDATE content_items SET content_data = ? WHERE content_type = 1",
            (msgspec.msgpack.encode({"id": "7", "title": ["a"], "folder_id": "1"}),),
        )

    checked = stages(run("validate", "--db-path", backup, "--json"))
    counts = run("plan", "--db-path", backup, "--json").json["summary"]

    (fact,) = [one for one in checked["api"]["facts"] if "a plan would" in one]
    assert fact.endswith(f"and block {counts['blocked']}")
    named = [
        (one["code"], one.get("address"))
        for stage in checked.values()
        for one in stage["diagnostics"]
        if one["code"].startswith("backup.")
    ]
    assert len(named) == len(set(named)) > 0


@pytest.mark.parametrize(
    ("option", "name", "text"),
    [
        ("--selectors", "selectors.yml", "selectors: [{name: x}]"),
        ("--remaps", "remaps.yml", "dashbord: {'1': '2'}"),
    ],
)
def test_malformed_companions(run: Run, empty: Sandbox, option: str, name: str, text: str):
    Path(name).write_text(text)

    ran = run("validate", option, name, "--offline", "--json")

    assert ran.code == 1
    assert len(stages(ran)["preflight"]["diagnostics"]) == 1


def test_selectors_that_pick_nothing(run: Run, empty: Sandbox, backup: Path):
    Path("s.yml").write_text("selectors: [{name: x, definition: {method: title, value: nope}}]")

    ran = run("validate", "--db-path", backup, "--selectors", "s.yml", "--offline", "--json")

    assert ran.code == 1
    assert stages(ran)["items"]["diagnostics"]


def test_a_backup_that_is_none(run: Run, empty: Sandbox):
    Path("x.db").write_text("oops")

    assert run("validate", "--db-path", "x.db", "--offline").code == 1


def test_a_looker_that_is_not_there(run: Run, empty: Sandbox, backup: Path, monkeypatch):
    monkeypatch.setenv("LOOKERSDK_CLIENT_SECRET", "wrong")

    ran = run("validate", "--db-path", backup, "--json")

    assert ran.code == 1
    assert not stages(ran)["preflight"]["is_valid"]
    assert stages(ran)["api"]["is_skipped"]
    assert "- Destination check: skipped" in run("validate", "--db-path", backup).out


def test_nothing_to_validate(run: Run):
    assert run("validate", "--offline").code == 1
