"""Read a backup: an index of its rows, and one blob at a time."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self, cast

import msgspec
from msgspec import UNSET

from lookervault_plan.backup import blob_codec
from lookervault_plan.backup.blob_codec import CorruptBlob
from lookervault_plan.backup.file_format import (
    NEWEST_SCHEMA,
    UNKNOWN_ID,
    BackupInfo,
)
from lookervault_plan.backup.readonly_database import ReadOnlyDatabase, changed, damaged, tables
from lookervault_plan.content.instance_url import origin
from lookervault_plan.content.node import SourceId
from lookervault_plan.content.partial_decode import Shape
from lookervault_plan.content.table.kinds import BY_CODE, CODES
from lookervault_plan.errors import Diagnostic, failure

__all__ = ["Backup", "BackupInfo", "CorruptBlob", "ItemRow", "open_backup"]

_NEEDED = frozenset(
    {"id", "content_type", "name", "created_at", "updated_at", "synced_at", "deleted_at"}
    | {"content_data"}
)
#: `rowid` finds a row again, whatever its id is.
_INDEX = """
    SELECT rowid, id, content_type, name, created_at, updated_at, synced_at,
           CAST(content_data AS BLOB)
    FROM content_items WHERE deleted_at IS NULL
"""
_BLOB = "SELECT CAST(content_data AS BLOB) FROM content_items WHERE rowid = ?"
_SESSION = """
    SELECT status, error_count FROM extraction_sessions ORDER BY started_at DESC, rowid DESC LIMIT 1
