"""Count a plan's actions and parts, in all and per type."""

from collections import Counter
from collections.abc import Iterable, Mapping

from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import (
    Action,
    ContentWriting,
    Counts,
    PartCounts,
    Remap,
    Summary,
    Writing,
    parts_of,
)


def summarise(actions: Iterable[Action], remaps: Iterable[Remap], reads: int) -> Summary:
    """Blocked parts count as blocked; `reads` are apply's requests that belong to no item."""
    by_type: dict[str, Counter[str]] = {}
    every = tuple(actions)
    for action in every:
        counter = by_type.setdefault(action.type, Counter())
        counter[action.verb] += 1
        counter["blocked"] += sum(len(parts.blocked) for parts in parts_of(action).values())
        if isinstance(action, Writing):
            counter["calls"] += action.calls
    for remap in remaps:
        if remap.new:
            by_type.setdefault(remap.type, Counter())["remap"] += 1
    total: Counter[str] = Counter()
    for counter in by_type.values():
        total.update(counter)
    total["calls"] += reads
    return Summary(
        create=total["create"],
        update=total["update"],
        skip=total["skip"],
        delete=total["delete"],
        blocked=total["blocked"],
        remap=total["remap"],
        calls=total["calls"],
        by_type=_per_type(by_type),
        parts=_parts(every),
    )


def _parts(actions: Iterable[Action]) -> PartCounts:
    """Count the parts that the plan writes. Where a tile is belongs to the tile."""
    counter: Counter[str] = Counter()
    for action in actions:
        if not isinstance(action, ContentWriting):
            continue
        for collection in KINDS[action.type].item.collections:
            parts = action.parts.get(collection.name)
            if parts and not KINDS[collection.kind].part.place_fields:
                counter["create"] += len(parts.create)
                counter["update"] += len(parts.update)
                counter["delete"] += len(parts.delete)
                counter["blocked"] += len(parts.blocked)
    return PartCounts(
        create=counter["create"],
        update=counter["update"],
        delete=counter["delete"],
        blocked=counter["blocked"],
    )


def _per_type(by_type: Mapping[str, Counter[str]]) -> Mapping[str, Counts]:
    return {
        name: Counts(
            create=counter["create"],
            update=counter["update"],
            skip=counter["skip"],
            delete=counter["delete"],
            blocked=counter["blocked"],
            remap=counter["remap"],
            calls=counter["calls"],
        )
        for name, counter in sorted(by_type.items())
    }
