"""Read a SQLite file without changing it or the files beside it.

A read-only connection is not enough: for a file in WAL mode SQLite makes `-wal` and `-shm`
files beside it, and fails in a read-only directory. So a complete file is opened as immutable.
A file with a `-wal` (recent rows) or a `-journal` (a transaction to roll back) is read through a
temporary copy, and so is a `.gz`.
"""

import gzip
import os
import shutil
import sqlite3
import stat
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from lookervault_plan.errors import PlanError, failure

_SQLITE_MAGIC = b"SQLite format 3\0"
_GZIP_MAGIC = b"\x1f\x8b"
_LEFT_OVERS = ("-wal", "-journal")
_COPY_ATTEMPTS = 5
_MAKE_AGAIN = "make the backup again, or take an older copy"


class ReadOnlyDatabase:
    """An open, read-only database. `close` removes the temporary copy, if any."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._stamp = _stamp(path)
        try:
            self.connection = self._open()
        except BaseException:
            self._drop_scratch()
            raise

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
        self.connection.close()
        self._drop_scratch()

    def check_unchanged(self) -> None:
        """Raise PlanError if the file was written to since it was opened."""
        if self._scratch is None and _stamp(self.path) != self._stamp:
            raise changed(self.path)

    def _open(self) -> sqlite3.Connection:
        magic = _read_magic(self.path)
        if magic.startswith(_GZIP_MAGIC):
            return _connect(self._unpacked(), "mode=ro&immutable=1")
        if magic != _SQLITE_MAGIC:
            raise _not_a_database(self.path, magic)
        if any(_has_content(left_over) for left_over in _beside(self.path)):
            return _connect(self._copied(), "mode=rw")
        return _connect(self.path, "mode=ro&immutable=1")

    def _unpacked(self) -> Path:
        target = self._new_scratch() / "backup.db"
        try:
            with gzip.open(self.path) as packed, target.open("wb") as plain:
                shutil.copyfileobj(packed, plain, 1 << 20)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise failure(
                "backup.gzip",
                f"{self.path} can't be unpacked: {error}",
                detail="the archive is cut short or damaged",
                fix="download or copy it again",
            ) from error
        except OSError as error:
            raise _cannot_copy(self.path, error) from error
        magic = _read_magic(target)
        if magic != _SQLITE_MAGIC:
            raise _not_a_database(self.path, magic)
        return target

    def _copied(self) -> Path:
        """Copy the file with its -wal and -journal, while no process writes to any of them."""
        target = self._new_scratch() / "backup.db"
        files = [self.path, *_beside(self.path)]
        for _ in range(_COPY_ATTEMPTS):
            before = [_stamp_or_none(each) for each in files]
            try:
                for source, suffix in zip(files, ("", *_LEFT_OVERS), strict=True):
                    copy = target.with_name(target.name + suffix)
                    copy.unlink(missing_ok=True)
                    with suppress(FileNotFoundError):
                        _ = shutil.copyfile(source, copy)
            except OSError as error:
                raise _cannot_copy(self.path, error) from error
            if before == [_stamp_or_none(each) for each in files]:
                self._stamp = _stamp(self.path)
                return target
        raise changed(self.path)

    def _new_scratch(self) -> Path:
        self._drop_scratch()
        try:
            self._scratch = tempfile.TemporaryDirectory(prefix="lookervault-plan-")
        except OSError as error:
            raise _cannot_copy(self.path, error) from error
        return Path(self._scratch.name)

    def _drop_scratch(self) -> None:
        if self._scratch is not None:
            self._scratch.cleanup()


def tables(database: ReadOnlyDatabase) -> frozenset[str]:
    found = database.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return frozenset(name for (name,) in cast("Iterator[tuple[str]]", found))


def damaged(path: Path, error: sqlite3.Error) -> PlanError:
    """Make the error for a file that SQLite can't read."""
    return failure(
        "backup.damaged",
        f"{path} can't be read: {error}",
        detail="the file is cut short, damaged, or was written to while it was read",
        fix=f"copy the file again; otherwise {_MAKE_AGAIN}",
    )


def changed(path: Path) -> PlanError:
    return failure(
        "backup.changed",
        f"{path} is being written to",
        fix="wait until the backup is finished, then run the command again",
    )


def _connect(path: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        check_same_thread=False,
        isolation_level=None,
    )
    connection.text_factory = decode_text
    return connection


def decode_text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _stamp(path: Path) -> tuple[int, int, int]:
    """Return inode, size and time of last change. Raises PlanError for a missing file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise failure(
            "backup.missing",
            f"there is no backup at {path}",
            fix="check --db-path; `lookervault-plan backup --db-path F` makes one",
        ) from None
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise failure(
            "backup.not-a-file",
            f"{path} is {'a directory' if stat.S_ISDIR(status.st_mode) else 'not a file'}",
            fix="give the backup file itself with --db-path",
        )
    return status.st_ino, status.st_size, status.st_mtime_ns


def _stamp_or_none(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _read_magic(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE_MAGIC))
    except OSError as error:
        raise _unreadable(path, error) from error


def _beside(path: Path) -> list[Path]:
    """Return the paths of -wal and -journal: next to the file that a link leads to."""
    real = Path(os.path.realpath(path))
    return [real.with_name(real.name + suffix) for suffix in _LEFT_OVERS]


def _has_content(path: Path) -> bool:
    stamp = _stamp_or_none(path)
    return stamp is not None and stamp[1] > 0


def _not_a_database(path: Path, magic: bytes) -> PlanError:
    if not magic:
        return failure("backup.empty", f"{path} is empty", fix=_MAKE_AGAIN)
    return failure(
        "backup.not-a-database",
        f"{path} is not a backup: it is not a SQLite database",
        fix="give a file written by `lookervault-plan backup` or by LookerVault with --db-path",
    )


def _unreadable(path: Path, error: OSError) -> PlanError:
    return failure(
        "backup.unreadable",
        f"{path} can't be read: {error.strerror or error}",
        fix="check the permissions of the file and of its directory",
    )


def _cannot_copy(path: Path, error: OSError) -> PlanError:
    return failure(
        "backup.copy",
        f"{path} can't be read through a temporary copy: {error.strerror or error}",
        detail="a packed backup, or one with a -wal file beside it, is read through a copy",
        fix=f"make room in {tempfile.gettempdir()}, or set TMPDIR to a directory with room; "
        "check that the file and its -wal file may be read",
    )
