"""Is an object of the backup one that Looker's API would take? The seed's second stage.

Looker has the last word: what passes here may still be refused with 422. What fails here need not
be tried.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import NoneType

from lookervault_plan.content.json_path import find
from lookervault_plan.content.node import Json, Raw
from lookervault_plan.content.table.kinds import KINDS, Form, Kind


def problems(kind: str, raw: Raw) -> Iterator[str]:
    """What is wrong with an object, its parts included: a line each."""
    row = KINDS[kind]
    if row.item.built_in(raw) is None:
        yield from _lacking(row, raw)
    yield from _misfits(row, raw)
    for collection in row.item.collections:
        for place, held in find(raw, collection.path):
            if held is None or isinstance(held, Mapping):  # access comes as an object
                continue
            if isinstance(held, str) or not isinstance(held, Sequence):
                yield f"{place} is no list"
                continue
            for index, part in enumerate(held):
                if isinstance(part, Mapping):
                    for problem in problems(collection.kind, part):
                        yield f"{place}[{index}].{problem}"
                elif part is not None:
                    yield f"{place}[{index}] is no object"


def _lacking(row: Kind, raw: Raw) -> Iterator[str]:
    for path in row.required:
        if not any(value not in (None, "") for _, value in find(raw, path)):
            yield f"{path} is missing"


def _misfits(row: Kind, raw: Raw) -> Iterator[str]:
    for path, is_plain, taken, wanted in _checked(row.name):
        if is_plain and type(raw.get(path)) in taken:
            continue
        for place, value in find(raw, path):
            if type(value) not in taken and not (wanted == _NUMBER and _is_number(value)):
                yield f"{place} is {_called(value)}, not {wanted}"


def _is_number(value: Json) -> bool:
    if not isinstance(value, str):
        return False
    try:
        _ = float(value or 0)
    except ValueError:
        return False
    return True


@cache
def _checked(kind: str) -> tuple[tuple[str, bool, frozenset[type], str], ...]:
    """Path, whether it is a top-level name, types that fit there, and what to call them."""
    row = KINDS[kind]
    fields = ((field.path, *_TAKEN[field.form]) for field in row.fields if field.form in _TAKEN)
    refs = ((ref.path, frozenset({str, int, NoneType}), "an id") for ref in row.refs)
    return tuple(
        (path, "." not in path and "[" not in path, taken, wanted)
        for path, taken, wanted in (*fields, *refs)
    )


def _called(value: Json) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case Mapping():
            return "an object"
        case None:
            return "null"
        case _:
            return "a list"


_NUMBER = "a number"
#: form -> types of values that fit, and what to call them; a number may come as text
_TAKEN: Mapping[Form, tuple[frozenset[type], str]] = {
    Form.TEXT: (frozenset({str, int, float, bool, NoneType}), "a text"),
    Form.FLAG: (frozenset({bool, NoneType}), "true or false"),
    Form.NUMBER: (frozenset({int, float, NoneType}), _NUMBER),
    Form.SET: (frozenset({list, tuple, NoneType}), "a list"),
}
