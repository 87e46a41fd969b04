"""The state is lost while dashboards are half-built: they are completed, not made again."""

import io
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


def a_ring(source: Sandbox) -> None:
    """Two dashboards whose nameless text tiles link to each other, and to nothing."""

    def make(path: str, body: Any) -> Any:
        status, made = source.looker.call("POST", path, None, body)
        assert status == 200
        return made

    folder = make("/folders", {"name": "Ring", "parent_id": "1"})["id"]
    ids = [make("/dashboards", {"title": title, "folder_id": folder})["id"] for title in ("A", "B")]
    for mine, other in zip(ids, reversed(ids), strict=True):
        for text in (f"/dashboards/{other}", f"again /dashboards/{other}", "plain", "", ""):
            make("/dashboard_elements", {"dashboard_id": mine, "type": "text", "body_text": text})
        (layout,) = source.looker.call("GET", f"/dashboards/{mine}")[1]["dashboard_layouts"]
        for number, place in enumerate(layout["dashboard_layout_components"]):
            row = {"row": 50 - 7 * number, "height": 5}
            path = f"/dashboard_layout_components/{place['id']}"
            assert source.looker.call("PATCH", path, None, row)[0] == 200


def texts(sandbox: Sandbox) -> dict[str, list[tuple[str, int]]]:
    _, found = sandbox.looker.call("GET", "/dashboards/search", {})
    names = {row["id"]: row["title"] for row in found}
    shown: dict[str, list[tuple[str, int]]] = {}
    for row in found:
        (layout,) = row["dashboard_layouts"]
        rows = {
            each["dashboard_element_id"]: each["row"]
            for each in layout["dashboard_layout_components"]
        }
        shown[row["title"]] = sorted(
            (
                " ".join(names.get(word.rpartition("/")[2], word) for word in text.split()),
                rows[tile["id"]],
            )
            for tile in row["dashboard_elements"]
            for text in [tile["body_text"] or ""]
        )
    return shown


@pytest.mark.parametrize("skip", [0, 1, 3])
def test_tiles_whose_links_are_not_written_yet_are_completed(
    run: Run, prod: Sandbox, use: Callable[[Sandbox], None], skip: int
):
    with Sandbox(seed=41) as source:
        a_ring(source)
        wanted = texts(source)
        use(source)
        assert run("backup", "folders", "dashboards", "--db-path", "b.db").code == 0
    use(prod)
    run("plan", "--db-path", "b.db", "--out", "plan.json")
    for parts in ("elements", "layout_components"):
        path = f"^/dashboard_{parts}/"
        prod.faults.add(Fault(kind="error", method="PATCH", path=path, status=422, skip=skip))
    assert run("apply", "plan.json").code == 3
    prod.faults.clear()
    shutil.rmtree(Path(".lookervault-plan"))
    before = {
        tile["id"]
        for row in prod.looker.call("GET", "/dashboards/search", {})[1]
        for tile in row["dashboard_elements"]
    }

    run("plan", "--db-path", "b.db", "--out", "plan.json")
    plan = run("show", "plan.json", "--format", "json").json
    ran = run("apply", "plan.json")

    assert [guard["name"] for guard in plan["guards"]] == []
    assert ran.code == 0, ran.err
    assert texts(prod) == wanted
    after = {
        tile["id"]
        for row in prod.looker.call("GET", "/dashboards/search", {})[1]
        for tile in row["dashboard_elements"]
    }
    assert after == before


# --- a damaged state ----------------------------------------------------------------------------


def garbage(state: Path) -> None:
    state.write_bytes(b"\x00\xff" * 4096)


def half_garbage(state: Path) -> None:
    data = state.read_bytes()
    state.write_bytes(data[:4096] + b"\xaa" * (len(data) - 4096))


def cut(state: Path) -> None:
    data = state.read_bytes()
    state.write_bytes(data[: len(data) // 2])


def bad_plan(state: Path) -> None:
    with sqlite3.connect(state) as connection:
        connection.execute("UPDATE restoration_sessions SET plan = 'no zlib', status = 'failed'")
    connection.close()


def bad_row(state: Path) -> None:
    with sqlite3.connect(state) as connection:
        connection.execute("UPDATE restoration_sessions SET config = '{', status = 'failed'")
    connection.close()


@pytest.mark.parametrize("harm", [garbage, half_garbage, cut, bad_plan, bad_row])
def test_a_damaged_state_is_moved_aside_and_nothing_is_lost_but_resuming(
    run: Run, prod: Sandbox, backup: Path, harm: Callable[[Path], None]
):
    assert run("apply", "--db-path", backup, "--auto-approve").code == 0
    state = Path(".lookervault-plan/state.db")
    harm(state)

    ran = run("resume", "--json")

    assert (ran.code, ran.error["code"]) == (1, "state.damaged")
    assert "planning again costs nothing" in ran.error["fix"]
    assert str(state) in ran.error["summary"]
    _, command, *_ = ran.error["fix"].split("`")
    subprocess.run(command, shell=True, check=True)
    ran = run("plan", "--db-path", backup, "--detailed-exitcode")
    assert ran.code == 0, ran.out


def test_a_state_whose_write_ahead_log_is_gone_is_new_or_damaged_but_no_bug(
    run: Run, prod: Sandbox, backup: Path
):
    assert run("apply", "--db-path", backup, "--auto-approve").code == 0
    state, copy = Path(".lookervault-plan/state.db"), Path("copy.db")
    with sqlite3.connect(state) as connection:
        connection.execute("UPDATE restoration_sessions SET status = 'failed'")
        copy.write_bytes(state.read_bytes())  # as a crash leaves it whose log was not copied
    connection.close()

    for command in (["resume"], ["status"], ["plan", "--db-path", backup]):
        ran = run(*command, "--state", copy, "--json")
        assert ran.code in {0, 1, 4}
        assert '"code":"bug"' not in ran.out
