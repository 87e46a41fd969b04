"""Items of the past: listed, planned, restored and pointed at, on the command line."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

Call = Callable[..., tuple[int, Any]]


def one(found: tuple[int, Any]) -> Any:
    status, reply = found
    assert status == 200, found
    return reply


@pytest.fixture
def source(use: Callable[[Sandbox], None]) -> Iterator[Sandbox]:
    """An instance of one's own, with two dashboards in a folder."""
    with Sandbox(seed=11) as sandbox:
        use(sandbox)
        call = sandbox.looker.call
        folder = one(call("POST", "/folders", None, {"name": "Sales", "parent_id": "1"}))
        for title in ("Revenue", "Churn"):
            made = one(
                call("POST", "/dashboards", None, {"title": title, "folder_id": folder["id"]})
            )
            one(
                call(
                    "POST",
                    "/dashboard_elements",
                    None,
                    {"dashboard_id": made["id"], "type": "text", "body_text": f"About {title}"},
                )
            )
        yield sandbox


def dashboards(sandbox: Sandbox) -> dict[str, Any]:
    found = one(sandbox.looker.call("GET", "/dashboards/search", None, None))
    return {each["title"]: each for each in found if not each["deleted"]}


def write(sandbox: Sandbox, method: str, path: str, body: Any = None) -> Any:
    status, reply = sandbox.looker.call(method, path, None, body)
    assert status in {200, 204}, reply
    return reply


def test_an_item_deleted_before_the_last_backup_comes_back_with_one_command(
    run: Run, source: Sandbox
):
    lost = dashboards(source)["Revenue"]
    assert run("backup", "--db-path", "b.db").code == 0
    write(source, "DELETE", f"/dashboards/{lost['id']}")
    assert run("backup", "--db-path", "b.db").code == 0

    planned = run("plan", "--db-path", "b.db")
    assert (
        "1 dashboard is gone from the latest snapshot: "
        f"--as-of 1 still has dashboard:{lost['id']}" in planned.out
    )
    assert "No changes. Your infrastructure" not in planned.out

    refused = run("restore", "single", "dashboard", lost["id"], "--db-path", "b.db")
    assert refused.code == 1
    assert "add --as-of 1" in refused.err

    ran = run("restore", "single", "dashboard", lost["id"], "--db-path", "b.db", "--as-of", "1")

    assert ran.code == 0, ran.out + ran.err
    back = dashboards(source)["Revenue"]
    assert [tile["body_text"] for tile in back["dashboard_elements"]] == ["About Revenue"]


def test_snapshots_are_listed(run: Run, source: Sandbox):
    run("backup", "--db-path", "b.db")
    write(source, "DELETE", f"/dashboards/{dashboards(source)['Churn']['id']}")
    run("backup", "--db-path", "b.db", "dashboards")

    listed = run("snapshots", "--db-path", "b.db", "--json").json
    assert [each["id"] for each in listed] == [1, 2]
    assert [each["complete"] for each in listed] == [True, True]
    assert listed[0]["items"] == listed[1]["items"] + 1
    assert listed[0]["calls"] > 0
    assert listed[1]["coverage"] == {"dashboard": "whole"}
    assert {"id", "taken_at", "instance", "looker_version", "items", "calls", "complete"} <= {
        *listed[0]
    }
    text = run("snapshots", "--db-path", "b.db").out
    assert "2 snapshots of http" in text
    assert "only dashboard; the rest was carried over; used by default" in " ".join(text.split())


def test_select_and_validate_look_into_the_past(run: Run, source: Sandbox):
    lost = dashboards(source)["Churn"]
    run("backup", "--db-path", "b.db")
    write(source, "DELETE", f"/dashboards/{lost['id']}")
    run("backup", "--db-path", "b.db")
    address = f"dashboard:{lost['id']}"

    gone = run("select", address, "--db-path", "b.db")
    assert gone.code == 1
    assert "snapshot 1 of" in gone.err
    assert "add --as-of 1" in gone.err
    assert run("select", address, "--db-path", "b.db", "--as-of", "1").code == 0
    now, then = (
        run("validate", "--offline", "--db-path", "b.db", "--json", *more).json["stages"][0][
            "facts"
        ]
        for more in ((), ("--as-of", "1"))
    )
    assert now != then


