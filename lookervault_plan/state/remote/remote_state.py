"""Open the state of a destination in a store: to read it, or under its lock to change it."""

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from lookervault_plan.errors import PlanError, Refused, failure
from lookervault_plan.state import os_lock
from lookervault_plan.state.place import StatePlace
from lookervault_plan.state.remote.envelope import Header, read_header, unpack
from lookervault_plan.state.remote.lease import (
    LOCK_REQUEST_SECONDS,
    Holder,
    Lease,
    LockRecord,
    digest_of,
    lock_key,
    locked,
    read_lock,
    seconds_left,
    take_lease,
)
from lookervault_plan.state.remote.local_copy import (
    LocalCopy,
    Note,
    PutBack,
    copies,
    is_in_use,
    use_lock,
    without_wal,
)
from lookervault_plan.state.remote.port import ChangedError, Fetched, Store
from lookervault_plan.state.remote.slot import Slot
from lookervault_plan.state.remote.stores import open_store
from lookervault_plan.state.store import State, open_image, open_state

#: Where local copies lie, below the working directory.
COPIES = Path(".lookervault-plan/remote")
_POLL_SECONDS = 1.0


class RemoteState(msgspec.Struct, frozen=True, kw_only=True):
    """What a store has for one destination."""

    destination: str
    lock: LockRecord
    #: Seconds that the lock still holds; 0 if it is released, None if that can't be told.
    lock_seconds: float | None
    state: Fetched | None
    header: Header | None

    @property
    def is_locked(self) -> bool:
        return self.lock_seconds is None or self.lock_seconds > 0

    @property
    def is_unclean(self) -> bool:
        """Whether the state lacks the last steps of a run that did not release the lock."""
        return self.lock.is_unclean or not (self.lock.is_released or self.is_locked)


def state_key(destination: str) -> str:
    return f"{digest_of(destination)}/state"


def copies_folder(place: StatePlace) -> Path:
    """Return the folder of the local copies of the states at a URL."""
    return COPIES / hashlib.sha256(place.shown.encode()).hexdigest()[:12]


def destinations(store: Store) -> list[str]:
    """List the destinations that a store has a state or a lock of."""
    keys = [key for key in store.list_keys() if key.endswith("/lock")]
    records = [read_lock(store.fetch(key)) for key in keys]
    return sorted(record.destination for record in records if record)


def look_up(store: Store, destination: str) -> RemoteState | None:
    """Fetch the state of a destination and its lock; None if there is neither."""
    found = store.fetch(lock_key(destination))
    record = read_lock(found)
    if found is None or record is None:
        return None
    left: float | None = 0.0
    if not record.is_released:
        try:
            left = seconds_left(store, found, record)
        except PlanError:  # the clock needs the right to write
            left = None
    state = store.fetch(state_key(destination))
    header = read_header(state.data, store.url) if state else None
    return RemoteState(
        destination=destination, lock=record, lock_seconds=left, state=state, header=header
    )


def only_destination(store: Store) -> str | None:
    """Return the only destination with a state; None if there is none.

    Raises PlanError if there are several.
    """
    found = destinations(store)
    if len(found) > 1:
        raise failure(
            "state.several",
            f"{store.url} has the states of several destinations",
            detail="\n".join(found),
            fix="name one with --destination",
        )
    return found[0] if found else None


def read_remote(place: StatePlace, destination: str | None) -> State:
    """Open a state for reading: the only one there if no destination is named.

    A copy in this folder that could not be put back is read in its stead. Sessions whose last
    steps are missing have the status `lost`.
    """
    with closing(open_store(place.text)) as store:
        destination = destination or only_destination(store)
        remote = look_up(store, destination) if destination else None
        lock = remote.lock if remote else None
        found = remote.state if remote else None
        copy = _copy_to_go_on_with(place, lock, found, store.url)
        if copy is not None:
            state = open_state(copy.path, readonly=True)
        else:
            image = unpack(found.data, store.url) if found else b""
            state = open_image(_in_memory(image), lose_sessions=bool(remote and remote.is_unclean))
        has_ended = copy is not None and not is_in_use(copy.path)
        if remote is not None and remote.is_locked and not has_ended:
            state.remote_refusal = locked(remote.lock, store.url, remote.lock_seconds or 0.0)
        state.is_remote = True
        return _named(state, place)


