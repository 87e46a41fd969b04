"""Make and upgrade the tables of a state by the numbered files of `migrations`.

A file `0002.sql` brings a state of version 1 to version 2. The version of a state is its
`PRAGMA user_version`. Never edit a file that has been released: add the next one.
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Final, cast

#: Marks the file as a state: "LVPs" in ASCII.
APPLICATION_ID = 0x4C565073

_FILE_NAME = re.compile(r"(\d{4})\.sql")


def _load() -> tuple[str, ...]:
    folder = files("lookervault_plan.state").joinpath("migrations")
    named = {file.name: file for file in folder.iterdir() if _FILE_NAME.fullmatch(file.name)}
    assert [int(name[:4]) for name in sorted(named)] == [*range(1, len(named) + 1)]
    return tuple(named[name].read_text("utf-8") for name in sorted(named))


#: The migrations in order. The first makes the tables of version 1.
MIGRATIONS: Final = _load()


def newest_version(migrations: Sequence[str] = MIGRATIONS) -> int:
    """Return the version that this program writes and reads."""
    return len(migrations)


def migrate(connection: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Apply the migrations that the state lacks, in one transaction."""
    _ = connection.execute("BEGIN IMMEDIATE")
    try:
        done = number(connection, "PRAGMA user_version")  # another process may have been faster
        for script in migrations[done:]:
            for statement in _statements(script):
                _ = connection.execute(statement)
        if done < len(migrations):
            _ = connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            _ = connection.execute(f"PRAGMA user_version = {len(migrations)}")
    except BaseException:
        _ = connection.execute("ROLLBACK")
        raise
    _ = connection.execute("COMMIT")


def number(connection: sqlite3.Connection, statement: str) -> int:
    """Run a statement that returns one number."""
    return next(cast("Iterator[tuple[int]]", connection.execute(statement)))[0]


def _statements(script: str) -> Iterator[str]:
    """Split a script, since `executescript` would commit the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
