"""Orders of parts: a list of ids in the item, or in another part, that they belong to."""

from collections.abc import Iterator

from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.table.kinds import KINDS, Field

_ORDERS = {
    row.name: tuple(field for field in row.fields if field.orders_kind) for row in KINDS.values()
}


def orders(item: Node) -> Iterator[tuple[Node, Field]]:
    """Each node of an item that holds an order, and the field that does."""
    for node in item.walk():
        for field in _ORDERS[node.kind]:
            if isinstance(node.fields.get(field.path), (list, tuple)):
                yield node, field


def in_order(item: Node, holder: Node, field: Field) -> tuple[Node, ...]:
    """The parts that `holder` orders: those it lists, then the others as they were read."""
    listed = holder.fields.get(field.path)
    ids = listed if isinstance(listed, (list, tuple)) else ()
    place = {str(id_): index for index, id_ in enumerate(ids)}
    mine = [
        part
        for nodes in item.parts.values()
        for part in nodes
        if part.kind == field.orders_kind and (holder is item or holder.ref in part.refs.values())
    ]
    return tuple(sorted(mine, key=lambda part: place.get(part.id, len(place))))


def places(item: Node) -> dict[Ref, int]:
    """Where each ordered part comes among its siblings."""
    return {
        part.ref: index
        for holder, field in orders(item)
        for index, part in enumerate(in_order(item, holder, field))
    }
