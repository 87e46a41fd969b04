"""Access lists of items: whether they inherit, and from which item."""

from lookervault_plan.content.node import Id, Node, Ref
from lookervault_plan.content.table.kinds import KINDS, Collection, CopiedFrom
from lookervault_plan.content.table.rows.access import INHERITS, LIST


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
