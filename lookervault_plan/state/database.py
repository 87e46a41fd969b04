"""Run the named statements on an open state; the base of the tables that `State` joins."""

import sqlite3
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import cast

import msgspec

from lookervault_plan.state.queries import QUERIES
from lookervault_plan.state.row_codec import RowType, Value, Values, struct_of
from lookervault_plan.state.state_file import damaged, read_failure, write_failure

Parameters = Values | Mapping[str, Value]


class Database:
    """One connection, used by one thread at a time."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        #: How to call the state in messages: its file, or the URL that it was fetched from.
        self.name = str(path)
        self._connection = connection
        self._lock = RLock()

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        """Run a block in one transaction, all or nothing. Raises PlanError if SQLite fails."""
        with self._lock:
            try:
                _ = self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                _ = self._connection.execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:
                    with suppress(sqlite3.Error):
                        _ = self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise write_failure(self.path, error) from error
                raise

    def _read(self, name: str, parameters: Parameters) -> list[Values]:
        """Run a named statement and return its rows."""
        return self._read_with_columns(name, parameters)[1]

    def _read_structs(
        self, name: str, parameters: Parameters, type_: type[RowType]
    ) -> list[RowType]:
        """Run a named statement whose columns are named as the fields of `type_`."""
        columns, found = self._read_with_columns(name, parameters)
        try:
            return [struct_of(columns, values, type_) for values in found]
        except (msgspec.DecodeError, LookupError, TypeError, UnicodeError) as error:
            raise damaged(self.path, f"a row of {name}: {error}") from error

    def _read_with_columns(
        self, name: str, parameters: Parameters
    ) -> tuple[list[str], list[Values]]:
        with self._lock:
            try:
                cursor = self._connection.execute(QUERIES[name], parameters)
                columns = [cast("str", column[0]) for column in cursor.description]
                return columns, cursor.fetchall()
            except sqlite3.Error as error:
                raise read_failure(self.path, error) from error

    def _inflated(self, data: object, what: str) -> bytes:
        """Decompress a blob. Raises PlanError if it is damaged."""
        try:
            return zlib.decompress(cast("bytes", data))
        except (zlib.error, TypeError) as error:
            raise damaged(self.path, f"{what}: {error}") from error
