r"""Patterns: `*` matches any text, `?` any one character, `**` any number of folders.

A backslash takes the next character literally: `\*`, `\?`, `\\`, and `\/` for a slash inside a
folder's name. Letters and digits can't be escaped. Patterns are case-sensitive, except for emails.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import translate
from typing import NamedTuple
from unicodedata import normalize

import msgspec


class _Char(NamedTuple):
    """A character of a pattern."""

    char: str
    #: true if a backslash came before it
    is_literal: bool


class Pattern(msgspec.Struct, frozen=True):
    """A pattern for one text: a title, an id, the name of a folder."""

    #: canonical form: escapes only where needed
    text: str
    #: the only text that it matches; None if it has wildcards
    literal: str | None
    #: None if it has no wildcards
    regex: re.Pattern[str] | None
    #: true: upper and lower case are equal
    folds_case: bool = False

    def matches(self, value: str) -> bool:
        """Match the whole value, in Unicode's normal form C."""
        value = comparable(value, folds_case=self.folds_case)
        return value == self.literal if self.regex is None else bool(self.regex.match(value))

    @property
    def longest_text(self) -> str:
        """The longest piece without wildcards, for suggestions."""
        chars = list(_chars(self.text))
        pieces = "".join(each.char if not _is_wild(each) else "\0" for each in chars).split("\0")
        return max(pieces, key=len)


class FolderPattern(msgspec.Struct, frozen=True):
    """A pattern for the path of a folder."""

    text: str
    #: a pattern per folder name; None is `**`
    names: tuple[Pattern | None, ...]

    def matches(self, path: Sequence[str]) -> bool:
        """Match a path of folder names. `**` also matches no folder at all."""
        positions = self._skip_any_depth({0})
        for name in path:
            advanced = {
                position if pattern is None else position + 1
                for position in positions
                if position < len(self.names)
                and ((pattern := self.names[position]) is None or pattern.matches(name))
            }
            positions = self._skip_any_depth(advanced)
            if not positions:
                return False
        return len(self.names) in positions

    def _skip_any_depth(self, positions: set[int]) -> set[int]:
        """Add the positions behind each `**`, which may match nothing."""
        for start in sorted(positions):
            position = start
            while position < len(self.names) and self.names[position] is None:
                position += 1
                positions.add(position)
        return positions


def pattern(text: str, *, folds_case: bool = False) -> Pattern:
    """Parse a pattern. Raises ValueError with the reason if it is malformed."""
    return _pattern(list(_chars(text)), folds_case=folds_case)


def folder_pattern(text: str) -> FolderPattern:
    """Parse a folder pattern. Raises ValueError with the reason if it is malformed."""
    names: list[list[_Char]] = [[]]
    for char in _chars(text):
        if char == _Char("/", is_literal=False):
            names.append([])
        else:
            names[-1].append(char)
    if not all(names):
        raise ValueError(
            "an empty name beside a slash: a path is names with slashes between them, as in "
            "Shared/Finance; Shared/Finance/** is that folder with all below it"
        )
    patterns = tuple(
        None if _is_any_depth(name) else _pattern(name, in_path=True) for name in names
    )
    text = "/".join("**" if each is None else each.text for each in patterns)
    return FolderPattern(text, patterns)


def escape(text: str, *, in_path: bool = False) -> str:
    """Make the pattern that matches exactly this text."""
    chars = [_Char(char, is_literal=True) for char in text]
    return _canonical(chars, in_path=in_path)


def comparable(value: str, *, folds_case: bool = False) -> str:
    """Bring a text into the form in which texts are compared."""
    if not value.isascii():
        value = normalize("NFC", value)
    return value.casefold() if folds_case else value


def _chars(text: str) -> Iterator[_Char]:
    chars = iter(text)
    for char in chars:
        if char != "\\":
            yield _Char(char, is_literal=False)
            continue
        escaped_char = next(chars, None)
        if escaped_char is None or escaped_char.isalnum():
            shown = f"\\{escaped_char}" if escaped_char else "a backslash at the end"
            raise ValueError(f"{shown}: a backslash itself is written \\\\")
        yield _Char(escaped_char, is_literal=True)


def _pattern(chars: Sequence[_Char], *, folds_case: bool = False, in_path: bool = False) -> Pattern:
    if in_path and "**" in "".join(each.char if _is_wild(each) else " " for each in chars):
        raise ValueError("** beside other text: it stands for whole folders, as in Shared/**")
    wild = any(_is_wild(each) for each in chars)
    glob = "".join(
        f"[{each.char}]" if each.char in "*?[" and not _is_wild(each) else each.char
        for each in chars
    )
    value = "".join(each.char for each in chars)
    return Pattern(
        text=_canonical(chars, in_path=in_path),
        literal=None if wild else comparable(value, folds_case=folds_case),
        regex=re.compile(translate(comparable(glob, folds_case=folds_case))) if wild else None,
        folds_case=folds_case,
    )


def _canonical(chars: Iterable[_Char], *, in_path: bool) -> str:
    needs = "*?\\/" if in_path else "*?\\"
    return "".join(
        f"\\{each.char}" if each.char in needs and not _is_wild(each) else each.char
        for each in chars
    )


def _is_wild(char: _Char) -> bool:
    return char.char in "*?" and not char.is_literal


def _is_any_depth(name: Sequence[_Char]) -> bool:
    return len(name) == 2 and all(each == _Char("*", is_literal=False) for each in name)
