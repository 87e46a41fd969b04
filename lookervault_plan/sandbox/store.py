"""Tables of JSON objects, with ids as a Looker instance gives them and a few indexes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import cast

from lookervault_plan.sandbox.json_fields import Json, Row

FIRST_ID = 100
Indexes = Mapping[str, tuple[str, ...]]


class Store:
    """Rows by table and id.

    `indexes` names, per table, the fields that `where` can be asked for. Ids count up from an
    offset that depends on seed and table: the same content has other ids in another sandbox, and
    an id of one table means something else in the next, as in a real pair of instances
    (looker-api.md 5).
    """

    def __init__(self, seed: int, indexes: Indexes) -> None:
        self.tables: dict[str, dict[str, Row]] = {}
        self.counters: dict[str, int] = {}
        self.version: int = 0
        self._indexed: Indexes = indexes
        self._seed: int = seed
        self._by: dict[tuple[str, str], dict[str | None, dict[str, Row]]] = {}

    def table(self, name: str) -> dict[str, Row]:
        """The table itself, for reading."""
        found = self.tables.get(name)
        if found is None:
            found = self.tables[name] = {}
        return found

    def next_id(self, table: str) -> str:
        """A new id; each table counts from an offset of its own."""
        last = self.counters.get(table)
        if last is None:
            last = FIRST_ID + zlib.crc32(table.encode()) % 50 + self._seed * 61 % 307
        self.counters[table] = last + 1
        return str(last + 1)

    def get(self, table: str, id_: str | None) -> Row | None:
        """The row, or None."""
        return None if id_ is None else self.table(table).get(id_)

    def insert(self, table: str, row: Row) -> Row:
        """Put a row that has its `id`."""
        self.table(table)[cast("str", row["id"])] = row
        for field in self._indexed.get(table, ()):
            self._bucket(table, field, row.get(field))[cast("str", row["id"])] = row
        self.version += 1
        return row

    def update(self, table: str, row: Row, changes: Row) -> None:
        """Change a row in place, and its place in the indexes."""
        id_ = cast("str", row["id"])
        for field in self._indexed.get(table, ()):
            if field in changes and changes[field] != row.get(field):
                _ = self._bucket(table, field, row.get(field)).pop(id_, None)
                self._bucket(table, field, changes[field])[id_] = row
        row.update(changes)
        self.version += 1

    def delete(self, table: str, row: Row) -> None:
        """Remove a row for good."""
        id_ = cast("str", row["id"])
        _ = self.table(table).pop(id_, None)
        for field in self._indexed.get(table, ()):
            _ = self._bucket(table, field, row.get(field)).pop(id_, None)
        self.version += 1

    def where(self, table: str, field: str, value: str | None) -> list[Row]:
        """Rows with that value in an indexed field, in order of creation."""
        found = self._by.get((table, field))
        if found is None:
            return []
        return list(found.get(value, {}).values())

    def newest(self, table: str, field: str, value: str | None) -> Row | None:
        """The last of what `where` would give."""
        found = self._by.get((table, field), {}).get(value)
        return next(reversed(found.values())) if found else None

    def count(self, table: str, field: str, value: str | None) -> int:
        """How many rows `where` would give."""
        return len(self._by.get((table, field), {}).get(value, {}))

    def dump(self) -> Row:
        """All of it as JSON."""
        return cast("Row", {"tables": self.tables, "counters": self.counters})

    def load(self, dumped: Row) -> None:
        """Take over what `dump` gave."""
        self.tables = {}
        self._by = {}
        self.counters = cast("dict[str, int]", dumped["counters"])
        for table, rows in cast("dict[str, dict[str, Row]]", dumped["tables"]).items():
            _ = self.table(table)
            for row in rows.values():
                _ = self.insert(table, row)

    def _bucket(self, table: str, field: str, value: Json) -> dict[str, Row]:
        buckets = self._by.setdefault((table, field), {})
        return buckets.setdefault(None if value is None else str(value), {})


def ids(rows: Iterable[Row]) -> list[str]:
    """The ids of rows."""
    return [cast("str", row["id"]) for row in rows]
