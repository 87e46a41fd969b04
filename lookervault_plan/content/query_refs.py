"""Queries and merge queries that an object points to, with or without their bodies."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lookervault_plan.content.json_path import find, get
from lookervault_plan.content.node import Raw, Ref
from lookervault_plan.content.table.kinds import KINDS, Reference


class Definition(NamedTuple):
    """A content-addressed thing that an object, or a part of it, points to."""

    ref: Ref
    #: what points to it: the object itself, or a part
    holder: Raw
    reference: Reference

    @property
    def body(self) -> Raw | None:
        """Its body, where the table looks for it."""
        for place in self.reference.body_paths:
            body = get(self.holder, place)
            if body and isinstance(body, dict):
                return body
        return None


def definitions(kind: str, raw: Raw) -> Iterator[Definition]:
    """Those of an object and its parts."""
    row = KINDS[kind]
    for reference in row.refs:
        if reference.body_paths:
            target = target_of(reference, raw)
            if target and not any(get(raw, path) for path in reference.void_if):
                yield Definition(target, raw, reference)
    for collection in row.item.collections:
        for _, part in find(raw, collection.path + "[]"):
            if isinstance(part, Mapping):
                yield from definitions(collection.kind, part)


def target_of(reference: Reference, raw: Raw) -> Ref | None:
    """What a reference points to by its id, wherever that stands; None for lists of them."""
    for path in (reference.path, *reference.other_paths):
        value = get(raw, path) if "[]" not in path else None
        if value:
            return Ref(reference.kind, str(value))
    return None
