"""Access lists of items: whether they inherit, and from which item."""

from typing import Generic

import msgspec

from lookervault_plan.content.node import Id, Node, Ref
from lookervault_plan.content.table.kinds import KINDS, Collection, CopiedFrom
from lookervault_plan.content.table.rows.access import ENTRIES, INHERITS, LIST


class AccessSummary(msgspec.Struct, Generic[Id], frozen=True):
    """What other items need of an item's access list, once the item itself is let go."""

    #: None: the item holds no access list
    inherits: bool | None
    #: the item that it inherits entries from
    above: Ref[Id] | None
    #: (whom an entry is for, permission); None: the item holds no entries
    entries: tuple[tuple[Ref[Id], str], ...] | None
    is_built_in: bool


def summarise_access(item: Node[Id]) -> AccessSummary[Id]:
    entries = item.parts.get(ENTRIES)
    return AccessSummary(
        inherits=inherits(item, if_unknown=False) if item.parts.get(LIST) else None,
        above=item.refs.get(above_path(item.kind) or ""),
        entries=None
        if entries is None
        else tuple(
            (ref, str(entry.fields.get("permission_type")))
            for entry in entries
            for ref in entry.refs.values()
            if ref is not None and KINDS[ref.kind].is_item
        ),
        is_built_in=item.built_in is not None,
    )


def has_access_list(kind: str) -> bool:
    return any(collection.name == LIST for collection in KINDS[kind].item.collections)


def inherits(item: Node[str], *, if_unknown: bool) -> bool:
    """Whether an item inherits access entries; `if_unknown` if it holds no access list."""
    lists = item.parts.get(LIST, ())
    return bool(lists[0].fields.get(INHERITS)) if lists else if_unknown


def above_path(kind: str) -> str | None:
    """Return the path of the reference to the item that a kind inherits entries from."""
    initial = (each.initial_entries for each in KINDS[kind].item.collections)
    return next((each.ref for each in initial if isinstance(each, CopiedFrom)), None)


def above_of(item: Node[Id], entries: Collection) -> Ref[Id] | None:
    """Return the item whose access entries `item` inherits; None if it inherits none."""
    initial = entries.initial_entries
    return item.refs.get(initial.ref) if isinstance(initial, CopiedFrom) else None
