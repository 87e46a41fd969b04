"""How entries look on a terminal: styles, and lines that wrap under their own beginning."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from lookervault_plan.render.lines import Line

SIGN_STYLES: Mapping[str, str] = {
    "+": "bold green",
    "~": "bold yellow",
    "-": "bold red",
    "!": "bold magenta",
    "=": "bold cyan",
}

ROLE_STYLES: Mapping[str, str] = {
    "address": "bold",
    "name": "bold",
    "field": "cyan",
    "before": "red",
    "after": "green",
    "alarm": "magenta",
    "context": "dim",
    "dim": "dim",
}

#: what remains for text on a very narrow terminal
_LEAST_ROOM = 16


class HangingLines:
    """Lines, each with what stands before it; what wraps goes on under its own beginning."""

    def __init__(self, rows: Sequence[tuple[Text, Text]]) -> None:
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for lead, text in self.rows:
            room = max(options.max_width - lead.cell_len, _LEAST_ROOM)
            pieces = [text] if text.cell_len <= room else text.wrap(console, room)
            for number, piece in enumerate(pieces):
                yield (lead if number == 0 else Text(" " * lead.cell_len)) + _stripped(piece)


class FramedBlock:
    """Lines with a bar before each, as Terraform shows a diagnostic."""

    def __init__(self, rows: Sequence[tuple[str, Text]], style: str) -> None:
        #: what wraps goes on under its own beginning, after the indent
        self.rows = rows
        self.style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text("╷", self.style)
        for indent, line in self.rows:
            room = max(options.max_width - 2 - len(indent), _LEAST_ROOM)
            for piece in line.wrap(console, room) if line.plain else [line]:
                bar = Text("│", self.style)
                yield (bar + Text(f" {indent}") + _stripped(piece)) if piece.plain else bar
        yield Text("╵", self.style)


def _stripped(piece: Text) -> Text:
    piece.rstrip()
    return piece


def indented_tree(entries: Iterable[Line], indent: int = 2) -> HangingLines:
    """The entries as a tree: two columns for each level and for the sign."""
    rows: list[tuple[Text, Text]] = []
    for one in entries:
        for depth, row in one.walk():
            lead = Text(" " * (indent + 4 * depth)).append(row.sign, SIGN_STYLES.get(row.sign, ""))
            rows.append((lead.append(" "), line_text(row)))
    return HangingLines(rows)


def line_text(one: Line) -> Text:
    """The line of one entry. Text, never markup: `[red]` in a name is just that."""
    text = Text()
    for span in one.spans:
        _ = text.append(span.text, ROLE_STYLES.get(span.role, ""))
    return text


def heading(text: str, aside: str = "") -> HangingLines:
    line = Text(text, "bold")
    return HangingLines([(Text(), line.append(f"  {aside}", "not bold dim") if aside else line)])


def note(text: str) -> HangingLines:
    return HangingLines([(Text(), Text(text, "dim"))])
