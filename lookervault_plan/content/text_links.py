"""Links to content inside text: `/dashboards/42`, relative or absolute to the source instance."""

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from lookervault_plan.content.json_path import texts_in
from lookervault_plan.content.node import Json, Node, Ref
from lookervault_plan.content.table.kinds import KINDS

#: URL path segment -> the kind whose id follows it
_KINDS = {segment: row.name for row in KINDS.values() for segment in row.item.link_segments}

#: Kinds that texts can link to.
LINKED = frozenset(_KINDS.values())

_SEGMENTS = "|".join(sorted(_KINDS, key=len, reverse=True))
_LINK = re.compile(
    r"(?P<host>https?://[^\s/\"'<>()\\]+|(?<![\w.:/-]))"
    rf"(?P<way>/(?:embed/)?(?P<what>{_SEGMENTS})/)"
    r"(?P<id>\d+)(?!\w|::)"
)


_LINKING = {
    row.name: tuple(field.path for field in row.fields if field.holds_links)
    for row in KINDS.values()
}

_WAY = re.compile(rf"/(?:{_SEGMENTS})/")


class Instances(msgspec.Struct, frozen=True):
    """Whose links are followed: URLs of the source, and the one the destination has."""

    source: frozenset[str] = frozenset()
    destination: str | None = None


def linkable_texts(node: Node) -> Iterator[tuple[str, Json]]:
    """(path, value) of each text of a node in which links follow the remaps."""
    for path in _LINKING[node.kind]:
        value = node.fields.get(path)
        if value is not None:
            yield path, value


def links(value: Json, instances: Instances) -> Iterator[Ref]:
    """Every piece of content that a text, or a tree of texts, links to."""
    for text in texts_in(value):
        for found in _LINK.finditer(text) if "/" in text else ():
            is_ours = not found["host"] or found["host"] in instances.source
            if is_ours:
                yield Ref(_KINDS[found["what"]], found["id"])


def may_link(value: Json) -> bool:
    """Whether a text, or a tree of texts, holds what looks like a link, to whatever instance."""
    return any(_WAY.search(text) for text in texts_in(value))


def rewrite(value: Json, instances: Instances, resolve: Callable[[Ref], str | None]) -> Json:
    """The same with the ids that `resolve` gives; a link it answers None for stays as it is."""

    def follow(found: re.Match[str]) -> str:
        is_ours = not found["host"] or found["host"] in instances.source
        if not is_ours:
            return found[0]
        id_ = resolve(Ref(_KINDS[found["what"]], found["id"]))
        if id_ is None:
            return found[0]
        host = found["host"] and (instances.destination or found["host"])
        return f"{host}{found['way']}{id_}"

    if isinstance(value, str):
        return _LINK.sub(follow, value) if "/" in value else value
    if isinstance(value, Mapping):
        return {key: rewrite(item, instances, resolve) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rewrite(item, instances, resolve) for item in value]
    return value
