"""Open the state's file: made with mode 0600, checked, and brought to the newest version."""

import os
import shlex
import sqlite3
from pathlib import Path

from lookervault_plan.errors import PlanError, failure
from lookervault_plan.state.migrate import APPLICATION_ID, migrate, newest_version, number

_BUSY_TIMEOUT_SECONDS = 30
_SQLITE_MAGIC = b"SQLite format 3\0"


def connect(path: Path) -> sqlite3.Connection:
    """Open the state for writing; make the file and its directory if they are missing."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise _unusable(path, error) from error
    _check_magic(path)
    return _prepared(path, _open(f"{path.absolute().as_uri()}?mode=rw"), writable=True)


def connect_readonly(path: Path) -> sqlite3.Connection:
    """Open the state for reading. A missing file is an empty state.

    The file, its version, and the files beside it stay as they are.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        size = 0
    except OSError as error:
        raise _unusable(path, error) from error
    if size == 0:
        return _migrated_copy(path, _open(":memory:"))
    _check_magic(path)
    # In WAL mode a -wal file lies beside the state while another process has it open, and after
    # a crash. Without one the file is complete, and SQLite need not make one to read it.
    in_use = path.with_name(path.name + "-wal").exists()
    options = "mode=ro" if in_use else "mode=ro&immutable=1"
    return _prepared(path, _open(f"{path.absolute().as_uri()}?{options}"), writable=False)


def prepare_image(path: Path, connection: sqlite3.Connection) -> None:
    """Check a database in memory and bring it to the newest version."""
    try:
        _ = _checked_version(path, connection)
        migrate(connection)
    except sqlite3.Error as error:
        connection.close()
        raise read_failure(path, error) from error


def write_failure(path: Path, error: sqlite3.Error) -> PlanError:
    """Make the error for a state that can't be written to."""
    if _is_damage(error):
        return damaged(path, str(error))
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
        detail="what was saved before is safe",
        fix=fixes.get(code, "check the file, or give another one with --state")
        + "; `lookervault-plan resume` resumes a session",
    )


def read_failure(path: Path, error: sqlite3.Error) -> PlanError:
    """Make the error for a state that can't be read."""
    if _is_damage(error):
        return damaged(path, str(error))
    return failure(
        "state.read",
        f"the state {path} can't be read: {error}",
        fix="check the file and its directory, or give another one with --state",
    )


def damaged(path: Path, why: str) -> PlanError:
    """Make the error for a state whose content makes no sense."""
    quoted = shlex.quote(str(path))
    return failure(
        "state.damaged",
        f"the state {path} is damaged: {why}",
        fix=f"move it aside: `mv {quoted} {quoted}.damaged`; planning again costs nothing but "
        "resuming and the dead letters. If it never was a state, give the right file with --state",
    )


def _is_damage(error: sqlite3.Error) -> bool:
    """Return whether SQLite complains of the file's content: malformed, no table, no database."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


def _open(target: str) -> sqlite3.Connection:
    return sqlite3.connect(
        target,
        uri=True,
        timeout=_BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _prepared(path: Path, connection: sqlite3.Connection, *, writable: bool) -> sqlite3.Connection:
    """Check the file, and upgrade it; without write access, upgrade a copy in memory."""
    try:
        version = _checked_version(path, connection)
        if writable:
            _ = connection.execute("PRAGMA journal_mode = WAL")
            # Each commit is on disk when it returns: an intent must not be lost with the power.
            _ = connection.execute("PRAGMA synchronous = FULL")
            migrate(connection)
        elif version < newest_version():
            copy = _open(":memory:")
            connection.backup(copy)
            connection.close()
            return _migrated_copy(path, copy)
    except sqlite3.Error as error:
        connection.close()
        refused = write_failure if writable else read_failure
        raise refused(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _migrated_copy(path: Path, copy: sqlite3.Connection) -> sqlite3.Connection:
    try:
        migrate(copy)
        _ = copy.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        copy.close()
        raise read_failure(path, error) from error
    return copy


def _checked_version(path: Path, connection: sqlite3.Connection) -> int:
    """Return the state's version, 0 for a new file.

    Raises PlanError if the file belongs to another program or a later version.
    """
    _ = connection.execute("BEGIN")  # one moment for all three: another process may be making it
    application = number(connection, "PRAGMA application_id")
    version = number(connection, "PRAGMA user_version")
    tables = number(connection, "SELECT count(*) FROM sqlite_master")
    _ = connection.execute("COMMIT")
    if application == version == tables == 0:
        return 0
    if application != APPLICATION_ID:
        raise _foreign(path)
    if version > newest_version():
        raise failure(
            "state.too-new",
            f"the state {path} was created by a newer lookervault-plan "
            f"(version {version}; this one knows {newest_version()})",
            fix="upgrade lookervault-plan, or give another file with --state",
        )
    return version


def _check_magic(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_SQLITE_MAGIC))
    except OSError as error:
        raise _unusable(path, error) from error
    if magic not in {b"", _SQLITE_MAGIC}:
        raise damaged(path, "it is no SQLite file")


def _foreign(path: Path) -> PlanError:
    return failure(
        "state.foreign",
        f"{path} is not a state of lookervault-plan",
        fix="give another file with --state; the backup goes with --db-path",
    )


def _unusable(path: Path, error: OSError) -> PlanError:
    return failure(
        "state.unusable",
        f"the state {path} can't be opened: {error.strerror or error}",
        fix="check the permissions of the file and its directory, or give another with --state",
    )
