"""A tree of short lines, each with a sign: the form that every format writes out.

A terminal indents the tree, Markdown puts the sign into the first column of a diff, and HTML nests
lists.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

#: What a piece of a line is. Each format decides how that looks.
Role = Literal["address", "name", "field", "before", "after", "context", "dim", "alarm", "plain"]


class Span(NamedTuple):
    """A piece of a line that looks the same throughout."""

    role: Role
    text: str


class Line(msgspec.Struct, frozen=True):
    """A line and the lines below it."""

    #: Carries the meaning without any colour: `+`, `~`, `-`, `!`, `=`, `?`, or a space for none.
    sign: str
    spans: tuple[Span, ...]
    children: "tuple[Line, ...]" = ()
    #: True: the line opens the block of an item. Other tools read it on a terminal, where it is a
    #: comment that is never wrapped.
    is_heading: bool = False

    @classmethod
    def of(
        cls,
        sign: str,
        *spans: tuple[Role, str],
        children: "tuple[Line, ...]" = (),
        is_heading: bool = False,
    ) -> "Line":
        """Make a line from `(role, text)` pairs, as in `Line.of("+", ("dim", "…"))`.

        Pairs with an empty text are left out.
        """
        shown = tuple(Span(*span) for span in spans if span[1])
        return cls(sign, shown, children, is_heading)

    @property
    def plain(self) -> str:
        """The text without roles."""
        return "".join(span.text for span in self.spans)

    def walk(self, depth: int = 0) -> "Iterator[tuple[int, Line]]":
        """Yield the line and all lines below it, each with its depth."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


def first_lines(trees: Sequence[Line], limit: int) -> tuple[list[Line], int]:
    """Take trees until `limit` lines are used up; return them and the number of trees left.

    A first tree that is too long keeps its own line and its first children.
    """
    taken: list[Line] = []
    used = 0
    for number, tree in enumerate(trees):
        size = sum(1 for _ in tree.walk())
        if used + size > limit and taken:
            return taken, len(trees) - number
        taken.append(_first_children(tree, limit - used))
        used += min(size, limit - used)
    return taken, 0


def _first_children(tree: Line, limit: int) -> Line:
    if sum(1 for _ in tree.walk()) <= limit:
        return tree
    shown = max(limit - 1, 1)
    left = len(tree.children) - shown
    note = (Line.of(" ", ("dim", f"… and {left:,} more")),) if left > 0 else ()
    children = tuple(msgspec.structs.replace(one, children=()) for one in tree.children[:shown])
    return msgspec.structs.replace(tree, children=(*children, *note))
