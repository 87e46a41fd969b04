"""A run that records nothing leaves no trace of a state that was not there before."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lookervault_plan.state.store import State, open_state


@contextmanager
def state_discarded_if_unused(path: Path) -> Generator[State]:
    """The state, opened for writing; if that fails before anything is recorded, it is taken back.

    What somebody else has in use by then stays.
    """
    missing = [place for place in (path, *path.absolute().parents) if not place.exists()]
    is_blank = False
    try:
        with open_state(path) as state:
            try:
                yield state
            except BaseException:
                is_blank = path in missing and state.is_blank()
                raise
    finally:
        if is_blank:
            _take_back(path, missing)


def _take_back(path: Path, missing: Sequence[Path]) -> None:
    # The last one to close the file removes this: while it is there, another process has it open.
    if path.with_name(path.name + "-wal").exists():
        return
    with suppress(OSError):
        path.unlink()
        for place in missing[1:]:
            place.rmdir()
