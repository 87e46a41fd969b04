"""Trees of lines on a terminal: styles, and text that wraps under its own beginning."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from lookervault_plan.render.lines import Line, Role

SIGN_STYLES: Mapping[str, str] = {
    "+": "bold green",
    "~": "bold yellow",
    "-": "bold red",
    "!": "bold magenta",
    "=": "bold cyan",
}

ROLE_STYLES: Mapping[Role, str] = {
    "address": "bold",
    "name": "bold",
    "field": "cyan",
    "before": "red",
    "after": "green",
    "alarm": "magenta",
    "context": "dim",
    "dim": "dim",
}

#: Terminal cells for text on a very narrow terminal.
_LEAST_ROOM = 16


class HangingLines:
    """Lines with a lead each. A line that wraps goes on to the right of its lead."""

    def __init__(self, rows: Sequence[tuple[Text, Text]]) -> None:
        #: Pairs of lead and text.
        self.rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for lead, text in self.rows:
            room = max(options.max_width - lead.cell_len, _LEAST_ROOM)
            if text.no_wrap:
                whole = lead + text
                whole.no_wrap, whole.overflow = True, "ignore"
                yield whole
                continue
            pieces = [text] if text.cell_len <= room else text.wrap(console, room)
            for number, piece in enumerate(pieces):
                yield (lead if number == 0 else Text(" " * lead.cell_len)) + _stripped(piece)


class FramedBlock:
    """Lines with a bar before each, as Terraform shows a diagnostic.

    A line that wraps goes on after its indent.
    """

    def __init__(self, rows: Sequence[tuple[str, Text]], style: str) -> None:
        #: Pairs of indent and text.
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


def indented_tree(trees: Iterable[Line], indent: int = 2) -> HangingLines:
    """Indent trees by four cells a level, with the sign in front of each line."""
    rows: list[tuple[Text, Text]] = []
    for tree in trees:
        for depth, line in tree.walk():
            lead = Text(" " * (indent + 4 * depth))
            style, text = SIGN_STYLES.get(line.sign, ""), _line_text(line)
            text.no_wrap = line.is_heading
            lead = lead.append("#" if line.is_heading else line.sign, style).append(" ")
            rows.append((lead, text))
    return HangingLines(rows)


def _line_text(line: Line) -> Text:
    """Style the spans. Markup in a name, such as `[red]`, stays text."""
    text = Text()
    for span in line.spans:
        _ = text.append(span.text, ROLE_STYLES.get(span.role, ""))
    return text


def heading(text: str, aside: str) -> HangingLines:
    """Show a heading with a remark in a lighter style."""
    line = Text(text, "bold")
    return HangingLines([(Text(), line.append(f"  {aside}", "not bold dim"))])


def note(text: str) -> HangingLines:
    return HangingLines([(Text(), Text(text, "dim"))])
