"""What an action says about the collections of its item, beside the backup's parts."""

from collections.abc import Iterable, Mapping

import msgspec

from lookervault_plan.content.node import Json, Node
from lookervault_plan.content.part_order import places
from lookervault_plan.content.table.kinds import KINDS, Collection, Kind
from lookervault_plan.plan_file import ContentWriting, PartAction, Parts


class Planned(msgspec.Struct, frozen=True):
    """A collection of the item, with what the plan says about it."""

    collection: Collection
    row: Kind
    parts: Parts
    #: the backup's parts by id
    nodes: Mapping[str, Node]

    def owner(self, node: Node) -> str:
        """What a plan calls one of its parts: `elements/282`."""
        return f"{self.collection.name}/{node.id}"

    def pick(self, entries: Iterable[PartAction]) -> list[Node]:
        """The backup's parts that these entries are about, in the backup's order."""
        keys = {entry.key for entry in entries}
        return [node for node in self.nodes.values() if node.id in keys]


def planned(action: ContentWriting, item: Node) -> dict[str, Planned]:
    """The collections that the action is about, by kind of their parts, in the row's order."""
    return {
        collection.kind: Planned(
            collection,
            KINDS[collection.kind],
            action.parts[collection.name],
            {node.id: node for node in item.parts.get(collection.name, ())},
        )
        for collection in KINDS[item.kind].item.collections
        if collection.name in action.parts
    }


def in_reading_order(those: Planned, others: Iterable[Planned], item: Node) -> list[Node]:
    """New parts as people read them, so that what Looker places one after the other lies right."""
    nodes = those.pick(those.parts.create)
    for other in others:
        born, place = other.row.part.auto_created, other.row.part.place_fields
        if place and born and born.owner_ref and born.owner_kind == those.row.name:
            lies = {
                node.refs.get(born.owner_ref): tuple(
                    _number(node.fields.get(name)) for name in place
                )
                for node in other.nodes.values()
            }
            return sorted(nodes, key=lambda node: lies.get(node.ref, ()))
    order = places(item)
    return sorted(nodes, key=lambda node: order.get(node.ref, 0))


def moves(row: Kind, entry: PartAction) -> bool:
    """Whether an update changes where a part is: what comes with it may come anew."""
    return any(change.path in row.part.position_refs for change in entry.changes)


def _number(value: Json) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
