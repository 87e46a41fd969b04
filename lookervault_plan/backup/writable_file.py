"""Make or open a backup file for writing, with its tables."""

import os
import sqlite3
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


def connect(path: Path) -> sqlite3.Connection:
    """Open a backup for writing; make the file, with mode 0600, if it is missing or empty.

    Raises PlanError if the file can't be written, or was not written by lookervault-plan.
    """
    if path.suffix == ".gz":
        raise failure(
            "backup.packed",
            f"{path} would be a packed backup, which can't be written to",
            fix="leave out .gz, and pack the file afterwards",
        )
    _refuse_foreign(path)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise failure(
            "backup.unwritable",
            f"{path} can't be written: {error.strerror or error}",
            fix="check that its directory exists and may be written to",
        ) from error
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
        detail="what was committed before is safe",
        fix=fixes.get(code, "check the file and its disk")
        + "; `lookervault-plan backup --resume` goes on with a begun backup",
    )
