"""Make or open a backup file for writing, with its tables."""

import errno
import os
import shlex
import sqlite3
import sys
from importlib.resources import files
from pathlib import Path

from lookervault_plan.backup.readonly_database import (
    ReadOnlyDatabase,
    damaged,
    decode_text,
    tables,
)
from lookervault_plan.errors import PlanError, failure

_PAGE_BYTES = 16384
_BUSY_TIMEOUT_SECONDS = 30


class WriteLock:
    """Keeps other runs of this program from writing into a backup. The system drops it at death.

    Open it before SQLite opens the file, and close it after: closing a file gives up SQLite's own
    locks on it.
    """

    def __init__(self, path: Path) -> None:
        """Raise PlanError if another run has the lock, or if the file can't be written."""
        if path.suffix == ".gz":
            raise _packed(path)
        _refuse_foreign(path)
        try:
            self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise failure(
                "backup.unwritable",
                f"{path} can't be written: {error.strerror or error}",
                fix="check that its directory exists and may be written to",
            ) from error
        if not _locked(self._descriptor):
            os.close(self._descriptor)
            raise failure(
                "backup.busy",
                f"another run is writing into {path}",
                fix="wait for it to end, then run the command again",
            )

    def close(self) -> None:
        os.close(self._descriptor)


def _locked(descriptor: int) -> bool:
    """Lock an open file; return False if another open file has the lock."""
    if sys.platform == "win32":  # SQLite's own locks are mandatory there
        return True
    import fcntl  # noqa: PLC0415 — Windows has none

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in {errno.EWOULDBLOCK, errno.EACCES}  # else it has no locks at all
    return True


def connect(path: Path) -> sqlite3.Connection:
    """Open a backup for writing, whose `WriteLock` the caller has. Make the tables it lacks."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=_BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = decode_text
    try:
        _prepare(connection)
    except sqlite3.Error as error:
        connection.close()
        raise write_failure(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _packed(path: Path) -> PlanError:
    return failure(
        "backup.packed",
        f"{path} would be a packed backup, which can't be written to",
        fix="leave out .gz, and pack the file afterwards",
    )


def _refuse_foreign(path: Path) -> None:
    """Raise PlanError if the file was written by another program, before opening it for writing."""
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
    if connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None:
        _ = connection.executescript(f"BEGIN IMMEDIATE; {_sql('schema.sql')} COMMIT;")
    _ = connection.executescript(f"BEGIN IMMEDIATE; {_sql('history.sql')} COMMIT;")


def _sql(name: str) -> str:
    return files("lookervault_plan.backup").joinpath(name).read_text("utf-8")


def write_failure(path: Path, error: sqlite3.Error) -> PlanError:
    """Make the error for a backup that can't be written to."""
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
        detail="what was saved before is safe",
        fix=fixes.get(code, "check the file and its disk")
        + f"; `lookervault-plan backup --db-path {shlex.quote(str(path))} --resume` "
        "resumes the backup",
    )
