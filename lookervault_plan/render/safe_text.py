"""Text from an instance made safe to show: on one line, without control characters and secrets."""

import json
import unicodedata
from collections.abc import Sequence

from lookervault_plan.content.redact import scrub

#: Joiners that scripts and emoji need, although Python calls them unprintable.
_JOINERS = frozenset("\u200c\u200d")
#: Unicode categories that move, hide or reorder text: controls, formats, surrogates and all
#: separators but the space.
_UNSAFE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp", "Zs"))


def visible(text: str) -> str:
    r"""Hide secrets; escape what could move the cursor, reorder text or break a line, as `\x1b`."""
    text = scrub(text)
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
    """Write a name in double quotes, on one line."""
    return visible(json.dumps(name, ensure_ascii=False))


def folder_path(names: Sequence[str]) -> str:
    r"""Join folder names as selectors do: `Shared/Finance`, with `\/` for a slash in a name."""
    return "/".join(visible(name).replace("/", "\\/") for name in names)


def reads_right_to_left(text: str) -> bool:
    """Tell whether a text holds Hebrew or Arabic, which would turn `before -> after` round."""
    return not text.isascii() and any(
        unicodedata.bidirectional(character) in {"R", "AL"} for character in text
    )
