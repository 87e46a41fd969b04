"""Write the history of a backup: one snapshot per run, and a version of an item when it changes.

A version that is open (`to_snapshot` is null) belongs to the latest snapshot. After each
transaction, the open versions are the items of `content_items`.
"""

import sqlite3
from collections.abc import Container, Iterator, Mapping
from typing import cast

import msgspec

from lookervault_plan.backup.blob_codec import digest
from lookervault_plan.backup.blob_store import LOOKERVAULTS, OURS, pack
from lookervault_plan.backup.file_format import BackupInfo
from lookervault_plan.backup.item_rows import ItemIndex, ItemKey, index_items
from lookervault_plan.backup.snapshot_rows import (
    current_digests,
    differences,
    lookervault_has_run,
    read_snapshots,
    snapshot_from_elsewhere,
    snapshot_of_file,
)
from lookervault_plan.backup.snapshots import (
    Coverage,
    Snapshot,
    SnapshotId,
    check_readable,
)
from lookervault_plan.backup.stored_times import in_seconds, instant
from lookervault_plan.content.table.kinds import CODES

_INSERT = """
    INSERT INTO snapshots (taken_at, instance, looker_version, items, calls, complete, origin,
                           session, coverage, format_version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_OPEN = """
    SELECT digest, from_snapshot FROM content_history
    WHERE content_type = ? AND source_id = ? AND to_snapshot IS NULL
