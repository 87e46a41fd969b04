"""Find the queries and merge queries that an object refers to."""

from collections.abc import Iterator, Mapping
from typing import Generic, NamedTuple

from lookervault_plan.content.json_path import find, get
from lookervault_plan.content.node import Id, Raw, Ref, Side
from lookervault_plan.content.normalise import content_key
from lookervault_plan.content.table.kinds import KINDS, Reference


class Definition(NamedTuple, Generic[Id]):
    """A query or merge query that an object or one of its parts refers to."""

    ref: Ref[Id]
    #: The object or part with the reference.
    holder: Raw
    reference: Reference

    @property
    def body(self) -> Raw | None:
        """The body of the query inside the holder. None: the holder has the id alone."""
        for place in self.reference.body_paths:
            body = get(self.holder, place)
            if body and isinstance(body, dict):
                return body
        return None


def definitions(kind: str, raw: Raw, side: Side[Id]) -> Iterator[Definition[Id]]:
    """Yield each reference of an object and its parts to a query or merge query."""
    row = KINDS[kind]
    for reference in row.refs:
        if reference.body_paths:
            target = target_of(reference, raw, side)
            if target and not any(get(raw, path) for path in reference.void_if):
                yield Definition(target, raw, reference)
    for collection in row.item.collections:
        for _, part in find(raw, collection.path + "[]"):
            if isinstance(part, Mapping):
                yield from definitions(collection.kind, part, side)


def incomplete_definitions(kind: str, raw: Raw, side: Side[Id]) -> Iterator[Ref[Id]]:
    """Yield the targets whose definitions an object lacks, or holds without their own sources."""
    for each in definitions(kind, raw, side):
        sources = [row for row in KINDS[each.ref.kind].refs if row.body_paths]
        if each.body is None or (sources and content_key(each.ref.kind, each.body) is None):
            yield each.ref


def target_of(reference: Reference, raw: Raw, side: Side[Id]) -> Ref[Id] | None:
    """Return the target of a reference. None: it is empty, or its path leads through a list."""
    for path in (reference.path, *reference.other_paths):
        value = get(raw, path) if "[]" not in path else None
        if value:
            return Ref(reference.kind, side(str(value)))
    return None
