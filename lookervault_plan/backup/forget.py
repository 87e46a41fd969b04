"""Drop snapshots from a backup, and the versions that no other snapshot holds."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import msgspec

from lookervault_plan.backup.snapshot_rows import read_snapshots
from lookervault_plan.backup.snapshots import SnapshotId, check_readable
from lookervault_plan.backup.writable_file import WriteLock, connect, write_failure

#: A version that begins or ends at a dropped snapshot does so at the next one that is kept.
_MOVE = """
    UPDATE content_history SET
        from_snapshot = (SELECT min(id) FROM snapshots WHERE id >= from_snapshot),
        to_snapshot = (SELECT min(id) FROM snapshots WHERE id >= to_snapshot)
    WHERE content_type = ?1 AND source_id = ?2 AND from_snapshot = ?3
"""
_EMPTY = """
    DELETE FROM content_history
    WHERE NOT EXISTS (SELECT 1 FROM snapshots WHERE id >= from_snapshot
                      AND (to_snapshot IS NULL OR id < to_snapshot))
"""
_MOVED = """
    SELECT content_type, source_id, from_snapshot FROM content_history
    WHERE from_snapshot NOT IN (SELECT id FROM snapshots)
       OR (to_snapshot IS NOT NULL AND to_snapshot NOT IN (SELECT id FROM snapshots))
    ORDER BY from_snapshot
"""
_ORPHANS = "DELETE FROM content_blobs WHERE digest NOT IN (SELECT digest FROM content_history)"


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """What `forget` has dropped."""

    versions: int = 0
    #: Bytes that the file has become smaller by.
    freed_bytes: int = 0


def forget(path: Path, dropped: Collection[SnapshotId]) -> Forgotten:
    """Drop these snapshots in one transaction, then shrink the file.

    Raises PlanError if the file can't be written; nothing is dropped then.
    """
    before = path.stat().st_size
    with closing(WriteLock(path)), closing(connect(path)) as connection:
        try:
            versions = _drop(connection, path.name, dropped)
            _ = connection.execute("VACUUM")
            _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            _ = connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        except sqlite3.Error as error:
            if connection.in_transaction:
                _ = connection.execute("ROLLBACK")
            raise write_failure(path, error) from error
    return Forgotten(versions=versions, freed_bytes=max(before - path.stat().st_size, 0))


def _drop(connection: sqlite3.Connection, name: str, dropped: Collection[SnapshotId]) -> int:
    _ = connection.execute("BEGIN IMMEDIATE")
    for each in read_snapshots(connection):
        check_readable(each, name=name)
    before = _count(connection)
    _ = connection.executemany("DELETE FROM snapshots WHERE id = ?", [(id_,) for id_ in dropped])
    _ = connection.execute(_EMPTY)
    moved = connection.execute(_MOVED).fetchall()
    _ = connection.executemany(_MOVE, moved)
    _ = connection.execute(_ORPHANS)
    after = _count(connection)
    _ = connection.execute("COMMIT")
    return before - after


def _count(connection: sqlite3.Connection) -> int:
    rows = connection.execute("SELECT count(*) FROM content_history")
    ((number,),) = cast("Iterator[tuple[int]]", rows)
    return number
