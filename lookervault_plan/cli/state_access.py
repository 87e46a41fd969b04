"""Open the state that `--state` names: a file, or the one of a destination in a store."""

import getpass
import os
import socket
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

from lookervault_plan.cli.clock import now
from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.options import LookerOptions
from lookervault_plan.cli.screen import Screen
from lookervault_plan.content.instance_url import comparable_url
from lookervault_plan.looker.client import Client
from lookervault_plan.state.discard_unused import state_discarded_if_unused
from lookervault_plan.state.place import StatePlace
from lookervault_plan.state.remote.lease import Holder
from lookervault_plan.state.store import State, open_state
from lookervault_plan.workflows.plan import destination_key


def read_state(place: StatePlace, destination: str | None = None) -> State:
    """Open the state for reading.

    Beneath a URL it is the one of `destination`, or the only one there.
    """
    if not place.is_remote:
        return open_state(place.path, readonly=True)
    from lookervault_plan.state.remote.remote_state import read_remote  # noqa: PLC0415 — 50 ms

    return read_remote(place, _key(destination))


def change_state(
    place: StatePlace, destination: str | None = None
) -> AbstractContextManager[State]:
    """Open the state for a change by hand. Beneath a URL its destination is locked meanwhile."""
    if not place.is_remote:
        return open_state(place.path)
    return _change_remote(place, destination)


@contextmanager
def session_state(
    place: StatePlace,
    destination: str,
    *,
    lock_timeout_seconds: float,
    on_put: Callable[[int], None] = lambda _: None,
) -> Generator[State]:
    """Open the state for a session. Beneath a URL its destination is locked meanwhile.

    `on_put` gets the bytes of each time that the state is put back.
    """
    if place.is_remote:
        with _change_remote(
            place, destination, lock_timeout_seconds=lock_timeout_seconds, on_put=on_put
        ) as state:
            yield state
        return
    with state_discarded_if_unused(place.path) as state:
        yield state


def destination_of(place: StatePlace, client: Client) -> str | None:
    """Return the destination whose state is meant. None: a file holds those of all.

    Asks Looker for its address if the place is remote.
    """
    return destination_key(client, client.versions()) if place.is_remote else None


def destination_at(place: StatePlace, looker: LookerOptions, screen: Screen) -> str | None:
    """As `destination_of`, with a connection of its own."""
    if not place.is_remote:
        return None
    with connected(looker, screen) as client:
        return destination_of(place, client)


def holder() -> Holder:
    """Say who takes a lock now."""
    return Holder(holder=user_name(), host=socket.gethostname(), pid=os.getpid(), since=now())


def user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"user {os.getuid()}"


def _change_remote(
    place: StatePlace,
    destination: str | None,
    *,
    lock_timeout_seconds: float = 0.0,
    on_put: Callable[[int], None] = lambda _: None,
) -> AbstractContextManager[State]:
    from lookervault_plan.state.remote.remote_state import change_remote  # noqa: PLC0415

    return change_remote(
        place,
        _key(destination),
        holder,
        lock_timeout_seconds=lock_timeout_seconds,
        on_put=on_put,
    )


def _key(destination: str | None) -> str | None:
    return None if destination is None else comparable_url(destination)
