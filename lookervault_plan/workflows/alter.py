"""What of the backup can't be as it is in the destination: decided by plan, repeated by apply."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from lookervault_plan.content.adjust import Adjustments, losses, outside_names
from lookervault_plan.content.kinds import KINDS, OUTSIDE, Kind, Miss
from lookervault_plan.content.node import Raw, Ref
from lookervault_plan.content.paths import find
from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.live import LiveItems
from lookervault_plan.looker.read import LiveReader
from lookervault_plan.plan_file import Options
from lookervault_plan.workflows.desired import Desired

Names = Mapping[str, frozenset[str]]


class Altered(msgspec.Struct, frozen=True):
    """The options with what was found out, and what to tell."""

    options: Options
    #: names of outside things that the destination has; a missing kind was not asked for
    outside: Names
    diagnostics: tuple[Diagnostic, ...]


def adjustments(options: Options) -> Adjustments:
    """How objects of the backup are altered under these options."""
    return Adjustments(
        policies=frozenset({"schedules"} if options.schedules == "keep" else ()),
        left_out=options.left_out,
    )


def settle(
    options: Options,
    desired: Desired,
    live: LiveItems,
    reader: LiveReader,
    *,
    same_instance: bool,
    selected: Collection[Ref],
) -> Altered:
    """Settle what options leave open, and ask the destination for names only it can know.

    `desired` is altered from now on; only what selected items name is asked for.
    """
    chosen = [ref for ref in desired.identities if ref in selected]
    schedules = options.schedules or ("keep" if same_instance else "disable")
    named = _named(desired, chosen)
    outside = _there(named, live, reader)
    left_out = {
        kind: tuple(sorted(names))
        for kind, there in outside.items()
        if (names := named[kind, Miss.DROP] - there)
    }
    options = msgspec.structs.replace(
        options, schedules=schedules, same_instance=same_instance, left_out=left_out
    )
    how = adjustments(options)
    told = tuple(_told(desired, chosen, how))
    desired.adjustments = how
    return Altered(options, outside, told)


def _named(desired: Desired, selected: Iterable[Ref]) -> Mapping[tuple[str, Miss], set[str]]:
    """Outside things that the backup names."""
    named: dict[tuple[str, Miss], set[str]] = defaultdict(set)
    for row, raw in _concerned(desired, selected):
        for outside, name in outside_names(row, raw):
            named[outside.kind, outside.miss].add(name)
    return named


def _there(
    named: Mapping[tuple[str, Miss], set[str]], live: LiveItems, reader: LiveReader
) -> Names:
    """What the destination has of each kind that something new is named of."""
    shown: dict[str, set[str]] = defaultdict(set)
    for ref in list(live.identities):
        if _concerns(KINDS[ref.kind]) and (raw := live.raw(ref)):
            for row, each in _objects(KINDS[ref.kind], raw):
                for outside, name in outside_names(row, each):
                    shown[outside.kind].add(name)
    return {
        kind: frozenset(shown[kind] | reader.names(OUTSIDE[kind]))
        for kind in sorted({kind for kind, _ in named})
        if (named.get((kind, Miss.BLOCK), set()) | named.get((kind, Miss.DROP), set()))
        - shown[kind]
    }


def _told(desired: Desired, selected: Iterable[Ref], how: Adjustments) -> Iterator[Diagnostic]:
    for ref in selected:
        identity = desired.identities[ref]
        if identity.built_in or not _concerns(KINDS[ref.kind]):
            continue
        raw = desired.raw(ref)
        if isinstance(raw, Diagnostic):
            continue
        found = [
            loss
            for row, each in _objects(KINDS[ref.kind], raw)
            for loss in losses(row.name, each, how)
        ]
        for path, why in found:
            yield Diagnostic(
                severity="warning",
                code="value.left-out",
                address=ref.address,
                summary=f"{path.removesuffix('[]')} of {identity.name!r} can't be kept: {why}",
            )


def _concerned(desired: Desired, selected: Iterable[Ref]) -> Iterator[tuple[Kind, Raw]]:
    """Objects that name outside things, parts too."""
    for ref in selected:
        if desired.identities[ref].built_in or not _concerns(KINDS[ref.kind]):
            continue
        raw = desired.raw(ref)
        if not isinstance(raw, Diagnostic):
            yield from _objects(KINDS[ref.kind], raw)


def _concerns(row: Kind) -> bool:
    rows = (row, *(KINDS[collection.kind] for collection in row.collections))
    return any(each.outside for each in rows)


def _objects(row: Kind, raw: Raw) -> Iterator[tuple[Kind, Raw]]:
    yield row, raw
    for collection in row.collections:
        for _, part in find(raw, collection.path + "[]"):
            if isinstance(part, Mapping):
                yield KINDS[collection.kind], part
