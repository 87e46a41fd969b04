"""Index the rows of a backup: which item each one holds, and the digest of its blob."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import cast

import msgspec
from msgspec import UNSET

from lookervault_plan.backup import blob_codec
from lookervault_plan.backup.blob_store import nulls_are_real, unpack
from lookervault_plan.backup.file_format import UNKNOWN_ID
from lookervault_plan.backup.snapshots import SnapshotId
from lookervault_plan.backup.stored_times import instant, moment
from lookervault_plan.content.node import SourceId
from lookervault_plan.content.table.kinds import BY_CODE, CODES

#: Content type and id of an item.
ItemKey = tuple[str, str]

#: `rowid` finds a row again, whatever its id is.
_ITEMS = """
    SELECT rowid, id, content_type, name, created_at, updated_at, synced_at,
           CAST(content_data AS BLOB)
    FROM content_items WHERE deleted_at IS NULL
"""
#: The versions of one snapshot, with their blobs.
_VERSIONS = """
    SELECT blob.rowid, history.source_id, history.content_type, history.digest, blob.codec,
           blob.data
    FROM content_history AS history LEFT JOIN content_blobs AS blob USING (digest)
    WHERE from_snapshot <= ?1 AND (to_snapshot IS NULL OR to_snapshot > ?1)
"""
#: The same of one item.
_VERSION = _VERSIONS + " AND content_type = ?2 AND source_id = ?3"


class ItemRow(msgspec.Struct, frozen=True, gc=False):
    """An item of the backup without its blob.

    `id` is Looker's id, `row_id` the primary key in the file (`dashboard::12` or `12`). `digest`
    is the sha256 of the blob's bytes. Times are as stored: the time of the backup if Looker gave
    none. `synced_at` may be naive local time; "" if the row has no time of a backup there.
    """

    type: str
    id: SourceId
    name: str
    digest: str
    created_at: str
    updated_at: str
    synced_at: str
    row_id: str
    #: SQLite's number of the row, in `content_items` or in `content_blobs`.
    row_number: int
    #: Why the row and its blob don't belong together. Empty: they do.
    problem: str = ""
    #: True: the blob is one of `content_blobs`.
    is_packed: bool = False
    #: False: LookerVault wrote the blob, so that a null may mean "not returned".
    nulls_are_real: bool = True
    #: False: not even the id can be decoded.
    is_readable: bool = True

    @property
    def key(self) -> ItemKey:
        return self.type, self.id


#: rowid, id, content_type, name, created_at, updated_at, synced_at, blob
_Item = tuple[int, object, object, object, object, object, object, bytes | None]
#: rowid, source_id, content_type, digest, codec, blob
_Version = tuple[int | None, object, object, object, object, object]


class ItemIndex(msgspec.Struct, frozen=True):
    """The rows that count, in order of type and id."""

    rows: tuple[ItemRow, ...]
    by_key: Mapping[ItemKey, ItemRow]
    #: Number of a content type that this program does not know -> number of its rows.
    unknown: Mapping[object, int] = {}


def index_of(rows: Mapping[ItemKey, ItemRow], unknown: Mapping[object, int]) -> ItemIndex:
    ordered = sorted(rows.values(), key=lambda row: (CODES[row.type], row.id))
    return ItemIndex(tuple(ordered), {row.key: row for row in ordered}, unknown)


def index_items(connection: sqlite3.Connection, *, nulls_are_real: bool) -> ItemIndex:
    """Read the blobs of `content_items` once, for their digests and Looker's ids.

    If rows share type and id, the newest counts. Soft-deleted rows are left out.
    """
    newest: dict[ItemKey, ItemRow] = {}
    unknown: Counter[object] = Counter()
    for found in cast("Iterator[_Item]", connection.execute(_ITEMS)):
        number, row = _row(found, nulls_are_real=nulls_are_real)
        if row is None:
            unknown[number] += 1
        elif row.key not in newest or _age(row) > _age(newest[row.key]):
            newest[row.key] = row
    return index_of(newest, unknown)


def index_snapshot(
    connection: sqlite3.Connection, snapshot: SnapshotId, *, taken_at: str
) -> ItemIndex:
    """Read the blobs of one snapshot once, and check that they are what was stored.

    A missing or damaged blob makes a row with a `problem`.
    """
    rows: dict[ItemKey, ItemRow] = {}
    unknown: Counter[object] = Counter()
    for found in cast("Iterator[_Version]", connection.execute(_VERSIONS, (snapshot,))):
        row = _packed_row(found, taken_at)
        if row is None:
            unknown[found[2]] += 1
        else:
            rows[row.key] = row
    return index_of(rows, unknown)


def find_version(
    connection: sqlite3.Connection, snapshot: SnapshotId, key: ItemKey, *, taken_at: str
) -> ItemRow | None:
    """Read the version of one item in a snapshot; None if the snapshot lacks it."""
    type_, id_ = key
    values = (snapshot, CODES[type_], id_)
    found = cast("_Version | None", connection.execute(_VERSION, values).fetchone())
    return _packed_row(found, taken_at) if found else None


def _packed_row(found: _Version, taken_at: str) -> ItemRow | None:
    """Return the row of a version; None if its content type is unknown."""
    row_number, source_id, number, digest, codec, data = found
    type_ = BY_CODE.get(number) if isinstance(number, int) else None
    if type_ is None:
        return None
    blob = unpack(codec, data, as_text(digest))
    is_whole = isinstance(blob, bytes)
    return ItemRow(
        type=type_,
        id=SourceId(as_text(source_id)),
        name="",
        # A plan made from the whole blob must not be applied with a damaged one.
        digest=as_text(digest) if is_whole else f"damaged {as_text(digest)}",
        created_at="",
        updated_at="",
        synced_at=taken_at,
        row_id=as_text(source_id),
        row_number=row_number or 0,
        problem="" if isinstance(blob, bytes) else blob,
        is_packed=True,
        nulls_are_real=nulls_are_real(codec),
        is_readable=is_whole,
    )


def _row(found: _Item, *, nulls_are_real: bool) -> tuple[object, ItemRow | None]:
    """Return the content type's number of a row, and the row; None if the type is unknown."""
    row_number, row_key, number, name, created_at, updated_at, synced_at, data = found
    type_ = BY_CODE.get(number) if isinstance(number, int) else None
    if type_ is None:
        return number, None
    data = data or b""
    digest = blob_codec.digest(data)
    row_id = as_text(row_key)
    blob_id = blob_codec.id_of(type_, data)
    id_, problem = _identify(type_, row_id, blob_id)
    return number, ItemRow(
        type=type_,
        id=SourceId(id_ or f"{UNKNOWN_ID}-{digest[:8]}"),
        name=as_text(name),
        digest=digest,
        created_at=as_text(created_at),
        updated_at=as_text(updated_at),
        synced_at=text if moment(text := as_text(synced_at)) else "",
        row_id=row_id,
        row_number=row_number,
        problem=problem,
        nulls_are_real=nulls_are_real,
        is_readable=blob_id is not UNSET,
    )


