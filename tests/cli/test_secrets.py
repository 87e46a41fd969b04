"""Webhook addresses and credentials of destinations never leave the backup but for Looker."""

import io
import json
import sqlite3
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

HOOKS = ("https://hooks.example.com/T0P-hook-one", "https://hooks.example.com/T0P-hook-two")
SECRET = "T0P-secret"
ALLOW = (
    *("--allow", "schedules-across", "--allow", "schedules-enable", "--allow", "hand-edits"),
    *("--schedules", "keep"),
)


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


def make(sandbox: Sandbox, path: str, body: Any) -> str:
    status, made = sandbox.looker.call("POST", path, None, body)
    assert status == 200, made
    return made["id"]


def destinations(hook: str) -> list[dict[str, str]]:
    return [
        {"type": "webhook", "address": hook, "format": "json", "parameters": f'{{"to":"{hook}"}}'},
        {
            "type": "s3",
            "address": "s3://bucket/path",
            "format": "csv",
            "secret_parameters": json.dumps({"secret_access_key": SECRET}),
        },
        {"type": "email", "address": "team@example.com", "format": "wysiwyg_pdf"},
    ]


@pytest.fixture
def scheduled(run: Run, use: Callable[[Sandbox], None]) -> Iterator[Sandbox]:
    """A backup of a dashboard with a schedule that has all sorts of destinations."""
    with Sandbox(seed=51) as source:
        folder = make(source, "/folders", {"name": "Sales", "parent_id": "1"})
        dashboard = make(source, "/dashboards", {"title": "Sends", "folder_id": folder})
        body = {"name": "Nightly", "dashboard_id": dashboard, "crontab": "0 3 * * *"}
        body |= {"scheduled_plan_destination": destinations(HOOKS[0])}
        _ = make(source, "/scheduled_plans", body)
        use(source)
        types = ("folders", "dashboards", "scheduled_plans", "users")
        assert run("backup", *types, "--db-path", "b.db").code == 0
        for row in sqlite3.connect("b.db").execute("SELECT content_data FROM content_items"):
            assert SECRET.encode() not in bytes(row[0])
        yield source


@pytest.fixture
def used(scheduled: Sandbox, prod: Sandbox, use: Callable[[Sandbox], None]) -> Sandbox:
    del scheduled
    use(prod)
    return prod


def everything(place: Path) -> Iterator[tuple[str, bytes]]:
    """All that lies about, unpacked; the backup aside."""
    for file in place.rglob("*"):
        if file.is_file() and file.name != "b.db":
            yield file.name, file.read_bytes()
    state = sqlite3.connect(place / ".lookervault-plan/state.db")
    tables = [
        name for (name,) in state.execute("SELECT name FROM sqlite_master WHERE type='table'")
    ]
    for table in tables:
        for row in state.execute(f"SELECT * FROM {table}"):
            yield from ((table, unpacked(value)) for value in row)
    state.close()


def unpacked(value: Any) -> bytes:
    if not isinstance(value, bytes):
        return str(value).encode()
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def check(ran: list[Any], place: Path) -> None:
    told = [(f"run {number}", f"{one.out}{one.err}".encode()) for number, one in enumerate(ran)]
    leaks = {
        name
        for name, data in (*told, *everything(place))
        if any(word.encode() in data for word in (*HOOKS, SECRET, "T0P"))
    }
    assert leaks == set()


def test_they_are_nowhere(run: Run, used: Sandbox, tmp_path: Path):
    prod = used
    ran = [run("plan", "--db-path", "b.db", "--out", "plan.json", *ALLOW, "-v")]
    said = f"address {HOOKS[0]} is not allowed"
    answer = prod.looker.answer

    def refusing(method: str, path: str, *more: Any, **rest: Any) -> Any:
        if method in {"POST", "PATCH"} and path.startswith("/scheduled_plans"):
            return 422, {"message": said, "errors": [{"field": "x", "message": said}]}, None
        return answer(method, path, *more, **rest)

    prod.looker.answer = refusing  # pyright: ignore[reportAttributeAccessIssue]
    reports = [
        word
        for form in ("text", "markdown", "html", "json")
        for word in ("--report", f"{form}=report.{form}")
    ]
    ran += [run("apply", "plan.json", "--json", "--debug", "-v", *reports)]
    assert ran[-1].code == 3, ran[-1].out
    (letter,) = run("dlq", "list", "--json").json
    ran += [run("dlq", "list"), run("dlq", "show", str(letter["id"])), run("dlq", "export")]
    ran += [
        run("dlq", "show", str(letter["id"]), "--json"),
        run("status"),
        run("dlq", "list", "-v"),
    ]
    prod.looker.answer = answer  # pyright: ignore[reportAttributeAccessIssue]
    assert "team@example.com" in ran[3].out + ran[4].out
    check(ran, tmp_path)


@pytest.mark.parametrize("fails", [False, True])
def test_nor_are_those_that_are_overwritten(run: Run, used: Sandbox, tmp_path: Path, fails: bool):
    prod = used
    run("plan", "--db-path", "b.db", "--out", "plan.json")
    ran = [run("apply", "plan.json", "--json", "--debug")]
    assert ran[-1].code in {0, 3}, ran[-1].out
    (plan,) = prod.looker.call("GET", "/scheduled_plans", {"all_users": True})[1]
    change = {"name": "Changed", "scheduled_plan_destination": destinations(HOOKS[1])}
    assert prod.looker.call("PATCH", f"/scheduled_plans/{plan['id']}", None, change)[0] == 200
    prod.faults.ignore_fields = {"scheduled_plan": ["scheduled_plan_destination"]}
    ran += [run("plan", "--db-path", "b.db", "--out", "plan.json", *ALLOW, "-v")]
    for form in ("text", "markdown", "html", "json", "terraform-json", "gitlab"):
        ran += [run("show", "plan.json", "--format", form)]
    if fails:
        late = {**change, "name": "Changed again"}
        assert prod.looker.call("PATCH", f"/scheduled_plans/{plan['id']}", None, late)[0] == 200
    ran += [run("apply", "plan.json", "--json", "--debug", "--report", "json=report.json")]
    assert ran[-1].code == (4 if fails else 0), ran[-1].out + ran[-1].err
    check(ran, tmp_path)