def test_a_plan_is_applied_with_its_own_snapshot_whatever_was_backed_up_since(
    run: Run, source: Sandbox
):
    title = dashboards(source)["Revenue"]
    run("backup", "--db-path", "b.db")
    write(source, "PATCH", f"/dashboards/{title['id']}", {"title": "Vandalised"})
    planned = run("plan", "--db-path", "b.db", "--out", "plan.json")
    assert planned.code == 0
    assert run("backup", "--db-path", "b.db").code == 0  # the night between review and apply

    plan = msgspec.json.decode(Path("plan.json").read_bytes())
    assert plan["source"]["snapshot"] == 1
    ran = run("apply", "plan.json")

    assert ran.code == 0, ran.err
    assert set(dashboards(source)) == {"Revenue", "Churn"}


def test_a_plan_says_as_of_when_it_is(run: Run, source: Sandbox):
    run("backup", "--db-path", "b.db")

    assert ", as of today (snapshot 1)" in run("plan", "--db-path", "b.db", "--as-of", "today").out
    before = run("plan", "--db-path", "b.db", "--as-of", "2020-01-01")
    assert before.code == 1
    assert "the first one is snapshot 1 of" in before.err
    wrong = run("plan", "--db-path", "b.db", "--as-of", "someday")
    assert wrong.code == 1
    assert "neither a snapshot nor a time" in wrong.err


def test_a_plan_whose_snapshot_is_gone_is_refused(run: Run, source: Sandbox):
    run("backup", "--db-path", "b.db")
    title = dashboards(source)["Revenue"]
    write(source, "PATCH", f"/dashboards/{title['id']}", {"title": "Vandalised"})
    run("plan", "--db-path", "b.db", "--out", "plan.json")
    Path("b.db").unlink()
    run("backup", "--db-path", "b.db")
    with closing(sqlite3.connect("b.db")) as connection, connection:
        connection.execute("UPDATE snapshots SET id = 7")
        connection.execute("UPDATE content_history SET from_snapshot = 7")

    ran = run("apply", "plan.json")

    assert ran.code == 4
    assert "has no snapshot 1, which this plan was made from" in ran.err


def test_history_tells_in_words_what_changed_and_by_whom(run: Run, source: Sandbox):
    board = dashboards(source)["Revenue"]
    address = f"dashboard:{board['id']}"
    run("backup", "--db-path", "b.db")
    write(source, "PATCH", f"/dashboards/{board['id']}", {"title": "Vandalised"})
    tile = board["dashboard_elements"][0]["id"]
    write(source, "PATCH", f"/dashboard_elements/{tile}", {"body_text": "About nothing"})
    run("backup", "--db-path", "b.db")
    write(source, "DELETE", f"/dashboards/{board['id']}")
    run("backup", "--db-path", "b.db")

    text = run("history", address, "--db-path", "b.db").out
    assert 'title = "Revenue" -> "Vandalised"' in text
    assert '"About Revenue" -> "About nothing"' in text
    assert "snapshot 2  changed by Sandbox Admin at" in text
    assert "snapshot 3  gone" in text
    first, second, gone = run("history", address, "--db-path", "b.db", "--json").json
    assert (first["event"], second["event"], gone["event"]) == ("first", "changed", "gone")
    assert (second["from_snapshot"], second["to_snapshot"]) == (2, 3)
    assert second["changed_by"] == "Sandbox Admin"
    assert {"path": "title", "before": "Revenue", "after": "Vandalised"}.items() <= (
        second["changes"][0].items()
    )

    def found(*words: str) -> list[tuple[str, int]]:
        rows = run("history", "--db-path", "b.db", "--json", *words).json
        return [(row["event"], row["from_snapshot"]) for row in rows]

    assert found() == [("changed", 2), ("gone", 3)]
    assert found("--search", "about NOTHING") == [("changed", 2)]
    assert found("--search", "About Revenue") == [("first", 1)]
    assert found("--since", "3") in ([("gone", 3)], [("changed", 2), ("gone", 3)])  # one second
    assert found("--until", "2020-01-01") == []
    assert run("history", "dashboard:0", "--db-path", "b.db").code == 1
    assert run("history", "dashboard", "--db-path", "b.db").code == 1


