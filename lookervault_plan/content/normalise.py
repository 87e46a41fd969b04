"""Turn an object of a backup or of Looker into a node."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import overload

import msgspec

from lookervault_plan.content.json_path import ABSENT, find, get, head
from lookervault_plan.content.node import Id, Json, Node, Raw, Ref, Side, digest, parse_json
from lookervault_plan.content.table.kinds import KINDS, Field, Form, Kind, Reference

#: Errors that an object of another form than Looker's can cause.
MALFORMED = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError)

#: Value that looker-sdk returns for an unknown enum value (looker-api.md 4.5).
_UNKNOWN_ENUM = "invalid_api_enum_value"
#: Characters of a name to show.
_LABEL_LENGTH = 80
_TAG = re.compile(r"<[^<>]*>")


@overload
def normalise(kind: str, raw: Raw) -> Node[str]: ...


@overload
def normalise(kind: str, raw: Raw, side: Side[Id]) -> Node[Id]: ...


def normalise(kind: str, raw: Raw, side: Side[str] = str) -> Node[str]:
    """Return the node of one object, with its parts.

    `side` matters to the type checker alone.
    """
    row = KINDS[kind]
    facts: dict[str, Json] = {fact: get(raw, fact) or None for fact in row.item.facts}
    for name, derive in row.item.derived_facts.items():
        facts[name] = derive(raw)
    return Node(
        kind=kind,
        id=side(str(raw.get(row.id_field) or "")),
        name=label(row, raw),
        fields=_fields(kind, raw),
        refs=_refs(kind, raw, side),
        facts=facts,
        parts={
            collection.name: tuple(
                normalise(collection.kind, part, side) for part in parts_in(raw, collection.path)
            )
            for collection in row.item.collections
            if get(raw, collection.path.partition("[]")[0]) not in (None, ABSENT)
        },
        built_in=row.item.built_in(raw),
        raw=raw,
    )


def _fields(kind: str, raw: Raw) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    for path, canon, form, ignores_null in _CANONS[kind]:
        if form is _PathForm.IN_LIST:
            for found, value in find(raw, path):
                if value != _UNKNOWN_ENUM:
                    fields[found] = canon(value) if canon else value
            continue
        value = raw.get(path, ABSENT) if form is _PathForm.TOP_LEVEL else get(raw, path)
        if value is None and ignores_null:
            continue
        if value is not ABSENT and value != _UNKNOWN_ENUM:
            fields[path] = canon(value) if canon else value
    for path, filled_in_as in _FILLED_IN[kind]:
        list_path, _, below = path.partition("[].")
        for place, one in find(raw, f"{list_path}[]"):
            if isinstance(one, Mapping) and not get(one, below):
                number = place.removeprefix(f"{list_path}[").removesuffix("]")
                fields[f"{place}.{below}"] = filled_in_as.format(number)
    return fields


def _refs(kind: str, raw: Raw, side: Side[Id]) -> dict[str, Ref[Id] | None]:
    refs: dict[str, Ref[Id] | None] = {}
    for ref, is_plain in _REFS[kind]:
        if is_plain:
            id_ = raw.get(ref.path, ABSENT)
            if id_ is not ABSENT:
                refs[ref.path] = Ref(ref.kind, side(str(id_))) if id_ else None
            continue
        if ref.void_if and any(get(raw, path) for path in ref.void_if):
            refs[ref.path] = None
            continue
        for path, id_ in _targets(ref, raw):
            refs[path] = Ref(ref.kind, side(id_)) if id_ else None
    for path, excluded in _EXCLUDES[kind]:
        if refs.get(path) is not None:
            refs = {**dict.fromkeys(excluded), **refs}
    return refs


def parts_in(raw: Raw, path: str) -> Iterator[Raw]:
    """Yield the parts at a collection's path, which holds a list of parts or a single one."""
    only = get(raw, path) if "[]" not in path else None
    if isinstance(only, dict):
        yield only
        return
    for _, part in find(raw, path + "[]"):
        if isinstance(part, dict):
            yield part


def collections_under(kind: str, keys: Iterable[str]) -> frozenset[str]:
    """Name the collections of a kind that an item keeps under these top-level keys."""
    wanted = {*keys}
    return frozenset(
        each.name for each in KINDS[kind].item.collections if head(each.path) in wanted
    )


@cache
def empty(kind: str, path: str) -> Json:
    """Return the canonical value of a field that an object lacks."""
    canon = _CANON.get(KINDS[kind].field(path).form)
    return canon(None) if canon else None


def canonical(field: Field, value: Json) -> Json:
    """Return the canonical form of a value of this field."""
    canon = _canon_of(field)
    return canon(value) if canon else value


def label(row: Kind, raw: Raw) -> str:
    """Return the name to show: one line of at most 80 characters, or ""."""
    for path in row.label:
        value = get(raw, path)
        field = row.find_field(path)
        words = _words(value) if value and field and field.holds_links else str(value or "")
        if line := " ".join(words.split())[:_LABEL_LENGTH]:
            return line
    return ""


def _words(value: Json) -> str:
    """Return the words of a text for people: HTML without tags, Slate's JSON without its tree."""
    text = str(value)
    if text.lstrip()[:1] in {"[", "{"}:
        try:
            return " ".join(_slate_texts(parse_json(text)))
        except (msgspec.DecodeError, RecursionError):
            return text
    return html.unescape(_TAG.sub(" ", text))


