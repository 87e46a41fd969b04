"""Make part ids unique: name the parts that have none, number the duplicates.

Other tools export parts without ids.
"""

from collections import Counter

from lookervault_plan.content.json_path import find
from lookervault_plan.content.node import Json
from lookervault_plan.content.normalise import label
from lookervault_plan.content.table.kinds import KINDS

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
