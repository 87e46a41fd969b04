"""Copy a state to a file, and take over what another state knows of one destination."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, cast

from lookervault_plan.state.database import Database
from lookervault_plan.state.migrate import migrate
from lookervault_plan.state.queries import QUERIES

_OF_DESTINATION = "destination_instance"
#: Table -> column with the session that its rows belong to.
_OF_SESSION = {"journal_steps": "session", "dead_letter_queue": "session_id"}


class StateCounts(NamedTuple):
    """What a state has of one destination."""

    sessions: int
    mappings: int
    dead_letters: int


class Transfer(Database):
    """Whole states."""

    #: Whether another state was taken over.
    is_replaced = False

    def destinations(self) -> list[str]:
        """List the destinations that the state knows of."""
        return [row[0] for row in cast("list[tuple[str]]", self._read("destinations", ()))]

    def counts(self, destination: str) -> StateCounts:
        """Count the sessions, mappings and dead letters of a destination."""
        found = self._read("state-counts", {"destination": destination})
        return StateCounts(*cast("list[tuple[int, int, int]]", found)[0])

    def copy_to(self, path: Path) -> None:
        """Write the state to a new file with mode 0600, replacing one that is there."""
        part = path.with_name(f"{path.name}.part")
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        with self._lock, closing(sqlite3.connect(part, isolation_level=None)) as target:
            self._connection.backup(target)
            _ = target.execute("PRAGMA journal_mode = DELETE")
        _ = part.replace(path)

    def take_over(self, other: Database, destination: str) -> None:
        """Become a copy of another state, less all that concerns other destinations."""
        with self._lock:
            other._connection.backup(self._connection)  # noqa: SLF001 — another of our own kind
            migrate(self._connection)
        self.is_replaced = True
        with self.writing() as connection:
            tables = cast("list[tuple[str]]", connection.execute(QUERIES["tables"]).fetchall())
            for (table,) in tables:
                _forget_others(connection, table, destination)


def _forget_others(connection: sqlite3.Connection, table: str, destination: str) -> None:
    found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
    columns = {name for (name,) in cast("list[tuple[str]]", found)}
    if _OF_DESTINATION in columns:
        statement = f"DELETE FROM {table} WHERE {_OF_DESTINATION} <> ?"  # noqa: S608
        _ = connection.execute(statement, (destination,))
    elif column := _OF_SESSION.get(table):
        sessions = f"SELECT id FROM restoration_sessions WHERE {_OF_DESTINATION} = ?"  # noqa: S608
        statement = f"DELETE FROM {table} WHERE {column} NOT IN ({sessions})"  # noqa: S608
        _ = connection.execute(statement, (destination,))
