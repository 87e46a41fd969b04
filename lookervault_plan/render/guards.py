"""The guards on a terminal: when each trips, and what can be allowed alone."""

from collections.abc import Sequence

import msgspec
from rich.console import Group as Renderables
from rich.console import RenderableType
from rich.text import Text

from lookervault_plan.render.terminal import HangingLines


class GuardRow(msgspec.Struct, frozen=True):
    """A guard as `guards` shows it."""

    name: str
    #: Follows "trips when".
    when: str
    #: Kinds of danger that can be allowed alone, as in `part-deletes:tiles`.
    kinds: tuple[str, ...] = ()


def guards_text(rows: Sequence[GuardRow]) -> RenderableType:
    """Show a table of the guards, and how to allow one."""
    width = max((len(row.name) for row in rows), default=0) + 2
    lines: list[tuple[Text, Text]] = []
    for row in rows:
        lines.append((Text(row.name.ljust(width), "bold"), Text(row.when)))
        if row.kinds:
            lines.append((Text(" " * width), Text(f"kinds: {', '.join(row.kinds)}", "dim")))
    return Renderables(
        Text("A guard trips when:\n"),
        HangingLines(lines),
        Text("\nAllow one with `lookervault-plan plan --allow NAME`, or one kind with NAME:KIND."),
    )
