"""Fields that list ids of parts: the order of an item's own parts, or parts of another item."""

from collections.abc import Iterator

from lookervault_plan.content.node import DesiredNode, Id, Node, Ref, SourceId, SourceRef
from lookervault_plan.content.table.kinds import KINDS, Field

_ORDER_FIELDS = {
    row.name: tuple(field for field in row.fields if field.orders_kind) for row in KINDS.values()
}


def order_fields(item: Node[Id]) -> Iterator[tuple[Node[Id], Field]]:
    """Yield each node of an item that holds an order, with the field that holds it."""
    for node in item.with_parts():
        for field in _ORDER_FIELDS[node.kind]:
            if isinstance(node.fields.get(field.path), (list, tuple)):
                yield node, field


def ordered_parts(item: Node[Id], holder: Node[Id], field: Field) -> tuple[Node[Id], ...]:
    """Return the parts that `holder` orders: listed ones first, then the rest as they were read."""
    listed = holder.fields.get(field.path)
    ids = listed if isinstance(listed, (list, tuple)) else ()
    index_of = {str(id_): index for index, id_ in enumerate(ids)}
    ordered = [
        part
        for nodes in item.parts.values()
        for part in nodes
        if part.kind == field.orders_kind and (holder is item or holder.ref in part.refs.values())
    ]
    return tuple(sorted(ordered, key=lambda part: index_of.get(part.id, len(index_of))))


def order_indexes(item: Node[Id]) -> dict[Ref[Id], int]:
    """Map each ordered part to its index within its holder."""
    return {
        part.ref: index
        for holder, field in order_fields(item)
        for index, part in enumerate(ordered_parts(item, holder, field))
    }


def listed_parts(item: DesiredNode, field: Field) -> list[tuple[str, SourceRef, SourceRef]]:
    """Return (path, owner, part) of each part of another item whose id the field lists."""
    owner = item.refs.get(field.lists_parts.owner_ref) if field.lists_parts else None
    ids = item.fields.get(field.path)
    if field.lists_parts is None or owner is None or not isinstance(ids, list):
        return []
    return [
        (f"{field.path}[{index}]", owner, Ref(field.lists_parts.kind, SourceId(str(id_))))
        for index, id_ in enumerate(ids)
    ]
