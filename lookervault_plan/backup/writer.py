"""Write a backup, in LookerVault's format.

The file is built in place. If the process is killed, the file is a backup with an unfinished
session: its committed items can be read, and `resume` goes on with the run.
"""

import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Literal, Protocol, Self, cast

import msgspec

from lookervault_plan.backup.blob_codec import decode, encode
from lookervault_plan.backup.file_format import BackupInfo
from lookervault_plan.backup.history_writer import HistoryWriter
from lookervault_plan.backup.run_progress import (
    BackupRun,
    Counts,
    ResumedRun,
    RunConfig,
    TypeProgress,
)
from lookervault_plan.backup.usage import differs_in_usage_alone
from lookervault_plan.backup.writable_file import WriteLock, connect, write_failure
from lookervault_plan.content.instance_url import comparable_url
from lookervault_plan.content.table.kinds import BY_CODE, CODES
from lookervault_plan.errors import PlanError, failure

Put = Literal["new", "changed", "unchanged"]
SessionStatus = Literal["completed", "failed", "cancelled"]
Value = str | int | bytes | None

_PUTS_PER_COMMIT = 200


class BackupWriter:
    """A backup file that is open for writing, for any number of threads.

    Every failure is raised as PlanError, by all later calls too. Committed items stay.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts = Counts()
        self._lock = RLock()
        self._session = ""
        self._types: dict[str, TypeProgress] = {}
        self._pending = 0
        self._failure: PlanError | None = None
        self._file_lock = WriteLock(path)
        try:
            self._connection = connect(path)
        except BaseException:
            self._file_lock.close()
            raise
        self._history = HistoryWriter(self._connection, path.name)

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
        with suppress(PlanError):  # the first error is the one to show
            self.close()

    def begin(self, run: BackupRun) -> None:
        """Start a run. Into an existing backup of the same instance it is incremental."""
        config = {
            "content_types": [CODES[type_] for type_ in run.types],
            **run.config,
        }
        with self._guarded() as execute:
            self._check_instance(run.info.instance)
            self._begin_transaction()
            self._history.begin(session=run.id, started_at=run.started_at, info=run.info)
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
        """Go on with the last run; return None if it is complete, or the file has none."""
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
            meant = msgspec.json.decode(config, type=RunConfig)
            self._session = id_
            self._begin_transaction()
            self._history.resume(session=id_, started_at=info.written_at or started_at, info=info)
            _ = execute(
                "UPDATE extraction_sessions SET status = 'running', completed_at = NULL"
                " WHERE id = ?",
                (id_,),
            )
            self._commit()
            return ResumedRun(
                id=id_,
                started_at=started_at,
                types=tuple(BY_CODE[number] for number in meant.content_types if number in BY_CODE),
                complete=self._resume_types(),
                select=meant.select,
                exclude=meant.exclude,
            )

    def stored(self, type_: str, id_: str) -> dict[str, object] | None:
        """Return an item as the file has it, even if it was gone since; None if it has none."""
        with self._guarded() as execute:
            found = _rows(execute(_KNOWN, (id_, CODES[type_])))
        data = cast("bytes | None", found[0][0]) if found else None
        item = decode(data, nulls_are_real=True) if data else None
        return item if isinstance(item, dict) else None

    def put(self, type_: str, id_: str, item: Mapping[str, object], *, at: str) -> Put:
        """Store an item under Looker's id; if it is unchanged, update `synced_at` alone.

        An item that was only viewed or run since the last backup is unchanged. One-time URLs and
        passwords are left out. The item is committed after 200 items, or with the next checkpoint.
        """
        data = encode(item)
        key = (id_, CODES[type_])
        with self._guarded() as execute:
            known = _rows(execute(_KNOWN, key))
            self._begin_transaction()
            stored = cast("bytes", known[0][0]) if known else b""
            if known and (stored == data or differs_in_usage_alone(stored, data)):
                outcome: Put = "unchanged"
                _ = execute(
                    "UPDATE content_items SET synced_at = ?, deleted_at = NULL"
                    " WHERE id = ? AND content_type = ?",
                    (at, *key),
                )
                if known[0][1] is not None:  # it was gone
                    self._history.put(type_, id_, stored)
            else:
                outcome = "changed" if known else "new"
                _ = execute(_PUT, (*key, *_columns(id_, item, at), at, len(data), data))
                self._history.put(type_, id_, data)
            self._count(type_, id_, outcome)
            if self._pending >= _PUTS_PER_COMMIT:
                self._commit()
            return outcome

    def checkpoint(
        self,
        type_: str,
        *,
        at: str,
        complete: bool = False,
        selected: bool = False,
        error: str | None = None,
        unseen: int = 0,
    ) -> int:
        """Commit, and record the progress of a type and the error that stopped it.

        `complete` says that the type has been read to its end. Mark all other items as deleted and
        return their number, unless `selected` says that only a selection was read. `unseen`
        counts what Looker did not show of the items.
        """
        with self._guarded() as execute:
            self._begin_transaction()
            progress = self._types.setdefault(type_, TypeProgress())
            if progress.row is None:
                progress.row = execute(
                    "INSERT INTO sync_checkpoints (session_id, content_type, checkpoint_data,"
                    " started_at) VALUES (?, ?, ?, ?)",
                    (self._session, CODES[type_], _json({"content_type": type_}), at),
                ).lastrowid
            is_whole = complete and not selected
            gone = self._mark_gone(type_, progress.seen, at) if is_whole else 0
            if complete:
                self._history.cover(type_, "whole" if is_whole else "part")
                _ = execute(
                    "UPDATE extraction_sessions SET error_count = coalesce(error_count, 0) + ?"
                    " WHERE id = ?",
                    (unseen, self._session),
                )
            _ = execute(
                "UPDATE sync_checkpoints SET completed_at = ?, item_count = ?, error_message = ?"
                " WHERE id = ?",
                (at if complete else None, len(progress.seen), error, progress.row),
            )
            self._commit()
            return gone

    def finish(
        self,
        *,
        at: str,
        status: SessionStatus = "completed",
        calls: int = 0,
    ) -> None:
        """Commit and end the run, which made so many calls.

        A run that is not completed can be resumed; until then, its snapshot is incomplete.
        """
        with self._guarded() as execute:
            self._begin_transaction()
            self._history.add_calls(calls)
            self._history.finish(is_complete=status == "completed")
            _ = execute(
                "UPDATE extraction_sessions SET status = ?, completed_at = ?,"
                " total_items = (SELECT coalesce(sum(item_count), 0) FROM sync_checkpoints"
                " WHERE session_id = ?) WHERE id = ?",
                (status, at, self._session, self._session),
            )
            _ = execute("INSERT OR REPLACE INTO backup_info VALUES ('written_at', ?)", (at,))
            self._commit()

    def close(self) -> None:
        """Commit the rest, and merge the -wal file into the backup."""
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
                self._file_lock.close()

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
        """Return the types that the run has read whole, and load the progress of all."""
        found = _rows(
            self._connection.execute(
                "SELECT id, content_type, completed_at, item_count FROM sync_checkpoints"
                " WHERE session_id = ?",
                (self._session,),
            )
        )
        checkpoints = cast("list[tuple[int, int, str | None, int]]", found)
        for row, number, _, _ in checkpoints:
            self._types[BY_CODE[number]] = TypeProgress(row)
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
        self._history.keep_only(type_, seen)
        self.counts.gone += len(gone)
        return len(gone)

    def _count(self, type_: str, id_: str, outcome: Put) -> None:
        self._types.setdefault(type_, TypeProgress()).seen.add(id_)
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
        """Let one thread use the connection; keep a failure of SQLite for all later calls."""
        with self._lock:
            if self._failure is not None:
                raise PlanError(self._failure.diagnostic) from self._failure
            try:
                yield self._connection.execute
            except sqlite3.Error as error:
                self._failure = write_failure(self.path, error)
                if self._connection.in_transaction:
                    with suppress(sqlite3.Error):
                        _ = self._connection.execute("ROLLBACK")
                raise self._failure from error


class _Execute(Protocol):
    def __call__(self, sql: str, values: Sequence[Value] = ..., /) -> sqlite3.Cursor: ...


_KNOWN = "SELECT content_data, deleted_at FROM content_items WHERE id = ? AND content_type = ?"
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
    """Return name, owner, dates and folder as LookerVault fills them, for people to read."""
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


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _rows(cursor: sqlite3.Cursor) -> list[tuple[Value, ...]]:
    return cursor.fetchall()
