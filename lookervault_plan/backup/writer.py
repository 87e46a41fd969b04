"""A backup being written, in LookerVault's format.

The file is built in place. Killed in the middle, it is a backup with an unfinished session,
readable as far as it got, and `resume` goes on with it.
"""

import os
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Literal, Protocol, Self, cast

import msgspec

from lookervault_plan.backup.blob_codec import encode
from lookervault_plan.backup.file_format import BackupInfo
from lookervault_plan.backup.readonly_database import ReadOnlyDatabase, damaged, tables
from lookervault_plan.content.instance_url import comparable_url
from lookervault_plan.content.table.kinds import BY_CODE, CODES
from lookervault_plan.errors import PlanError, failure

Put = Literal["new", "changed", "unchanged"]
SessionStatus = Literal["completed", "failed", "cancelled"]
Value = str | int | bytes | None

_PAGE_BYTES = 16384
_PUTS_PER_COMMIT = 200
_BUSY_TIMEOUT_SECONDS = 30


class BackupRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of `backup`: what it reads, from where. `started_at` is ISO 8601 in UTC."""

    id: str
    started_at: str
    types: tuple[str, ...]
    info: BackupInfo
    config: Mapping[str, object] = {}


class ResumedRun(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished run that goes on: the types it meant to read, and those it has whole.

    The others are read from their start again; what is stored of them is only compared.
    """

    id: str
    started_at: str
    types: tuple[str, ...]
    complete: frozenset[str]

    @property
    def remaining(self) -> tuple[str, ...]:
        return tuple(type_ for type_ in self.types if type_ not in self.complete)


