"""Make part ids unique: name the parts that have none, number the duplicates.

Other tools export parts without ids.
"""

from collections import Counter

from lookervault_plan.content.json_path import find, get
from lookervault_plan.content.node import Json
from lookervault_plan.content.normalise import label
from lookervault_plan.content.table.kinds import KINDS, Collection

#: Start of a made-up id: no instance has such an id.
_MADE_UP = "no-id"


def complete_ids(kind: str, raw: dict[str, Json]) -> None:
    """Make the ids of the parts in each collection unique, in place.

    A part without an id gets one of its name, so that it keeps it when others come and go. A part
    whose id an earlier one has gets a number added. The id of a membership is its target's, and is
    left alone.
    """
    for collection in KINDS[kind].item.collections:
        row = KINDS[collection.kind]
        if collection.is_single:
            _complete_single(kind, raw, collection)
        if row.target_kind or collection.is_single:
            continue
        seen: Counter[str] = Counter()
        for _, part in find(raw, collection.path + "[]"):
            if not isinstance(part, dict):
                continue
            given = part.get(row.id_field)
            id_ = str(given or f"{_MADE_UP}:{label(row, part)}")
            seen[id_] += 1
            if seen[id_] > 1:
                part[row.id_field] = f"{id_}#{seen[id_]}"
            elif not given:
                part[row.id_field] = id_


def _complete_single(kind: str, raw: dict[str, Json], single: Collection) -> None:
    """Complete the id of a part that an item has one of, in place: an access list.

    The item names it, too, and so do other parts. Each may stand for the others.
    """
    part = get(raw, single.path)
    path = next(path for path, made in KINDS[kind].item.also_creates.items() if made == single.kind)
    if not isinstance(part, dict):
        return
    id_field = KINDS[single.kind].id_field
    id_ = part.get(id_field) or raw.get(path)
    if not id_:
        return
    part[id_field] = id_
    raw[path] = raw.get(path) or id_
    for collection in KINDS[kind].item.collections:
        for reference in KINDS[collection.kind].refs:
            if reference.kind == single.kind:
                for _, other in find(raw, collection.path + "[]"):
                    if isinstance(other, dict):
                        other[reference.path] = other.get(reference.path) or id_
