"""Pairs of ids that the state knows between two instances, in both directions and through others.

What was promoted from dev to prod is known on the way back, and what went from dev through qa to
prod is known between dev and prod.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from lookervault_plan.state.rows import StoredMapping

#: (type, id on one instance) -> id on another
Pairs = Mapping[tuple[str, str], str]


def state_pairs(rows: Iterable[StoredMapping], source: str, destination: str) -> Pairs:
    """Map items of the source to ids of the destination.

    A pair of these two instances wins over one through others, and a shorter way over a longer
    one. Two ways of one length that disagree say nothing, nor do two items with one id.
    """
    hops = _hops(rows)
    known: dict[tuple[str, str], str] = {}
    ways: list[tuple[tuple[str, ...], Pairs]] = [
        ((source, other), pairs) for (start, other), pairs in hops.items() if start == source
    ]
    while ways:
        arrived = [pairs for way, pairs in ways if way[-1] == destination]
        taken = {(type_, id_) for (type_, _), id_ in known.items()}
        for key, id_ in _agreed(arrived).items():
            if key not in known and (key[0], id_) not in taken:
                known[key] = id_
        ways = [
            ((*way, other), _through(pairs, further))
            for way, pairs in ways
            if way[-1] != destination
            for (start, other), further in hops.items()
            if start == way[-1] and other not in way
        ]
        ways = [(way, pairs) for way, pairs in ways if pairs]
    return known


def _hops(rows: Iterable[StoredMapping]) -> Mapping[tuple[str, str], Pairs]:
    """Collect the direct pairs of any two instances. A pair read forwards wins over one read back.

    Of several items that went to one id, none is known on the way back.
    """
    forwards: dict[tuple[str, str], dict[tuple[str, str], str]] = defaultdict(dict)
    back: dict[tuple[str, str], dict[tuple[str, str], set[str]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for row in rows:
        start, end = row.source_instance, row.destination_instance
        if start != end:
            forwards[start, end][row.type, row.source_id] = row.destination_id
            back[end, start][row.type, row.destination_id].add(row.source_id)
    found: dict[tuple[str, str], dict[tuple[str, str], str]] = {
        ends: dict(pairs) for ends, pairs in forwards.items()
    }
    for ends, pairs in back.items():
        known = found.setdefault(ends, {})
        taken = {(type_, id_) for (type_, _), id_ in known.items()}
        for key, ids in pairs.items():
            if len(ids) == 1 and key not in known and (key[0], min(ids)) not in taken:
                known[key] = min(ids)
    return found


def _agreed(ways: Iterable[Pairs]) -> Pairs:
    """Keep the pairs in which all ways agree, and that lead to an id of their own."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for pairs in ways:
        for key, id_ in pairs.items():
            found[key].add(id_)
    agreed = {key: min(ids) for key, ids in found.items() if len(ids) == 1}
    claims: dict[tuple[str, str], int] = defaultdict(int)
    for (type_, _), id_ in agreed.items():
        claims[type_, id_] += 1
    return {key: id_ for key, id_ in agreed.items() if claims[key[0], id_] == 1}


def _through(pairs: Pairs, further: Pairs) -> Pairs:
    return {key: further[key[0], id_] for key, id_ in pairs.items() if (key[0], id_) in further}