"""
_BLOB = "SELECT CAST(content_data AS BLOB) FROM content_items WHERE rowid = ?"


class HistoryWriter:
    """Writes the history through the connection of a `BackupWriter`, inside its transactions."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        """`name` names the backup in errors."""
        self._connection = connection
        self._name = name
        self.snapshot: SnapshotId = SnapshotId(0)

    def begin(self, *, session: str, started_at: str, info: BackupInfo) -> None:
        """Start a snapshot for a run.

        Before it, take over what the file holds and the history lacks: all items of a file without
        a history, or what another program has written since the last snapshot.
        """
        _ = self._take_over(info)
        self._start(session, started_at, info)

    def resume(self, *, session: str, started_at: str, info: BackupInfo) -> None:
        """Go on with the snapshot of a run, or start another if a later one exists."""
        changed = self._take_over(info)
        found = _rows(
            self._connection.execute(
                "SELECT id, coverage FROM snapshots WHERE session = ? ORDER BY id DESC LIMIT 1",
                (session,),
            )
        )
        if found and not changed:
            self.snapshot = SnapshotId(cast("int", found[0][0]))
            return
        self._start(session, started_at, info)
        if found:
            self._set("coverage = ?", found[0][1])

    def _start(self, session: str, started_at: str, info: BackupInfo) -> None:
        new = Snapshot(
            id=SnapshotId(0),
            taken_at=in_seconds(instant(started_at)),
            instance=info.instance,
            looker_version=info.looker_version,
            complete=False,
        )
        self._insert(new, session)

    def put(self, type_: str, id_: str, data: bytes, *, codec: str = OURS) -> None:
        """Store a version of an item, unless it is the one that the latest snapshot has."""
        key, hash_ = (CODES[type_], id_), digest(data)
        known = self._open_version(key)
        if known and known[0] == hash_:
            return
        execute = self._connection.execute
        _ = execute(
            "INSERT OR IGNORE INTO content_blobs (digest, codec, data) VALUES (?, ?, ?)",
            (hash_, codec, pack(data)),
        )
        if known:
            self._close(key, known[1])
        _ = execute(
            "INSERT INTO content_history VALUES (?, ?, ?, ?, NULL)", (*key, hash_, self.snapshot)
        )

    def remove(self, type_: str, id_: str) -> None:
        """End the version of an item that the snapshot lacks."""
        key = (CODES[type_], id_)
        if known := self._open_version(key):
            self._close(key, known[1])

    def keep_only(self, type_: str, ids: Container[str]) -> None:
        """End the versions of all other items of a type."""
        sql = "SELECT source_id FROM content_history WHERE content_type = ? AND to_snapshot IS NULL"
        for (found,) in _rows(self._connection.execute(sql, (CODES[type_],))):
            if (id_ := cast("str", found)) not in ids:
                self.remove(type_, id_)

    def cover(self, type_: str, how: Coverage) -> None:
        """Record that the snapshot has read the whole list of a type, or a part of it."""
        self._set("coverage = json_set(coverage, ?, ?)", f'$."{type_}"', how)

    def add_calls(self, calls: int) -> None:
        """Add the requests that a run has made for the snapshot."""
        self._set("calls = calls + ?", calls)

    def finish(self, *, is_complete: bool) -> None:
        """Count the items, and record whether the run has reached its end."""
        self._set(
            "complete = ?, items = (SELECT count(*) FROM content_history"
            " WHERE to_snapshot IS NULL)",
            int(is_complete),
        )

    def _open_version(self, key: tuple[int, str]) -> tuple[str, int] | None:
        found = _rows(self._connection.execute(_OPEN, key))
        return cast("tuple[str, int]", found[0]) if found else None

    def _close(self, key: tuple[int, str], from_snapshot: int) -> None:
        """End a version before this snapshot. One that the snapshot itself began is dropped."""
        if from_snapshot == self.snapshot:
            sql = (
                "DELETE FROM content_history"
                " WHERE content_type = ? AND source_id = ? AND from_snapshot = ?"
            )
            _ = self._connection.execute(sql, (*key, from_snapshot))
            return
        _ = self._connection.execute(
            "UPDATE content_history SET to_snapshot = ?"
            " WHERE content_type = ? AND source_id = ? AND from_snapshot = ?",
            (self.snapshot, *key, from_snapshot),
        )

    def _set(self, columns: str, *values: object) -> None:
        _ = self._connection.execute(
            f"UPDATE snapshots SET {columns} WHERE id = ?",  # noqa: S608 — no user's text
            (*values, self.snapshot),
        )

    def _take_over(self, info: BackupInfo) -> bool:
        """Record what the file holds and the history lacks. Return whether it lacked anything."""
        items = index_items(self._connection, nulls_are_real=True)
        recorded = read_snapshots(self._connection)
        for each in recorded:
            check_readable(each, name=self._name)
        if not recorded:
            first = snapshot_of_file(
                items,
                instance=info.instance,
                looker_version=info.looker_version,
                is_complete=self._is_last_run_complete(),
            )
            if first is None:
                return False
            self._insert(first)
            self._put_rows(items, items.by_key, OURS)
            return True
        found = differences(items, current_digests(self._connection))
        if not found.all:
            return False
        codec = LOOKERVAULTS if lookervault_has_run(self._connection) else OURS
        self._insert(snapshot_from_elsewhere(items, found, recorded[-1]))
        self._put_rows(items, dict.fromkeys(sorted(found.newer)), codec)
        for type_, id_ in sorted(found.gone):
            self.remove(type_, id_)
        return True

    def _put_rows(self, items: ItemIndex, keys: Mapping[ItemKey, object], codec: str) -> None:
        for key in keys:
            row = items.by_key[key]
            ((data,),) = _rows(self._connection.execute(_BLOB, (row.row_number,)))
            self.put(row.type, row.id, cast("bytes | None", data) or b"", codec=codec)

    def _insert(self, new: Snapshot, session: str | None = None) -> None:
        values = (
            new.taken_at,
            new.instance,
            new.looker_version,
            new.items,
            new.calls,
            int(new.complete),
            new.origin,
            session,
            msgspec.json.encode(new.coverage).decode(),
            new.format_version,
        )
        row = self._connection.execute(_INSERT, values).lastrowid
        assert row is not None
        self.snapshot = SnapshotId(row)

    def _is_last_run_complete(self) -> bool:
        found = _rows(
            self._connection.execute(
                "SELECT status FROM extraction_sessions"
                " ORDER BY started_at DESC, rowid DESC LIMIT 1"
            )
        )
        return not found or found[0][0] == "completed"


def _rows(cursor: sqlite3.Cursor) -> list[tuple[object, ...]]:
    return list(cast("Iterator[tuple[object, ...]]", cursor))
