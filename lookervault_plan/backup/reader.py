"""Read a backup: an index of its rows, and one blob at a time, as of any of its snapshots."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from hashlib import sha256
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self, cast

import msgspec

from lookervault_plan.backup import blob_codec
from lookervault_plan.backup.blob_codec import CorruptBlob
from lookervault_plan.backup.blob_store import unpack
from lookervault_plan.backup.file_format import NEWEST_SCHEMA, BackupInfo
from lookervault_plan.backup.item_rows import (
    ItemIndex,
    ItemKey,
    ItemRow,
    find_version,
    index_items,
    index_of,
    index_snapshot,
)
from lookervault_plan.backup.readonly_database import ReadOnlyDatabase, changed, damaged, tables
from lookervault_plan.backup.snapshot_rows import (
    Differences,
    Version,
    current_digests,
    differences,
    ended_items,
    lookervault_has_run,
    read_snapshots,
    read_versions,
    snapshot_from_elsewhere,
    snapshot_of_file,
    with_unrecorded,
)
from lookervault_plan.backup.snapshots import (
    AsOf,
    Snapshot,
    check_readable,
    choose_snapshot,
    default_snapshot,
)
from lookervault_plan.backup.stored_times import instant, is_naive
from lookervault_plan.content.instance_url import origin
from lookervault_plan.content.partial_decode import Shape
from lookervault_plan.errors import Diagnostic, PlanError, failure

__all__ = ["Backup", "BackupInfo", "CorruptBlob", "ItemRow", "open_backup"]

_NEEDED = frozenset(
    {"id", "content_type", "name", "created_at", "updated_at", "synced_at", "deleted_at"}
    | {"content_data"}
)
_BLOB = "SELECT CAST(content_data AS BLOB) FROM content_items WHERE rowid = ?"
_PACKED = "SELECT codec, data FROM content_blobs WHERE rowid = ?"
_SESSION = """
    SELECT status, error_count FROM extraction_sessions ORDER BY started_at DESC, rowid DESC LIMIT 1
