"""Find the line and column of the keys and tables of a TOML file, which Python's parser hides."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

#: A bare or quoted part of a key.
_PART = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*""")


class Position(NamedTuple):
    """A place in a file, counted from 1."""

    line: int
    column: int


def positions(text: str) -> Mapping[tuple[str, ...], Position]:
    """Map each key and table, by its whole path, to its place. The text must be valid TOML.

    Keys inside of inline tables are not found.
    """
    found: dict[tuple[str, ...], Position] = {}
    table: tuple[str, ...] = ()
    for number, column, line in _statements(text):
        if line.startswith("["):
            opening = len(line) - len(line.lstrip("["))
            table = _key(line[opening:])
            path = table
        else:
            path = (*table, *_key(line))
        _ = found.setdefault(path, Position(number, column))
    return found


def _statements(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and text of each statement's first line."""
    pending: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if pending:
            pending.append(line)
            if _is_whole("\n".join(pending)):
                pending = []
            continue
        stripped = line.lstrip()
        if not stripped or stripped.startswith("#"):
            continue
        yield number, len(line) - len(stripped) + 1, stripped
        if not _is_whole(line):
            pending = [line]


def _is_whole(statement: str) -> bool:
    """Say whether a statement ends where its text ends: it is no TOML as long as it goes on."""
    try:
        _ = tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _key(text: str) -> tuple[str, ...]:
    """Read the dotted key at the beginning of a text."""
    parts: list[str] = []
    place = 0
    while part := _PART.match(text, place):
        parts.append(_unquoted(part[1]))
        place = part.end()
        if text[place : place + 1] != ".":
            break
        place += 1
    return tuple(parts)


def _unquoted(part: str) -> str:
    if part.startswith(("'", '"')):
        return next(iter(tomllib.loads(f"{part} = 0")))
    return part
