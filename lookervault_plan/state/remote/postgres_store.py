"""A PostgreSQL database as a store, by psycopg. All objects are rows of one table."""

import os
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import LiteralString, TypeVar
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import errors

from lookervault_plan.content.redact import SENSITIVE
from lookervault_plan.state.place import without_password
from lookervault_plan.state.remote.port import ChangedError, Fetched, store_failure

_CONNECT_SECONDS = 5
#: Two runs that make the table at the same moment would disturb each other.
_TABLE: LiteralString = """
SELECT pg_advisory_xact_lock(5499093);
CREATE TABLE IF NOT EXISTS lookervault_plan_state (
    key text PRIMARY KEY,
    version bigint NOT NULL,
    data bytea NOT NULL,
    at timestamptz NOT NULL
);
ALTER TABLE lookervault_plan_state ALTER COLUMN data SET STORAGE EXTERNAL
"""
_FETCH: LiteralString = (
    "SELECT data, version, extract(epoch FROM at)::float8 "
    "FROM lookervault_plan_state WHERE key = %s"
)
_CREATE: LiteralString = (
    "INSERT INTO lookervault_plan_state (key, version, data, at) "
    "VALUES (%s, 1, %s, clock_timestamp()) ON CONFLICT DO NOTHING RETURNING version"
)
_UPDATE: LiteralString = (
    "UPDATE lookervault_plan_state SET data = %s, version = version + 1, at = clock_timestamp() "
    "WHERE key = %s AND version = %s RETURNING version"
)
_KEYS: LiteralString = "SELECT key FROM lookervault_plan_state ORDER BY key"
_NOW: LiteralString = "SELECT extract(epoch FROM clock_timestamp())::float8"

Result = TypeVar("Result")
Connection = psycopg.Connection[tuple[object, ...]]


class PostgresStore:
    """Rows of the table `lookervault_plan_state`, made by the first put.

    Credentials and settings that the URL lacks are read as libpq reads them (`PG*`, .pgpass).
    """

    def __init__(self, url: str, *, request_seconds: float) -> None:
        self._url = url
        self._request_seconds = request_seconds
        self.url = without_password(url)
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def fetch(self, key: str) -> Fetched | None:
        def run(connection: Connection) -> Fetched | None:
            try:
                row = connection.execute(_FETCH, (key,), binary=True).fetchone()
            except errors.UndefinedTable:
                return None
            if row is None:
                return None
            data, version, at_seconds = row
            assert isinstance(data, bytes)
            assert isinstance(at_seconds, float)
            return Fetched(data, str(version), at_seconds)

        return self._run("reading from", run)

    def put(self, key: str, data: bytes, *, replacing: str | None) -> str:
        def run(connection: Connection) -> str:
            try:
                return _put(connection, key, data, replacing)
            except errors.UndefinedTable:
                _ = connection.execute(_TABLE)
                return _put(connection, key, data, replacing)

        return self._run("writing to", run)

    def list_keys(self) -> list[str]:
        def run(connection: Connection) -> list[str]:
            try:
                return [str(row[0]) for row in connection.execute(_KEYS)]
            except errors.UndefinedTable:
                return []

        return self._run("reading from", run)

    def now_seconds(self) -> float:
        def run(connection: Connection) -> float:
            row = connection.execute(_NOW).fetchone()
            assert row is not None
            assert isinstance(row[0], float)
            return row[0]

        return self._run("reading from", run)

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _run(self, doing: str, run: Callable[[Connection], Result]) -> Result:
        """Run statements on the one connection; connect anew if it was lost before."""
        with self._lock:
            try:
                if self._connection is not None and self._connection.closed:
                    self._connection = None
                if self._connection is None:
                    self._connection = self._connect()
                with _time_limit(self._connection, self._request_seconds):
                    return run(self._connection)
            except psycopg.Error as error:
                self._drop()
                raise store_failure(self.url, doing, self._reason(error)) from error

    def _connect(self) -> Connection:
        return psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            application_name=os.environ.get("PGAPPNAME", "lookervault-plan"),
        )

    def _reason(self, error: psycopg.Error) -> str:
        """Return the error's text in one line, without the password that it may quote."""
        text = " ".join(str(error).split())
        password = urlsplit(self._url).password
        if not password:
            return text
        return text.replace(password, SENSITIVE).replace(unquote(password), SENSITIVE)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def _time_limit(connection: Connection, seconds: float) -> Generator[None]:
    """Cut the connection if the block takes too long. libpq itself would wait for ever."""

    def cut() -> None:
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(number)) as one:
            one.shutdown(socket.SHUT_RDWR)

    number = connection.fileno()
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _put(connection: Connection, key: str, data: bytes, replacing: str | None) -> str:
    if replacing is None:
        row = connection.execute(_CREATE, (key, data)).fetchone()
    else:
        row = connection.execute(_UPDATE, (data, key, int(replacing))).fetchone()
    if row is None:
        raise ChangedError(key)
    return str(row[0])
