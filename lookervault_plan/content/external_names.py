"""Names in content that stand for things outside of it: connections, models, explores."""

from collections.abc import Iterator

from lookervault_plan.content.json_path import find
from lookervault_plan.content.node import Raw
from lookervault_plan.content.table.kinds import KINDS, ExternalName, Kind

#: An external name and its value: the connection `warehouse`.
UsedName = tuple[ExternalName, str]


def all_external_names(row: Kind, raw: Raw) -> Iterator[UsedName]:
    """Yield the external names in an object and its parts."""
    yield from own_external_names(row, raw)
    for collection in row.item.collections:
        part_row = KINDS[collection.kind]
        for _, part in find(raw, collection.path + "[]") if part_row.external_names else ():
            if isinstance(part, dict):
                yield from own_external_names(part_row, part)


def own_external_names(row: Kind, raw: Raw) -> Iterator[UsedName]:
    """Yield the external names in an object, without those of its parts."""
    for external in row.external_names:
        for _, name in find(raw, external.path):
            if name:
                yield external, str(name)
