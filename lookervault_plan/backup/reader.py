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
from lookervault_plan.backup.contents import Contents, warnings_of
from lookervault_plan.backup.file_facts import last_session, read_info, schema_version
from lookervault_plan.backup.file_format import BackupInfo
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

_BLOB = "SELECT CAST(content_data AS BLOB) FROM content_items WHERE rowid = ?"
_PACKED = "SELECT codec, data FROM content_blobs WHERE rowid = ?"
#: Types whose `url` field holds the API's address.
_TYPES_WITH_URL = ("user", "role", "permission_set", "model_set")
_HINT_ROWS = 3


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


class Backup:
    """An open backup, for any number of threads. Use `open_backup`."""

    def __init__(self, database: ReadOnlyDatabase, as_of: AsOf | None = None) -> None:
        self._database = database
        self._lock = RLock()
        self._as_of = as_of
        self._contents: Contents | None = None
        self.path = database.path
        self.name = database.path.name
        names = tables(database)
        self.schema_version = schema_version(database, names)
        self.info = read_info(database, names)
        self._session = last_session(database, names)
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
        return tuple(warnings_of(self.name, self._read(), self._session))

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

    def _with(self, contents: Contents) -> "Backup":
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

    def _read(self) -> Contents:
        with self._lock:
            if self._contents is None:
                try:
                    self._contents = self._read_contents()
                except sqlite3.Error as error:
                    raise damaged(self.path, error) from error
                self._database.check_unchanged()
            return self._contents

    def _read_contents(self) -> Contents:
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
        return Contents(snapshots, chosen, index, items, found)


def _with_lookervaults_nulls(items: ItemIndex, found: Differences) -> ItemIndex:
    """Read the rows that LookerVault wrote: their nulls may mean "not returned"."""
    rows = {
        key: msgspec.structs.replace(row, nulls_are_real=False) if key in found.newer else row
        for key, row in items.by_key.items()
    }
    return index_of(rows, items.unknown)


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
