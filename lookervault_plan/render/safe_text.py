"""Text from an instance made harmless for people: one line, no controls, of a known width."""

import json
import unicodedata
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

#: joiners that scripts and emoji need, though Python calls them unprintable
_JOINERS = frozenset("\u200c\u200d")
#: control, format, surrogate and all separators but the space: they move, hide or reorder text
_UNSAFE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp", "Zs"))
#: what is kept of the equal beginning when only the rest of a long text is shown
_CONTEXT = 16


def visible(text: str) -> str:
    r"""Write what could move the cursor, reorder or break a line as an escape, as in `\x1b`."""
    if text.isprintable():
        return text
    return "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    if unicodedata.category(character) in _UNSAFE:
        return character.encode("unicode_escape").decode()
    return character


def quoted(name: str) -> str:
    """A name as people read it: in double quotes, on one line."""
    return visible(json.dumps(name, ensure_ascii=False))


def folder_path(names: Sequence[str]) -> str:
    r"""`Shared/Finance`; a slash inside a name is `\/`, as in selectors."""
    return "/".join(visible(name).replace("/", "\\/") for name in names)


def clip(text: str, room: int) -> str:
    """At most `room` cells, an ellipsis for what was cut."""
    if cell_len(text) <= room:
        return text
    return set_cell_size(text, max(room - 1, 0)).rstrip() + "…"


def window(before: str, after: str, room: int) -> tuple[str, str]:
    """Both texts in `room` cells each, cut so that the first difference shows."""
    if cell_len(before) <= room and cell_len(after) <= room:
        return before, after
    same = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        same += 1
    start = same - _CONTEXT
    if start > 0 and same > room // 2:
        before, after = "…" + before[start:], "…" + after[start:]
    return clip(before, room), clip(after, room)


def reads_right_to_left(text: str) -> bool:
    """Hebrew or Arabic: a terminal would turn `before -> after` round."""
    return not text.isascii() and any(
        unicodedata.bidirectional(character) in {"R", "AL"} for character in text
    )


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 item`, `1,204 items`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
