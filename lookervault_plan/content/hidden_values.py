"""Fill in what was hidden in a stored object, from another version of the same object."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from lookervault_plan.content.node import Json
from lookervault_plan.content.redact import SENSITIVE


def hides(stored: Json) -> bool:
    """Say whether a secret is hidden anywhere in an object."""
    if isinstance(stored, str):
        return SENSITIVE in stored
    inner = stored.values() if isinstance(stored, Mapping) else stored
    return isinstance(inner, Iterable) and any(map(hides, inner))


def fill_hidden(stored: Json, other: Json) -> Json:
    """Replace every value that hides a secret by the other version's value at the same place.

    Objects in a list are the same if their ids are equal, else if their places are. What the other
    version lacks stays hidden.
    """
    if isinstance(stored, str):
        return other if SENSITIVE in stored and isinstance(other, str) else stored
    if isinstance(stored, Mapping):
        known = cast("Mapping[str, Json]", other if isinstance(other, Mapping) else {})
        return {key: fill_hidden(value, known.get(key)) for key, value in stored.items()}
    if isinstance(stored, Sequence):
        others = cast("Sequence[Json]", other if isinstance(other, (list, tuple)) else ())
        by_id = {id_: each for each in others if (id_ := _id(each)) is not None}
        return [
            fill_hidden(each, by_id[id_] if (id_ := _id(each)) in by_id else _at(others, n))
            for n, each in enumerate(stored)
        ]
    return stored


def _at(values: Sequence[Json], place: int) -> Json:
    return values[place] if place < len(values) else None


def _id(value: Json) -> str | int | None:
    found = value.get("id") if isinstance(value, Mapping) else None
    return found if isinstance(found, str | int) else None
