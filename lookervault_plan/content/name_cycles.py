"""Order renames of parts that may not share a name, and break cycles with interim names."""

from collections.abc import Mapping


def order_renames(
    has: Mapping[str, str], wants: Mapping[str, str]
) -> tuple[Mapping[str, str], frozenset[str]]:
    """Return a map of each part to the part it waits for, and one part of each cycle.

    That part needs an interim name. `has` maps parts to the names they give up, `wants` to the
    names they get.
    """
    holders = {name: part for part, name in has.items()}
    waits = {
        part: holder
        for part, name in wants.items()
        if (holder := holders.get(name)) is not None and holder != part
    }
    seen: set[str] = set()
    cycles: set[str] = set()
    for start in sorted(waits):
        part, visited = start, set[str]()
        while part in waits and part not in seen:
            seen.add(part)
            visited.add(part)
            part = waits[part]
        if part in visited:
            cycles.add(part)
    return waits, frozenset(cycles)