"""
#: Types whose `url` field holds the API's address.
_TYPES_WITH_URL = ("user", "role", "permission_set", "model_set")
_HINT_ROWS = 3
#: Years that a backup can be from.
_YEARS = range(1970, 3000)
_OTHER_FILE = "give a file written by `lookervault-plan backup` or by LookerVault with --db-path"


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
    #: SQLite's number of the row.
    row_number: int
    #: Why the row and its blob don't belong together. Empty: they do.
    problem: str = ""


#: rowid, id, content_type, name, created_at, updated_at, synced_at, blob
_Found = tuple[int, object, object, object, object, object, object, bytes | None]


class _Index(msgspec.Struct, frozen=True):
    rows: tuple[ItemRow, ...]
    by_key: Mapping[tuple[str, str], ItemRow]
    warnings: tuple[Diagnostic, ...]


def open_backup(path: Path) -> "Backup":
    """Open a backup of lookervault-plan or LookerVault, of any schema version, `.gz` included.

    Nothing is written to the file or beside it. Raises PlanError if it can't be read.
    """
    database = ReadOnlyDatabase(path)
    try:
        return Backup(database)
    except sqlite3.Error as error:
        database.close()
        raise damaged(path, error) from error
    except BaseException:
        database.close()
        raise


class Backup:
    """An open backup, for any number of threads. Use `open_backup`."""

    def __init__(self, database: ReadOnlyDatabase) -> None:
        self._database = database
        self._lock = RLock()
        self._index: _Index | None = None
        self.path = database.path
        self.name = database.path.name
        names = tables(database)
        self.schema_version = _schema_version(database, names)
        self.info = _info(database, names)
        self._session_warnings = tuple(_session_warnings(database, names))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """Warnings about the file: an unfinished run, rows of unknown types."""
        return self._session_warnings + self._indexed().warnings

    @property
    def synced_at(self) -> str | None:
        """The latest `synced_at`, ISO 8601 in UTC; naive local time is returned as it is.

        Naive times are compared as if they were UTC.
        """
        known = (row.synced_at for row in self.rows() if row.synced_at)
        latest = max(known, key=_instant, default=None)
        if latest is None or _is_naive(latest):
            return latest
        return _instant(latest).isoformat()

    @property
    def fingerprint(self) -> str:
        """Sha256 over the sorted (type, id, blob digest) of all rows, not over the file."""
        hasher = sha256()
        for each in sorted((row.type, row.id, row.digest) for row in self.rows()):
            hasher.update(msgspec.json.encode(each) + b"\n")
        return hasher.hexdigest()

    def rows(self, type_: str | None = None) -> Sequence[ItemRow]:
        """Return the rows of one type or all, each item once, in order of type and id.

        Soft-deleted rows are left out. If rows share type and id, the newest counts.
        """
        rows = self._indexed().rows
        return rows if type_ is None else [row for row in rows if row.type == type_]

    def row(self, type_: str, id_: str) -> ItemRow | None:
        return self._indexed().by_key.get((type_, id_))

    def load(self, type_: str, id_: str) -> dict[str, object] | CorruptBlob:
        """Decode an item. Raises PlanError if the backup does not hold it."""
        row = self.row(type_, id_)
        if row is None:
            raise failure(
                "backup.no-item",
                f"{self.name} holds no {type_} {id_}",
                address=f"{type_}:{id_}",
                fix="`lookervault-plan select --db-path F type:" + type_ + "` lists what it holds",
            )
        return self._load(row)

    def load_all(
        self, type_: str, shape: Shape | None = None
    ) -> Iterator[tuple[ItemRow, dict[str, object] | CorruptBlob]]:
        """Decode each item of a type, one at a time. A `shape` limits the fields decoded."""
        for row in self.rows(type_):
            yield row, self._load(row, shape)

    def instance_hints(self) -> tuple[str, ...]:
        """Return possible addresses of the source, as `scheme://host:port`, most likely first.

        A backup of lookervault-plan names its source. In one of LookerVault, `url` of users, roles
        and sets holds the API's address, and `share_url` of queries the web address: the first
        rows of each type are read.
        """
        if self.info is not None:
            urls = [self.info.instance, self.info.web_url]
        else:
            urls = [*self._api_urls(), *self._share_urls()]
        return tuple(dict.fromkeys(found for url in urls if (found := origin(url))))

    def _api_urls(self) -> Iterator[str]:
        for type_ in _TYPES_WITH_URL:
            for row in self.rows(type_)[:_HINT_ROWS]:
                item = self._load(row)
                if isinstance(item, dict) and isinstance(url := item.get("url"), str):
                    yield url

    def _share_urls(self) -> Iterator[str]:
        for row in self.rows("dashboard")[:_HINT_ROWS]:
            item = self._load(row)
            if isinstance(item, dict):
                yield from _find_all("share_url", item)

    def _load(self, row: ItemRow, shape: Shape | None = None) -> dict[str, object] | CorruptBlob:
        with self._lock:
            try:
                found = cast(
                    "tuple[bytes | None] | None",
                    self._database.connection.execute(_BLOB, (row.row_number,)).fetchone(),
                )
            except sqlite3.Error as error:
                raise damaged(self.path, error) from error
        data = (found[0] or b"") if found else b""
        if blob_codec.digest(data) != row.digest:
            raise changed(self.path)
        if row.problem:
            return CorruptBlob(row.problem, data)
        return blob_codec.decode(data, nulls_are_real=self.info is not None, shape=shape)

    def _indexed(self) -> _Index:
        with self._lock:
            if self._index is None:
                self._index = self._read_index()
            return self._index

    def _read_index(self) -> _Index:
        """Read all blobs once, for their digests and Looker's ids; decode nothing else."""
        newest: dict[tuple[int, str], ItemRow] = {}
        unknown: Counter[object] = Counter()
        try:
            cursor = self._database.connection.execute(_INDEX)
            for number, row in map(_row, cast("Iterator[_Found]", cursor)):
                if row is None:
                    unknown[number] += 1
                    continue
                key = (CODES[row.type], row.id)
                if key not in newest or _age(row) > _age(newest[key]):
                    newest[key] = row
        except sqlite3.Error as error:
            raise damaged(self.path, error) from error
        self._database.check_unchanged()
        rows = tuple(newest[key] for key in sorted(newest))
        return _Index(
            rows=rows,
            by_key={(row.type, row.id): row for row in rows},
            warnings=tuple(
                Diagnostic(
                    severity="warning",
                    code="backup.unknown-type",
                    summary=f"rows of unknown content type {number} are ignored: {count}",
                )
                for number, count in sorted(unknown.items(), key=str)
            ),
        )


