"""Id mappings on a terminal."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from rich.console import Group as Renderables
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lookervault_plan.render.amounts import counted
from lookervault_plan.render.safe_text import visible


class MappingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A source id and the destination's id of the same item."""

    address: str
    type: str
    source_id: str
    destination_id: str
    source_instance: str
    destination_instance: str
    created_at: str
    #: Session that made the mapping. None: a person set it.
    session_id: str | None


def mappings_text(mappings: Sequence[MappingRow]) -> RenderableType:
    """Show a table for each pair of instances."""
    if not mappings:
        return Text("No mappings.", "green")
    shown: list[RenderableType] = []
    by_instances: dict[tuple[str, str], list[MappingRow]] = defaultdict(list)
    for one in mappings:
        by_instances[one.source_instance, one.destination_instance].append(one)
    for (source, destination), rows in by_instances.items():
        head = f"{visible(source)} -> {visible(destination)}"
        shown += [Text(head, "bold"), _table(rows), Text()]
    shown.append(Text(f"{counted(len(mappings), 'mapping')}."))
    return Renderables(*shown)


def _table(rows: Sequence[MappingRow]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), header_style="dim")
    for title in ("Item", "Destination id", "Since", "Session"):
        table.add_column(title, overflow="fold")
    for one in rows:
        table.add_row(
            visible(one.address),
            visible(one.destination_id),
            visible(one.created_at),
            visible(one.session_id or "by hand"),
        )
    return table
