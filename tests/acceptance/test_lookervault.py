"""Backups that LookerVault wrote, restored into an empty instance, compared with what they hold.

The files are read here with sqlite3 and msgspec alone, so that the product's reader is judged too.
"""

import contextlib
import gzip
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lookervault_plan.sandbox.lookml import Lookml, Model
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance import judge
from tests.acceptance.command_line import Planned, Workdir
from tests.acceptance.companies import Maker, add_user
from tests.acceptance.conftest import Serve
from tests.acceptance.judge import Raw, Reading

FIXTURES = Path(__file__).parents[1] / "fixtures"
DASHBOARD, LOOK, MODEL, FOLDER, USER = 1, 2, 3, 5, 7


@pytest.mark.parametrize(
    "name", ["lookervault-v4-small", "lookervault-v4-one-worker", "json-blobs"]
)
def test_a_small_backup_of_lookervault(workdir: Workdir, serve: Serve, name: str):
    held = unpack(name, workdir.path)
    destination = serve(8)

    restore(workdir, held, destination)


def test_the_backup_of_300_dashboards_300_looks_and_96_folders(workdir: Workdir, serve: Serve):
    held = unpack("lookervault-v4", workdir.path)
    destination = serve(8)

    _ = restore(workdir, held, destination)

    dashboards = held.rows[DASHBOARD]
    merging = [row for row in dashboards if any(map(_merges, row["dashboard_elements"]))]
    assert (len(dashboards), len(held.rows[LOOK]), len(held.rows[FOLDER])) == (300, 300, 96)
    assert len(merging) == 125
    assert len(held.blocked) < 300  # all but the looks that no dashboard shows


def _merges(tile: Raw) -> bool:
    return bool(tile["merge_result_id"])


class Held:
    """What a file of LookerVault's holds, and what of it can't be restored elsewhere."""

    def __init__(self, path: Path) -> None:
        self.path = path
        types = (DASHBOARD, LOOK, MODEL, FOLDER, USER)
        self.rows = {type_: list(_blobs(path, type_)) for type_ in types}
        dashboards, looks, folders = self.rows[DASHBOARD], self.rows[LOOK], self.rows[FOLDER]
        self.people = [row for row in self.rows[USER] if row.get("email")]
        # Embed users are made by signing in: they and their personal folders are not there.
        known = {row["personal_folder_id"] for row in self.people}
        gone = {row["id"] for row in folders if row["is_personal"] and row["id"] not in known}
        while more := {row["id"] for row in folders if row.get("parent_id") in gone} - gone:
            gone |= more
        queries = {body["id"]: body for row in dashboards for body in _queries(row)}
        # address -> what it lacks
        self.blocked: dict[str, str] = {}
        for row in folders:
            if row["id"] in gone and not row["is_personal"]:
                self.blocked[f"folder:{row['id']}"] = row["parent_id"]
        for kind, rows in (("look", looks), ("dashboard", dashboards)):
            for row in rows:
                if row["folder_id"] in gone:
                    self.blocked[f"{kind}:{row['id']}"] = row["folder_id"]
                elif kind == "look" and row["query_id"] not in queries:
                    self.blocked[f"look:{row['id']}"] = row["query_id"]
        dashboards = [row for row in dashboards if f"dashboard:{row['id']}" not in self.blocked]
        self.lost_tiles = [
            tile
            for row in dashboards
            for tile in row["dashboard_elements"]
            if tile["merge_result_id"] or f"look:{tile['look_id']}" in self.blocked
        ]
        lost = {tile["id"] for tile in self.lost_tiles}
        owners = {row["id"] for row in self.people}
        self.reading = Reading(
            folders=[row for row in folders if row["id"] not in gone],
            users=self.people,
            dashboards=[_owned(_without(row, lost), owners) for row in dashboards],
            looks=[_owned(row, owners) for row in looks if f"look:{row['id']}" not in self.blocked],
            queries=queries,
        )


def restore(workdir: Workdir, held: Held, destination: Sandbox) -> Planned:
    """Restore, and prove that all is there that the file holds, and that the rest is named."""
    prepare(destination, held)
    planned = workdir.plan(destination, held.path)
    named(held, planned)
    destination.requests.clear()

    workdir.apply(destination, planned, code=3 if held.blocked or held.lost_tiles else 0)

    actual = judge.read(destination.looker.call)
    assert judge.differences(held.reading, actual, nulls_unknown=True) == []
    assert judge.leaks(held.reading, actual) == []
    assert [request for request in destination.requests if request.status >= 400] == []
    assert destination.looker.overlaps == []
    again = workdir.plan(destination, held.path)
    assert again.counts.keys() <= {"blocked"}
    named(held, again)
    return planned