class Counts(msgspec.Struct):
    """What became of the items of a run."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0

    @property
    def total(self) -> int:
        return self.new + self.changed + self.unchanged


class BackupWriter:
    """A backup being written; `put` and `checkpoint` may be called from any thread.

    Opens `path` or makes it, with mode 0600. Failures come out as `PlanError`; what was
    committed stays, and the writer takes no more.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts = Counts()
        self._lock = RLock()
        self._session = ""
        self._types: dict[str, _TypeProgress] = {}
        self._pending = 0
        self._failure: PlanError | None = None
        self._connection = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
            return
        with suppress(PlanError):  # what went wrong first is the better message
            self.close()

    def begin(self, run: BackupRun) -> None:
        """Start a run; into an existing backup of the same instance it is incremental."""
        config = {
            "content_types": [CODES[type_] for type_ in run.types],
            **run.config,
        }
        with self._guarded() as execute:
            self._check_instance(run.info.instance)
            self._begin_transaction()
            for key, value in cast("dict[str, str]", msgspec.to_builtins(run.info)).items():
                _ = execute("INSERT OR REPLACE INTO backup_info VALUES (?, ?)", (key, value))
            _ = execute(
                "UPDATE schema_version SET applied_at = ? WHERE applied_at = ''",
                (run.started_at,),
            )
            _ = execute(
                "INSERT INTO extraction_sessions (id, started_at, status, config)"
                " VALUES (?, ?, 'running', ?)",
                (run.id, run.started_at, _json(config)),
            )
            self._session = run.id
            self._commit()

    def resume(self, info: BackupInfo) -> ResumedRun | None:
        """Go on with the last run if it did not complete; None if it did, or there is none."""
        with self._guarded() as execute:
            self._check_instance(info.instance)
            found = _rows(
                execute(
                    "SELECT id, started_at, status, config FROM extraction_sessions"
                    " ORDER BY started_at DESC, rowid DESC LIMIT 1"
                )
            )
            if not found or found[0][2] == "completed":
                return None
            id_, started_at, _, config = cast("tuple[str, str, str, str]", found[0])
            meant = msgspec.json.decode(config, type=_Config).content_types
            self._session = id_
            self._begin_transaction()
            _ = execute(
                "UPDATE extraction_sessions SET status = 'running', completed_at = NULL"
                " WHERE id = ?",
                (id_,),
            )
            self._commit()
            return ResumedRun(
                id=id_,
                started_at=started_at,
                types=tuple(BY_CODE[number] for number in meant if number in BY_CODE),
                complete=self._resume_types(),
            )

    def put(self, type_: str, id_: str, item: Mapping[str, object], *, at: str) -> Put:
        """Store an item under its true id; an unchanged blob only gets a new `synced_at`.

        One-time URLs and passwords are left out. Committed with the next checkpoint, or when
        enough have gathered.
        """
        data = encode(item)
        key = (id_, CODES[type_])
        with self._guarded() as execute:
            known = _rows(
                execute(
                    "SELECT content_data FROM content_items WHERE id = ? AND content_type = ?", key
                )
            )
            self._begin_transaction()
            if known and known[0][0] == data:
                outcome: Put = "unchanged"
                _ = execute(
                    "UPDATE content_items SET synced_at = ?, deleted_at = NULL"
                    " WHERE id = ? AND content_type = ?",
                    (at, *key),
                )
            else:
                outcome = "changed" if known else "new"
                _ = execute(_PUT, (*key, *_columns(id_, item, at), at, len(data), data))
            self._count(type_, id_, outcome)
            if self._pending >= _PUTS_PER_COMMIT:
                self._commit()
            return outcome

    def checkpoint(
        self, type_: str, *, at: str, complete: bool = False, error: str | None = None
    ) -> int:
        """Commit, and note how far a type is, and what stopped it.

        `complete` says that every live item of the type was put: the others are marked as
        gone. Returns how many.
        """
        with self._guarded() as execute:
            self._begin_transaction()
            progress = self._types.setdefault(type_, _TypeProgress())
            if progress.row is None:
                progress.row = execute(
                    "INSERT INTO sync_checkpoints (session_id, content_type, checkpoint_data,"
                    " started_at) VALUES (?, ?, ?, ?)",
                    (self._session, CODES[type_], _json({"content_type": type_}), at),
                ).lastrowid
            gone = self._mark_gone(type_, progress.seen, at) if complete else 0
            _ = execute(
                "UPDATE sync_checkpoints SET completed_at = ?, item_count = ?, error_message = ?"
                " WHERE id = ?",
                (at if complete else None, len(progress.seen), error, progress.row),
            )
            self._commit()
            return gone

    def finish(self, *, at: str, status: SessionStatus = "completed", error_count: int = 0) -> None:
        """Commit and end the run; anything but completed can be resumed."""
        with self._guarded() as execute:
            self._begin_transaction()
            _ = execute(
                "UPDATE extraction_sessions SET status = ?, completed_at = ?, error_count = ?,"
                " total_items = (SELECT coalesce(sum(item_count), 0) FROM sync_checkpoints"
                " WHERE session_id = ?) WHERE id = ?",
                (status, at, error_count, self._session, self._session),
            )
            _ = execute("INSERT OR REPLACE INTO backup_info VALUES ('written_at', ?)", (at,))
            self._commit()

    def close(self) -> None:
        """Commit what is left, and leave one single file."""
        with self._lock:
            try:
                if self._failure is None:
                    with self._guarded() as execute:
                        self._commit()
                        _ = execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                        with suppress(sqlite3.OperationalError):  # somebody reads it just now
                            _ = execute("PRAGMA journal_mode = DELETE").fetchall()
            finally:
                self._connection.close()

    def _open(self) -> sqlite3.Connection:
        if self.path.suffix == ".gz":
            raise failure(
                "backup.packed",
                f"{self.path} would be a packed backup, which can't be written to",
                fix="leave out .gz, and pack the file afterwards",
            )
        _check_ours(self.path)
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise failure(
                "backup.unwritable",
                f"{self.path} can't be written: {error.strerror or error}",
                fix="check that its directory exists and may be written to",
            ) from error
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=_BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _prepare(connection)
        except sqlite3.Error as error:
            connection.close()
            raise _write_failure(self.path, error) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_instance(self, instance: str) -> None:
        found = _rows(
            self._connection.execute("SELECT value FROM backup_info WHERE key = 'instance'")
        )
        known = cast("str", found[0][0]) if found else instance
        if comparable_url(known) != comparable_url(instance):
            raise failure(
                "backup.other-instance",
                f"{self.path} is a backup of {known}, not of {instance}",
                fix="give another file with --db-path",
            )

    def _resume_types(self) -> frozenset[str]:
        """The types that this run has whole; the others go on in the rows they began."""
        found = _rows(
            self._connection.execute(
                "SELECT id, content_type, completed_at, item_count FROM sync_checkpoints"
                " WHERE session_id = ?",
                (self._session,),
            )
        )
        checkpoints = cast("list[tuple[int, int, str | None, int]]", found)
        for row, number, _, _ in checkpoints:
            self._types[BY_CODE[number]] = _TypeProgress(row)
        return frozenset(
            BY_CODE[number] for _, number, completed_at, _ in checkpoints if completed_at
        )

    def _mark_gone(self, type_: str, seen: set[str], at: str) -> int:
        number = CODES[type_]
        live = _rows(
            self._connection.execute(
                "SELECT id FROM content_items WHERE content_type = ? AND deleted_at IS NULL",
                (number,),
            )
        )
        gone = [(at, cast("str", id_), number) for (id_,) in live if id_ not in seen]
        _ = self._connection.executemany(
            "UPDATE content_items SET deleted_at = ? WHERE id = ? AND content_type = ?", gone
        )
        self.counts.gone += len(gone)
        return len(gone)

    def _count(self, type_: str, id_: str, outcome: Put) -> None:
        self._types.setdefault(type_, _TypeProgress()).seen.add(id_)
        setattr(self.counts, outcome, cast("int", getattr(self.counts, outcome)) + 1)
        self._pending += 1

    def _begin_transaction(self) -> None:
        if not self._connection.in_transaction:
            _ = self._connection.execute("BEGIN IMMEDIATE")

    def _commit(self) -> None:
        if self._connection.in_transaction:
            _ = self._connection.execute("COMMIT")
        self._pending = 0

    @contextmanager
    def _guarded(self) -> "Generator[_Execute, None, None]":
        """The connection, for one thread at a time; its failures in words, and for good."""
        with self._lock:
            if self._failure is not None:
                raise PlanError(self._failure.diagnostic) from self._failure
            try:
                yield self._connection.execute
            except sqlite3.Error as error:
                self._failure = _write_failure(self.path, error)
                if self._connection.in_transaction:
                    with suppress(sqlite3.Error):
                        _ = self._connection.execute("ROLLBACK")
                raise self._failure from error


