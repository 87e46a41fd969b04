"""The state's file: made with mode 0600, checked, opened; and its failures in words."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from lookervault_plan.errors import PlanError, failure
from lookervault_plan.state.queries import SCHEMA

#: Marks the file as ours: "LVPs" in ASCII.
_APPLICATION_ID = 0x4C565073
_SCHEMA_VERSION = 1
_BUSY_TIMEOUT_SECONDS = 30
_SQLITE_MAGIC = b"SQLite format 3\0"


def connect(path: Path) -> sqlite3.Connection:
    """Open the state for writing, making the file and its directory if need be."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise _unusable(path, error) from error
    _check_magic(path)
    return _prepared(path, _open(f"{path.absolute().as_uri()}?mode=rw"), writable=True)


def connect_readonly(path: Path) -> sqlite3.Connection:
    """Open the state for reading; nothing beside it changes, a missing file is an empty state."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        size = 0
    except OSError as error:
        raise _unusable(path, error) from error
    if size == 0:
        connection = _prepared(path, _open(":memory:"), writable=True)
        _ = connection.execute("PRAGMA query_only = ON")
        return connection
    _check_magic(path)
    # In WAL mode a -wal file lies beside the state as long as somebody has it open, and after
    # a crash; without one the file is complete, and SQLite need not make one to read it.
    in_use = path.with_name(path.name + "-wal").exists()
    options = "mode=ro" if in_use else "mode=ro&immutable=1"
    return _prepared(path, _open(f"{path.absolute().as_uri()}?{options}"), writable=False)


def write_failure(path: Path, error: sqlite3.Error) -> PlanError:
    """What to say when the state can't be written to; the journal depends on it."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    fixes = {
        sqlite3.SQLITE_FULL: "make room on its disk",
        sqlite3.SQLITE_BUSY: "another program has it locked: wait for that, or end it",
        sqlite3.SQLITE_READONLY: "make the file and its directory writable",
        sqlite3.SQLITE_IOERR: "check its disk",
    }
    return failure(
        "state.write",
        f"the state {path} can't be written: {error}",
        detail="what was committed before is safe",
        fix=fixes.get(code, "check the file, or give another one with --state")
        + "; `lookervault-plan resume` goes on with a begun session",
    )


def read_failure(path: Path, error: sqlite3.Error) -> PlanError:
    return failure(
        "state.read",
        f"the state {path} can't be read: {error}",
        fix="restore the file from a copy, or give another one with --state; "
        "without the state only the ability to resume is lost",
    )


def _open(target: str) -> sqlite3.Connection:
    return sqlite3.connect(
        target,
        uri=True,
        timeout=_BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _prepared(path: Path, connection: sqlite3.Connection, *, writable: bool) -> sqlite3.Connection:
    try:
        is_new = _check(path, connection)
        if writable:
            _ = connection.execute("PRAGMA journal_mode = WAL")
            _ = connection.execute("PRAGMA synchronous = FULL")
        if is_new:
            _create(connection)
    except sqlite3.Error as error:
        connection.close()
        refused = write_failure if writable else read_failure
        raise refused(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _check(path: Path, connection: sqlite3.Connection) -> bool:
    """Whether the file is new; raises if it belongs to somebody else or to a later version."""

    def number(statement: str) -> int:
        rows = cast("Iterator[tuple[int]]", connection.execute(statement))
        return next(rows)[0]

    _ = connection.execute("BEGIN")  # one moment for all: another process may be making it
    application = number("PRAGMA application_id")
    version = number("PRAGMA user_version")
    tables = number("SELECT count(*) FROM sqlite_master")
    _ = connection.execute("COMMIT")
    if application == version == tables == 0:
        return True
    if application != _APPLICATION_ID:
        raise _foreign(path)
    if version > _SCHEMA_VERSION:
        raise failure(
            "state.too-new",
            f"the state {path} was made by a newer lookervault-plan "
            f"(version {version}; this one knows {_SCHEMA_VERSION})",
            fix="upgrade lookervault-plan, or give another file with --state",
        )
    return False


def _create(connection: sqlite3.Connection) -> None:
    _ = connection.execute("BEGIN IMMEDIATE")
    try:
        found = connection.execute("SELECT count(*) FROM sqlite_master")
        if next(cast("Iterator[tuple[int]]", found)) == (0,):  # else another process was faster
            for statement in SCHEMA:
                _ = connection.execute(statement)
            _ = connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            _ = connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    except BaseException:
        _ = connection.execute("ROLLBACK")
        raise
    _ = connection.execute("COMMIT")


def _check_magic(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_SQLITE_MAGIC))
    except OSError as error:
        raise _unusable(path, error) from error
    if magic not in {b"", _SQLITE_MAGIC}:
        raise _foreign(path)


def _foreign(path: Path) -> PlanError:
    return failure(
        "state.foreign",
        f"{path} is no state of lookervault-plan",
        fix="give another file with --state; the backup goes with --db-path",
    )


def _unusable(path: Path, error: OSError) -> PlanError:
    return failure(
        "state.unusable",
        f"the state {path} can't be opened: {error.strerror or error}",
        fix="check the permissions of the file and its directory, or give another with --state",
    )
