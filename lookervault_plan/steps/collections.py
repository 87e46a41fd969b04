"""A planned collection with the backup's parts, and the order in which they are created."""

from collections.abc import Iterable, Mapping

import msgspec

from lookervault_plan.content.node import DesiredNode, Json
from lookervault_plan.content.part_order import order_indexes
from lookervault_plan.content.table.kinds import KINDS, Collection, Kind
from lookervault_plan.plan_file import ContentWriting, PartAction, Parts


class PlannedCollection(msgspec.Struct, frozen=True):
    """A collection of the item, with the plan's decisions about it."""

    collection: Collection
    row: Kind
    parts: Parts
    #: the backup's parts by source id
    nodes: Mapping[str, DesiredNode]

    def owner(self, node: DesiredNode) -> str:
        """Name a part as plans do: `elements/282`."""
        return f"{self.collection.name}/{node.id}"

    def pick(self, entries: Iterable[PartAction]) -> list[DesiredNode]:
        """Return the backup's parts that these entries are about, in the backup's order."""
        keys = {entry.key for entry in entries}
        return [node for node in self.nodes.values() if node.id in keys]


def planned_collections(action: ContentWriting, item: DesiredNode) -> dict[str, PlannedCollection]:
    """Return the collections that the action writes, by kind of part, in the table's order."""
    return {
        collection.kind: PlannedCollection(
            collection,
            KINDS[collection.kind],
            action.parts[collection.name],
            {node.id: node for node in item.parts.get(collection.name, ())},
        )
        for collection in KINDS[item.kind].item.collections
        if collection.name in action.parts
    }


def in_reading_order(
    collection: PlannedCollection, others: Iterable[PlannedCollection], item: DesiredNode
) -> list[DesiredNode]:
    """Return new parts in the order people read them: Looker places them in order of creation."""
    nodes = collection.pick(collection.parts.create)
    for other in others:
        born, place = other.row.part.auto_created, other.row.part.place_fields
        if place and born and born.owner_ref and born.owner_kind == collection.row.name:
            position = {
                node.refs.get(born.owner_ref): tuple(
                    _number(node.fields.get(name)) for name in place
                )
                for node in other.nodes.values()
            }
            return sorted(nodes, key=lambda node: position.get(node.ref, ()))
    order = order_indexes(item)
    return sorted(nodes, key=lambda node: order.get(node.ref, 0))


def moves(row: Kind, entry: PartAction) -> bool:
    """Whether an update moves a part: Looker may then recreate the parts that come with it."""
    return any(change.path in row.part.position_refs for change in entry.changes)


def _number(value: Json) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
