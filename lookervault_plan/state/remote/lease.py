"""The lock of a destination in a store: a lease that its holder renews.

The lock is an object that is replaced by compare-and-swap. Whether it has expired is decided by
the store's clock. Its holder goes by its own clock, counted from before each renewal was sent, and
stops writing so early that a request it has begun is over when the lease ends.
"""

import hashlib
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Container

import msgspec

from lookervault_plan.errors import PlanError, Refused, failure, refusal
from lookervault_plan.state.locks import lock_lost
from lookervault_plan.state.remote.port import ChangedError, Fetched, Store
from lookervault_plan.state.remote.slot import Slot

#: Makes leases shorter, for tests: seconds.
LEASE_VARIABLE = "LOOKERVAULT_PLAN_LEASE_SECONDS"
#: How long a lock holds after its last renewal.
LEASE_SECONDS = float(os.environ.get(LEASE_VARIABLE) or 60)
_RENEW_SECONDS = LEASE_SECONDS / 4
#: Until the next try after a renewal that failed.
_RETRY_SECONDS = 2.0
#: A request to the store for the lock. Several of them fit into a lease.
LOCK_REQUEST_SECONDS = 5.0
#: A request to Looker that writes: none is begun with less time left.
WRITE_SECONDS = LEASE_SECONDS / 2
#: Stores give dates in whole seconds, so that two of them may be off by one second each.
_MARGIN_SECONDS = 2.0
_RACES = 5


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for a lock. For people alone: the token tells runs apart."""

    holder: str
    host: str
    pid: int
    #: ISO 8601 in UTC.
    since: str


class LockRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a lock object."""

    destination: str
    #: Random text that tells this run from all others.
    token: str
    holder: str
    host: str
    pid: int
    since: str
    #: Seconds that the lock holds after it was put.
    seconds: float = LEASE_SECONDS
    #: Number of the put under this token.
    number: int = 0
    is_released: bool = False
    #: Whether the state lacks the last steps of a run: of the holder, or of one before.
    is_unclean: bool = False


def digest_of(destination: str) -> str:
    """Return the folder of a destination's objects."""
    return hashlib.sha256(destination.encode()).hexdigest()[:16]


def lock_key(destination: str) -> str:
    return f"{digest_of(destination)}/lock"


def read_lock(found: Fetched | None) -> LockRecord | None:
    """Decode a lock object. Nobody's writing but ours leads here: anything else is no lock."""
    if found is None:
        return None
    try:
        return msgspec.json.decode(found.data, type=LockRecord)
    except msgspec.DecodeError:
        return None


def seconds_left(store: Store, found: Fetched, record: LockRecord) -> float:
    """Return for how long a lock still holds, by the store's clock; 0 or less: it has expired."""
    if record.is_released:
        return 0.0
    return found.at_seconds + record.seconds + _MARGIN_SECONDS - store.now_seconds()


def locked(record: LockRecord, url: str, left: float) -> Refused:
    """Make the refusal that names the holder."""
    return refusal(
        "state.locked",
        f"{record.destination} is locked by {record.holder} on {record.host} since {record.since}",
        detail=f"the lock at {url} holds for {max(left, 0.0):.0f} s, and the holder renews it",
        fix="wait for it with --lock-timeout 600",
    )


def take_lease(
    store: Store, destination: str, who: Holder, *, ended: Container[str] = ()
) -> "Lease":
    """Take the lock of a destination. Raises Refused if another run holds it.

    `ended` are the tokens of runs that are known to have ended.
    """
    slot = Slot(store, lock_key(destination))
    for _ in range(_RACES):
        found = slot.fetch()
        before = read_lock(found)
        if before is not None and found is not None and before.token not in ended:
            left = seconds_left(store, found, before)
            if left > 0:
                raise locked(before, store.url, left)
        record = LockRecord(
            destination=destination,
            token=secrets.token_hex(16),
            holder=who.holder,
            host=who.host,
            pid=who.pid,
            since=who.since,
            is_unclean=before is not None and (before.is_unclean or not before.is_released),
        )
        asked_at = clock()
        try:
            slot.put(msgspec.json.encode(record))
        except ChangedError:
            continue  # another run was faster: name it
        return Lease(slot, record, before=before, url=store.url, asked_at=asked_at)
    raise refusal(
        "state.locked",
        f"{destination} is being locked by many runs at once",
        fix="wait with --lock-timeout 600",
    )


class Lease:
    """A lock that this process holds and renews in a thread of its own."""

    def __init__(
        self,
        slot: Slot,
        record: LockRecord,
        *,
        before: LockRecord | None,
        url: str,
        asked_at: float,
    ) -> None:
        self.record = record
        #: The lock as it was before: released, or of a run that never released it.
        self.before = before
        self._slot = slot
        self._url = url
        self._until = asked_at + record.seconds
        self._lost = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    @property
    def write_seconds(self) -> float:
        return WRITE_SECONDS

    def start(self) -> None:
        self._thread.start()

    def check(self) -> None:
        """Raise PlanError if a write that begins now might end after the lease."""
        if self._lost:
            raise lock_lost(self.record.destination, self._lost)
        if clock() + WRITE_SECONDS > self._until:
            raise self._expiring()

    @property
    def holds(self) -> bool:
        """Whether nobody else can have the lock yet."""
        return not self._lost and clock() < self._until

    def lose(self, why: str) -> None:
        """Give up: somebody else has taken over."""
        self._lost = why

    def release(self, *, is_unclean: bool) -> None:
        """Let others have the lock. Nothing happens if it can't be given back: it expires."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._lost:
            return
        record = self._next(is_released=True, is_unclean=is_unclean)
        try:
            self._slot.put(msgspec.json.encode(record))
        except (ChangedError, PlanError):
            return

    def _renew(self) -> None:
        wait = _RENEW_SECONDS
        while not self._over.wait(wait):
            asked_at = clock()
            record = self._next()
            try:
                self._slot.put(msgspec.json.encode(record))
            except ChangedError:
                self.lose(f"another run has taken the lock at {self._url}, or it was unlocked")
                return
            except PlanError:
                wait = _RETRY_SECONDS
            else:
                self._until = asked_at + record.seconds
                wait = _RENEW_SECONDS

    def _next(self, *, is_released: bool = False, is_unclean: bool | None = None) -> LockRecord:
        self.record = msgspec.structs.replace(
            self.record,
            number=self.record.number + 1,
            is_released=is_released,
            is_unclean=self.record.is_unclean if is_unclean is None else is_unclean,
        )
        return self.record

    def _expiring(self) -> PlanError:
        return failure(
            "state.lease",
            f"the lock on {self.record.destination} could not be renewed at {self._url}",
            detail="this run has stopped before another one may begin; what was done is recorded "
            "in the local copy of the state",
            fix="once the store can be reached, `lookervault-plan resume` from this folder goes "
            "on; from anywhere else, plan again",
        )


def _make_clock() -> Callable[[], float]:
    """Return a clock that goes on while the machine sleeps, where the system has one."""
    if sys.platform != "linux":
        return time.monotonic
    return lambda: time.clock_gettime(time.CLOCK_BOOTTIME)


clock = _make_clock()
