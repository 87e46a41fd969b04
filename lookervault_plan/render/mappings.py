"""Id mappings for people."""

from collections.abc import Sequence

import msgspec
from rich.console import Group as Renderables
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lookervault_plan.render.amounts import counted
from lookervault_plan.render.safe_text import visible


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """A source id, and what the destination calls it; `session` is None if set by hand."""

    address: str
    type: str
    source_id: str
    destination_id: str
    source_instance: str
    destination_instance: str
    created_at: str
    session_id: str | None


def mappings_text(found: Sequence[Mapping]) -> RenderableType:
    """A table for each pair of instances."""
    if not found:
        return Text("No ids are mapped.", "green")
    shown: list[RenderableType] = []
    pairs = dict.fromkeys((one.source_instance, one.destination_instance) for one in found)
    for source, destination in pairs:
        mine = [
            one
            for one in found
            if (one.source_instance, one.destination_instance) == (source, destination)
        ]
        head = f"{visible(source)} -> {visible(destination)}"
        shown += [Text(head, "bold"), _table(mine), Text()]
    shown.append(Text(f"{counted(len(found), 'mapping')}."))
    return Renderables(*shown)


def _table(found: Sequence[Mapping]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), header_style="dim")
    for title in ("Item", "Destination id", "Since", "Session"):
        table.add_column(title, overflow="fold")
    for one in found:
        table.add_row(
            visible(one.address),
            visible(one.destination_id),
            visible(one.created_at),
            visible(one.session_id or "by hand"),
        )
    return table
