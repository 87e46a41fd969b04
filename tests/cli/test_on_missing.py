"""An item that is to be changed is gone by then."""

import io
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.command_line import Workdir
from tests.cli.conftest import Run

#: What tests change in the destination is a hand edit.
HAND_EDITS = ("--allow", "hand-edits")
CREATE = ("--on-missing", "create")


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


@pytest.fixture
def restored(run: Run, prod: Sandbox, backup: Path) -> Sandbox:
    """Everything is there, with ids of its own; from now on plans are updates."""
    assert run("apply", "--db-path", backup, "--auto-approve", "-q").code == 0
    return prod


class Life:
    """What happens to the destination behind our back."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def call(self, method: str, path: str, body: Any = None, query: Any = None) -> Any:
        status, found = self.sandbox.looker.call(method, path, query, body)
        assert status in (200, 204), (status, found)
        return found

    def dashboards(self) -> list[Any]:
        return self.call("GET", "/dashboards/search", query={"sorts": "id"})

    def shape(self) -> list[Any]:
        return sorted(
            (
                row["title"],
                row["slug"],
                sorted(tile["title"] or "" for tile in row["dashboard_elements"]),
                sorted(each["name"] for each in row["dashboard_filters"]),
                sum(len(one["dashboard_layout_components"]) for one in row["dashboard_layouts"]),
            )
            for row in self.dashboards()
        )

    def before(self, method: str, path: str, happens: Callable[[], None]) -> None:
        """Just before the first such request is carried out."""
        answer = self.sandbox.looker.answer
        pending = [happens]

        def answered(its: str, at: str, *more: Any, **rest: Any) -> Any:
            if its == method and at.endswith(path) and pending:
                pending.pop()()
            return answer(its, at, *more, **rest)

        self.sandbox.looker.answer = answered  # pyright: ignore[reportAttributeAccessIssue]

    def spoil(self) -> tuple[str, list[Any]]:
        """Change a title and a tile of a dashboard; its id, and how everything was before."""
        wanted = self.shape()
        row = max(self.dashboards(), key=lambda each: len(each["dashboard_elements"]))
        tile = row["dashboard_elements"][0]["id"]
        self.call("PATCH", f"/dashboards/{row['id']}", {"title": "Spoilt"})
        self.call("PATCH", f"/dashboard_elements/{tile}", {"title": "Spoilt"})
        return row["id"], wanted


@pytest.fixture
def life(restored: Sandbox) -> Life:
    return Life(restored)


def again(run: Run, backup: Path) -> dict[str, int]:
    """What a second plan would change."""
    summary = run("plan", "--db-path", backup, "--out", "again.json", "--json").json["summary"]
    return {word: summary[word] for word in ("create", "update", "delete") if summary[word]}


def test_an_item_gone_before_the_first_write_is_recreated(run: Run, life: Life, backup: Path):
    id_, wanted = life.spoil()
    run("plan", "--db-path", backup, "--out", "plan.json", *HAND_EDITS, *CREATE)
    life.call("DELETE", f"/dashboards/{id_}")

    ran = run("apply", "plan.json", "--json")

    assert ran.code == 0, ran.out
    assert (ran.lines[-1]["added"], ran.lines[-1]["changed"]) == (1, 0)
    assert life.shape() == wanted
    assert again(run, backup) == {}


def test_without_on_missing_create_a_missing_item_is_stale(run: Run, life: Life, backup: Path):
    id_, _ = life.spoil()
    run("plan", "--db-path", backup, "--out", "plan.json", *HAND_EDITS)
    life.call("DELETE", f"/dashboards/{id_}")

    ran = run("apply", "plan.json", "--json")

    assert ran.code == 4
    assert ran.error["code"] == "plan.stale"


def test_an_item_that_vanishes_during_apply_is_recreated(run: Run, life: Life, backup: Path):
    id_, wanted = life.spoil()
    run("plan", "--db-path", backup, "--out", "plan.json", *HAND_EDITS, *CREATE)
    life.before("PATCH", f"/dashboards/{id_}", lambda: life.call("DELETE", f"/dashboards/{id_}"))

    ran = run("apply", "plan.json", "--json")

    assert ran.code == 0, ran.out
    assert (ran.lines[-1]["added"], ran.lines[-1]["changed"]) == (1, 0)
    assert ran.lines[-1]["not_stored"] == []
    assert life.shape() == wanted
    assert again(run, backup) == {}
    mapped = run("mappings", "list", "--json").json
    new = {row["id"] for row in life.dashboards()}
    assert {each["destination_id"] for each in mapped if each["type"] == "dashboard"} == new


def test_an_item_that_vanishes_during_apply_fails_by_default(run: Run, life: Life, backup: Path):
    id_, wanted = life.spoil()
    run("plan", "--db-path", backup, "--out", "plan.json", *HAND_EDITS)
    life.before("PATCH", f"/dashboards/{id_}", lambda: life.call("DELETE", f"/dashboards/{id_}"))

    ran = run("apply", "plan.json", "--json")

    assert ran.code == 3
    (letter,) = run("dlq", "list", "--json").json
    assert "vanished or is not visible" in letter["error_message"]
    assert run("dlq", "retry", "--auto-approve").code == 0
    assert life.shape() == wanted


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_place_that_is_taken_is_not_fought_for(run: Run, life: Life, backup: Path, when: str):
    id_, _ = life.spoil()
    run("plan", "--db-path", backup, "--out", "plan.json", *HAND_EDITS, *CREATE)
    folder = next(row["folder_id"] for row in life.dashboards() if row["id"] == id_)
    title = next(
        change["after"]
        for action in run("show", "plan.json", "--format", "json").json["actions"]
        for change in action["changes"]
        if action["destination_id"] == id_ and change["path"] == "title"
    )

    def replace() -> None:
        life.call("DELETE", f"/dashboards/{id_}")
        life.call("POST", "/dashboards", {"title": title, "folder_id": folder})

    if when == "before":
        replace()
        ran = run("apply", "plan.json", "--json")
        assert (ran.code, ran.error["code"]) == (4, "plan.stale")
        assert "folder + title is taken by dashboard:" in ran.error["detail"]
        return
    life.before("PATCH", f"/dashboards/{id_}", replace)
    ran = run("apply", "plan.json", "--json")
    assert ran.code == 3
    (letter,) = run("dlq", "list", "--json").json
    assert "taken by dashboard:" in letter["error_message"]
    assert "plan again" in letter["error_message"]
    held = [row for row in life.dashboards() if (row["title"], row["folder_id"]) == (title, folder)]
    assert len(held) == 1


def test_a_tile_that_vanishes_meanwhile_is_made_anew(run: Run, life: Life, backup: Path):
    id_, wanted = life.spoil()
    row = next(row for row in life.dashboards() if row["id"] == id_)
    tile = next(one["id"] for one in row["dashboard_elements"] if one["title"] == "Spoilt")
    run("plan", "--db-path", backup, "--out", "plan.json", *HAND_EDITS, *CREATE)
    path = f"/dashboard_elements/{tile}"
    life.before("PATCH", path, lambda: life.call("DELETE", path))

    ran = run("apply", "plan.json", "--json")

    assert ran.code == 0, ran.out
    assert (ran.lines[-1]["added"], ran.lines[-1]["changed"]) == (0, 1)
    assert life.shape() == wanted
    assert again(run, backup) == {}


def test_references_to_a_recreated_item_get_its_new_id(run: Run, life: Life, backup: Path):
    """A folder vanishes, with all that was in it."""
    parent = next(row for row in life.dashboards() if row["folder_id"] not in {"1", "2"})
    folder = parent["folder_id"]
    life.call("PATCH", f"/folders/{folder}", {"name": "Spoilt"})
    life.call("DELETE", f"/dashboards/{parent['id']}")
    run("plan", "--db-path", backup, "--out", "plan.json", *HAND_EDITS, *CREATE)
    life.call("DELETE", f"/folders/{folder}")

    ran = run("apply", "plan.json", "--json")

    assert ran.code == 0, ran.out
    made = next(row for row in life.dashboards() if row["title"] == parent["title"])
    assert life.call("GET", f"/folders/{made['folder_id']}")["name"]


@pytest.mark.parametrize("writes", [2, 4, 6, 9])
def test_a_run_killed_while_it_recreates_an_item_is_resumed(
    run: Run, life: Life, backup: Path, tmp_path: Path, writes: int
):
    id_, wanted = life.spoil()
    run("plan", "--db-path", backup, "--out", "plan.json", *HAND_EDITS, *CREATE)
    life.before("PATCH", f"/dashboards/{id_}", lambda: life.call("DELETE", f"/dashboards/{id_}"))
    life.sandbox.requests.clear()
    life.sandbox.faults.latency_seconds = 0.03
    process = Workdir(tmp_path).start(life.sandbox, "apply", "plan.json")
    end = time.monotonic() + 30
    while len(life.sandbox.writes()) < writes and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    life.sandbox.wait_until_idle()
    life.sandbox.faults.latency_seconds = 0

    ran = run("resume", "--json")

    assert ran.code == 0, ran.out
    assert life.shape() == wanted
    assert again(run, backup) == {}


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_who_signs_in_is_not_made_anew_elsewhere_without_consent(
    run: Run, life: Life, backup: Path, when: str
):
    user = next(row for row in life.call("GET", "/users") if row["first_name"] and row["email"])
    path = f"/users/{user['id']}"
    life.call("PATCH", path, {"last_name": "Spoilt"})
    plan = run(
        "plan", "--db-path", backup, "--out", "plan.json", *HAND_EDITS, "--json", *CREATE
    ).json
    assert plan["summary"]["by_type"]["user"]["update"] == 1
    if when == "before":
        life.call("DELETE", path)
        assert run("apply", "plan.json").code == 4
    else:
        life.before("PATCH", path, lambda: life.call("DELETE", path))
        assert run("apply", "plan.json").code == 3
        (letter,) = run("dlq", "list", "--json").json
        assert "plan again" in letter["error_message"]
    assert user["email"] not in {row["email"] for row in life.call("GET", "/users")}