"""
#: Types whose `url` field holds the API's address.
_TYPES_WITH_URL = ("user", "role", "permission_set", "model_set")
_HINT_ROWS = 3
_OTHER_FILE = "give a file written by `lookervault-plan backup` or by LookerVault with --db-path"


def open_backup(path: Path, as_of: AsOf | None = None) -> "Backup":
    """Open a backup of lookervault-plan or LookerVault, of any schema version, `.gz` included.

    `as_of` chooses one of its snapshots; None is the latest complete one. Nothing is written to the
    file or beside it. Raises PlanError if it can't be read, or has no such snapshot.
    """
    database = ReadOnlyDatabase(path)
    try:
        return Backup(database, as_of)
    except sqlite3.Error as error:
        database.close()
        raise damaged(path, error) from error
    except BaseException:
        database.close()
        raise


class _Contents(msgspec.Struct, frozen=True):
    """The snapshots of the file, the chosen one, and its rows."""

    snapshots: tuple[Snapshot, ...]
    #: None: the file holds nothing.
    snapshot: Snapshot | None
    index: ItemIndex
    #: The rows of `content_items`: those of the last snapshot.
    latest: ItemIndex
    differences: Differences


class Backup:
    """An open backup, for any number of threads. Use `open_backup`."""

    def __init__(self, database: ReadOnlyDatabase, as_of: AsOf | None = None) -> None:
        self._database = database
        self._lock = RLock()
        self._as_of = as_of
        self._contents: _Contents | None = None
        self.path = database.path
        self.name = database.path.name
        names = tables(database)
        self.schema_version = _schema_version(database, names)
        self.info = _info(database, names)
        self._session = _session(database, names)
        self._recorded = read_snapshots(database.connection) if "snapshots" in names else []
        if as_of is not None:
            _ = self.snapshot  # raises if there is none

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
    def snapshots(self) -> tuple[Snapshot, ...]:
        """All snapshots of the file, oldest first.

        A file without any counts as one. So does what another program has written since the last.
        """
        return self._read().snapshots

    @property
    def recorded_snapshots(self) -> tuple[Snapshot, ...]:
        """The snapshots that the file itself records."""
        return tuple(self._recorded)

    def find_snapshot(self, as_of: AsOf) -> Snapshot:
        """Return the snapshot that is meant. Raises PlanError if the file has none such."""
        found = choose_snapshot(self.snapshots, as_of, name=self.name)
        check_readable(found, name=self.name)
        return found

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot that is read; None for a file that holds nothing."""
        return self._read().snapshot

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """Warnings about the file: an unfinished run, edits from elsewhere, unknown types."""
        return tuple(_warnings(self.name, self._read(), self._session))

    @property
    def synced_at(self) -> str | None:
        """The latest `synced_at`, ISO 8601 in UTC; naive local time is returned as it is.

        Naive times are compared as if they were UTC.
        """
        known = (row.synced_at for row in self.rows() if row.synced_at)
        latest = max(known, key=instant, default=None)
        if latest is None or is_naive(latest):
            return latest
        return instant(latest).isoformat()

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
        rows = self._read().index.rows
        return rows if type_ is None else [row for row in rows if row.type == type_]

    def row(self, type_: str, id_: str) -> ItemRow | None:
        return self._read().index.by_key.get((type_, id_))

    def load(self, type_: str, id_: str) -> dict[str, object] | CorruptBlob:
        """Decode an item. Raises PlanError if the backup does not hold it."""
        row = self.row(type_, id_)
        if row is None:
            raise self._no_item(type_, id_)
        return self._load(row)

    def _no_item(self, type_: str, id_: str) -> PlanError:
        had = self.gone_items().get((type_, id_))
        here = f" in {self.snapshot}" if self.snapshot and len(self.snapshots) > 1 else ""
        return failure(
            "backup.no-item",
            f"{self.name} holds no {type_} {id_}{here}",
            address=f"{type_}:{id_}",
            detail=f"{had} still had it" if had else "",
            fix=f"add --as-of {had.id}"
            if had
            else f"`lookervault-plan select --db-path F type:{type_}` lists what it holds",
        )

    def gone_items(self) -> Mapping[ItemKey, Snapshot]:
        """Return the items that the latest snapshot lacks: which complete snapshot had them last.

        Empty if the backup is read as of an older snapshot.
        """
        chosen = self.snapshot
        if chosen is None or chosen != default_snapshot(self.snapshots) or not self._recorded:
            return {}
        with self._lock:
            ended = ended_items(self._database.connection)
        ended |= dict.fromkeys(self._read().differences.gone, chosen.id)
        complete = [each for each in self.snapshots if each.complete]
        return {
            key: had[-1]
            for key, end in sorted(ended.items())
            if self.row(*key) is None and (had := [each for each in complete if each.id < end])
        }

    def versions(self, key: ItemKey | None = None) -> list[Version]:
        """Return the versions of an item, or of all items, oldest first."""
        contents = self._read()
        if not contents.snapshots:
            return []
        found: list[Version] = []
        newer = contents.differences.newer
        if self._recorded:
            with self._lock:
                found = read_versions(self._database.connection, key)
        else:
            newer = contents.latest.by_key.keys()
        return with_unrecorded(
            found,
            newer=[contents.latest.by_key[one] for one in sorted(newer) if key in {None, one}],
            gone=contents.differences.gone,
            last=contents.snapshots[-1],
        )

    def at(self, snapshot: Snapshot, keys: Iterable[ItemKey]) -> "Backup":
        """Return the backup as of a snapshot, as if it held only these items.

        It shares the open file: close only the backup itself.
        """
        with self._lock:
            found = {key: row for key in keys if (row := self._row_at(snapshot, key)) is not None}
        return self._with(
            msgspec.structs.replace(self._read(), snapshot=snapshot, index=index_of(found, {}))
        )

    def _with(self, contents: _Contents) -> "Backup":
        other = copy(self)
        vars(other)["_contents"] = contents
        return other

    def _row_at(self, snapshot: Snapshot, key: ItemKey) -> ItemRow | None:
        if snapshot.id == self._read().snapshots[-1].id:
            return self._latest.by_key.get(key)
        connection = self._database.connection
        return find_version(connection, snapshot.id, key, taken_at=snapshot.taken_at)

    @property
    def _latest(self) -> ItemIndex:
        return self._read().latest

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
        data = self._blob(row)
        if row.problem:
            return CorruptBlob(row.problem, data)
        return blob_codec.decode(data, nulls_are_real=row.nulls_are_real, shape=shape)

    def _blob(self, row: ItemRow) -> bytes:
        """Read the bytes of a row again. Raises PlanError if they changed since the index."""
        sql = _PACKED if row.is_packed else _BLOB
        with self._lock:
            try:
                found = cast(
                    "tuple[object, ...] | None",
                    self._database.connection.execute(sql, (row.row_number,)).fetchone(),
                )
            except sqlite3.Error as error:
                raise damaged(self.path, error) from error
        if row.is_packed:
            if not row.is_readable:
                return b""
            codec, packed = found or (None, None)
            data = unpack(codec, packed, row.digest)
        else:
            data = cast("bytes | None", found[0] if found else None) or b""
        if not isinstance(data, bytes) or blob_codec.digest(data) != row.digest:
            raise changed(self.path)
        return data

    def _read(self) -> _Contents:
        with self._lock:
            if self._contents is None:
                try:
                    self._contents = self._read_contents()
                except sqlite3.Error as error:
                    raise damaged(self.path, error) from error
                self._database.check_unchanged()
            return self._contents

    def _read_contents(self) -> _Contents:
        """Choose a snapshot, and index its rows.

        The latest snapshot is read from `content_items`, as LookerVault reads it; an older one from
        the history.
        """
        connection, recorded = self._database.connection, self._recorded
        items = index_items(connection, nulls_are_real=self.info is not None)
        found = Differences()
        if recorded:
            found = differences(items, current_digests(connection))
            if found.newer and lookervault_has_run(connection):
                items = _with_lookervaults_nulls(items, found)
            newer = snapshot_from_elsewhere(items, found, recorded[-1]) if found.all else None
        else:
            newer = snapshot_of_file(
                items,
                instance=self.info.instance if self.info else "",
                looker_version=self.info.looker_version if self.info else "",
                is_complete=self._session[0] == "completed",
            )
        snapshots = (*recorded, *([newer] if newer else []))
        chosen = (
            default_snapshot(snapshots)
            if self._as_of is None
            else choose_snapshot(snapshots, self._as_of, name=self.name)
        )
        if chosen is None or chosen is snapshots[-1]:
            index = items
        else:
            index = index_snapshot(connection, chosen.id, taken_at=chosen.taken_at)
        if chosen:
            check_readable(chosen, name=self.name)
        return _Contents(snapshots, chosen, index, items, found)


