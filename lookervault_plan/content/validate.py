"""Find values of a backup's objects that Looker's API would refuse.

An object without problems here may still be refused with 422.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import NoneType
from typing import NamedTuple

from lookervault_plan.content.json_path import ABSENT, JsonOrAbsent, find, get
from lookervault_plan.content.node import Json, Raw, Ref, SourceId
from lookervault_plan.content.normalise import label, parts_in
from lookervault_plan.content.table.columns import JsonType
from lookervault_plan.content.table.kinds import KINDS, Collection, Field, Form, Kind, singular
from lookervault_plan.errors import Diagnostic

#: Problems of an item that its diagnostic lists.
_SHOWN = 10


class OddPart(NamedTuple):
    """A part that Looker would refuse, or its parent's list of parts."""

    collection: str
    name: str
    problems: tuple[str, ...]


def problems(kind: str, raw: Raw, *, is_new: bool = True) -> Iterator[str]:
    """Yield one line for each problem that blocks the whole object.

    These are its own values, and collections of another form than Looker's. `is_new` says whether
    it lacks what only a create needs, too.
    """
    row = KINDS[kind]
    yield from own_problems(kind, raw, is_new=is_new)
    for collection in row.item.collections:
        for place, parts in find(raw, collection.path):
            if parts is None:
                continue
            if collection.is_single and isinstance(parts, Mapping):
                yield from _wrong_id(row, raw, collection, parts)
            elif collection.is_single:
                yield f"{place} is no object"
            elif not isinstance(parts, (list, tuple)):
                yield f"{place} is no list"
            else:
                yield from (
                    f"{place}[{index}] is no object"
                    for index, part in enumerate(parts)
                    if not isinstance(part, Mapping)
                )


def _wrong_id(row: Kind, raw: Raw, single: Collection, part: Raw) -> Iterator[str]:
    """Yield a line if the item and its only part of a kind don't agree on the id of the part."""
    path = next(path for path, made in row.item.also_creates.items() if made == single.kind)
    id_field = KINDS[single.kind].id_field
    if not part.get(id_field):
        yield f"{single.path}.{id_field} is missing"
    elif str(part[id_field]) != str(raw.get(path)):
        yield f"{single.path}.{id_field} is not the item's {path}"


def odd_parts(kind: str, raw: Raw) -> Iterator[OddPart]:
    """Yield each part of an object that a create would be refused for."""
    for collection in KINDS[kind].item.collections:
        for part in parts_in(raw, collection.path):
            if found := tuple(own_problems(collection.kind, part)):
                name = label(KINDS[collection.kind], part) or str(part.get("id") or "")
                yield OddPart(collection.name, name, found)


def own_problems(kind: str, raw: Raw, *, is_new: bool = True) -> Iterator[str]:
    """Yield the problems of an object without those of its parts."""
    row = KINDS[kind]
    if row.item.built_in(raw) is None:
        yield from _missing_values(row, raw, is_new=is_new)
    yield from _wrong_types(row, raw)
    for place, target, body in _bodies(row, raw):
        for problem in own_problems(target, body):
            yield f"{place}: {problem}"


def invalid_item(ref: Ref[SourceId], found: Sequence[str]) -> Diagnostic:
    """Make the diagnostic of an item with these problems."""
    first, *others = found
    more = [f"and {len(others) - _SHOWN} more"] if others[_SHOWN:] else []
    return Diagnostic(
        code="backup.invalid",
        address=ref.address,
        summary=f"{ref.address} is not as Looker takes it: {first}",
        detail="\n".join([*others[:_SHOWN], *more]),
        fix="make a new backup; --skip-validation lets Looker decide",
    )


def invalid_parts(ref: Ref[SourceId], found: Sequence[OddPart]) -> Diagnostic:
    """Warn of parts that a plan leaves out."""
    lines = [
        f"{singular(part.collection)} {part.name!r}: {'; '.join(part.problems)}" for part in found
    ]
    more = [f"and {len(lines) - _SHOWN} more"] if lines[_SHOWN:] else []
    return Diagnostic(
        severity="warning",
        code="backup.invalid-parts",
        address=ref.address,
        summary=f"{ref.address} has parts that Looker would refuse to create",
        detail="\n".join([*lines[:_SHOWN], *more]),
        fix="a plan leaves them out and restores the rest",
    )


def _missing_values(row: Kind, raw: Raw, *, is_new: bool) -> Iterator[str]:
    for path in row.required:
        yield from (f"{place} is missing" for place in _lacking(row, raw, path))
    for each in row.requirements if is_new else ():
        is_concerned = each.only_if is None or get(raw, each.only_if[0]) == each.only_if[1]
        if is_concerned and not any(_has_value(row, raw, path) for path in each.one_of):
            yield " or ".join(each.one_of) + " is missing"


