"""Pieces of Markdown: escaped text, code spans, tables, and trees of lines for code blocks.

Text from an instance never becomes markup, a mention or a link.
"""

import re
from collections.abc import Iterable

from lookervault_plan.render.lines import Line
from lookervault_plan.render.safe_text import visible

#: Escapes by a backslash, or as an entity where a backslash is not enough.
_ESCAPES = str.maketrans(
    {character: "\\" + character for character in "\\`*_[]~"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;"}
    # A zero-width space keeps `@team` and `#123` from being a mention.
    | {"@": "@&#8203;", "#": "&#35;&#8203;"}
)
_LINKS = re.compile(r"://|www\.", re.IGNORECASE)
_TICKS = re.compile("`+")


def prose(text: str) -> str:
    """Escape running text. It is not safe at the start of a line, where `-` makes a list."""
    return _LINKS.sub(_unlinked, visible(text).strip().translate(_ESCAPES))


def _unlinked(match: re.Match[str]) -> str:
    return match[0].replace(":", "&#58;").replace(".", "&#46;")


def code(text: str) -> str:
    """Write a name as a code span, whose backticks are longer than any inside.

    Use `cell` in a table.
    """
    shown = visible(text)
    if not shown.strip():
        return "(none)"
    ticks = "`" * (longest_backtick_run(shown) + 1)
    # Markdown takes this padding off again.
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def cell(text: str) -> str:
    """Write a name as a code span of a table, where a bar needs a backslash even in code."""
    return code(text).replace("|", "\\|")


def longest_backtick_run(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def fence_around(text: str) -> str:
    """Make the fence of a code block, longer than any run of backticks inside."""
    return "`" * max(longest_backtick_run(text) + 1, 3)


def diff_lines(one: Line) -> str:
    """Write a tree for a code block of the language diff: signs stand in the first column.

    `!` takes the place of `~`, which no highlighter colours.
    """
    return "".join(
        f"{row.sign.replace('~', '!')} {'    ' * depth}{row.plain}".rstrip() + "\n"
        for depth, row in one.walk()
    )


def tree_lines(one: Line) -> str:
    """Write a tree for a code block, with the signs beside the text as on a terminal."""
    return "".join(
        f"{'    ' * depth}{row.sign} {row.plain}".rstrip() + "\n" for depth, row in one.walk()
    )


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table of escaped cells: text in the first column, numbers in the others."""
    titles = list(header)
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *(list(row) for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