def _identify(type_: str, row_id: str, blob_id: object) -> tuple[str, str]:
    """Return Looker's id of an item, "" if neither row nor blob has one, and what is wrong with it.

    LookerVault's sequential path stores `dashboard::12` as the row's id, its parallel path
    `12`; one file may hold both. Only the prefix of the row's own type is removed: `model::name`
    is Looker's id of a LookML dashboard.
    """
    of_row = row_id.removeprefix(f"{type_}::")
    if blob_id is UNSET:
        return of_row, ""
    of_blob = as_text(blob_id) if type(blob_id) in {str, int} else ""
    if of_row in {"", UNKNOWN_ID}:
        return (of_blob, "") if of_blob else (of_row, "the item has no id")
    if not of_blob:
        return of_row, "the item has no id" if blob_id in (None, "") else "the item's id is no text"
    if of_blob in {row_id, of_row}:
        return of_blob, ""
    return of_row, f"the row has the id {of_row}, the item in it {of_blob}"


def as_text(value: object) -> str:
    """Return a column as text: "" if it holds none."""
    match value:
        case str():
            return value
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case int() | float():
            return str(value)
        case _:
            return ""


def _age(row: ItemRow) -> tuple[bool, datetime, str, str]:
    """Return a sort key by age. Digest and key break ties, always in the same way.

    A row that does not belong to its blob counts only if no other row has its id.
    """
    return not row.problem, instant(row.synced_at), row.digest, row.row_id
