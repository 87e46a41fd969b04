"""Decide what is not managed: items, fields and members that a plan leaves as they are.

[collections] and [ignore] of lookervault-plan.toml say so. A collection that is `add-only` loses no
member. A field that is ignored is sent by a create, and neither compared nor updated afterwards. An
item with all of its fields ignored is left alone, and not created either.
"""

from collections.abc import Iterator, Mapping
from functools import cache

import msgspec

from lookervault_plan.content.json_path import head
from lookervault_plan.content.node import DesiredNode, SourceRef
from lookervault_plan.content.table.kinds import KINDS

#: Stands for all fields of an item.
EVERYTHING = "*"


class NotManaged(msgspec.Struct, frozen=True):
    """What is not managed of the items that are planned."""

    #: Content type -> collections that lose no member.
    add_only: Mapping[str, frozenset[str]] = {}
    #: Content type -> fields and collections that are left alone, or `*`.
    by_type: Mapping[str, frozenset[str]] = {}
    #: The same for single items, which a criterion picks.
    by_item: Mapping[SourceRef, frozenset[str]] = {}
    #: Item -> the rule that leaves all of it alone, as the file spells it.
    left_alone_by: Mapping[SourceRef, str] = {}

    def names_of(self, ref: SourceRef) -> frozenset[str]:
        """Name the fields and collections of an item that are left alone."""
        return self.by_type.get(ref.kind, _NONE) | self.by_item.get(ref, _NONE)

    def rule_of(self, ref: SourceRef) -> str:
        """Give the rule that leaves all of an item alone; "" if it is managed."""
        if EVERYTHING in self.by_type.get(ref.kind, _NONE):
            return ref.kind
        return self.left_alone_by.get(ref, "")

    def is_ignored(self, item: SourceRef, path: str) -> bool:
        """Say whether a field of an item itself is left alone."""
        return head(path) in self.names_of(item)

    def managed(self, item: DesiredNode) -> DesiredNode:
        """Leave out of an item with a live twin all that is left alone there."""
        names, add_only = self.names_of(item.ref), self.add_only.get(item.kind, _NONE)
        if not names and not add_only:
            return item
        return msgspec.structs.replace(
            item,
            fields={path: value for path, value in item.fields.items() if head(path) not in names},
            refs={path: ref for path, ref in item.refs.items() if head(path) not in names},
            parts={name: parts for name, parts in item.parts.items() if name not in names},
            partial=item.partial | (add_only & item.parts.keys()),
        )


_NONE: frozenset[str] = frozenset()


@cache
def fields_of(kind: str) -> frozenset[str]:
    """Name the fields and collections of a content type that can be left alone."""
    return frozenset(_names(kind))


def _names(kind: str) -> Iterator[str]:
    row = KINDS[kind]
    yield from (head(field.path) for field in row.fields)
    yield from (head(reference.path) for reference in row.refs)
    yield from (collection.name for collection in row.item.collections)