class _TypeProgress:
    """What one run has of one type: its row in sync_checkpoints, and the ids put."""

    def __init__(self, row: int | None = None) -> None:
        self.row = row
        self.seen: set[str] = set()


class _Config(msgspec.Struct):
    content_types: tuple[int, ...] = ()


class _Execute(Protocol):
    def __call__(self, sql: str, values: Sequence[Value] = ..., /) -> sqlite3.Cursor: ...


_PUT = """
    INSERT INTO content_items (id, content_type, name, owner_id, created_at, updated_at, folder_id,
                               synced_at, content_size, content_data)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET name = excluded.name, owner_id = excluded.owner_id,
        created_at = excluded.created_at, updated_at = excluded.updated_at,
        folder_id = excluded.folder_id, synced_at = excluded.synced_at, deleted_at = NULL,
        content_size = excluded.content_size, content_data = excluded.content_data
"""


def _columns(id_: str, item: Mapping[str, object], at: str) -> tuple[Value, ...]:
    """Name, owner, dates and folder as LookerVault fills them: for people, not for diffing."""
    name = item.get("title") or item.get("name") or f"Untitled {id_}"
    owner, folder = item.get("user_id"), item.get("folder_id")
    return (
        str(name),
        int(owner) if isinstance(owner, str | int) and str(owner).isdecimal() else None,
        _as_utc(item.get("created_at"), at),
        _as_utc(item.get("updated_at"), at),
        None if folder is None else str(folder),
    )


def _as_utc(value: object, otherwise: str) -> str:
    try:
        return datetime.fromisoformat(cast("str", value)).astimezone(UTC).isoformat()
    except (TypeError, ValueError, OverflowError):
        return otherwise


def _check_ours(path: Path) -> None:
    """Raise unless the file is missing, empty or ours; another's is not even opened for writing."""
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return
    with ReadOnlyDatabase(path) as database:
        try:
            names = tables(database)
        except sqlite3.Error as error:
            raise damaged(path, error) from error
        if "backup_info" not in names:
            raise failure(
                "backup.foreign",
                f"{path} was not written by lookervault-plan, so nothing is added to it",
                fix="give another file with --db-path",
            )


def _prepare(connection: sqlite3.Connection) -> None:
    _ = connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # of a new file
    _ = connection.execute("PRAGMA journal_mode = WAL")
    _ = connection.execute("PRAGMA synchronous = NORMAL")
    if not _rows(connection.execute("SELECT 1 FROM sqlite_master LIMIT 1")):
        schema = files("lookervault_plan.backup").joinpath("schema.sql").read_text("utf-8")
        _ = connection.executescript(f"BEGIN IMMEDIATE; {schema} COMMIT;")


def _write_failure(path: Path, error: sqlite3.Error) -> PlanError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    fixes = {
        sqlite3.SQLITE_FULL: "make room on its disk",
        sqlite3.SQLITE_BUSY: "another program has it open for writing: wait for that, or end it",
        sqlite3.SQLITE_READONLY: "make the file and its directory writable",
        sqlite3.SQLITE_NOTADB: "give another file with --db-path",
    }
    return failure(
        "backup.write",
        f"the backup {path} can't be written: {error}",
        detail="what was committed before is safe",
        fix=fixes.get(code, "check the file and its disk")
        + "; `lookervault-plan backup --resume` goes on with a begun backup",
    )


def _rows(cursor: sqlite3.Cursor) -> list[tuple[Value, ...]]:
    return cursor.fetchall()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
