r"""Patterns: `*` is any text, `?` any one character, `**` any number of folders.

A backslash before a character that is neither letter nor digit takes it as it is: `\*`, `\?`,
`\\`, and `\/` for a slash inside a folder's name. Case counts, but for emails.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import translate
from typing import NamedTuple
from unicodedata import normalize

import msgspec


class _Mark(NamedTuple):
    """A character, and whether it is itself whatever it could mean."""

    char: str
    is_literal: bool


class Pattern(msgspec.Struct, frozen=True):
    """Matches one text: a title, an id, the name of a folder."""

    #: canonical: escapes only where they are needed
    text: str
    #: the one text it matches, if it has no wildcards
    literal: str | None
    regex: re.Pattern[str]
    folds_case: bool = False

    def matches(self, value: str) -> bool:
        """Whether the whole value fits. Texts that look the same are the same (Unicode's NFC)."""
        value = plain(value, folds_case=self.folds_case)
        return value == self.literal if self.literal is not None else bool(self.regex.match(value))

    @property
    def core(self) -> str:
        """The longest text in it: what to look for when nothing fits."""
        marks = list(_marks(self.text))
        pieces = "".join(each.char if not _is_wild(each) else "\0" for each in marks).split("\0")
        return max(pieces, key=len)


class FolderPattern(msgspec.Struct, frozen=True):
    """Matches a folder by the names on the way to it; None stands for `**`."""

    text: str
    names: tuple[Pattern | None, ...]

    def matches(self, path: Sequence[str]) -> bool:
        """Whether the folder with this path is meant; `**` may stand for no folder at all."""
        places = self._beyond({0})
        for name in path:
            step = {
                place if pattern is None else place + 1
                for place in places
                if place < len(self.names)
                and ((pattern := self.names[place]) is None or pattern.matches(name))
            }
            places = self._beyond(step)
            if not places:
                return False
        return len(self.names) in places

    def _beyond(self, places: set[int]) -> set[int]:
        """With what is reached by letting `**` stand for nothing."""
        for place in sorted(places):
            beyond = place
            while beyond < len(self.names) and self.names[beyond] is None:
                beyond += 1
                places.add(beyond)
        return places


def pattern(text: str, *, folds_case: bool = False) -> Pattern:
    """Read a pattern. Raises ValueError that says what is wrong with it."""
    return _pattern(list(_marks(text)), folds_case=folds_case)


def folder_pattern(text: str) -> FolderPattern:
    """Read a folder's path. Raises ValueError that says what is wrong with it."""
    names: list[list[_Mark]] = [[]]
    for mark in _marks(text):
        if mark == _Mark("/", is_literal=False):
            names.append([])
        else:
            names[-1].append(mark)
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


def escaped(text: str, *, in_path: bool = False) -> str:
    """The pattern that matches exactly this text."""
    marks = [_Mark(char, is_literal=True) for char in text]
    return _canonical(marks, in_path=in_path)


def plain(value: str, *, folds_case: bool = False) -> str:
    """A text as it is compared."""
    if not value.isascii():
        value = normalize("NFC", value)
    return value.casefold() if folds_case else value


def _marks(text: str) -> Iterator[_Mark]:
    chars = iter(text)
    for char in chars:
        if char != "\\":
            yield _Mark(char, is_literal=False)
            continue
        escaped_char = next(chars, None)
        if escaped_char is None or escaped_char.isalnum():
            shown = f"\\{escaped_char}" if escaped_char else "a backslash at the end"
            raise ValueError(f"{shown}: a backslash itself is written \\\\")
        yield _Mark(escaped_char, is_literal=True)


def _pattern(marks: Sequence[_Mark], *, folds_case: bool = False, in_path: bool = False) -> Pattern:
    if in_path and "**" in "".join(mark.char if _is_wild(mark) else " " for mark in marks):
        raise ValueError("** beside other text: it stands for whole folders, as in Shared/**")
    wild = any(_is_wild(mark) for mark in marks)
    glob = "".join(
        f"[{mark.char}]" if mark.char in "*?[" and not _is_wild(mark) else mark.char
        for mark in marks
    )
    value = "".join(mark.char for mark in marks)
    return Pattern(
        text=_canonical(marks, in_path=in_path),
        literal=None if wild else plain(value, folds_case=folds_case),
        regex=re.compile(translate(plain(glob, folds_case=folds_case))),
        folds_case=folds_case,
    )


def _canonical(marks: Iterable[_Mark], *, in_path: bool) -> str:
    needs = "*?\\/" if in_path else "*?\\"
    return "".join(
        f"\\{mark.char}" if mark.char in needs and not _is_wild(mark) else mark.char
        for mark in marks
    )


def _is_wild(mark: _Mark) -> bool:
    return mark.char in "*?" and not mark.is_literal


def _is_any_depth(name: Sequence[_Mark]) -> bool:
    return len(name) == 2 and all(mark == _Mark("*", is_literal=False) for mark in name)
