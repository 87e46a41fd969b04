"""What outlives a run: id mappings, what was applied, sessions, dead letters, the lock."""

import sqlite3
import zlib
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self, cast

import msgspec

from lookervault_plan.content.table.kinds import BY_CODE, CODES
from lookervault_plan.errors import failure
from lookervault_plan.state import database
from lookervault_plan.state.lock import alive, is_at_work, locked, may_take_over
from lookervault_plan.state.queries import QUERIES
from lookervault_plan.state.row_codec import Line, Record, Value, as_json, dead_letter_line, record
from lookervault_plan.state.rows import (
    Applied,
    Checkpoint,
    DeadLetter,
    IdMapping,
    Lock,
    PartMapping,
    Session,
    SessionStatus,
    StepRecord,
    StoredMapping,
)

Values = Line | Mapping[str, Value]


def open_state(path: Path, *, readonly: bool = False) -> "State":
    """Open the state, making it if need be; read-only, a missing file is an empty state."""
    connection = database.connect_readonly(path) if readonly else database.connect(path)
    return State(path, connection)


class State:
    """An open state; may be used from any thread. Use `open_state`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._lock = RLock()

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
        """Whether it holds nothing at all."""
        tables = cast("list[tuple[str]]", self._read("tables", ()))
        with self._lock:
            return not any(
                self._connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()  # noqa: S608
                for (name,) in tables
            )

    # Id mappings. `source` is `Session.source`: an instance, or a backup's fingerprint.

    def mappings(self, source: str, destination: str) -> dict[tuple[str, str], str]:
        """(type, source id) -> destination id."""
        found = cast("list[tuple[int, str, str]]", self._read("mappings", (source, destination)))
        return {(BY_CODE[number], id_): destination_id for number, id_, destination_id in found}

    def list_mappings(
        self, source: str | None = None, destination: str | None = None
    ) -> list[StoredMapping]:
        values = {"source": source, "destination": destination}
        return self._records("list-mappings", values, StoredMapping)

    def set_mapping(
        self,
        source: str,
        destination: str,
        mapping: IdMapping,
        *,
        at: str,
        session: str | None = None,
    ) -> None:
        """Map by hand; what was known of the item's parts under another id is forgotten."""
        key = (source, destination, CODES[mapping.type], mapping.source_id)
        with self.writing() as connection:
            known = self.mappings(source, destination).get((mapping.type, mapping.source_id))
            if known != mapping.destination_id:
                _forget(connection, source, destination, mapping.type, mapping.source_id)
            _ = connection.execute(
                QUERIES["set-mapping"], (*key, mapping.destination_id, at, session)
            )

    def import_mappings(
        self,
        source: str,
        destination: str,
        mappings: Iterable[IdMapping],
        *,
        at: str,
        session: str | None = None,
    ) -> None:
        """Record pairs that a plan or a person found, all in one transaction."""
        with self.writing() as connection:
            _ = connection.executemany(
                QUERIES["set-mapping"],
                (
                    (
                        source,
                        destination,
                        CODES[mapping.type],
                        mapping.source_id,
                        mapping.destination_id,
                        at,
                        session,
                    )
                    for mapping in mappings
                ),
            )

    def remove_mapping(self, source: str, destination: str, type_: str, source_id: str) -> bool:
        """Forget an item's mapping, and its parts; False if there was none."""
        with self.writing() as connection:
            return _forget(connection, source, destination, type_, source_id)

    def clear_mappings(self, source: str, destination: str) -> int:
        """Forget all mappings between two instances, parts and all; the number of items."""
        with self.writing() as connection:
            for name in ("clear-part-mappings", "clear-applied"):
                _ = connection.execute(QUERIES[name], (source, destination))
            return connection.execute(QUERIES["clear-mappings"], (source, destination)).rowcount

    def part_mappings(self, source: str, destination: str) -> dict[str, dict[tuple[str, str], str]]:
        """Address -> {(part kind, source part id): destination id}."""
        out: dict[str, dict[tuple[str, str], str]] = {}
        found = self._read("part-mappings", (source, destination))
        for address, kind, id_, destination_id in cast("list[tuple[str, str, str, str]]", found):
            out.setdefault(address, {})[kind, id_] = destination_id
        return out

    def put_part_mappings(
        self, source: str, destination: str, parts: Iterable[PartMapping]
    ) -> None:
        with self.writing() as connection:
            _ = connection.executemany(
                QUERIES["set-part-mapping"],
                ((source, destination, *msgspec.structs.astuple(part)) for part in parts),
            )

    def applied(self, source: str, destination: str) -> dict[str, Applied]:
        """Address -> what was last applied there."""
        found = self._records("applied", (source, destination), Applied)
        return {row.address: row for row in found}

    def put_applied(self, source: str, destination: str, rows: Iterable[Applied]) -> None:
        with self.writing() as connection:
            _ = connection.executemany(
                QUERIES["put-applied"],
                ((source, destination, *msgspec.structs.astuple(row)) for row in rows),
            )

    # Sessions

    def create_session(self, session: Session, plan: bytes) -> None:
        """Record a session together with the document of its plan."""
        line = (
            *(session.id, session.started_at, session.completed_at, session.status),
            *(session.total_items, session.success_count, session.error_count),
            *(session.source_instance, session.destination_instance),
            *(as_json(session.config), as_json(session.metadata)),
            *(session.plan_id, session.fingerprint, session.backup_path, zlib.compress(plan, 3)),
        )
        with self.writing() as connection:
            _ = connection.execute(QUERIES["create-session"], line)

    def session(self, id_: str) -> Session | None:
        found = self._records("sessions", {"id": id_, "plan_id": None}, Session)
        return found[0] if found else None

    def sessions(self, *, plan_id: str | None = None) -> list[Session]:
        """All sessions, or those of one plan, the latest first."""
        return self._records("sessions", {"id": None, "plan_id": plan_id}, Session)

    def session_plan(self, id_: str) -> bytes:
        """The plan document of a session; raises `PlanError` if there is no such session."""
        found = cast("list[tuple[bytes]]", self._read("session-plan", (id_,)))
        if not found:
            raise failure(
                "state.no-session",
                f"the state {self.path} knows no session {id_}",
                fix="`lookervault-plan status` lists the sessions",
            )
        return zlib.decompress(found[0][0])

    def set_session_status(
        self,
        id_: str,
        status: SessionStatus,
        *,
        completed_at: str | None = None,
        success_count: int | None = None,
        error_count: int | None = None,
    ) -> None:
        """Counts left None stay as they are; `completed_at` None means that it goes on."""
        with self.writing() as connection:
            _ = connection.execute(
                QUERIES["set-session-status"],
                {
                    "id": id_,
                    "status": status,
                    "completed_at": completed_at,
                    "success_count": success_count,
                    "error_count": error_count,
                },
            )

    def steps(self, session: str) -> list[StepRecord]:
        """The journal of a session, in the order of the first intents."""
        return self._records("steps", (session,), StepRecord)

    def before_image(self, session: str, step: str) -> bytes | None:
        """The raw JSON that a step overwrote; kept from the first time it was begun."""
        found = cast("list[tuple[bytes | None]]", self._read("before-image", (session, step)))
        return zlib.decompress(found[0][0]) if found and found[0][0] is not None else None

    def checkpoints(self, session: str) -> list[Checkpoint]:
        """Progress per content type, in order of type."""
        return self._records("checkpoints", (session,), Checkpoint)

    # Dead letters

    def add_dead_letters(self, letters: Iterable[DeadLetter]) -> None:
        """Bury items; one that is there already, with as many retries, is replaced."""
        with self.writing() as connection:
            _ = connection.executemany(
                QUERIES["add-dead-letter"], (dead_letter_line(letter) for letter in letters)
            )

    def dead_letters(self, session: str | None = None) -> list[DeadLetter]:
        """The queue, oldest first; payloads included."""
        return self._records("dead-letters", {"session": session, "number": None}, DeadLetter)

    def dead_letter(self, number: int) -> DeadLetter | None:
        values = {"session": None, "number": number}
        found = self._records("dead-letters", values, DeadLetter)
        return found[0] if found else None

    def count_dead_letters(self, session: str | None = None) -> int:
        found = cast("list[tuple[int]]", self._read("count-dead-letters", {"session": session}))
        return found[0][0]

    def older_dead_letters(self, session: Session) -> dict[int, str]:
        """Letters of other sessions between the same instances: number -> address."""
        values = {
            "session": session.id,
            "source": session.source,
            "destination": session.destination_instance,
        }
        found = cast("list[tuple[int, str, int, str]]", self._read("dead-letter-keys", values))
        return {number: f"{BY_CODE[type_]}:{id_}" for number, _, type_, id_ in found}

    def discard(self, numbers: Iterable[int]) -> int:
        """Take letters out of the queue; how many were there."""
        lines = [(number,) for number in numbers]
        with self.writing() as connection:
            return connection.executemany(QUERIES["discard-dead-letter"], lines).rowcount

    # The lock

    def acquire_lock(
        self, destination: str, *, holder: str, host: str, since: str, pid: int
    ) -> None:
        """Take a destination for this run; raises `Refused` if somebody else has it.

        A lock whose process is gone from the same host is taken over.
        """
        wanted = Lock(destination, holder, host, since, pid)
        with self.writing() as connection:
            self._refuse_if_locked(wanted)
            _ = connection.execute(QUERIES["take-lock"], msgspec.structs.astuple(wanted))

    def refuse_if_locked(self, destination: str, *, holder: str, host: str, pid: int) -> None:
        """As `acquire_lock`, without taking it."""
        self._refuse_if_locked(Lock(destination, holder, host, "", pid))

    def _refuse_if_locked(self, wanted: Lock) -> None:
        current = self.lock(wanted.destination)
        if current is not None and not may_take_over(current, wanted):
            raise locked(current)

    def release_lock(self, destination: str, *, holder: str) -> None:
        """Give the destination back; another holder's lock is left alone."""
        with self.writing() as connection:
            _ = connection.execute(QUERIES["release-lock"], (destination, holder))

    def unlock(self, destination: str, *, host: str, force: bool = False) -> Lock | None:
        """Remove a dead holder's lock and return it; None if there was none.

        Raises `Refused` if the holder lives on this `host`, unless `force`. Whether one on
        another host lives can't be seen from here: that is the caller's word.
        """
        with self.writing() as connection:
            current = self.lock(destination)
            if current is None:
                return None
            if not force and is_at_work(current, host):
                raise alive(current)
            _ = connection.execute(QUERIES["remove-lock"], (destination,))
            return current

    def lock(self, destination: str) -> Lock | None:
        found = self._records("lock", (destination,), Lock)
        return found[0] if found else None

    def locks(self) -> list[Lock]:
        return self._records("locks", (), Lock)

    # Shared with the journal

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        """One transaction, all or nothing; failures of the database come out as `PlanError`."""
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
                    raise database.write_failure(self.path, error) from error
                raise

    def _read(self, name: str, values: Values) -> list[Line]:
        return self._read_with_columns(name, values)[1]

    def _records(self, name: str, values: Values, kind: type[Record]) -> list[Record]:
        """Rows as structs: the statement names its columns as the struct its fields."""
        columns, found = self._read_with_columns(name, values)
        return [record(columns, line, kind) for line in found]

    def _read_with_columns(self, name: str, values: Values) -> tuple[list[str], list[Line]]:
        with self._lock:
            try:
                cursor = self._connection.execute(QUERIES[name], values)
                columns = [cast("str", column[0]) for column in cursor.description]
                return columns, cursor.fetchall()
            except sqlite3.Error as error:
                raise database.read_failure(self.path, error) from error


def _forget(
    connection: sqlite3.Connection, source: str, destination: str, type_: str, source_id: str
) -> bool:
    for name in ("remove-item-parts", "remove-item-applied"):
        _ = connection.execute(QUERIES[name], (source, destination, f"{type_}:{source_id}"))
    key = (source, destination, CODES[type_], source_id)
    return connection.execute(QUERIES["remove-mapping"], key).rowcount > 0
