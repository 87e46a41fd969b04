"""Check a backup: recompute each digest, and look up whatever its tables refer to."""

import sqlite3
from collections.abc import Iterator
from typing import cast

from lookervault_plan.backup import blob_codec
from lookervault_plan.backup.blob_codec import CorruptBlob
from lookervault_plan.backup.blob_store import nulls_are_real, unpack
from lookervault_plan.backup.item_rows import as_text, index_items
from lookervault_plan.backup.readonly_database import ReadOnlyDatabase, tables
from lookervault_plan.backup.snapshot_rows import (
    current_digests,
    differences,
    lookervault_has_run,
)
from lookervault_plan.content.node import Ref
from lookervault_plan.content.table.kinds import BY_CODE
from lookervault_plan.errors import Diagnostic

_BLOBS = "SELECT digest, codec, data FROM content_blobs"
_USES = "SELECT content_type, source_id, from_snapshot, to_snapshot, digest FROM content_history"
_ITEMS = """
    SELECT content_type, id, CAST(content_data AS BLOB) FROM content_items WHERE deleted_at IS NULL
"""
_Blob = tuple[object, object, object]
_Use = tuple[int, object, int, int | None, object]
_Item = tuple[object, object, bytes | None]


def verify(database: ReadOnlyDatabase) -> Iterator[Diagnostic]:
    """Yield an error for each damaged item, version or table. None: the file is whole."""
    connection = database.connection
    try:
        yield from _damaged_pages(connection)
        yield from _damaged_items(connection)
        if "content_history" in tables(database):
            yield from _changed_items(connection)
            yield from _damaged_versions(connection)
    except sqlite3.Error as error:
        yield _error("verify.file", f"{database.path.name} can't be read to its end: {error}")


def _damaged_pages(connection: sqlite3.Connection) -> Iterator[Diagnostic]:
    found = cast("list[tuple[str]]", connection.execute("PRAGMA integrity_check(20)").fetchall())
    for (line,) in found:
        if line != "ok":
            yield _error("verify.file", f"SQLite finds the file damaged: {line}")


def _damaged_items(connection: sqlite3.Connection) -> Iterator[Diagnostic]:
    for number, id_, data in cast("Iterator[_Item]", connection.execute(_ITEMS)):
        type_ = BY_CODE.get(number) if isinstance(number, int) else None
        if type_ is None:
            continue
        found = blob_codec.decode(data or b"", nulls_are_real=True)
        if isinstance(found, CorruptBlob):
            yield _error(
                "verify.item",
                f"the latest content of {type_} {as_text(id_)} is damaged: {found.reason}",
                address=_address(type_, as_text(id_)),
            )


def _changed_items(connection: sqlite3.Connection) -> Iterator[Diagnostic]:
    """Yield items that differ from the latest snapshot, unless LookerVault has written them."""
    if lookervault_has_run(connection):
        return
    items = index_items(connection, nulls_are_real=True)
    found = differences(items, current_digests(connection))
    for type_, id_ in sorted(found.all):
        if (type_, id_) in found.gone or items.by_key[type_, id_].is_readable:
            yield _error(
                "verify.item",
                f"the latest content of {type_} {id_} is not what the latest snapshot recorded",
                address=_address(type_, id_),
            )


def _damaged_versions(connection: sqlite3.Connection) -> Iterator[Diagnostic]:
    ids = cast("Iterator[tuple[int]]", connection.execute("SELECT id FROM snapshots"))
    snapshots = {id_ for (id_,) in ids}
    wrong: dict[str, str] = {}
    known = set[str]()
    for digest, codec, data in cast("Iterator[_Blob]", connection.execute(_BLOBS)):
        text = as_text(digest)
        known.add(text)
        blob = unpack(codec, data, text)
        if isinstance(blob, bytes):
            found = blob_codec.decode(blob, nulls_are_real=nulls_are_real(codec))
            if isinstance(found, CorruptBlob):
                wrong[text] = found.reason
        else:
            wrong[text] = blob
    for number, id_, begin, end, digest in cast("Iterator[_Use]", connection.execute(_USES)):
        text, type_ = as_text(digest), BY_CODE.get(number, str(number))
        reason = wrong.get(text) if text in known else "its stored version is missing from the file"
        ends = {begin} if end is None else {begin, end}
        if not reason and not ends <= snapshots:
            reason = f"it belongs to snapshot {min(ends - snapshots)}, which the file lacks"
        if reason:
            until = "the latest" if end is None else f"before {end}"
            yield _error(
                "verify.version",
                f"{type_} {as_text(id_)} of snapshots {begin} to {until} is damaged: {reason}",
                address=_address(type_, as_text(id_)),
            )


def _address(type_: str, id_: str) -> str:
    return Ref(type_, id_).address


def _error(code: str, summary: str, *, address: str | None = None) -> Diagnostic:
    return Diagnostic(code=code, summary=summary, address=address)
