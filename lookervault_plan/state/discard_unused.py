"""Remove a new state file again if the run ends before it records anything."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lookervault_plan.state.store import State, open_state


@contextmanager
def state_discarded_if_unused(path: Path) -> Generator[State]:
    """Open the state for writing; remove the file if the block ends with nothing recorded.

    A file or directory that existed before, or that another process uses by now, stays.
    """
    missing = [place for place in (path, *path.absolute().parents) if not place.exists()]
    is_unused = False
    try:
        with open_state(path) as state:
            try:
                yield state
            finally:
                is_unused = path in missing and state.is_blank()
    finally:
        if is_unused:
            _remove(path, missing)


def _remove(path: Path, made: Sequence[Path]) -> None:
    # SQLite removes the -wal file on the last close: while it exists, another process has the
    # state open.
    if path.with_name(path.name + "-wal").exists():
        return
    with suppress(OSError):
        path.unlink()
        for place in made[1:]:
            place.rmdir()
