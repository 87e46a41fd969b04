"""The local copy of a remote state, on which a run works, and how it is put back.

A copy that could not be put back stays, with a note of the version that it came from. The run
after it goes on from there, if nobody else has had the lock since.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import cast

import msgspec

from lookervault_plan.errors import PlanError
from lookervault_plan.state.os_lock import is_taken
from lookervault_plan.state.remote.envelope import Header, pack
from lookervault_plan.state.remote.lease import Lease, digest_of
from lookervault_plan.state.remote.port import ChangedError
from lookervault_plan.state.remote.slot import Slot

#: Between two times that a copy is put back.
EVERY_SECONDS = 20.0
#: A put may take a tenth of the time, so that large states don't slow the run down.
_REST_FACTOR = 10
_RETRY_SECONDS = 5.0


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a local copy; it lies beside it."""

    url: str
    destination: str
    #: Token of the lock under which it was written.
    token: str
    #: Version of the state it agrees with, but for later changes. None: there was no state.
    version: str | None


class LocalCopy:
    """A file that a run works on."""

    def __init__(self, path: Path, note: Note) -> None:
        self.path = path
        self.note = note

    def write_note(self, *, token: str, version: str | None) -> None:
        self.note = msgspec.structs.replace(self.note, token=token, version=version)
        file = _note_file(self.path)
        part = file.with_suffix(".part")
        _ = part.write_bytes(msgspec.json.encode(self.note))
        _ = part.replace(file)

    def remove(self) -> None:
        for end in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)
        _note_file(self.path).unlink(missing_ok=True)

    def remove_folder(self) -> None:
        """Remove the folders of copies if they are empty."""
        for folder in (self.path.parent, self.path.parent.parent):
            with suppress(OSError):
                folder.rmdir()


def copies(folder: Path, url: str, destination: str) -> list[LocalCopy]:
    """Return the copies of a state that are left in a folder, or in use."""
    found: list[LocalCopy] = []
    for file in sorted(folder.glob(f"{digest_of(destination)}-*.json")):
        with suppress(OSError, msgspec.DecodeError):
            note = msgspec.json.decode(file.read_bytes(), type=Note)
            path = file.with_suffix(".db")
            if note.url == url and note.destination == destination and path.exists():
                found.append(LocalCopy(path, note))
    return found


def is_in_use(path: Path) -> bool:
    """Return whether a running process works on the copy."""
    return is_taken(use_lock(path))


def use_lock(path: Path) -> Path:
    return path.with_suffix(".used")


class PutBack:
    """Puts the copy back into the store from time to time, and at the end."""

    def __init__(
        self, copy: LocalCopy, slot: Slot, lease: Lease, *, on_put: Callable[[int], None]
    ) -> None:
        self._copy = copy
        self._slot = slot
        self._lease = lease
        self._on_put = on_put
        self._number = 0
        self._seen = -1
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="put-back", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread. A put that it has begun is carried out."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def finish(self) -> None:
        """Put the closed copy back. Raises PlanError or ChangedError if that fails."""
        self._put(self._copy.path.read_bytes())

    def _run(self) -> None:
        wait = EVERY_SECONDS
        with closing(self._connect()) as connection:
            self._seen = _data_version(connection)
            while not self._over.wait(wait):
                began = time.monotonic()
                seen = _data_version(connection)
                if seen == self._seen or not self._lease.holds:
                    continue
                try:
                    self._put(connection.serialize())
                    self._seen = seen
                    wait = max(EVERY_SECONDS, _REST_FACTOR * (time.monotonic() - began))
                except PlanError:
                    wait = _RETRY_SECONDS
                except ChangedError:
                    self._lease.lose("another run has replaced the state")
                    return

    def _put(self, image: bytes) -> None:
        self._number += 1
        header = Header(
            destination=self._copy.note.destination,
            token=self._lease.record.token,
            number=self._number,
            size=len(image),
        )
        data = pack(header, without_wal(image))
        self._slot.put(data)
        self._copy.write_note(token=self._lease.record.token, version=self._slot.version)
        self._on_put(len(data))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._copy.path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )


def without_wal(image: bytes) -> bytes:
    """Return a database image whose header asks for no write-ahead log, so that it opens alone."""
    return image[:18] + b"\x01\x01" + image[20:] if len(image) > 20 else image


def _data_version(connection: sqlite3.Connection) -> int:
    """Return a number that changes with each commit of another connection."""
    return cast("tuple[int]", connection.execute("PRAGMA data_version").fetchone())[0]


def _note_file(path: Path) -> Path:
    return path.with_suffix(".json")
