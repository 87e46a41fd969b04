"""What all formats share: a plan as a tree of short entries, each with a sign.

The terminal indents it, Markdown puts the sign in the first column of a diff, HTML nests it.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec


class Span(NamedTuple):
    """A piece of a line; `role` says what it is, each format how that looks."""

    role: str
    text: str


class Entry(msgspec.Struct, frozen=True):
    """A line, and what stands below it. `sign` carries the meaning without any colour."""

    sign: str
    spans: tuple[Span, ...]
    children: "tuple[Entry, ...]" = ()

    @property
    def plain(self) -> str:
        return "".join(span.text for span in self.spans)

    def walk(self, depth: int = 0) -> "Iterator[tuple[int, Entry]]":
        """The entry and all below it, with their depths."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


def entry(sign: str, *spans: tuple[str, str], children: tuple[Entry, ...] = ()) -> Entry:
    """The usual way to make one: `entry("+", ("dim", "…"))`."""
    return Entry(sign, tuple(Span(*span) for span in spans if span[1]), children)


class ActionStyle(msgspec.Struct, frozen=True):
    """How an action is shown."""

    sign: str
    #: `12 to add`
    phrase: str
    #: in the legend
    verb: str


#: in the order in which people count them
ACTIONS: Mapping[str, ActionStyle] = {
    "create": ActionStyle("+", "to add", "create"),
    "update": ActionStyle("~", "to change", "update in place"),
    "delete": ActionStyle("-", "to destroy", "destroy"),
    "blocked": ActionStyle("!", "blocked", "blocked"),
    "skip": ActionStyle("=", "unchanged", "left as it is"),
}

#: an action that a newer minor version of the format may bring
_UNKNOWN = ActionStyle("?", "other", "unknown to this version")


def style_of(action: str) -> ActionStyle:
    return ACTIONS.get(action, _UNKNOWN)