def _lacking(row: Kind, raw: Raw, path: str) -> Iterator[str]:
    """Yield the path if it has no value; of a path through a list, that of each member."""
    list_path, _, below = path.partition("[].")
    if not below:
        if not _has_value(row, raw, path):
            yield path
        return
    inside = [place.removeprefix(f"{list_path}[].") for place in _places(row, path)]
    for place, member in find(raw, f"{list_path}[]"):
        values = [get(member, one) for one in inside] if isinstance(member, Mapping) else ()
        if not any(map(_is_filled, values)):
            yield f"{place}.{below}"


def _has_value(row: Kind, raw: Raw, path: str) -> bool:
    return any(_is_filled(value) for place in _places(row, path) for _, value in find(raw, place))


def _places(row: Kind, path: str) -> list[str]:
    """List the paths at which an object may hold the value of a path."""
    reference = row.find_reference(path)
    if reference is None:
        return [path]
    bodies = (f"{body}.{KINDS[reference.kind].id_field}" for body in reference.body_paths)
    return [path, *reference.other_paths, *bodies]


def _is_filled(value: JsonOrAbsent) -> bool:
    return value is not ABSENT and value not in (None, "", [], {})


def _bodies(row: Kind, raw: Raw) -> Iterator[tuple[str, str, Raw]]:
    """Yield (path, kind, definition) of the queries that an object holds and refers to."""
    for reference in row.refs:
        if any(get(raw, path) for path in reference.void_if):
            continue
        for path in reference.body_paths:
            found = [(place, body) for place, body in find(raw, path) if isinstance(body, dict)]
            yield from ((place, reference.kind, body) for place, body in found if body)
            if found:
                break


def _wrong_types(row: Kind, raw: Raw) -> Iterator[str]:
    for path, is_top_level, accepted, expected in _type_checks(row.name):
        if is_top_level and expected not in _INNER and type(raw.get(path)) in accepted:
            continue
        for place, value in find(raw, path):
            # In replies on queries, Looker mixes empty lists and empty objects (looker-api.md 5).
            is_empty = row.content_addressed and value in ([], {})
            if not is_empty and not _fits(value, accepted, expected):
                yield f"{place} is {_type_name(value)}, not {expected}"


def _fits(value: Json, accepted: frozenset[type], expected: str) -> bool:
    if type(value) not in accepted:
        return expected == _NUMBER and _is_number(value)
    inner = _INNER.get(expected)
    return (
        inner is None or not isinstance(value, list) or all(type(each) in inner for each in value)
    )


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
        (field.path, *accepted)
        for field in row.fields
        if (accepted := _accepted(field)) is not None
    )
    refs = ((ref.path, frozenset({str, int, NoneType}), "an id") for ref in row.refs)
    lists = (
        (f"{field.path}[].{key}", _LISTS, JsonType.LIST.value)
        for field in row.fields
        for key in field.told_apart_by
        if key
    )
    return tuple(
        (path, "." not in path and "[" not in path, accepted, expected)
        for path, accepted, expected in (*fields, *refs, *lists)
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


def _accepted(field: Field) -> tuple[frozenset[type], str] | None:
    """Return the accepted types of a field, and their name. None: any value will do."""
    if field.json_type:
        return _TYPES[field.json_type], field.json_type.value
    return _ACCEPTED.get(field.form)


_NUMBER = JsonType.NUMBER.value
_LISTS = frozenset({list, tuple, NoneType})
_TYPES: Mapping[JsonType, frozenset[type]] = {
    JsonType.TEXT: frozenset({str, NoneType}),
    JsonType.FLAG: frozenset({bool, NoneType}),
    JsonType.NUMBER: frozenset({int, float, NoneType}),
    JsonType.LIST: _LISTS,
    JsonType.TEXTS: _LISTS,
    JsonType.OBJECTS: _LISTS,
    JsonType.OBJECT: frozenset({dict, NoneType}),
}
#: Accepted types of a list's members, by the name of the list's type.
_INNER: Mapping[str, frozenset[type]] = {
    JsonType.TEXTS.value: frozenset({str, NoneType}),
    JsonType.OBJECTS.value: frozenset({dict, NoneType}),
}
#: Form -> accepted types, and their name in messages. A number may also be a text.
_ACCEPTED: Mapping[Form, tuple[frozenset[type], str]] = {
    Form.TEXT: (frozenset({str, int, float, NoneType}), "a text"),
    Form.FLAG: (frozenset({bool, NoneType}), "true or false"),
    Form.NUMBER: (frozenset({int, float, NoneType}), _NUMBER),
    Form.SET: (_LISTS, JsonType.TEXTS.value),
    Form.JSON: (frozenset({str, list, dict, NoneType}), "JSON"),
}
