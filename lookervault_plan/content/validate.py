"""Find values of a backup's objects that Looker's API would refuse.

An object without problems here may still be refused with 422.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import NoneType

from lookervault_plan.content.json_path import find
from lookervault_plan.content.node import Json, Raw, Ref, SourceId
from lookervault_plan.content.table.kinds import KINDS, Form, Kind
from lookervault_plan.errors import Diagnostic

#: Problems of an item that its diagnostic lists.
_SHOWN = 10


def problems(kind: str, raw: Raw) -> Iterator[str]:
    """Yield one line for each problem of an object and its parts."""
    row = KINDS[kind]
    if row.item.built_in(raw) is None:
        yield from _missing_values(row, raw)
    yield from _wrong_types(row, raw)
    for collection in row.item.collections:
        for place, parts in find(raw, collection.path):
            if parts is None or isinstance(parts, Mapping):  # an access list is an object
                continue
            if isinstance(parts, str) or not isinstance(parts, Sequence):
                yield f"{place} is no list"
                continue
            for index, part in enumerate(parts):
                if isinstance(part, Mapping):
                    for problem in problems(collection.kind, part):
                        yield f"{place}[{index}].{problem}"
                elif part is not None:
                    yield f"{place}[{index}] is no object"


def invalid_item(ref: Ref[SourceId], found: Sequence[str]) -> Diagnostic:
    """Make the diagnostic of an item with these problems."""
    more = [f"and {len(found) - _SHOWN} more"] if found[_SHOWN:] else []
    return Diagnostic(
        code="backup.invalid",
        address=ref.address,
        summary=f"{ref.address} is not as Looker takes it",
        detail="\n".join([*found[:_SHOWN], *more]),
        fix="make a new backup; --skip-validation lets Looker decide",
    )


def _missing_values(row: Kind, raw: Raw) -> Iterator[str]:
    for path in row.required:
        if not any(value not in (None, "") for _, value in find(raw, path)):
            yield f"{path} is missing"


def _wrong_types(row: Kind, raw: Raw) -> Iterator[str]:
    for path, is_top_level, accepted, expected in _type_checks(row.name):
        if is_top_level and type(raw.get(path)) in accepted:
            continue
        for place, value in find(raw, path):
            if type(value) not in accepted and not (expected == _NUMBER and _is_number(value)):
                yield f"{place} is {_type_name(value)}, not {expected}"


def _is_number(value: Json) -> bool:
    if not isinstance(value, str):
        return False
    try:
        _ = float(value or 0)
    except ValueError:
        return False
    return True


@cache
def _type_checks(kind: str) -> tuple[tuple[str, bool, frozenset[type], str], ...]:
    """Return (path, whether it is top-level, accepted types, their name) for each path."""
    row = KINDS[kind]
    fields = (
        (field.path, *_ACCEPTED[field.form]) for field in row.fields if field.form in _ACCEPTED
    )
    refs = ((ref.path, frozenset({str, int, NoneType}), "an id") for ref in row.refs)
    return tuple(
        (path, "." not in path and "[" not in path, accepted, expected)
        for path, accepted, expected in (*fields, *refs)
    )


def _type_name(value: Json) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case Mapping():
            return "an object"
        case _:
            return "a list"


_NUMBER = "a number"
#: Form -> accepted types, and their name in messages. A number may also be a text.
_ACCEPTED: Mapping[Form, tuple[frozenset[type], str]] = {
    Form.TEXT: (frozenset({str, int, float, bool, NoneType}), "a text"),
    Form.FLAG: (frozenset({bool, NoneType}), "true or false"),
    Form.NUMBER: (frozenset({int, float, NoneType}), _NUMBER),
    Form.SET: (frozenset({list, tuple, NoneType}), "a list"),
}
