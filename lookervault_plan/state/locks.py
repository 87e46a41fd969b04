"""The lock that keeps two runs from applying to one destination."""

import os
import sys

import msgspec

from lookervault_plan.errors import Refused, refusal
from lookervault_plan.state.database import Database
from lookervault_plan.state.queries import QUERIES
from lookervault_plan.state.rows import Lock


class Locks(Database):
    """The table lock."""

    def acquire_lock(
        self, destination: str, *, holder: str, host: str, since: str, pid: int
    ) -> None:
        """Take the lock of a destination; raise `Refused` if another run holds it.

        A lock is taken over if its holder's process has ended on the same host.
        """
        wanted = Lock(destination, holder, host, since, pid)
        with self.writing() as connection:
            self._refuse_if_locked(wanted)
            _ = connection.execute(QUERIES["take-lock"], msgspec.structs.astuple(wanted))

    def refuse_if_locked(self, destination: str, *, holder: str, host: str, pid: int) -> None:
        """Raise `Refused` as `acquire_lock` does, without taking the lock."""
        self._refuse_if_locked(Lock(destination, holder, host, "", pid))

    def _refuse_if_locked(self, wanted: Lock) -> None:
        current = self.lock(wanted.destination)
        if current is not None and not _may_take_over(current, wanted):
            raise _locked(current)

    def release_lock(self, destination: str, *, holder: str) -> None:
        """Remove the lock of a destination, unless another holder has it."""
        with self.writing() as connection:
            _ = connection.execute(QUERIES["release-lock"], (destination, holder))

    def unlock(self, destination: str, *, host: str, force: bool = False) -> Lock | None:
        """Remove a dead holder's lock and return it; None if the destination is not locked.

        Raises `Refused` if the holder still runs on this `host`, unless `force` is set. A holder
        on another host can't be checked from here: the caller vouches that it is dead.
        """
        with self.writing() as connection:
            current = self.lock(destination)
            if current is None:
                return None
            if not force and _runs_here(current, host):
                raise _still_running(current)
            _ = connection.execute(QUERIES["remove-lock"], (destination,))
            return current

    def lock(self, destination: str) -> Lock | None:
        found = self._read_structs("lock", (destination,), Lock)
        return found[0] if found else None

    def locks(self) -> list[Lock]:
        return self._read_structs("locks", (), Lock)


def _may_take_over(current: Lock, wanted: Lock) -> bool:
    """Return whether the holder is the same run, or has ended on the same host."""
    if current.host != wanted.host:
        return False
    is_own = (current.pid, current.holder) == (wanted.pid, wanted.holder)
    return is_own or not _is_alive(current.pid)


def _runs_here(current: Lock, host: str) -> bool:
    """Return whether the holder is another process that runs on this `host`."""
    return current.host == host and current.pid != os.getpid() and _is_alive(current.pid)


def _locked(current: Lock) -> Refused:
    return refusal(
        "state.locked",
        f"{current.destination} is locked by {current.holder} "
        f"on {current.host} since {current.since}",
        detail=f"process {current.pid} on {current.host} may be applying to it",
        fix="wait for it, or use --lock-timeout; if it is gone for good: "
        "`lookervault-plan state unlock`",
    )


def _still_running(current: Lock) -> Refused:
    return refusal(
        "state.lock-alive",
        f"{current.holder} still runs (process {current.pid}) and has locked {current.destination}",
        fix="wait for it, or end it",
    )


def _is_alive(pid: int) -> bool:
    """Return whether a process runs on this host; True where asking could end it."""
    if sys.platform == "win32":  # there, signal 0 would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
