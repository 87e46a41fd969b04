"""Dotted paths into JSON (`result_maker.filterables`, `source_queries[].query_id`)."""

from collections.abc import Iterator, Mapping, MutableMapping, MutableSequence
from enum import Enum
from functools import cache
from typing import Final, Literal

from lookervault_plan.content.node import Json, Raw


class _Absent(Enum):
    ABSENT = 0

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent.ABSENT
"""The object has no value at the path. This differs from null."""

JsonOrAbsent = Json | Literal[_Absent.ABSENT]


@cache
def split(path: str) -> tuple[str, ...]:
    """Split `a.b[].c` into `("a", "b", "[]", "c")`."""
    return tuple(path.replace("[]", ".[]").split("."))


def head(path: str) -> str:
    """Return the top-level field of a path, which a PATCH can send alone."""
    return path.split(".", 1)[0].split("[", 1)[0]


def get(raw: Raw, path: str) -> JsonOrAbsent:
    """Return the value at a path without `[]`, or ABSENT. Anything below null is null."""
    if "." not in path:
        return raw.get(path, ABSENT)
    value: Json = raw
    for name in split(path):
        if value is None:
            return None
        if not isinstance(value, dict) or name not in value:
            return ABSENT
        value = value[name]
    return value


def find(raw: Raw, path: str) -> Iterator[tuple[str, Json]]:
    """Yield (concrete path, value) for each value at a path. Yield none if a list is missing."""
    if "[]" not in path:
        value = get(raw, path)
        if value is not ABSENT:
            yield path, value
        return
    before, _, after = path.partition("[]")
    items = get(raw, before)
    if not isinstance(items, (list, tuple)):
        return
    for index, item in enumerate(items):
        if not after:
            yield f"{before}[{index}]", item
        elif isinstance(item, dict):
            for rest, value in find(item, after[1:]):
                yield f"{before}[{index}].{rest}", value


def texts_in(value: Json) -> Iterator[str]:
    """Yield every text in a value, at any depth. Keys of objects are skipped."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts_in(item)


def put(target: MutableMapping[str, Json], path: str, value: Json) -> None:
    """Set the value at a concrete path (`a.b`, `a[0].b`).

    Missing objects along the path are created. Lists must exist and be long enough.
    """
    holder: Json = target
    *parents, last = path.replace("[", ".[").split(".")
    for name in parents:
        if isinstance(holder, MutableMapping):
            holder = holder.setdefault(name, {})
        elif isinstance(holder, MutableSequence):
            holder = holder[int(name[1:-1])]
    if isinstance(holder, MutableMapping):
        holder[last] = value
    elif isinstance(holder, MutableSequence):
        holder[int(last[1:-1])] = value
