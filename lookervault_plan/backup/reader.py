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

from lookervault_plan.backup import blob_codec
from lookervault_plan.backup.blob_codec import CorruptBlob
from lookervault_plan.backup.file_format import (
    NEWEST_SCHEMA,
    UNKNOWN_ID,
    BackupInfo,
)
from lookervault_plan.backup.readonly_database import ReadOnlyDatabase, changed, damaged, tables
from lookervault_plan.content.instance_url import origin
from lookervault_plan.content.partial_decode import Shape
from lookervault_plan.content.table.kinds import BY_CODE, CODES
from lookervault_plan.errors import Diagnostic, failure

__all__ = ["Backup", "BackupInfo", "CorruptBlob", "ItemRow", "open_backup"]

_NEEDED = frozenset(
    {"id", "content_type", "name", "created_at", "updated_at", "synced_at", "deleted_at"}
    | {"content_data"}
)
_INDEX = """
    SELECT id, content_type, name, created_at, updated_at, synced_at,
           CAST(content_data AS BLOB)
    FROM content_items WHERE deleted_at IS NULL
"""
_BLOB = """
    SELECT CAST(content_data AS BLOB) FROM content_items WHERE id = ? AND content_type = ?
"""
_SESSION = """
    SELECT status, error_count FROM extraction_sessions ORDER BY started_at DESC, rowid DESC LIMIT 1
"""
#: Types whose `url` field holds the API's address.
_TYPES_WITH_URL = ("user", "role", "permission_set", "model_set")
_HINT_ROWS = 3
_OTHER_FILE = "give a file written by `lookervault-plan backup` or by LookerVault with --db-path"


class ItemRow(msgspec.Struct, frozen=True, gc=False):
    """An item of the backup without its blob.

    `id` is Looker's id, `row_id` the primary key in the file (`dashboard::12` or `12`). `digest`
    is the sha256 of the blob's bytes. Times are as stored: the time of the backup if Looker gave
    none. `synced_at` may be naive local time.
    """

    type: str
    id: str
    name: str
    digest: str
    created_at: str
    updated_at: str
    synced_at: str
    row_id: str


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
        latest = max((row.synced_at for row in self.rows()), key=_instant, default=None)
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
        key = (row.row_id, CODES[row.type])
        with self._lock:
            try:
                found = cast(
                    "tuple[bytes | None] | None",
                    self._database.connection.execute(_BLOB, key).fetchone(),
                )
            except sqlite3.Error as error:
                raise damaged(self.path, error) from error
        data = (found[0] or b"") if found else b""
        if blob_codec.digest(data) != row.digest:
            raise changed(self.path)
        if row.id == UNKNOWN_ID:
            return CorruptBlob("the item has no id", data)
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
            for found in cast(
                "Iterator[tuple[str, int, str, str, str, str, bytes | None]]", cursor
            ):
                row_id, number, name, created_at, updated_at, synced_at, data = found
                type_ = BY_CODE.get(number)
                if type_ is None:
                    unknown[number] += 1
                    continue
                data = data or b""
                row = ItemRow(
                    type=type_,
                    id=blob_codec.true_id(type_, row_id, data),
                    name=name,
                    digest=blob_codec.digest(data),
                    created_at=created_at,
                    updated_at=updated_at,
                    synced_at=synced_at,
                    row_id=row_id,
                )
                key = (number, row.id)
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


def _age(row: ItemRow) -> tuple[datetime, str, str]:
    """Return a sort key by age. Digest and key break ties, always in the same way."""
    return _instant(row.synced_at), row.digest, row.row_id


def _instant(text: str) -> datetime:
    """Parse a stored time: a naive one as UTC, a malformed one as the oldest."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _is_naive(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return True
