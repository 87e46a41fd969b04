"""The state, which outlives a run: id mappings, sessions, dead letters, the lock."""

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, cast

from lookervault_plan.state import state_file
from lookervault_plan.state.bases import Bases
from lookervault_plan.state.dead_letters import DeadLetters
from lookervault_plan.state.id_mappings import IdMappings
from lookervault_plan.state.locks import Locks
from lookervault_plan.state.sessions import Sessions
from lookervault_plan.state.transfer import Transfer


class Lease(Protocol):
    """A lock that ends unless it is renewed; `remote.lease.Lease` is one."""

    @property
    def write_seconds(self) -> float:
        """Seconds that a write may take at most."""
        ...

    def check(self) -> None: ...


def open_state(path: Path, *, readonly: bool = False) -> "State":
    """Open the state. A missing file is made; read-only, it is an empty state."""
    connection = state_file.connect_readonly(path) if readonly else state_file.connect(path)
    return State(path, connection)


def open_image(connection: sqlite3.Connection, *, lose_sessions: bool = False) -> "State":
    """Open a state in memory for reading. An empty one is a new state."""
    path = Path("state.db")
    state_file.prepare_image(path, connection)
    state = State(path, connection)
    if lose_sessions:
        state.lose_sessions()
    _ = connection.execute("PRAGMA query_only = ON")
    return state


class State(IdMappings, Bases, Sessions, DeadLetters, Locks, Transfer):
    """An open state, for any number of threads. Use `open_state`."""

    #: The lock in the store, if this is a copy of a remote state that may be changed.
    lease: Lease | None = None

    def check_lease(self) -> None:
        """Raise PlanError if the lock in the store may not hold for another write."""
        if self.lease is not None:
            self.lease.check()

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

    @property
    def total_changes(self) -> int:
        """Number of rows changed since the state was opened."""
        return self._connection.total_changes + self.is_replaced

    def is_blank(self) -> bool:
        """Return whether all tables are empty."""
        tables = cast("list[tuple[str]]", self._read("tables", ()))
        with self._lock:
            return not any(
                self._connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()  # noqa: S608
                for (name,) in tables
            )