def named(held: Held, planned: Planned) -> None:
    """What can't be restored is named one by one, with what it lacks: items, and tiles."""
    blocked = {
        address: action
        for address, action in planned.actions.items()
        if action["action"] == "blocked"
    }
    assert blocked.keys() == held.blocked.keys()
    for address, lacking in held.blocked.items():
        assert f":{lacking}" in blocked[address]["reason"]
        assert [
            told for told in planned.document["diagnostics"] if told.get("address") == address
        ], address
    parts = {
        (address, part["key"]): part
        for address, action in planned.actions.items()
        for part in action["parts"].get("elements", {}).get("blocked", ())
    }
    assert parts.keys() == {
        (f"dashboard:{tile['dashboard_id']}", tile["id"]) for tile in held.lost_tiles
    }
    for tile in held.lost_tiles:
        part = parts[f"dashboard:{tile['dashboard_id']}", tile["id"]]
        assert part["title"] == " ".join((tile["title"] or "").split())[:80]
        assert (tile["merge_result_id"] or tile["look_id"]) in part["reason"]


def prepare(destination: Sandbox, held: Held) -> None:
    """People and LookML: what no restore of content can bring."""
    maker = Maker(destination.looker.call)
    here = {user["email"] for user in maker.one("GET", "/users")}
    for user in held.people:
        if user["email"] not in here:
            add_user(destination.looker.call, user)
    links = {row["lookml_link_id"] for row in held.rows[DASHBOARD] if row.get("lookml_link_id")}
    models = [
        Model(
            name=row["name"],
            project=row["project_name"],
            connections=tuple(row["allowed_db_connection_names"] or ()),
            explores=tuple(explore["name"] for explore in row["explores"]),
            dashboards={
                name: name.title()
                for model, _, name in (link.partition("::") for link in links)
                if model == row["name"]
            },
        )
        for row in held.rows[MODEL]
    ]
    destination.looker.install_lookml(
        Lookml(
            models=tuple(models),
            projects=tuple({model.project for model in models}),
            connections=tuple({name for model in models for name in model.connections}),
        )
    )


def unpack(name: str, folder: Path) -> Held:
    """The file, less the types that are not content: groups, roles, boards, schedules …"""
    path = folder / f"{name}.db"
    path.write_bytes(gzip.decompress((FIXTURES / f"{name}.db.gz").read_bytes()))
    types = (DASHBOARD, LOOK, MODEL, FOLDER, USER)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        _ = connection.execute(f"DELETE FROM content_items WHERE content_type NOT IN {types}")
    return Held(path)


def _blobs(path: Path, type_: int) -> Iterator[Raw]:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    found = connection.execute(
        "SELECT content_data FROM content_items WHERE content_type = ? AND deleted_at IS NULL",
        (type_,),
    )
    for (blob,) in found.fetchall():
        is_json = bytes(blob).lstrip()[:1] == b"{"
        yield (msgspec.json if is_json else msgspec.msgpack).decode(blob)
    connection.close()


def _queries(dashboard: Raw) -> Iterator[Raw]:
    """The bodies that a dashboard holds: those of its tiles, and of the looks they show."""
    for tile in dashboard["dashboard_elements"]:
        bodies: list[Any] = [tile["query"], (tile["look"] or {}).get("query")]
        bodies.append((tile["result_maker"] or {}).get("query"))
        yield from (body for body in bodies if body)


def _owned(row: Raw, owners: set[str]) -> Raw:
    """An owner that is not in the destination is replaced by whoever restores."""
    return row if row["user_id"] in owners else row | {"user_id": None}


def _without(dashboard: Raw, lost: set[str]) -> Raw:
    """The dashboard less those tiles, and their places."""
    return dashboard | {
        "dashboard_elements": [
            tile for tile in dashboard["dashboard_elements"] if tile["id"] not in lost
        ],
        "dashboard_layouts": [
            layout
            | {
                "dashboard_layout_components": [
                    place
                    for place in layout["dashboard_layout_components"]
                    if place["dashboard_element_id"] not in lost
                ]
            }
            for layout in dashboard["dashboard_layouts"]
        ],
    }