def _schema_version(database: ReadOnlyDatabase, names: frozenset[str]) -> int:
    """Return the newest version in the file's table, else the one its columns have.

    A new file of LookerVault's has rows for 3 and 4, an upgraded one up to three rows.
    """
    execute = database.connection.execute
    if "content_items" not in names:
        raise failure(
            "backup.no-content",
            f"{database.path} is a SQLite database, but no backup: it has no table content_items",
            fix=_OTHER_FILE,
        )
    info = execute("PRAGMA table_info(content_items)")
    keys = {  # column name -> place in the primary key, 0 for none
        name: key
        for _, name, _, _, _, key in cast("Iterator[tuple[int, str, str, int, str, int]]", info)
    }
    if missing := _NEEDED - keys.keys():
        raise failure(
            "backup.columns",
            f"{database.path} is no backup this program knows: content_items has no "
            + ", ".join(sorted(missing)),
            fix=_OTHER_FILE,
        )
    version: object = None
    if "schema_version" in names:
        newest = execute("SELECT MAX(version) FROM schema_version")
        ((version,),) = cast("Iterator[tuple[object]]", newest)
    if not isinstance(version, int):
        version = NEWEST_SCHEMA if keys["content_type"] else 2 if "folder_id" in keys else 1
    if version > NEWEST_SCHEMA:
        raise failure(
            "backup.too-new",
            f"{database.path} has schema version {version}; "
            f"this program reads versions 1 to {NEWEST_SCHEMA}",
            fix="upgrade lookervault-plan, or make the backup with an older LookerVault",
        )
    return version


def _info(database: ReadOnlyDatabase, names: frozenset[str]) -> BackupInfo | None:
    if "backup_info" not in names:
        return None
    found = database.connection.execute("SELECT key, value FROM backup_info")
    named = {str(key): str(value) for key, value in cast("Iterator[tuple[object, object]]", found)}
    return msgspec.convert({"instance": ""} | named, BackupInfo)


def _session_warnings(database: ReadOnlyDatabase, names: frozenset[str]) -> Iterator[Diagnostic]:
    if "extraction_sessions" not in names:
        return
    found = cast("Iterator[tuple[str, int | None]]", database.connection.execute(_SESSION))
    status, errors = next(found, ("completed", 0))
    if status != "completed":
        yield Diagnostic(
            severity="warning",
            code="backup.unfinished",
            summary=f"the last backup into {database.path.name} did not finish ({status})",
            detail="items that it did not reach are missing, or older than the rest",
            fix="run the backup again; `lookervault-plan backup --resume` goes on with its own",
        )
    elif errors:
        yield Diagnostic(
            severity="warning",
            code="backup.errors",
            summary=f"the last backup into {database.path.name} had errors: {errors}",
            detail="items may be missing",
            fix="run the backup again",
        )


def _find_all(key: str, value: object) -> Iterator[str]:
    match value:
        case dict():
            for name, each in cast("dict[str, object]", value).items():
                if name == key and isinstance(each, str):
                    yield each
                else:
                    yield from _find_all(key, each)
        case list():
            for each in cast("list[object]", value):
                yield from _find_all(key, each)
        case _:
            pass


def _row(found: _Found) -> tuple[object, ItemRow | None]:
    """Return the content type's number of a row, and the row; None if the type is unknown."""
    row_number, row_key, number, name, created_at, updated_at, synced_at, data = found
    type_ = BY_CODE.get(number) if isinstance(number, int) else None
    if type_ is None:
        return number, None
    data = data or b""
    digest = blob_codec.digest(data)
    row_id = _text(row_key)
    id_, problem = _identify(type_, row_id, blob_codec.id_of(type_, data))
    return number, ItemRow(
        type=type_,
        id=SourceId(id_ or f"{UNKNOWN_ID}-{digest[:8]}"),
        name=_text(name),
        digest=digest,
        created_at=_text(created_at),
        updated_at=_text(updated_at),
        synced_at=text if _moment(text := _text(synced_at)) else "",
        row_id=row_id,
        row_number=row_number,
        problem=problem,
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
    of_blob = _text(blob_id) if type(blob_id) in {str, int} else ""
    if of_row in {"", UNKNOWN_ID}:
        return (of_blob, "") if of_blob else (of_row, "the item has no id")
    if not of_blob:
        return of_row, "the item has no id" if blob_id in (None, "") else "the item's id is no text"
    if of_blob in {row_id, of_row}:
        return of_blob, ""
    return of_row, f"the row has the id {of_row}, the item in it {of_blob}"


def _text(value: object) -> str:
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
    return not row.problem, _instant(row.synced_at), row.digest, row.row_id


def _moment(text: str) -> datetime | None:
    """Parse a stored time; None if it is none, or no time of a backup. It may be naive."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _instant(text: str) -> datetime:
    """Parse a stored time: a naive one as UTC, an unknown one as the oldest."""
    found = _moment(text)
    if found is None:
        return datetime.min.replace(tzinfo=UTC)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _is_naive(text: str) -> bool:
    found = _moment(text)
    return found is None or found.tzinfo is None
