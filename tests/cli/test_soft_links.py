"""What only links to something does not fail with it."""

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

TEXT = "See /looks/{}, then /folders/1"


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


@pytest.fixture
def linked(run: Run, use: Callable[[Sandbox], None]) -> Iterator[dict[str, str]]:
    """A backup of a dashboard and a look that link to another look, which links back."""
    with Sandbox(seed=31) as source:

        def make(path: str, body: Any) -> str:
            status, made = source.looker.call("POST", path, None, body)
            assert status == 200
            return made["id"]

        query = make("/queries", {"model": "finance", "view": "orders", "fields": ["orders.count"]})
        folder = make("/folders", {"name": "Sales", "parent_id": "1"})
        look = {"folder_id": folder, "query_id": query}
        bad = make("/looks", {"title": "Bad", **look})
        text = {"description": TEXT.format(bad)}
        good = make("/looks", {"title": "Good", **look, **text})
        dashboard = make("/dashboards", {"title": "Links", "folder_id": folder, **text})
        tile = {"type": "text", "body_text": TEXT.format(bad)}
        _ = make("/dashboard_elements", {"dashboard_id": dashboard, **tile})
        _ = make("/dashboards", {"title": "Shows", "folder_id": folder, "description": "x"})
        back = {"description": f"/dashboards/{dashboard}"}
        assert source.looker.call("PATCH", f"/looks/{bad}", None, back)[0] == 200
        use(source)
        assert run("backup", "folders", "looks", "dashboards", "--db-path", "b.db").code == 0
        yield {"bad": bad, "good": good, "dashboard": dashboard}


def texts(sandbox: Sandbox) -> dict[str, list[str]]:
    _, looks = sandbox.looker.call("GET", "/looks/search", {})
    _, dashboards = sandbox.looker.call("GET", "/dashboards/search", {})
    tiles = [tile["body_text"] for row in dashboards for tile in row["dashboard_elements"]]
    return {row["title"]: [row["description"]] for row in (*looks, *dashboards)} | {"tile": tiles}


def test_links_to_what_fails_are_left_as_they_were(
    run: Run, linked: dict[str, str], prod: Sandbox, use: Callable[[Sandbox], None]
):
    use(prod)
    run("plan", "--db-path", "b.db", "--out", "plan.json")
    prod.faults.add(Fault(kind="error", method="POST", path="^/looks$", status=422, count=1))

    ran = run("apply", "plan.json", "--json", "--workers", "1", "--report", "text=report.txt")

    assert ran.code == 3
    (letter,) = run("dlq", "list", "--json").json
    assert letter["name"] == "Bad"
    left = TEXT.format(linked["bad"])
    found = texts(prod)
    assert (found["Good"], found["Links"], found["tile"]) == ([left], [left], [left])
    bad = f"look:{linked['bad']}"
    assert ran.lines[-1]["unlinked"] == {
        f"dashboard:{linked['dashboard']}": [bad],
        f"look:{linked['good']}": [bad],
    }
    assert f"look:{linked['good']}: {bad}" in Path("report.txt").read_text()
    assert ran.lines[-1]["not_stored"] == []
    prod.faults.clear()
    assert run("dlq", "retry", "--auto-approve").code == 0

    assert run("apply", "--db-path", "b.db", "--auto-approve").code == 0

    _, looks = prod.looker.call("GET", "/looks/search", {"title": "Bad"})
    right = TEXT.format(looks[0]["id"])
    found = texts(prod)
    assert (found["Good"], found["Links"], found["tile"]) == ([right], [right], [right])
    again = run("plan", "--db-path", "b.db", "--json", "--out", "again.json").json["summary"]
    assert (again["create"], again["update"]) == (0, 0)