def _slate_texts(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(text := value.get("text"), str):
            yield text
        for key in ("children", "content"):
            yield from _slate_texts(value.get(key))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _slate_texts(each)


def body_of(node: Node[str], path: str) -> Raw | None:
    """Return the definition of the query that the reference at `path` points to, if present."""
    ref = KINDS[node.kind].reference(path)
    before, mark, after = path.partition("[")
    start = f"{before}[{after.partition(']')[0]}]" if mark else ""
    for body_path in ref.body_paths:
        for found, value in find(node.raw, body_path):
            if isinstance(value, dict) and found.startswith(start):
                return value
    return None


def content_key(kind: str, raw: Raw) -> str | None:
    """Hash a query's definition: equal queries of any two instances have the same key.

    None if the definition is incomplete, as that of a merge query without its sources is.
    """
    node = normalise(kind, raw)
    sources: dict[str, str] = {}
    for path, target in node.refs.items():
        body = body_of(node, path)
        key = content_key(target.kind, body) if target and body else None
        if key is None:
            return None
        sources[path] = key
    return digest((_without_empty(node.fields), sources))


def _without_empty(fields: Mapping[str, Json]) -> dict[str, Json]:
    """Drop empty values: null and absent are equal in a query (looker-api.md 5)."""
    return {
        path: value for path, value in fields.items() if value is not None and value is not False
    }


def _targets(ref: Reference, raw: Raw) -> Iterable[tuple[str, str | None]]:
    """Yield (concrete path, id or None). An id inside the definition takes precedence."""
    if "[]" in ref.path:
        return ((path, str(id_) if id_ else None) for path, id_ in find(raw, ref.path))
    for body_path in ref.body_paths:
        body = get(raw, body_path)
        if isinstance(body, dict) and body.get("id"):
            return ((ref.path, str(body["id"])),)
    found = [get(raw, ref.path), *(get(raw, path) for path in ref.other_paths)]
    id_ = next(filter(None, found), None)
    if id_:
        return ((ref.path, str(id_)),)
    return () if all(each is ABSENT for each in found) else ((ref.path, None),)


def _tree(value: Json) -> Json:
    """Drop nulls and empty values: Looker mixes null, [], {} and absent (looker-api.md 5)."""
    if isinstance(value, dict):
        kept: dict[str, Json] = {}
        for key, item in value.items():
            each = _tree(item) if isinstance(item, (dict, list, tuple)) else item
            if each is not None:
                kept[key] = each
        return kept or None
    if isinstance(value, (list, tuple)):
        return [_tree(item) if isinstance(item, (dict, list)) else item for item in value] or None
    return value


def _objects(keys: tuple[str, ...]) -> Callable[[Json], Json]:
    """Make the function for a list of objects: keep `keys` of each, and sort the objects."""

    def canon(value: Json) -> Json:
        return sorted(map(_tree, keep_keys(value, keys)), key=digest) or None

    return canon


def keep_keys(value: Json, keys: tuple[str, ...]) -> list[Json]:
    """Return the objects of a list, each with these keys alone."""
    items = value if isinstance(value, (list, tuple)) else ()
    return [
        {key: item[key] for key in keys if item.get(key) is not None}
        for item in items
        if isinstance(item, Mapping)
    ]


def _json(value: Json) -> Json:
    if not isinstance(value, str):
        return _tree(value)
    try:
        return _tree(parse_json(value)) if value else None
    except msgspec.DecodeError:
        return value


def _text(value: Json) -> Json:
    if isinstance(value, str):
        return value or None
    return None if value is None else str(value)


def _set(value: Json) -> Json:
    return sorted({str(item) for item in value}) if isinstance(value, (list, tuple)) else []


#: Form -> function that makes it. Forms without one keep the value.
_CANON: Mapping[Form, Callable[[Json], Json]] = {
    Form.TEXT: _text,
    Form.FLAG: bool,
    Form.NUMBER: _text,
    Form.TREE: _tree,
    Form.SET: _set,
    Form.JSON: _json,
}


class _PathForm(Enum):
    TOP_LEVEL = "a top-level name"
    IN_OBJECT = "leads through objects"
    IN_LIST = "leads through lists"


def _path_form(path: str) -> _PathForm:
    if "[]" in path:
        return _PathForm.IN_LIST
    return _PathForm.IN_OBJECT if "." in path else _PathForm.TOP_LEVEL


def _canon_of(field: Field) -> Callable[[Json], Json] | None:
    return _objects(field.object_keys) if field.object_keys else _CANON.get(field.form)


#: Kind -> (path, function that makes the canonical form or None, form of the path, whether null
#: says nothing).
_CANONS: Mapping[str, tuple[tuple[str, Callable[[Json], Json] | None, _PathForm, bool], ...]] = {
    name: tuple(
        (field.path, _canon_of(field), _path_form(field.path), field.ignores_null)
        for field in row.fields
    )
    for name, row in KINDS.items()
}

#: Kind -> (path in a list, text that Looker puts in place of an empty value there).
_FILLED_IN: Mapping[str, tuple[tuple[str, str], ...]] = {
    name: tuple((field.path, field.filled_in_as) for field in row.fields if field.filled_in_as)
    for name, row in KINDS.items()
}

#: Kind -> (path of a reference, paths of those that are empty if it is not).
_EXCLUDES: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    name: tuple((ref.path, ref.excludes) for ref in row.refs if ref.excludes)
    for name, row in KINDS.items()
}

#: Kind -> (reference, whether its id is at one top-level path and nowhere else).
_REFS: Mapping[str, tuple[tuple[Reference, bool], ...]] = {
    name: tuple(
        (
            ref,
            _path_form(ref.path) is _PathForm.TOP_LEVEL
            and not (ref.body_paths or ref.other_paths or ref.void_if),
        )
        for ref in row.refs
    )
    for name, row in KINDS.items()
}
