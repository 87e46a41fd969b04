"""The port to a store of objects: fetch one, put it if it is unchanged, list the keys.

Every store has to offer no more than this. Locks and states are both put by compare-and-swap, so
that the algorithms above are the same for all stores.
"""

from typing import Protocol

import msgspec

from lookervault_plan.errors import PlanError, failure


class Fetched(msgspec.Struct, frozen=True):
    """An object as the store has it."""

    data: bytes
    #: Names this content in `Store.put`.
    version: str
    #: When it was put, in seconds of the store's clock.
    at_seconds: float


class ChangedError(Exception):
    """The object is not the one that was to be replaced."""


class Store(Protocol):
    """Objects by key. All methods raise PlanError if the store can't be reached."""

    @property
    def url(self) -> str:
        """Address of the store, without secrets."""
        ...

    def fetch(self, key: str) -> Fetched | None:
        """Return an object; None if there is none."""
        ...

    def put(self, key: str, data: bytes, *, replacing: str | None) -> str:
        """Replace the object of that version, or create it if `replacing` is None.

        Return the new version. Raises ChangedError if the object has another version by now.
        The content must differ from all before it: S3 tells versions apart by their content.
        """
        ...

    def list_keys(self) -> list[str]:
        """List the keys of all objects."""
        ...

    def now_seconds(self) -> float:
        """Return the time of the store's clock."""
        ...

    def close(self) -> None: ...


def store_failure(url: str, doing: str, why: str) -> PlanError:
    """Make the error for a store that does not do its work."""
    return failure(
        "state.store",
        f"{doing} {url} failed",
        detail=why,
        fix="check the address, the credentials and the network, then run the command again",
    )
