"""The lock that keeps two runs from applying to one destination.

The operating system keeps a lock on a file beside the state for as long as the holder's process
lives. The row in the table says who the holder is. A process id tells nobody apart: in every
container the first process is number 1.
"""

import hashlib
import secrets
import shlex
from pathlib import Path

import msgspec

from lookervault_plan.errors import PlanError, Refused, failure, refusal
from lookervault_plan.state import os_lock
from lookervault_plan.state.database import Database
from lookervault_plan.state.queries import QUERIES
from lookervault_plan.state.rows import Lock


class HeldLock:
    """A lock that this process holds."""

    def __init__(self, lock: Lock, file: os_lock.OsLock) -> None:
        self.lock = lock
        self.file = file

    def check(self) -> None:
        """Raise PlanError if somebody has removed the lock by force."""
        if not self.file.is_held():
            raise lock_lost(self.lock.destination, "it was removed with `state unlock --force`")


class Locks(Database):
    """The table lock, and the files that go with its rows.

    A copy of a remote state has its lock in the store.
    """

    is_remote = False
    #: The lock that this open state has taken. None: none.
    held: HeldLock | None = None
    #: Refusal to write while another run has the lock in the store. None: nobody has it.
    remote_refusal: Refused | None = None

    def acquire_lock(
        self, destination: str, *, holder: str, host: str, since: str, pid: int
    ) -> HeldLock:
        """Take the lock of a destination; raise `Refused` if another run holds it.

        The lock of a run that has ended on this machine is taken over. The pid is for people.
        """
        token = secrets.token_hex(16)
        wanted = Lock(destination, holder, host, since, pid, token, os_lock.boot_id())
        file = os_lock.take(self.lock_file(destination))
        if file is None:
            raise self._running(destination)
        try:
            with self.writing() as connection:
                self._refuse_if_elsewhere(wanted)
                _ = connection.execute(QUERIES["take-lock"], msgspec.structs.astuple(wanted))
        except BaseException:
            file.release()
            raise
        self.held = HeldLock(wanted, file)
        return self.held

    def refuse_if_locked(self, destination: str, *, host: str) -> None:
        """Raise `Refused` as `acquire_lock` does, without taking the lock."""
        if self.remote_refusal is not None:
            raise self.remote_refusal
        if os_lock.is_taken(self.lock_file(destination)):
            raise self._running(destination)
        self._refuse_if_elsewhere(Lock(destination, "", host, "", 0, "", os_lock.boot_id()))

    def release_lock(self, held: HeldLock) -> None:
        """Give a lock back. The row stays if another run has it by now."""
        self.held = None
        try:
            with self.writing() as connection:
                key = (held.lock.destination, held.lock.token)
                _ = connection.execute(QUERIES["release-lock"], key)
        finally:
            held.file.release()

    def unlock(self, destination: str, *, force: bool = False) -> Lock | None:
        """Remove the lock of a run that is gone, and return it; None if nothing is locked.

        Raises `Refused` if the holder runs on this machine, unless `force` is set: then it stops
        before its next write. A holder on another machine can't be seen from here: the caller
        vouches that it is gone.
        """
        current = self.lock(destination)
        if current is None:
            return None
        path = self.lock_file(destination)
        file = os_lock.take(path)
        if file is None and not force:
            raise _still_running(current)
        if file is None:
            os_lock.remove_by_force(path)
        try:
            with self.writing() as connection:
                _ = connection.execute(QUERIES["release-lock"], (destination, current.token))
        finally:
            if file is not None:
                file.release()
        return current

    def forget_locks(self) -> None:
        """Remove all locks: in a fetched copy they are those of the machine that put it there."""
        with self.writing() as connection:
            _ = connection.execute(QUERIES["remove-locks"])

    def is_running(self, destination: str, *, host: str) -> bool:
        """Return whether a run holds the lock; True if that can't be seen from this machine."""
        if self.is_remote:
            return self.remote_refusal is not None
        current = self.lock(destination)
        if current is None:
            return False
        wanted = Lock(destination, "", host, "", 0, "", os_lock.boot_id())
        is_here = _is_same_machine(current, wanted)
        return not is_here or os_lock.is_taken(self.lock_file(destination))

    def lock(self, destination: str) -> Lock | None:
        found = self._read_structs("lock", (destination,), Lock)
        return found[0] if found else None

    def locks(self) -> list[Lock]:
        return self._read_structs("locks", (), Lock)

    def lock_file(self, destination: str) -> Path:
        """Return the file whose lock the holder has while it runs."""
        digest = hashlib.sha256(destination.encode()).hexdigest()[:12]
        return self.path.with_name(f"{self.path.name}.{digest}.lock")

    def _refuse_if_elsewhere(self, wanted: Lock) -> None:
        current = self.lock(wanted.destination)
        if current is not None and not _is_same_machine(current, wanted):
            raise _locked(
                current,
                f"whether it still runs can't be seen from {wanted.host}",
                fix="wait for it with --lock-timeout 600; if it is gone for good: "
                f"`lookervault-plan state unlock --state {shlex.quote(str(self.path))}`",
            )

    def _running(self, destination: str) -> Refused:
        current = self.lock(destination)
        if current is None:  # it has the file, and is about to write the row
            current = Lock(destination, "another run", "this machine", "just now", 0)
        return _locked(
            current, f"it runs (process {current.pid})", fix="wait for it with --lock-timeout 600"
        )


def lock_lost(destination: str, why: str) -> PlanError:
    """Make the error of a run that may not write any more."""
    return failure(
        "state.lock-lost",
        f"this run has lost its lock on {destination}",
        detail=f"{why}; nothing more was written",
        fix="see with `lookervault-plan status` who else applies, then plan again",
    )


def _is_same_machine(current: Lock, wanted: Lock) -> bool:
    """Return whether a free lock file proves that the holder of `current` has ended."""
    return current.host == wanted.host or bool(current.boot and current.boot == wanted.boot)


def _locked(current: Lock, detail: str, *, fix: str) -> Refused:
    return refusal(
        "state.locked",
        f"{current.destination} is locked by {current.holder} "
        f"on {current.host} since {current.since}",
        detail=detail,
        fix=fix,
    )


def _still_running(current: Lock) -> Refused:
    return refusal(
        "state.lock-alive",
        f"{current.holder} still runs on {current.host} (process {current.pid}) and has locked "
        f"{current.destination}",
        fix="wait for it, or stop that run; --force makes it stop before its next write",
    )