def test_a_history_is_written_as_pages(run: Run, source: Sandbox):
    board = dashboards(source)["Revenue"]
    run("backup", "--db-path", "b.db")
    write(source, "PATCH", f"/dashboards/{board['id']}", {"title": "<b>Bold</b>"})
    run("backup", "--db-path", "b.db")
    formats = ("html", "markdown", "text", "json")
    reports = [f"--report={each}=page.{each}" for each in formats]

    assert run("history", f"dashboard:{board['id']}", "--db-path", "b.db", *reports).code == 0

    pages = {each: Path(f"page.{each}").read_text() for each in formats}
    assert all("Revenue" in page for page in pages.values())
    assert "&lt;b&gt;Bold" in pages["html"]
    assert "<b>Bold" not in pages["html"]


def test_two_snapshots_are_compared_as_a_plan_would(run: Run, source: Sandbox):
    board, other = dashboards(source)["Revenue"], dashboards(source)["Churn"]
    run("backup", "--db-path", "b.db")
    write(source, "PATCH", f"/dashboards/{board['id']}", {"title": "Vandalised"})
    write(source, "DELETE", f"/dashboards/{other['id']}")
    made = write(source, "POST", "/dashboards", {"title": "New", "folder_id": board["folder_id"]})
    run("backup", "--db-path", "b.db")

    ran = run("backup", "diff", "1", "2", "--db-path", "b.db", "--json")

    assert ran.code == 0
    assert ran.json["summary"] == {"new": 1, "changed": 1, "gone": 1}
    actions = {each["address"]: each["action"] for each in ran.json["actions"]}
    assert actions == {
        f"dashboard:{board['id']}": "update",
        f"dashboard:{other['id']}": "delete",
        f"dashboard:{made['id']}": "create",
    }
    text = run("backup", "diff", "1", "--db-path", "b.db").out
    assert 'title = "Revenue" -> "Vandalised"' in text
    assert "1 new, 1 changed, 1 gone." in text
    assert "nothing has changed" in run("backup", "diff", "2", "2", "--db-path", "b.db").out


def test_old_snapshots_are_forgotten_and_the_rest_is_whole(run: Run, source: Sandbox):
    board = dashboards(source)["Revenue"]
    for title in "abc":
        write(source, "PATCH", f"/dashboards/{board['id']}", {"title": title})
        run("backup", "--db-path", "b.db", "dashboards")

    assert run("backup", "forget", "--db-path", "b.db").code == 1
    rehearsed = run("backup", "forget", "--db-path", "b.db", "--keep-last", "1", "--dry-run")
    assert "2 snapshots would be forgotten" in rehearsed.out
    assert len(run("snapshots", "--db-path", "b.db", "--json").json) == 3
    ran = run("backup", "forget", "--db-path", "b.db", "--keep-last", "1", "--json")
    assert [each["id"] for each in ran.json["forgotten"]] == [1, 2]
    assert len(run("snapshots", "--db-path", "b.db", "--json").json) == 1
    assert run("backup", "verify", "--db-path", "b.db").code == 0
    wrong = run("backup", "forget", "--db-path", "b.db", "--keep-within", "soon")
    assert wrong.code == 1
    assert "30d" in wrong.err


def test_verify_fails_and_names_a_damaged_item(run: Run, source: Sandbox):
    run("backup", "--db-path", "b.db")
    lost = dashboards(source)["Churn"]["id"]
    with closing(sqlite3.connect("b.db")) as connection, connection:
        connection.execute(
            "UPDATE content_blobs SET data = x'00' WHERE digest ="
            " (SELECT digest FROM content_history WHERE content_type = 1 AND source_id = ?)",
            (lost,),
        )

    ran = run("backup", "verify", "--db-path", "b.db")

    assert ran.code == 1
    assert f"dashboard {lost} of snapshots 1 to the latest is damaged" in " ".join(ran.err.split())
    problems = run("backup", "verify", "--db-path", "b.db", "--json").json["problems"]
    assert [each["address"] for each in problems] == [f"dashboard:{lost}"]


def test_a_type_and_a_subcommand_are_told_apart(run: Run, source: Sandbox):
    assert run("backup", "folders", "--db-path", "b.db").code == 0
    assert run("backup", "folder", "--resume", "--db-path", "b.db").code == 0
    assert "unknown" not in run("backup", "nonsense", "--db-path", "b.db").out
    assert run("backup", "nonsense", "--db-path", "b.db").code == 1
