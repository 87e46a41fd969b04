"""Destination ids of items and parts, and the digests of items after their last apply.

`source` is `Session.source`: the source's URL, or the backup's fingerprint if that is unknown.
`destination` is the destination's URL.
"""

import sqlite3
from collections.abc import Iterable
from typing import cast

import msgspec

from lookervault_plan.content.node import LiveId, SourceId
from lookervault_plan.content.table.kinds import BY_CODE, CODES
from lookervault_plan.state.database import Database
from lookervault_plan.state.queries import QUERIES
from lookervault_plan.state.rows import Applied, IdMapping, StoredMapping


class IdMappings(Database):
    """The tables id_mappings, part_mappings and applied."""

    def mappings(self, source: str, destination: str) -> dict[tuple[str, SourceId], LiveId]:
        """Read (content type, source id) -> destination id."""
        found = cast(
            "list[tuple[int, SourceId, LiveId]]", self._read("mappings", (source, destination))
        )
        return {(BY_CODE[number], id_): destination_id for number, id_, destination_id in found}

    def list_mappings(
        self, source: str | None = None, destination: str | None = None
    ) -> list[StoredMapping]:
        """List mappings with their origin; None means any source or destination."""
        parameters = {"source": source, "destination": destination}
        return self._read_structs("list-mappings", parameters, StoredMapping)

    def set_mapping(
        self,
        source: str,
        destination: str,
        mapping: IdMapping,
        *,
        at: str,
        session: str | None = None,
    ) -> None:
        """Map one item by hand; forget its parts and digests if its destination id changes."""
        key = (source, destination, CODES[mapping.type], mapping.source_id)
        with self.writing() as connection:
            known = self.mappings(source, destination).get((mapping.type, mapping.source_id))
            if known != mapping.destination_id:
                _ = _forget(connection, source, destination, mapping.type, mapping.source_id)
            _ = connection.execute(
                QUERIES["set-mapping"], (*key, mapping.destination_id, at, session)
            )

    def import_mappings(
        self,
        source: str,
        destination: str,
        mappings: Iterable[IdMapping],
        *,
        at: str,
        session: str | None = None,
    ) -> None:
        """Record the mappings of a plan or a file, in one transaction."""
        with self.writing() as connection:
            _ = connection.executemany(
                QUERIES["set-mapping"],
                (
                    (
                        source,
                        destination,
                        CODES[mapping.type],
                        mapping.source_id,
                        mapping.destination_id,
                        at,
                        session,
                    )
                    for mapping in mappings
                ),
            )

    def remove_mapping(
        self, source: str, destination: str, type_: str, source_id: SourceId
    ) -> bool:
        """Forget an item's mapping, its parts and its digests; return False if it had none."""
        with self.writing() as connection:
            return _forget(connection, source, destination, type_, source_id)

    def clear_mappings(self, source: str, destination: str) -> int:
        """Forget all mappings, parts and digests; return the number of items."""
        with self.writing() as connection:
            for name in ("clear-part-mappings", "clear-applied", "clear-base"):
                _ = connection.execute(QUERIES[name], (source, destination))
            return connection.execute(QUERIES["clear-mappings"], (source, destination)).rowcount

    def part_mappings(
        self, source: str, destination: str
    ) -> dict[str, dict[tuple[str, SourceId], LiveId]]:
        """Read address -> {(part kind, source part id): destination id}."""
        out: dict[str, dict[tuple[str, SourceId], LiveId]] = {}
        found = self._read("part-mappings", (source, destination))
        for address, kind, id_, destination_id in cast(
            "list[tuple[str, str, SourceId, LiveId]]", found
        ):
            out.setdefault(address, {})[kind, id_] = destination_id
        return out

    def applied(self, source: str, destination: str) -> dict[str, Applied]:
        """Read address -> digests after the last apply."""
        found = self._read_structs("applied", (source, destination), Applied)
        return {row.address: row for row in found}

    def put_applied(self, source: str, destination: str, rows: Iterable[Applied]) -> None:
        """Add or replace the digests of items, in one transaction."""
        with self.writing() as connection:
            _ = connection.executemany(
                QUERIES["put-applied"],
                ((source, destination, *msgspec.structs.astuple(row)) for row in rows),
            )


def _forget(
    connection: sqlite3.Connection, source: str, destination: str, type_: str, source_id: SourceId
) -> bool:
    for name in ("remove-item-parts", "remove-item-applied", "remove-item-base"):
        _ = connection.execute(QUERIES[name], (source, destination, f"{type_}:{source_id}"))
    key = (source, destination, CODES[type_], source_id)
    return connection.execute(QUERIES["remove-mapping"], key).rowcount > 0
