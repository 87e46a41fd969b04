"""Decide what is not managed: items, fields and members that a plan leaves as they are.

[collections] and [ignore] of lookervault-plan.toml say so. A collection that is `add-only` loses no
member. A field that is ignored is sent by a create, and neither compared nor updated afterwards. An
item with all of its fields ignored is left alone, and not created either.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache

import msgspec

from lookervault_plan.content.identity import DesiredIdentity, LiveIdentity
from lookervault_plan.content.json_path import head
from lookervault_plan.content.node import DesiredNode, LiveRef, SourceRef
from lookervault_plan.content.table.kinds import KINDS, type_named
from lookervault_plan.plan_file import Options
from lookervault_plan.planning.match.twins import Match, Twin

#: Stands for all fields of an item.
EVERYTHING = "*"
_NONE: frozenset[str] = frozenset()


class NotManaged(msgspec.Struct, frozen=True):
    """What is not managed of the items that are planned."""

    #: Content type -> collections that lose no member.
    add_only: Mapping[str, frozenset[str]] = {}
    #: Content type -> fields and collections that are left alone, or `*`.
    by_type: Mapping[str, frozenset[str]] = {}
    #: The same for single items, which a criterion picks.
    by_item: Mapping[SourceRef, frozenset[str]] = {}
    #: Item -> the criterion that leaves all of it alone.
    left_alone_by: Mapping[SourceRef, str] = {}

    def names_of(self, ref: SourceRef) -> frozenset[str]:
        """Name the fields and collections of an item that are left alone."""
        return self.by_type.get(ref.kind, _NONE) | self.by_item.get(ref, _NONE)

    def rule_of(self, ref: SourceRef) -> str:
        """Give the key of [ignore] that leaves all of an item alone; "" if it is managed."""
        if EVERYTHING in self.by_type.get(ref.kind, _NONE):
            return ref.kind
        return self.left_alone_by.get(ref, "")

    def is_add_only(self, kind: str, collection: str) -> bool:
        """Say whether a collection loses no member."""
        return collection in self.add_only.get(kind, _NONE)

    def managed(self, item: DesiredNode) -> DesiredNode:
        """Leave out of an item with a live twin all that is left alone there."""
        names = self.names_of(item.ref)
        if not names:
            return item
        return msgspec.structs.replace(
            item,
            fields={path: value for path, value in item.fields.items() if head(path) not in names},
            refs={path: ref for path, ref in item.refs.items() if head(path) not in names},
            parts={name: parts for name, parts in item.parts.items() if name not in names},
        )

    def named_as_live(
        self,
        desired: Mapping[SourceRef, DesiredIdentity],
        live: Mapping[LiveRef, LiveIdentity],
        matches: Mapping[SourceRef, Match],
    ) -> Mapping[SourceRef, DesiredIdentity]:
        """Give items whose name is left alone the one that they have in the destination."""
        renamed: dict[SourceRef, DesiredIdentity] = {}
        for ref, item in desired.items() if self.by_type or self.by_item else ():
            found = matches.get(ref)
            names = self.names_of(ref)
            own = {
                name
                for key in KINDS[ref.kind].item.unique_keys
                for name in key[-1:]
                if name in names or EVERYTHING in names
            }
            if own and isinstance(found, Twin) and found.live in live:
                twin = live[found.live]
                keys = {**item.keys, **{name: _text(twin.keys[name]) for name in own}}
                renamed[ref] = msgspec.structs.replace(item, keys=keys)
        return {**desired, **renamed} if renamed else desired


def not_managed(options: Options, pick: Callable[[str], Iterable[SourceRef]]) -> NotManaged:
    """Apply the options to the items of a backup. `pick` gives the items of a criterion."""
    add_only: dict[str, set[str]] = defaultdict(set)
    for name in options.add_only:
        type_, _, collection = name.partition(".")
        if kind := type_named(type_):
            add_only[kind].add(collection)
    by_type: dict[str, frozenset[str]] = {}
    by_item: dict[SourceRef, frozenset[str]] = {}
    left_alone_by: dict[SourceRef, str] = {}
    for key, fields in options.ignore.items():
        if kind := type_named(key):
            by_type[kind] = by_type.get(kind, _NONE) | frozenset(fields)
            continue
        for ref in pick(key):
            by_item[ref] = by_item.get(ref, _NONE) | frozenset(fields)
            if EVERYTHING in fields:
                _ = left_alone_by.setdefault(ref, key)
    sets = {kind: frozenset(names) for kind, names in add_only.items()}
    return NotManaged(sets, by_type, by_item, left_alone_by)


def criteria_of(options: Options) -> Collection[str]:
    """List the criteria among the keys of [ignore]: all that is no content type."""
    return [key for key in options.ignore if type_named(key) is None]


@cache
def fields_of(kind: str) -> frozenset[str]:
    """Name the fields and collections of a content type that can be left alone."""
    return frozenset(_names(kind))


def _names(kind: str) -> Iterator[str]:
    row = KINDS[kind]
    yield from (head(field.path) for field in row.fields)
    yield from (head(reference.path) for reference in row.refs)
    yield from (collection.name for collection in row.item.collections)


def _text(value: object) -> str | None:
    """A name is a text in both instances, never a reference."""
    return value if isinstance(value, str) else None
