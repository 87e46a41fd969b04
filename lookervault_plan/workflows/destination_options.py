"""What of the backup can't be as it is in the destination: decided by plan, repeated by apply."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from lookervault_plan.content.node import Ref
from lookervault_plan.content.overrides import Adjustments, Named, losses
from lookervault_plan.content.table.kinds import EXTERNAL, IfMissing
from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.plan_file import Options
from lookervault_plan.workflows.backup_items import Desired

Names = Mapping[str, frozenset[str]]
#: items, and what they name that is no content
Chosen = Mapping[Ref, Sequence[Named]]


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
    chosen = {ref: names for ref, names in desired.outside.items() if ref in selected}
    schedules = options.schedules or ("keep" if same_instance else "disable")
    named = _named(chosen)
    outside = _there(named, live.outside, reader)
    left_out = {
        kind: tuple(sorted(names))
        for kind, there in outside.items()
        if (names := named[kind, IfMissing.DROP] - there)
    }
    options = msgspec.structs.replace(
        options, schedules=schedules, same_instance=same_instance, left_out=left_out
    )
    how = adjustments(options)
    told = tuple(_told(desired, chosen, how))
    desired.adjustments = how
    return Altered(options, outside, told)


def _named(chosen: Chosen) -> Mapping[tuple[str, IfMissing], set[str]]:
    """Outside things that the backup names."""
    named: dict[tuple[str, IfMissing], set[str]] = defaultdict(set)
    for names in chosen.values():
        for outside, name in names:
            named[outside.kind, outside.if_missing].add(name)
    return named


def _there(
    named: Mapping[tuple[str, IfMissing], set[str]],
    shown: Mapping[str, Collection[str]],
    reader: LiveReader,
) -> Names:
    """What the destination has of each kind that something new is named of.

    `shown` is what its own content names.
    """
    there = {kind: frozenset(shown.get(kind, ())) for kind in sorted({kind for kind, _ in named})}
    return {
        kind: names | reader.names(EXTERNAL[kind])
        for kind, names in there.items()
        if any(named.get((kind, policy), set()) - names for policy in IfMissing)
    }


def _told(desired: Desired, chosen: Chosen, how: Adjustments) -> Iterator[Diagnostic]:
    for ref, names in chosen.items():
        for path, why in losses(names, how):
            yield Diagnostic(
                severity="warning",
                code="value.left-out",
                address=ref.address,
                summary=f"{path.removesuffix('[]')} of {desired.identities[ref].name!r} "
                f"can't be kept: {why}",
            )
