"""Run `state`: show where a state is, move it, and remove the lock of a run that is gone."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.text import Text

from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import change_state, read_state
from lookervault_plan.content.instance_url import comparable_url
from lookervault_plan.errors import failure, refusal
from lookervault_plan.render.amounts import counted
from lookervault_plan.state.place import LOCAL_STATE, StatePlace
from lookervault_plan.state.remote import remote_state
from lookervault_plan.state.remote.lease import LockRecord
from lookervault_plan.state.remote.local_copy import copies
from lookervault_plan.state.remote.stores import open_store
from lookervault_plan.state.remote.unlock import unlock_remote
from lookervault_plan.state.rows import Lock
from lookervault_plan.state.store import State, open_state


class LockFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Who has locked a destination."""

    holder: str
    host: str
    pid: int
    since: str
    #: Seconds that the lock holds unless it is renewed. None: as long as its process lives.
    seconds_left: float | None = None


class StateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What `state show` says of the state of one destination."""

    where: str
    destination: str
    #: Bytes in the file, or of the compressed copy in the store.
    bytes: int
    #: When it was last put into the store, by the store's clock. None: it is a file.
    stored_at: str | None = None
    #: Whether it has all steps of all runs that have ended.
    is_complete: bool = True
    lock: LockFacts | None = None
    sessions: int
    mappings: int
    dead_letters: int
    #: Copies in this folder that could not be put back.
    local_copies: tuple[str, ...] = ()


def show(*, destination: str | None, state: StatePlace, common: Common) -> int:
    """Show the state of each destination."""
    key = None if destination is None else comparable_url(destination)
    facts = _remote_facts(state, key) if state.is_remote else _local_facts(state, key)
    text = Text("\n\n".join(map(_facts_text, facts)) or f"{state} has no state yet.")
    Screen(common).answer(facts, text)
    return 0


def pull(
    *, out: Path, force: bool, destination: str | None, state: StatePlace, common: Common
) -> int:
    """Write the state to a file."""
    if out.exists() and not force:
        raise failure("usage", f"{out} exists", fix="choose another --out, or pass --force")
    with read_state(state, destination) as found:
        found.copy_to(out)
    Screen(common).answer({"file": str(out)}, Text(f"The state of {state} is in {out}."))
    return 0


def push(
    file: Path | None,
    *,
    force: bool,
    destination: str | None,
    state: StatePlace,
    common: Common,
) -> int:
    """Put a state from a file, or left-over copies, into the store."""
    if not state.is_remote:
        raise failure(
            "usage",
            f"{state} is a file: there is nowhere to push to",
            fix="name the address with --state, as in `lookervault-plan state push --state "
            "s3://bucket/prefix`",
        )
    key = None if destination is None else comparable_url(destination)
    left_over = _left_over(state, key) if file is None else []
    if left_over:
        for each in left_over:
            with change_state(state, each):
                pass  # it goes on with the copy, and puts that back
        pushed = left_over
    else:
        pushed = _push_file(file or Path(LOCAL_STATE), key, state, force=force)
    lines = [f"The state of {each} is at {state}." for each in pushed]
    lines.append(f"Use it with --state {state}.")
    Screen(common).answer({"pushed": pushed, "where": state.shown}, Text("\n".join(lines)))
    return 0


def unlock(destination: str | None, *, force: bool, state: StatePlace, common: Common) -> int:
    """Remove the lock of a destination, or all locks of the state."""
    key = None if destination is None else comparable_url(destination)
    removed: Sequence[Lock | LockRecord]
    if state.is_remote:
        removed = unlock_remote(state, key, force=force)
    else:
        with read_state(state) as remembered:
            locked = [lock.destination for lock in remembered.locks()]
        chosen = locked if key is None else [key]
        # A state without locks is not written to.
        removed = _remove(state, chosen, force=force) if locked else []
    Screen(common).answer({"removed": removed}, _text(removed, destination))
    return 0


def _remove(state: StatePlace, destinations: list[str], *, force: bool) -> list[Lock]:
    with change_state(state) as remembered:
        locks = [remembered.unlock(each, force=force) for each in destinations]
    return [lock for lock in locks if lock]


def _text(removed: Sequence[Lock | LockRecord], destination: str | None) -> Text:
    if not removed:
        return Text(f"{destination} is not locked." if destination else "Not locked.")
    lines = (
        f"Removed the lock of {lock.holder} on {lock.host} (since {lock.since}) for "
        f"{lock.destination}."
        for lock in removed
    )
    return Text("\n".join(lines))


def _push_file(file: Path, only: str | None, place: StatePlace, *, force: bool) -> list[str]:
    """Put the state of each destination in a file into the store."""
    if not file.exists():
        raise failure("usage", f"{file} does not exist", fix="name the state's file to push")
    with open_state(file, readonly=True) as source:
        chosen = [each for each in source.destinations() if only in (None, each)]
        if not chosen:
            raise failure(
                "usage",
                f"{file} knows nothing of {only or 'any destination'}",
                fix=f"`lookervault-plan state show --state {file}` lists what it has",
            )
        for destination in chosen:
            source.refuse_if_locked(destination, host="")
            with change_state(place, destination) as target:
                _check_replaceable(target, place, destination, force=force)
                target.take_over(source, destination)
    return chosen


def _check_replaceable(target: State, place: StatePlace, destination: str, *, force: bool) -> None:
    if force or not any(target.counts(destination)):
        return
    raise refusal(
        "state.exists",
        f"{place} has a state of {destination} already",
        detail=_counts_text(*target.counts(destination)),
        fix="--force replaces it; `lookervault-plan state pull --out FILE` keeps a copy first",
    )


def _left_over(place: StatePlace, only: str | None) -> list[str]:
    with closing(open_store(place.text)) as store:
        known = remote_state.destinations(store)
    folder = remote_state.copies_folder(place)
    return [each for each in known if only in (None, each) and copies(folder, place.shown, each)]


def _local_facts(place: StatePlace, only: str | None) -> list[StateFacts]:
    with read_state(place) as state:
        known = sorted({*state.destinations(), *(one.destination for one in state.locks())})
        return [
            StateFacts(
                where=place.shown,
                destination=each,
                bytes=place.path.stat().st_size,
                lock=_local_lock(state.lock(each)),
                sessions=found.sessions,
                mappings=found.mappings,
                dead_letters=found.dead_letters,
            )
            for each in known
            if only in (None, each)
            for found in (state.counts(each),)
        ]


def _remote_facts(place: StatePlace, only: str | None) -> list[StateFacts]:
    facts: list[StateFacts] = []
    with closing(open_store(place.text)) as store:
        chosen = [each for each in remote_state.destinations(store) if only in (None, each)]
        found = [remote_state.look_up(store, each) for each in chosen]
    for remote in found:
        if remote is None:
            continue
        with read_state(place, remote.destination) as state:
            counts = state.counts(remote.destination)
        stored = remote.state
        facts.append(
            StateFacts(
                where=place.shown,
                destination=remote.destination,
                bytes=len(stored.data) if stored else 0,
                stored_at=_iso(stored.at_seconds) if stored else None,
                is_complete=not remote.is_unclean,
                lock=_remote_lock(remote),
                local_copies=tuple(
                    str(copy.path)
                    for copy in copies(
                        remote_state.copies_folder(place), place.shown, remote.destination
                    )
                ),
                sessions=counts.sessions,
                mappings=counts.mappings,
                dead_letters=counts.dead_letters,
            )
        )
    return facts


def _local_lock(lock: Lock | None) -> LockFacts | None:
    if lock is None:
        return None
    return LockFacts(holder=lock.holder, host=lock.host, pid=lock.pid, since=lock.since)


def _remote_lock(remote: remote_state.RemoteState) -> LockFacts | None:
    if not remote.is_locked:
        return None
    lock = remote.lock
    return LockFacts(
        holder=lock.holder,
        host=lock.host,
        pid=lock.pid,
        since=lock.since,
        seconds_left=remote.lock_seconds,
    )


def _facts_text(facts: StateFacts) -> str:
    lock = facts.lock
    held = "nobody"
    if lock is not None:
        held = f"{lock.holder} on {lock.host} since {lock.since}"
        if lock.seconds_left is not None:
            held += f"; ends in {lock.seconds_left:.0f} s unless it is renewed"
    rows = [
        ("Destination", facts.destination),
        ("Where", facts.where),
        ("Size", f"{facts.bytes:,} bytes"),
        *([("Stored", facts.stored_at)] if facts.stored_at else []),
        ("Locked by", held),
        ("Holds", _counts_text(facts.sessions, facts.mappings, facts.dead_letters)),
        *(
            []
            if facts.is_complete
            else [("Incomplete", "a run ended without a word; its sessions can't be resumed here")]
        ),
        *(("Local copy", path) for path in facts.local_copies),
    ]
    return "\n".join(f"{name + ':':<13}{value}" for name, value in rows)


def _counts_text(sessions: int, mappings: int, dead_letters: int) -> str:
    amounts = (
        counted(sessions, "session"),
        counted(mappings, "mapping"),
        counted(dead_letters, "dead letter"),
    )
    return ", ".join(amounts)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
