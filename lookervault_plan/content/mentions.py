"""What the values of an object mention beyond content: user attributes, themes, explore fields."""

import re
from collections.abc import Iterator, Mapping

import msgspec

from lookervault_plan.content.json_path import find, texts_in
from lookervault_plan.content.node import Json, Node, Raw, parse_json
from lookervault_plan.content.normalise import body_of
from lookervault_plan.content.table.columns import DefinitionColumns, Mention
from lookervault_plan.content.table.kinds import KINDS, MENTIONED_ANYWHERE

#: An outside thing: a key of EXTERNAL, and its name.
Mentioned = tuple[str, str]


def mentions(node: Node[str]) -> Iterator[Mentioned]:
    """Yield the outside things that a node and its queries mention. Names may repeat."""
    for mention in KINDS[node.kind].mentions:
        yield from _found(mention, node.raw)
    yield from _anywhere(node.fields)
    for kind, body in queries_of(node):
        for mention in KINDS[kind].mentions:
            yield from _found(mention, body)
        yield from _anywhere(body)


def queries_of(node: Node[str]) -> Iterator[tuple[str, Raw]]:
    """Yield (kind, body) of the queries of a node, and of the sources of merge queries."""
    for path, ref in node.refs.items():
        body = body_of(node, path) if ref and KINDS[ref.kind].content_addressed else None
        if ref and body:
            yield from _with_sources(ref.kind, body)


def query_fields(kind: str, body: Raw) -> frozenset[str]:
    """Return the names of the explore's fields that a query asks for, as `view.field`.

    Fields that the query defines itself are not among them.
    """
    columns = KINDS[kind].columns
    if not isinstance(columns, DefinitionColumns):
        return frozenset()
    names: set[str] = set()
    for path in columns.field_lists:
        names.update(str(value).split(" ")[0] for _, value in find(body, path))
    for path in columns.field_keys:
        for _, value in find(body, path):
            names.update(map(str, value) if isinstance(value, Mapping) else ())
    own = {
        str(value)
        for path in columns.own_fields
        for _, held in find(body, path)
        for each in _objects(held)
        for value in each.values()
        if isinstance(value, str)
    }
    return frozenset(name for name in names - own if "." in name)


def _with_sources(kind: str, body: Raw) -> Iterator[tuple[str, Raw]]:
    yield kind, body
    for reference in KINDS[kind].refs:
        for path in reference.body_paths:
            for _, source in find(body, path):
                if isinstance(source, Mapping):
                    yield from _with_sources(reference.kind, source)


def _found(mention: Mention, raw: Raw) -> Iterator[Mentioned]:
    for _, value in find(raw, mention.path):
        if mention.key and mention.key.encode() not in msgspec.json.encode(value):
            continue
        for name in _values_of(mention.key, value) if mention.key else (value,):
            if isinstance(name, str) and name:
                found = re.search(mention.pattern, name) if mention.pattern else None
                if not mention.pattern:
                    yield mention.kind, name
                elif found:
                    yield mention.kind, found[1]


def _anywhere(value: Json) -> Iterator[Mentioned]:
    # Encoding is much faster than walking, and most values mention nothing.
    encoded = msgspec.json.encode(value)
    for mention in MENTIONED_ANYWHERE:
        for text in texts_in(value) if mention.word.encode() in encoded else ():
            if mention.word in text:
                for found in re.finditer(mention.pattern, text):
                    yield mention.kind, found[1]


def _values_of(key: str, value: Json) -> Iterator[Json]:
    """Yield the values of a key at any depth."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == key:
                yield inner
            elif isinstance(inner, (Mapping, list)):
                yield from _values_of(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _values_of(key, inner)


def _objects(value: Json) -> Iterator[Raw]:
    """Yield the objects of a list, which may be JSON in a string. Nothing if it is malformed."""
    if isinstance(value, str):
        try:
            value = parse_json(value)
        except ValueError:
            return
    for each in value if isinstance(value, list) else ():
        if isinstance(each, Mapping):
            yield each
