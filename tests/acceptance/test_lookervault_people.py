"""A backup as LookerVault makes it, with every type it knows: people and what they may do too.

It holds members and assignments at their other end (looker-api.md 4.6): users name their groups
and roles.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance import relations
from tests.acceptance.command_line import Workdir
from tests.acceptance.conftest import Serve
from tests.acceptance.whole import make_company

#: LookerVault's number of a type -> what it reads (looker-api.md 4.6)
READS: Mapping[int, tuple[str, dict[str, Any]]] = {
    1: ("/dashboards/search", {}),
    2: ("/looks/search", {}),
    3: ("/lookml_models", {}),
    5: ("/folders", {}),
    6: ("/boards", {}),
    7: ("/users", {}),
    8: ("/groups", {}),
    9: ("/roles/search", {}),
    10: ("/permission_sets", {}),
    11: ("/model_sets", {}),
    12: ("/scheduled_plans", {"all_users": True}),
}
NOW = "2026-11-01T00:00:00+00:00"
ALLOW = (
    *("--allow", "users-across", "--allow", "lockout", "--allow", "updates-share"),
    *("--allow", "access-widened"),
)


def lookervault(sandbox: Sandbox, path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        _ = connection.execute("CREATE TABLE schema_version (version INTEGER PRIMARY KEY)")
        _ = connection.execute("INSERT INTO schema_version VALUES (4)")
        _ = connection.execute(
            "CREATE TABLE content_items (id TEXT NOT NULL, content_type INTEGER NOT NULL,"
            " name TEXT NOT NULL, owner_id INTEGER, owner_email TEXT, created_at TEXT NOT NULL,"
            " updated_at TEXT NOT NULL, synced_at TEXT NOT NULL, deleted_at TEXT,"
            " content_size INTEGER NOT NULL, content_data BLOB NOT NULL, folder_id TEXT,"
            " PRIMARY KEY (id, content_type))"
        )
        for type_, (where, query) in READS.items():
            status, rows = sandbox.looker.call("GET", where, query or None)
            assert status == 200
            for row in msgspec.json.decode(msgspec.json.encode(rows)):
                blob = msgspec.msgpack.encode(stored(row))
                id_ = str(row.get("id") or row["name"])
                name = str(row.get("title") or row.get("name") or id_)
                _ = connection.execute(
                    "INSERT INTO content_items (id, content_type, name, created_at, updated_at,"
                    " synced_at, content_size, content_data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (id_, type_, name, NOW, NOW, NOW, len(blob), blob),
                )
    return path


def stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing that is null at the top, times as times (looker-api.md 4.5)."""
    return {
        key: datetime.fromisoformat(value) if is_time(key, value) else value
        for key, value in row.items()
        if value is not None
    }


def is_time(key: str, value: Any) -> bool:
    return key in ("created_at", "updated_at") and isinstance(value, str) and "T" in value


@pytest.fixture
def source(serve: Serve) -> Sandbox:
    sandbox = serve(7)
    make_company(sandbox.looker, 50)
    return sandbox


def test_nothing_is_to_be_done_where_it_is_from(workdir: Workdir, source: Sandbox):
    backup = lookervault(source, workdir.path / "lookervault.db")

    assert workdir.plan(source, backup).counts == {}


def test_people_come_back_elsewhere_with_all_that_the_file_tells(
    workdir: Workdir, serve: Serve, source: Sandbox
):
    destination = serve(8)
    backup = lookervault(source, workdir.path / "lookervault.db")
    # The bodies of most looks' queries are in no such file: they, and what needs them, are blocked.
    planned = workdir.plan(destination, backup, *ALLOW)
    workdir.apply(destination, planned, code=3)

    told = [relations.read(each.looker.call) for each in (source, destination)]
    for key in ("user ", "permission set ", "model set ", "model "):
        mine, theirs = ({k: v for k, v in one.items() if k.startswith(key)} for one in told)
        assert relations.differences(mine, theirs) == [], key
    groups = [({k: v for k, v in one.items() if k.startswith("group ")}) for one in told]
    for key, group in groups[0].items():
        made = groups[1][key]
        # Groups in groups are in no such file.
        assert {**made, "groups": None} == {**group, "groups": None}, key
    for key, role in ((k, v) for k, v in told[0].items() if k.startswith("role ")):
        made = told[1][key]
        assert (made["permission_set"], made["model_set"]) == (
            role["permission_set"],
            role["model_set"],
        )
        # Users name their roles, those of their groups among them: none is lost.
        assert {*role["users"]} <= {*made["users"]}
    blocked = workdir.plan(destination, backup, *ALLOW).counts
    assert blocked.keys() <= {"blocked"}
    assert blocked.get("blocked") == planned.counts.get("blocked")


def test_what_is_told_at_the_other_end_only_adds(workdir: Workdir, source: Sandbox):
    backup = lookervault(source, workdir.path / "lookervault.db")
    call = source.looker.call
    groups = [row for row in call("GET", "/groups")[1] if row["name"].endswith(" team")]
    members = {row["id"]: call("GET", f"/groups/{row['id']}/users")[1] for row in groups}
    group = next(row["id"] for row in groups if members[row["id"]])
    gone = members[group][0]["id"]
    held = {user["id"] for user in members[group]}
    users = [row for row in call("GET", "/users")[1] if row["email"]]
    more = next(row["id"] for row in users if row["id"] not in held)
    assert call("DELETE", f"/groups/{group}/users/{gone}")[0] < 300
    assert call("POST", f"/groups/{group}/users", None, {"user_id": more})[0] < 300
    source.requests.clear()

    _ = workdir.restore(source, backup, *ALLOW)

    writes = {(one.method, one.path) for one in source.writes()}
    assert ("POST", f"/groups/{group}/users") in writes
    assert not [path for method, path in writes if method == "DELETE"]
    after = {user["id"] for user in call("GET", f"/groups/{group}/users")[1]}
    assert after == {*held, more}
    assert workdir.plan(source, backup, *ALLOW).counts == {}
