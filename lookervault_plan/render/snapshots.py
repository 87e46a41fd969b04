"""The snapshots of a backup on a terminal."""

from collections.abc import Mapping, Sequence

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.safe_text import visible


class SnapshotRow(msgspec.Struct, frozen=True, kw_only=True):
    """One snapshot. `taken_at` is ISO 8601 in UTC."""

    id: int
    taken_at: str
    instance: str
    looker_version: str
    items: int
    calls: int
    complete: bool
    #: `backup`, `file` or `elsewhere` (docs/backup-format.md)
    origin: str = "backup"
    #: content type -> `whole` or `part`; a type that is missing was carried over
    coverage: Mapping[str, str] = {}


_ORIGINS = {
    "file": "what the file held before it kept snapshots",
    "elsewhere": "written by another program",
}


def snapshots_text(rows: Sequence[SnapshotRow], *, name: str, used: int | None) -> RenderableType:
    """Show a table of snapshots, oldest first. `used` is the id of the one used by default."""
    if not rows:
        return Text(f"{visible(name)} holds nothing yet.")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Snapshot", justify="right")
    table.add_column("Taken at", no_wrap=True)
    table.add_column("Items", justify="right")
    table.add_column("Calls", justify="right")
    table.add_column("Looker", overflow="fold")
    table.add_column("", overflow="fold")
    for row in rows:
        table.add_row(
            str(row.id),
            visible(row.taken_at),
            f"{row.items:,}" if row.items or row.complete else "-",
            f"{row.calls:,}" if row.calls else "-",
            visible(row.looker_version),
            Text("; ".join(_remarks(row, used=used))),
        )
    of = ", ".join(dict.fromkeys(visible(row.instance) for row in rows if row.instance))
    last = f"{counted(len(rows), 'snapshot')} of {of or 'an unknown instance'} in {visible(name)}."
    return Group(table, Text(f"\n{last}"))


def _remarks(row: SnapshotRow, *, used: int | None) -> list[str]:
    found = [] if row.complete else ["incomplete"]
    if row.origin in _ORIGINS:
        found.append(_ORIGINS[row.origin])
    if row.complete and row.origin == "backup":
        found += _coverage(row.coverage)
    if row.id == used:
        found.append("used by default")
    return found


def _coverage(coverage: Mapping[str, str]) -> list[str]:
    """Say which types were read in part or not at all: their other items were carried over."""
    parts = [type_ for type_, how in coverage.items() if how == "part"]
    if parts:
        return ["a selection; the rest was carried over"]
    missing = [type_ for type_ in _LISTED if type_ not in coverage]
    if len(missing) > len(coverage):
        return [f"only {', '.join(coverage)}; the rest was carried over"] if coverage else []
    return [f"without {', '.join(missing)}, carried over"] if missing else []


#: Types that a whole backup reads.
_LISTED = tuple(kind for kind in ITEM_KINDS if KINDS[kind].item.listing)
