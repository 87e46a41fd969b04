"""Write files whole or not at all."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from lookervault_plan.errors import PlanError, failure

#: The beginning of a plan file, which names its id.
_HEAD_BYTES = 4_096


def check_writable(path: Path) -> None:
    """Raise PlanError before minutes of work if the file could not be written after them."""
    target = path.resolve()
    if target.is_dir():
        raise _unwritable(path, "it is a directory", "name a file")
    if not target.parent.is_dir():
        raise _unwritable(path, "its directory does not exist", f"make {path.parent} first")
    if not os.access(target.parent, os.W_OK) or (
        target.exists() and not os.access(target, os.W_OK)
    ):
        raise _unwritable(path, "permission denied", "choose a place that can be written to")


def remove_old_plan(path: Path) -> None:
    """Remove a plan of an earlier run, so that a run that fails leaves none behind.

    Any other file stays until it is replaced.
    """
    target = path.resolve()
    try:
        if not target.is_file() or b'"plan_id"' not in _head(target):
            return
        target.unlink()
    except OSError as error:
        why = error.strerror or str(error)
        raise _unwritable(path, why, "choose another place, or mend that one") from error


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def write_whole(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write a file beside the target, then rename it. The old file stays if anything fails.

    `mode` are its permissions, whatever the umask says. None: the umask decides.
    """
    target = path.resolve()
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):  # /dev/stdout, a named pipe
        _ = target.write_bytes(data)
        return
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        number = os.open(beside, flags, 0o666 if mode is None else 0o600)
        with os.fdopen(number, "wb") as file:
            if mode is not None:
                os.fchmod(number, mode)
            _ = file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _ = beside.replace(target)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        why = error.strerror or str(error)
        raise _unwritable(path, why, "choose another place, or mend that one") from error
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _unwritable(path: Path, why: str, fix: str) -> PlanError:
    return failure("file.write", f"{path} can't be written: {why}", fix=fix)
