"""Is an object of the backup one that Looker's API would take? The seed's second stage.

Looker has the last word: what passes here may still be refused with 422. What fails here need not
be tried.
"""

from collections.abc import Iterator, Mapping, Sequence

from lookervault_plan.content.kinds import KINDS, Form, Kind
from lookervault_plan.content.node import Json, Raw
from lookervault_plan.content.paths import find


def problems(kind: str, raw: Raw) -> Iterator[str]:
    """What is wrong with an object, its parts included: a line each."""
    row = KINDS[kind]
    if row.built_in(raw) is None:
        yield from _lacking(row, raw)
    yield from _misfits(row, raw)
    for collection in row.collections:
        for place, held in _held(raw, collection.path):
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
    for field in row.fields:
        for place, value in _held(raw, field.path):
            if not _fits(field.form, value):
                yield f"{place} is {_called(value)}, not {_WANTED[field.form]}"
    for reference in row.refs:
        for place, value in _held(raw, reference.path):
            if not isinstance(value, str | int | None) or isinstance(value, bool):
                yield f"{place} is {_called(value)}, not an id"


def _held(raw: Raw, path: str) -> Iterator[tuple[str, Json]]:
    """As `find`, quick where it can be."""
    if "." not in path and "[" not in path:
        if path in raw:
            yield path, raw[path]
    else:
        yield from find(raw, path)


def _fits(form: Form, value: Json) -> bool:
    if value is None:
        return True
    match form:
        case Form.TEXT:
            return isinstance(value, str | int | float)
        case Form.FLAG:
            return isinstance(value, bool)
        case Form.NUMBER:
            return (isinstance(value, int | float) and not isinstance(value, bool)) or (
                isinstance(value, str) and _is_number(value)
            )
        case Form.SET:
            return not isinstance(value, str) and isinstance(value, Sequence)
        case Form.VALUE | Form.TREE | Form.JSON:
            return True


def _is_number(text: str) -> bool:
    try:
        _ = float(text or 0)
    except ValueError:
        return False
    return True


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


_WANTED: Mapping[Form, str] = {
    Form.TEXT: "a text",
    Form.FLAG: "true or false",
    Form.NUMBER: "a number",
    Form.SET: "a list",
}
