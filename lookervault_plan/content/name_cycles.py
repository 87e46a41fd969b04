"""Names that no two parts of an item may share: who gives its name up before another gets it."""

from collections.abc import Mapping


def give_way(
    has: Mapping[str, str], wants: Mapping[str, str]
) -> tuple[Mapping[str, str], frozenset[str]]:
    """Who waits for whom, and one of each ring, which takes an interim name first.

    `has` holds the names that parts give up, `wants` those that parts get.
    """
    holders = {name: part for part, name in has.items()}
    waits = {
        part: holder
        for part, name in wants.items()
        if (holder := holders.get(name)) is not None and holder != part
    }
    seen: set[str] = set()
    rings: set[str] = set()
    for start in sorted(waits):
        part, way = start, set[str]()
        while part in waits and part not in seen:
            seen.add(part)
            way.add(part)
            part = waits[part]
        if part in way:
            rings.add(part)
    return waits, frozenset(rings)
