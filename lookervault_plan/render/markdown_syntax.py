"""Text for Markdown that says what it says and does nothing: no markup, no mention, no link."""

import re
from collections.abc import Iterable

from lookervault_plan.render.lines import Line
from lookervault_plan.render.safe_text import visible

#: kept from their meaning by a backslash, or as an entity where a backslash is not enough
_ESCAPES = str.maketrans(
    {character: "\\" + character for character in "\\`*_[]~"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;"}
    # a zero-width space keeps `@team` and `#123` from being a mention
    | {"@": "@&#8203;", "#": "&#35;&#8203;"}
)
_LINKS = re.compile(r"://|www\.", re.IGNORECASE)
_TICKS = re.compile("`+")


def prose(text: str) -> str:
    """A sentence in running text, at any place but the start of a line."""
    return _LINKS.sub(_unlinked, visible(text).strip().translate(_ESCAPES))


def _unlinked(match: re.Match[str]) -> str:
    return match[0].replace(":", "&#58;").replace(".", "&#46;")


def code(text: str) -> str:
    """A name in a code span: its ticks are longer than any inside. Tables want `cell`."""
    shown = visible(text)
    if not shown.strip():
        return "(none)"
    ticks = "`" * (longest_backtick_run(shown) + 1)
    # padding that Markdown takes off again
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def cell(text: str) -> str:
    """A name in a code span in a table, where a bar needs a backslash even in code."""
    return code(text).replace("|", "\\|")


def longest_backtick_run(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def diff_lines(one: Line) -> str:
    """The entry for a fenced block: the sign in the first column, where diffs have it."""
    return "".join(
        f"{row.sign} {'    ' * depth}{row.plain}".rstrip() + "\n" for depth, row in one.walk()
    )


def tree_lines(one: Line) -> str:
    """The entry for a fenced block, as on a terminal: the sign beside the text."""
    return "".join(
        f"{'    ' * depth}{row.sign} {row.plain}".rstrip() + "\n" for depth, row in one.walk()
    )


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Cells must be escaped. The first column is text, the others are numbers."""
    titles = list(header)
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *(list(row) for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
