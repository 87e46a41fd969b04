"""Names of other parts of the same item, which a part holds: the filters that a tile listens to."""

from collections.abc import Collection, Mapping
from copy import deepcopy

from msgspec.structs import replace

from lookervault_plan.content.json_path import find, get, put
from lookervault_plan.content.node import Id, Node
from lookervault_plan.content.normalise import canonical
from lookervault_plan.content.table.kinds import KINDS


def sibling_names(node: Node[str]) -> frozenset[str]:
    """List the names of siblings that a part holds."""
    named = KINDS[node.kind].part.sibling_names
    if named is None:
        return frozenset()
    return frozenset(name for _, name in find(node.raw, named.path) if isinstance(name, str))


def without_names(node: Node[Id], names: Collection[str]) -> Node[Id]:
    """Return the part without the members of its lists that hold one of these names."""
    named = KINDS[node.kind].part.sibling_names
    if named is None:
        return node
    list_path, _, key = named.path.rpartition("[].")
    raw = deepcopy(dict(node.raw))
    for place, members in list(find(raw, list_path)):
        if isinstance(members, list):
            kept = [
                one for one in members if not (isinstance(one, Mapping) and one.get(key) in names)
            ]
            put(raw, place, kept)
    fields = {
        field.path: canonical(field, get(raw, field.path) or None)
        for field in KINDS[node.kind].fields
        if list_path.startswith(field.path) and field.path in node.fields
    }
    return replace(node, raw=raw, fields={**node.fields, **fields})
