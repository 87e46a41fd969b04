"""Remove the lock of a run that is gone from a store."""

from contextlib import closing

import msgspec

from lookervault_plan.errors import PlanError, Refused, refusal
from lookervault_plan.state.place import StatePlace
from lookervault_plan.state.remote.lease import (
    LockRecord,
    lock_key,
    locked,
    read_lock,
    seconds_left,
)
from lookervault_plan.state.remote.port import ChangedError, Store
from lookervault_plan.state.remote.remote_state import destinations
from lookervault_plan.state.remote.slot import Slot
from lookervault_plan.state.remote.stores import open_store


def unlock_remote(place: StatePlace, destination: str | None, *, force: bool) -> list[LockRecord]:
    """Release the lock of a destination, or all locks; return those that were not released.

    Raises `Refused` if a lock still holds, unless `force` is set: then its holder stops before
    its next write. The state counts as unclean: its sessions can't be resumed from elsewhere.
    """
    with closing(open_store(place.text)) as store:
        chosen = destinations(store) if destination is None else [destination]
        released = [_release(store, each, force=force) for each in chosen]
    return [record for record in released if record]


def _release(store: Store, destination: str, *, force: bool) -> LockRecord | None:
    slot = Slot(store, lock_key(destination))
    found = slot.fetch()
    record = read_lock(found)
    if found is None or record is None or record.is_released:
        return None
    left = seconds_left(store, found, record)
    if left > 0 and not force:
        raise _still_held(record, left)
    freed = msgspec.structs.replace(
        record, number=record.number + 1_000_000, is_released=True, is_unclean=True
    )
    try:
        slot.put(msgspec.json.encode(freed))
    except ChangedError as error:  # its holder has just renewed it
        raise _renewed(record, store.url) from error
    return record


def _renewed(record: LockRecord, url: str) -> PlanError:
    return locked(record, url, record.seconds)


def _still_held(record: LockRecord, left: float) -> Refused:
    return refusal(
        "state.lock-alive",
        f"{record.holder} on {record.host} has locked {record.destination}",
        detail=f"if that run is gone, its lock ends by itself in {left:.0f} s",
        fix="wait for that, or stop the run; --force makes it stop before its next write",
    )
