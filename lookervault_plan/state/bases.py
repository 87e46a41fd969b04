"""Keep each item as it was last agreed with the destination, to tell who changed what since."""

import zlib
from collections.abc import Iterable, Iterator
from typing import cast

import msgspec

from lookervault_plan.content.node import Raw
from lookervault_plan.state.database import Database
from lookervault_plan.state.queries import QUERIES
from lookervault_plan.state.row_codec import Values
from lookervault_plan.state.rows import Base

_encode = msgspec.json.Encoder().encode


class Bases(Database):
    """The table base."""

    def base_digests(self, source: str, destination: str) -> dict[str, str]:
        """Read address -> digest of the desired item when it was last agreed."""
        found = cast("list[tuple[str, str]]", self._read("base-digests", (source, destination)))
        return dict(found)  # the latest of an item comes last

    def base_sources(self, destination: str) -> list[str]:
        """List the sources that have agreed with a destination."""
        found = cast("list[tuple[str]]", self._read("base-sources", (destination,)))
        return [source for (source,) in found]

    def latest_base_session(self, source: str, destination: str) -> str | None:
        """Find the session that wrote the latest base; None if there is no base."""
        found = self._read("latest-base-session", (source, destination))
        return next((cast("str", session) for (session,) in found), None)

    def base(self, source: str, destination: str, address: str) -> Base | None:
        """Read the latest base of an item; None if it has none."""
        return next(self._bases("base", (source, destination, address)), None)

    def bases(self, source: str, destination: str) -> dict[str, Base]:
        """Read address -> latest base, of all items."""
        return {base.address: base for base in self._bases("bases", (source, destination))}

    def put_bases(self, source: str, destination: str, bases: Iterable[Base]) -> None:
        """Add bases of items, in one transaction. The latest two of each item stay."""
        with self.writing() as connection:
            for base in bases:
                item, not_stored = zlib.compress(_encode(base.item)), _encode(base.not_stored)
                _ = connection.execute(
                    QUERIES["put-base"],
                    (
                        *(source, destination, base.address, base.digest, item),
                        *(not_stored.decode(), base.session, base.at),
                    ),
                )
                _ = connection.execute(
                    QUERIES["trim-bases"],
                    {"source": source, "destination": destination, "address": base.address},
                )

    def remove_bases_of(self, source: str, destination: str, session: str) -> None:
        """Forget the bases that a session wrote: those before it count again."""
        with self.writing() as connection:
            _ = connection.execute(QUERIES["remove-session-base"], (source, destination, session))

    def _bases(self, name: str, parameters: Values) -> Iterator[Base]:
        for address, digest, item, not_stored, session, at in cast(
            "list[tuple[str, str, bytes, str, str, str]]", self._read(name, parameters)
        ):
            yield Base(
                address=address,
                digest=digest,
                item=cast("Raw", msgspec.json.decode(self._inflated(item, f"base of {address}"))),
                not_stored=cast("Raw", msgspec.json.decode(not_stored)),
                session=session,
                at=at,
            )
