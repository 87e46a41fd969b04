"""Backups to read: recorded ones, and small ones made row by row."""

import gzip
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

FIXTURES = Path(__file__).parent.parent / "fixtures"

V4 = """
CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL, description TEXT);
INSERT INTO schema_version VALUES (3, '', ''), (4, '', '');
CREATE TABLE content_items (
    id TEXT NOT NULL, content_type INTEGER NOT NULL, name TEXT NOT NULL, owner_id INTEGER,
    owner_email TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, synced_at TEXT NOT NULL,
    deleted_at TEXT DEFAULT NULL, content_size INTEGER NOT NULL, content_data BLOB NOT NULL,
    folder_id TEXT DEFAULT NULL, PRIMARY KEY (id, content_type));
"""

Line = tuple[str, int, str, str | None, bytes]


def a_row(
    id_: str = "12",
    type_: int = 1,
    *,
    synced_at: str = "2025-03-01T10:00:00+00:00",
    deleted_at: str | None = None,
    item: object = None,
    data: bytes | None = None,
) -> Line:
    """A row of content_items; `data` wins over `item`, which is `{"id": …}` by default."""
    if data is None:
        data = msgspec.msgpack.encode({"id": id_.rpartition("::")[2]} if item is None else item)
    return id_, type_, synced_at, deleted_at, data


def insert(connection: sqlite3.Connection, rows: Iterable[Line]) -> None:
    connection.executemany(
        "INSERT INTO content_items (id, content_type, name, created_at, updated_at, synced_at,"
        " deleted_at, content_size, content_data) VALUES (?1, ?2, 'a name', '', '', ?3, ?4, 0, ?5)",
        rows,
    )
    connection.commit()


def write_backup(path: Path, rows: Iterable[Line]) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(V4)
        insert(connection, rows)
    return path


def loose_backup(folder: Path, *rows: tuple[object, ...]) -> Path:
    """Write a backup whose columns take any value: id, type, name, three times, deleted, blob."""
    path = folder / "loose.db"
    columns = "id, content_type, name, created_at, updated_at, synced_at, deleted_at, content_data"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            f"CREATE TABLE content_items ({columns}, PRIMARY KEY (id, content_type))"
        )
        connection.executemany("INSERT INTO content_items VALUES (?,?,?,?,?,?,?,?)", rows)
        connection.commit()
    return path


@pytest.fixture
def make_backup(tmp_path: Path) -> Callable[..., Path]:
    def make(*rows: Line, name: str = "backup.db") -> Path:
        return write_backup(tmp_path / name, rows)

    return make


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[[str], Path]:
    """A recorded backup, unpacked."""

    def unpack(name: str) -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.decompress((FIXTURES / f"{name}.gz").read_bytes()))
        return path

    return unpack
