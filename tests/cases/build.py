"""Turn a case into a backup and a destination; needs the standard library and msgspec only.

In a test: `make` the destination's calls, `write_backup` what `fill` gives, go through `steps`.
By hand, against a running instance, which gets the calls; what to run then is printed:

    python build.py CASE.json FOLDER --url URL --client-id ID --client-secret SECRET

README.md describes the format.
"""

import argparse
import base64
import itertools
import json
import re
import shlex
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import msgspec

Json = Any
#: method, path with its query, body -> the reply; raises for anything but success
Call = Callable[[str, str, Json], Json]

TYPES = (
    *("dashboard", "look", "lookml_model", "explore", "folder", "board", "user", "group", "role"),
    *("permission_set", "model_set", "scheduled_plan"),
)
COLUMNS = (
    *("id", "content_type", "name", "owner_id", "owner_email", "created_at", "updated_at"),
    *("synced_at", "deleted_at", "content_size", "content_data", "folder_id"),
)
WRITTEN_AT = "2026-11-01T00:00:00+00:00"
#: what the product reads of LookerVault's schema 4, without its NOT NULLs, so that odd rows fit in
SCHEMA = f"""
    CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TEXT, description TEXT);
    INSERT INTO schema_version VALUES (4, '{WRITTEN_AT}', '');
    CREATE TABLE content_items ({", ".join(COLUMNS)}, PRIMARY KEY (id, content_type));
"""
#: only our own backups have it
INFO = "CREATE TABLE backup_info (key TEXT PRIMARY KEY, value TEXT)"
PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")


def steps(case: Mapping[str, Json]) -> list[dict[str, Json]]:
    """What is done one after the other: the case's `steps`, or its one command."""
    return case.get("steps") or [{"command": case["command"], "expect": case["expect"]}]


def make(calls: Iterable[Mapping[str, Json]], call: Call, names: dict[str, Json]) -> None:
    """Make the calls in order; a reply that has a name (`as`) joins the names."""
    for one in calls:
        wanted = fill(dict(one), names)
        reply = call(wanted["method"], wanted["path"], wanted.get("body"))
        if "as" in wanted:
            names[wanted["as"]] = reply


def fill(value: Json, names: Mapping[str, Json]) -> Json:
    """Put values in place of `${name.key.0}`: as they are, or as text inside a longer text."""
    if isinstance(value, str):
        if whole := PLACEHOLDER.fullmatch(value):
            return look_up(whole[1], names)
        return PLACEHOLDER.sub(lambda found: str(look_up(found[1], names)), value)
    if isinstance(value, list):
        return [fill(each, names) for each in value]
    if isinstance(value, dict):
        return {fill(key, names): fill(each, names) for key, each in value.items()}
    return value


def look_up(path: str, names: Mapping[str, Json]) -> Json:
    """What a dotted path leads to; a whole number is a place in a list."""
    found: Json = names
    for key in path.split("."):
        found = found[int(key)] if isinstance(found, list) else found[key]
    return found


def write_backup(backup: Mapping[str, Json], path: Path) -> None:
    """A SQLite backup, a row for each item."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    _ = connection.executescript(SCHEMA)
    if backup["dialect"] == "ours":
        origin = dict.fromkeys(("instance", "web_url"), backup["source_instance"])
        facts = {**origin, "looker_version": backup["looker_version"], "written_at": WRITTEN_AT}
        _ = connection.execute(INFO)
        _ = connection.executemany("INSERT INTO backup_info VALUES (?, ?)", facts.items())
    insert = f"INSERT INTO content_items VALUES ({', '.join(f':{name}' for name in COLUMNS)})"
    _ = connection.executemany(insert, map(row_of, backup["items"]))
    connection.commit()
    connection.close()


def row_of(item: Mapping[str, Json]) -> dict[str, Any]:
    """An item's columns: from its blob, less what the item's own `row` says otherwise."""
    blob: Mapping[str, Json] = item.get("blob", {})
    row: dict[str, Any] = dict.fromkeys(COLUMNS) | {
        "id": item.get("id"),
        "content_type": 1 + TYPES.index(item["type"]),
        "name": str(blob.get("title") or blob.get("name") or f"Untitled {item.get('id')}"),
        "created_at": blob.get("created_at") or WRITTEN_AT,
        "updated_at": blob.get("updated_at") or WRITTEN_AT,
        "synced_at": WRITTEN_AT,
        "content_data": msgspec.msgpack.encode(blob),
        "folder_id": blob.get("folder_id"),
    }
    for column, value in item.get("row", {}).items():
        row[column] = base64.b64decode(value["base64"]) if isinstance(value, dict) else value
    return row | {"content_size": len(row["content_data"] or b"")}


def over_http(url: str, client_id: str, client_secret: str) -> Call:
    """Calls to the instance at that address."""
    key = urlencode({"client_id": client_id, "client_secret": client_secret}).encode()
    with urlopen(f"{url}/api/4.0/login", data=key) as reply:
        token = json.loads(reply.read())["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(method: str, path: str, body: Json) -> Json:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{url}/api/4.0{path}", method=method, data=data, headers=headers)
        with urlopen(request) as reply:
            return json.loads(reply.read() or b"null")

    return call


def main() -> None:
    """Build a case by hand, and print what to run until it makes or takes something else."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("case", "folder", "--url", "--client-id", "--client-secret"):
        _ = parser.add_argument(name)
    given = parser.parse_args()
    case: Json = json.loads(Path(given.case).read_text("utf-8"))
    folder, names = Path(given.folder), {"url": given.url}
    call = over_http(given.url, given.client_id, given.client_secret)
    make(case["destination"]["calls"], call, names)
    write_backup(fill(case["backup"], names), folder / "backup.db")
    for name, text in fill(case.get("files", {}), names).items():
        _ = (folder / name).write_text(text, "utf-8")
    more = {"calls", "backup"}
    for step in itertools.takewhile(lambda step: not more & step.keys(), steps(case)):
        print(shlex.join(["lookervault-plan", *fill(step["command"], names)]))


if __name__ == "__main__":
    main()
