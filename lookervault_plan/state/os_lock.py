"""Lock a file so that the operating system gives the lock back when the process ends."""

import errno
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from lookervault_plan.errors import failure

#: `is_taken` of another process holds the file for a moment: try again.
_ATTEMPTS = 4
_PAUSE_SECONDS = 0.02
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class OsLock:
    """A file that this process has locked. Other processes see it, in any container or namespace.

    The file is removed with the lock. A file left behind by a killed process is free.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def is_held(self) -> bool:
        """Return whether the file is still in place: `remove_by_force` takes it away."""
        return _is_same(self.path, self._descriptor)

    def release(self) -> None:
        """Give the lock back; a second time, do nothing."""
        if self._descriptor < 0:
            return
        if self.is_held():
            with suppress(OSError):
                self.path.unlink()
        os.close(self._descriptor)
        self._descriptor = -1


def take(path: Path) -> OsLock | None:
    """Lock a file, and make it if it is missing. None: another process has locked it.

    Raises PlanError if the file can't be made or its file system has no locks.
    """
    for _ in range(_ATTEMPTS):
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise _unusable(path, error) from error
        if _locked(path, descriptor) and _is_same(path, descriptor):
            return OsLock(path, descriptor)
        os.close(descriptor)  # it is locked, or its holder has just removed it
        time.sleep(_PAUSE_SECONDS)
    return None


def is_taken(path: Path) -> bool:
    """Return whether a running process has locked the file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # it can't be seen: assume the worse
    try:
        return not _locked(path, descriptor)
    finally:
        os.close(descriptor)


def remove_by_force(path: Path) -> None:
    """Let others take the lock though a process still holds it."""
    path.unlink(missing_ok=True)


def boot_id() -> str:
    """Return what tells this start of this machine from all others; "" if the system can't say.

    All containers of a machine have the same one.
    """
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _is_same(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


def _locked(path: Path, descriptor: int) -> bool:
    """Lock an open file; return False if another open file has the lock."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 — Windows has no fcntl

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 — Windows has none

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            os.close(descriptor)
            raise failure(
                "state.no-locks",
                f"the file system of {path.parent} has no file locks: {error.strerror}",
                detail="two runs could not be told from each other there",
                fix="put the state on another disk with --state",
            ) from error
        return False
    return True


def _unusable(path: Path, error: OSError) -> Exception:
    return failure(
        "state.unusable",
        f"the lock {path} can't be made: {error.strerror or error}",
        fix="make the directory of the state writable, or give another with --state",
    )