def _with_lookervaults_nulls(items: ItemIndex, found: Differences) -> ItemIndex:
    """Read the rows that LookerVault wrote: their nulls may mean "not returned"."""
    rows = {
        key: msgspec.structs.replace(row, nulls_are_real=False) if key in found.newer else row
        for key, row in items.by_key.items()
    }
    return index_of(rows, items.unknown)


def _warnings(
    name: str, contents: _Contents, session: tuple[str, int | None]
) -> Iterator[Diagnostic]:
    chosen, found = contents.snapshot, contents.differences
    if chosen is None or chosen is contents.snapshots[-1]:
        yield from _session_warnings(name, *session)
    elif not chosen.complete:
        yield _unfinished(
            f"{chosen} in {name} did not finish",
            "items that it did not reach are as in the snapshot before it",
        )
    elif chosen == default_snapshot(contents.snapshots):
        last = contents.snapshots[-1]
        yield _unfinished(
            f"the last backup into {name} did not finish ({last}), so {chosen} is used",
            f"`--as-of {last.id}` uses what the unfinished one has read",
        )
    if found.all and chosen is contents.snapshots[-1]:
        recorded = contents.snapshots[-2]
        yield Diagnostic(
            severity="warning",
            code="backup.elsewhere",
            summary=f"{len(found.all):,} items of {name} are not as its latest snapshot has them",
            detail="another program has written into the file, or it is damaged; "
            f"what the file holds counts as newer than {recorded}",
            fix=f"`--as-of {recorded.id}` uses the snapshot",
        )
    for number, count in sorted(contents.index.unknown.items(), key=str):
        yield Diagnostic(
            severity="warning",
            code="backup.unknown-type",
            summary=f"rows of unknown content type {number} are ignored: {count}",
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


def _session(database: ReadOnlyDatabase, names: frozenset[str]) -> tuple[str, int | None]:
    """Return the status of the last run, and the number of errors that no item names."""
    if "extraction_sessions" not in names:
        return "completed", 0
    found = cast("Iterator[tuple[str, int | None]]", database.connection.execute(_SESSION))
    status, errors = next(found, ("completed", 0))
    # Our own backups name what they lack in the items (`overrides.UNSEEN_KEY`).
    return status, 0 if "backup_info" in names else errors


def _session_warnings(name: str, status: str, errors: int | None) -> Iterator[Diagnostic]:
    if status != "completed":
        yield _unfinished(
            f"the last backup into {name} did not finish ({status})",
            "items that it did not reach are missing, or older than the rest",
        )
    elif errors:
        yield Diagnostic(
            severity="warning",
            code="backup.errors",
            summary=f"the last backup into {name} had errors: {errors}",
            detail="items may be missing",
            fix="run the backup again",
        )


def _unfinished(summary: str, detail: str) -> Diagnostic:
    return Diagnostic(
        severity="warning",
        code="backup.unfinished",
        summary=summary,
        detail=detail,
        fix="run the backup again; `lookervault-plan backup --resume` goes on with its own",
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
