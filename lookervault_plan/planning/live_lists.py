"""Lists of ids that live people and groups hold: their roles, and the groups they are in."""

from collections.abc import Callable, Mapping

from lookervault_plan.content.json_path import get
from lookervault_plan.content.node import DesiredNode, LiveNode, LiveRef, Node
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS


class LiveLists:
    """Lists of loaded items. Any other item is loaded when it is asked for."""

    def __init__(self) -> None:
        self._lists: dict[tuple[LiveRef, str], frozenset[str]] = {}

    def note(self, desired: DesiredNode, live: LiveNode | None) -> None:
        """Keep the lists of a live twin."""
        if live is not None:
            self._note(live, *(field for _, field in LISTS.get(desired.kind, ())))

    def ids(self, ref: LiveRef, field: str, load: Callable[[LiveRef], LiveNode]) -> frozenset[str]:
        """Return the ids that a live item lists, none if it holds no list."""
        if (ref, field) not in self._lists:
            self._note(load(ref), field)
        return self._lists[ref, field]

    def _note(self, live: LiveNode, *fields: str) -> None:
        for field in fields:
            self._lists[live.ref, field] = listed_ids(live, field) or frozenset()


def listed_ids(node: Node[str], field: str) -> frozenset[str] | None:
    """Read a list of ids. None: the object does not hold it."""
    found = get(node.raw, field)
    return frozenset(map(str, found)) if isinstance(found, list) else None


#: Kind of a member -> the kinds that have it, and its field with their ids.
LISTS: Mapping[str, list[tuple[str, str]]] = {
    kind: found
    for kind in ITEM_KINDS
    if (
        found := [
            (owner, collection.listed_by.field)
            for owner in ITEM_KINDS
            for collection in KINDS[owner].item.collections
            if collection.listed_by and collection.listed_by.kind == kind
        ]
    )
}
