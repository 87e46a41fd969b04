"""Access lists of items: whether they inherit, and which item they inherit from."""

from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.table.kinds import Collection, CopiedFrom


def above_of(item: Node, entries: Collection) -> Ref | None:
    """Return the item whose access entries `item` inherits; None if it inherits none."""
    initial = entries.initial_entries
    return item.refs.get(initial.ref) if isinstance(initial, CopiedFrom) else None
