"""Parts of another item that a field lists by id."""

from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.table.kinds import Field


def parts_of(item: Node, field: Field) -> list[tuple[str, Ref, Ref]]:
    """(path, the item that has it, the part) of each part that a field lists."""
    owner = item.refs.get(field.lists_parts.owner_ref) if field.lists_parts else None
    ids = item.fields.get(field.path)
    if field.lists_parts is None or owner is None or not isinstance(ids, list):
        return []
    return [
        (f"{field.path}[{index}]", owner, Ref(field.lists_parts.kind, str(id_)))
        for index, id_ in enumerate(ids)
    ]
