"""Links to content inside text: `/dashboards/42`, relative or absolute to the source instance."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import overload

import msgspec

from lookervault_plan.content.explore_links import EXPLORE_LINK
from lookervault_plan.content.json_path import texts_in
from lookervault_plan.content.node import (
    SOURCE,
    Id,
    Json,
    LiveId,
    Node,
    Ref,
    Side,
    SourceId,
    SourceRef,
)
from lookervault_plan.content.table.kinds import KINDS

#: URL path segment -> kind of the id that follows it.
_KINDS = {segment: row.name for row in KINDS.values() for segment in row.item.link_segments}

#: Kinds that texts can link to.
LINKED_KINDS = frozenset(_KINDS.values())

_SEGMENTS = "|".join(sorted(_KINDS, key=len, reverse=True))
_LINK = re.compile(
    r"(?P<host>https?://[^\s/\"'<>()\\]+|(?<![\w.:/-]))"
    rf"(?P<path>/(?:embed/)?(?P<segment>{_SEGMENTS})/)"
    r"(?P<id>\d+)(?!\w|::)"
)


_FIELDS_WITH_LINKS = {
    row.name: tuple(field.path for field in row.fields if field.holds_links)
    for row in KINDS.values()
}

_LINK_START = re.compile(rf"/(?:{_SEGMENTS})/")


class Instances(msgspec.Struct, frozen=True):
    """URLs of the source, whose links are rewritten, and of the destination."""

    source: frozenset[str] = frozenset()
    destination: str | None = None


def linkable_texts(node: Node[str]) -> Iterator[tuple[str, Json]]:
    """Yield (path, value) for each field of a node whose links are rewritten."""
    for path in _FIELDS_WITH_LINKS[node.kind]:
        value = node.fields.get(path)
        if value is not None:
            yield path, value


@overload
def linked_refs(value: Json, instances: Instances) -> Iterator[SourceRef]: ...


@overload
def linked_refs(value: Json, instances: Instances, side: Side[Id]) -> Iterator[Ref[Id]]: ...


def linked_refs(value: Json, instances: Instances, side: Side[str] = SOURCE) -> Iterator[Ref[str]]:
    """Yield the items of the source that a text, or the texts in a value, link to."""
    for text in texts_in(value):
        for found in _LINK.finditer(text) if "/" in text else ():
            is_of_source = not found["host"] or found["host"] in instances.source
            if is_of_source:
                yield Ref(_KINDS[found["segment"]], side(found["id"]))


def links_explores(value: Json) -> bool:
    """Whether a value may contain a link to an explore."""
    return any("/explore/" in text for text in texts_in(value))


def may_hold_links(value: Json) -> bool:
    """Whether a value may contain a link to any instance."""
    return any(_LINK_START.search(text) for text in texts_in(value))


def rewrite_links(
    value: Json, instances: Instances, resolve: Callable[[SourceRef], LiveId | None]
) -> Json:
    """Return the value with the ids of its links replaced by those that `resolve` returns.

    A link stays as it is if `resolve` returns None, or if it leads to another instance. Links to
    explores of the source get the destination's host; their names are the same there.
    """

    def new_link(found: re.Match[str]) -> str:
        is_of_source = not found["host"] or found["host"] in instances.source
        if not is_of_source:
            return found[0]
        id_ = resolve(Ref(_KINDS[found["segment"]], SourceId(found["id"])))
        if id_ is None:
            return found[0]
        host = found["host"] and (instances.destination or found["host"])
        return f"{host}{found['path']}{id_}"

    def to_destination(found: re.Match[str]) -> str:
        if not instances.destination or found["host"] not in instances.source:
            return found[0]
        return f"{instances.destination}{found[0].removeprefix(found['host'])}"

    if isinstance(value, str):
        if "/explore/" in value:
            value = EXPLORE_LINK.sub(to_destination, value)
        return _LINK.sub(new_link, value) if "/" in value else value
    if isinstance(value, Mapping):
        return {key: rewrite_links(item, instances, resolve) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rewrite_links(item, instances, resolve) for item in value]
    return value
