"""The state, which outlives a run: id mappings, sessions, dead letters, the lock."""

from pathlib import Path
from types import TracebackType
from typing import Self, cast

from lookervault_plan.state import state_file
from lookervault_plan.state.bases import Bases
from lookervault_plan.state.dead_letters import DeadLetters
from lookervault_plan.state.id_mappings import IdMappings
from lookervault_plan.state.locks import Locks
from lookervault_plan.state.sessions import Sessions


def open_state(path: Path, *, readonly: bool = False) -> "State":
    """Open the state. A missing file is made; read-only, it is an empty state."""
    connection = state_file.connect_readonly(path) if readonly else state_file.connect(path)
    return State(path, connection)


class State(IdMappings, Bases, Sessions, DeadLetters, Locks):
    """An open state, for any number of threads. Use `open_state`."""

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
        with self._lock:
            self._connection.close()

    def is_blank(self) -> bool:
        """Return whether all tables are empty."""
        tables = cast("list[tuple[str]]", self._read("tables", ()))
        with self._lock:
            return not any(
                self._connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()  # noqa: S608
                for (name,) in tables
            )