class _Work:
    """A copy of a state that a run works on under a lease."""

    def __init__(
        self,
        place: StatePlace,
        store: Store,
        lease: Lease,
        on_put: Callable[[int], None],
    ) -> None:
        self._place = place
        self._lease = lease
        self._on_put = on_put
        self._store = store
        destination = lease.record.destination
        self._slot = Slot(store, state_key(destination))
        #: Whether the store has all that was done.
        self.is_clean = False

    @contextmanager
    def state(self) -> Generator[State]:
        """Give the copy, opened; put it back after the block, however that ends."""
        found = self._slot.fetch()
        own = _copy_to_go_on_with(self._place, self._lease.before, found, self._store.url)
        if own is not None and is_in_use(own.path):  # its run has lost the lock, but still lives
            own = None
        copy = own or self._new_copy(found)
        used = os_lock.take(use_lock(copy.path))
        if used is None:
            raise _copy_in_use(copy.path)
        try:
            copy.write_note(token=self._lease.record.token, version=self._slot.version)
            put_back = PutBack(copy, self._slot, self._lease, on_put=self._on_put)
            error: BaseException | None = None
            with _named(open_state(copy.path), self._place) as state:
                state.lease = self._lease
                state.is_remote = True
                if own is None:
                    state.forget_locks()
                    if self._lease.record.is_unclean:
                        state.lose_sessions()
                changes = state.total_changes
                put_back.start()
                try:
                    yield state
                except BaseException as raised:  # noqa: BLE001 — raised again below
                    error = raised
                finally:
                    put_back.stop()
                is_needed = own is not None or self._lease.record.is_unclean
                is_needed = is_needed or state.total_changes != changes
                if self._slot.version is None and state.is_blank():
                    is_needed = False
            self._finish(copy, put_back if is_needed else None, error)
            if error is not None:
                raise error
        finally:
            used.release()
            copy.remove_folder()

    def _finish(
        self, copy: LocalCopy, put_back: PutBack | None, error: BaseException | None
    ) -> None:
        """Put the copy back and remove it. If that fails, keep it and say so."""
        try:
            if put_back is not None:
                if not self._lease.holds:
                    raise _not_put_back(copy, self._place, "the lock was lost before")
                put_back.finish()
        except ChangedError as changed:
            if error is None:
                why = "another run has replaced the state"
                raise _not_put_back(copy, self._place, why) from changed
        except PlanError as failed:
            if error is None:
                raise _not_put_back(copy, self._place, failed.diagnostic.detail) from failed
        else:
            self.is_clean = True
            copy.remove()

    def _new_copy(self, found: Fetched | None) -> LocalCopy:
        image = unpack(found.data, self._store.url) if found else b""
        record = self._lease.record
        folder = copies_folder(self._place)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{digest_of(record.destination)}-{secrets.token_hex(4)}.db"
        note = Note(
            url=self._place.shown, destination=record.destination, token=record.token, version=None
        )
        path = folder / name
        path.touch(mode=0o600)
        _ = path.write_bytes(image)
        return LocalCopy(path, note)


@contextmanager
def change_remote(
    place: StatePlace,
    destination: str | None,
    who: Callable[[], Holder],
    *,
    lock_timeout_seconds: float = 0.0,
    on_put: Callable[[int], None] = lambda _: None,
) -> Generator[State]:
    """Lock a destination, work on a copy of its state, and put it back.

    Raises Refused if another run has the lock after the timeout, and PlanError if the state can't
    be fetched or put back. `on_put` gets the bytes of each put.
    """
    with (
        closing(open_store(place.text, request_seconds=LOCK_REQUEST_SECONDS)) as lock_store,
        closing(open_store(place.text)) as store,
    ):
        destination = destination or only_destination(store)
        if destination is None:
            raise failure(
                "state.none",
                f"{place} has no state yet",
                fix="name its destination with --destination; `apply` makes the first one",
            )
        lease = _wait_for_lease(lock_store, place, destination, who, lock_timeout_seconds)
        work = _Work(place, store, lease, on_put)
        lease.start()
        try:
            with work.state() as state:
                yield state
        finally:
            lease.release(is_unclean=not work.is_clean)


def _wait_for_lease(
    store: Store,
    place: StatePlace,
    destination: str,
    who: Callable[[], Holder],
    timeout_seconds: float,
) -> Lease:
    """Take the lock, at once if its holder was a process of this machine that has ended."""
    until = time.monotonic() + timeout_seconds
    while True:
        left_behind = {
            copy.note.token
            for copy in copies(copies_folder(place), place.shown, destination)
            if not is_in_use(copy.path)
        }
        try:
            return take_lease(store, destination, who(), ended=left_behind)
        except Refused:
            left = until - time.monotonic()
            if left <= 0:
                raise
            time.sleep(min(_POLL_SECONDS, left))


def _copy_to_go_on_with(
    place: StatePlace, lock: LockRecord | None, found: Fetched | None, url: str
) -> LocalCopy | None:
    """Return the copy of the last holder of the lock, if it lies in this folder.

    The state must be the one that the copy comes from, or be put there from it.
    """
    if lock is None:
        return None
    token = read_header(found.data, url).token if found else None
    version = found.version if found else None
    for copy in copies(copies_folder(place), place.shown, lock.destination):
        note = copy.note
        if note.token == lock.token and (note.version == version or note.token == token):
            return copy
    return None


def _in_memory(image: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    if image:
        connection.deserialize(without_wal(image))
    return connection


def _named(state: State, place: StatePlace) -> State:
    state.name = place.shown
    return state


def _copy_in_use(path: Path) -> PlanError:
    return failure(
        "state.copy-in-use",
        f"another process works on the local copy {path}",
        fix="wait until it has ended",
    )


def _not_put_back(copy: LocalCopy, place: StatePlace, why: str) -> PlanError:
    return failure(
        "state.put-back",
        f"the state could not be put back to {place}",
        detail=f"{why}; all that was done is in the local copy {copy.path}",
        fix=f"once the store can be reached, `lookervault-plan state push --state {place}` from "
        "this folder puts it back, and so does the next run from here; from anywhere else, plan "
        "again",
    )
