"""Resolve options that depend on the destination: plan decides, and apply repeats it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from lookervault_plan.content.external_names import UsedName
from lookervault_plan.content.node import SourceRef
from lookervault_plan.content.overrides import Overrides, describe_left_out
from lookervault_plan.content.table.kinds import IfMissing
from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.looker.refusals import Refusal
from lookervault_plan.plan_file import Options
from lookervault_plan.workflows.backup_items import BackupItems
from lookervault_plan.workflows.unseen import unseen_names

Names = Mapping[str, frozenset[str]]
#: Items, and the external things (database connections, user attributes …) that they name.
NamesByItem = Mapping[SourceRef, Sequence[UsedName]]


class ResolvedOptions(msgspec.Struct, frozen=True):
    """The options with every default resolved, and warnings about values that are left out."""

    options: Options
    #: Names of external things in the destination, by kind. A missing kind was not read.
    external_names: Names
    diagnostics: tuple[Diagnostic, ...]


def overrides_of(options: Options) -> Overrides:
    """Return the overrides of fields under these options."""
    return Overrides(
        policies=frozenset({"schedules"} if options.schedules == "keep" else ()),
        left_out=options.left_out,
    )


def resolve_options(
    options: Options,
    desired: BackupItems,
    live: LiveItems,
    reader: LiveReader,
    *,
    same_instance: bool,
    selected: Collection[SourceRef],
) -> ResolvedOptions:
    """Resolve defaults, and read which external things that selected items name exist.

    From then on, `desired` applies the overrides that follow from the options.
    """
    names_by_item = {ref: names for ref, names in desired.external_names.items() if ref in selected}
    schedules = options.schedules or ("keep" if same_instance else "disable")
    named = _named(names_by_item)
    outside, refused = _available(named, live.external_names, reader)
    left_out = {
        kind: tuple(sorted(names))
        for kind, available in outside.items()
        if (names := named[kind, IfMissing.DROP] - available)
    }
    options = msgspec.structs.replace(
        options,
        schedules=schedules,
        surplus=options.surplus or ("remove" if same_instance else "keep"),
        same_instance=same_instance,
        left_out=left_out,
    )
    overrides = overrides_of(options)
    warnings = (
        *_warnings(desired, names_by_item, overrides),
        *(unseen_names(refusal, _users(names_by_item, kind)) for kind, refusal in refused.items()),
    )
    desired.overrides = overrides
    return ResolvedOptions(options, outside, warnings)


def _named(names_by_item: NamesByItem) -> Mapping[tuple[str, IfMissing], set[str]]:
    """Collect the names of external things, by kind and by what happens if one is missing."""
    named: dict[tuple[str, IfMissing], set[str]] = defaultdict(set)
    for names in names_by_item.values():
        for outside, name in names:
            named[outside.kind, outside.if_missing].add(name)
    return named


def _available(
    named: Mapping[tuple[str, IfMissing], set[str]],
    shown: Mapping[str, Collection[str]],
    reader: LiveReader,
) -> tuple[Names, Mapping[str, Refusal]]:
    """Return the names that the destination has of each kind, and the kinds it does not show.

    `shown` are names that its own content uses. A kind is read only if these lack a name.
    """
    available = {
        kind: frozenset(shown.get(kind, ())) for kind in sorted({kind for kind, _ in named})
    }
    listed = {
        kind: reader.external_names(kind)
        for kind, names in available.items()
        if any(named.get((kind, policy), set()) - names for policy in IfMissing)
    }
    refused = {kind: names for kind, names in listed.items() if isinstance(names, Refusal)}
    return {
        kind: available[kind] | names
        for kind, names in listed.items()
        if not isinstance(names, Refusal)
    }, refused


def _users(names_by_item: NamesByItem, kind: str) -> list[str]:
    """List the items that name something of this kind."""
    return [
        ref.address
        for ref, names in sorted(names_by_item.items())
        if any(outside.kind == kind for outside, _ in names)
    ]


def _warnings(
    desired: BackupItems, names_by_item: NamesByItem, overrides: Overrides
) -> Iterator[Diagnostic]:
    for ref, names in names_by_item.items():
        for path, why in describe_left_out(names, overrides):
            yield Diagnostic(
                severity="warning",
                code="value.left-out",
                address=ref.address,
                summary=f"{path.removesuffix('[]')} of {desired.identities[ref].name!r} "
                f"can't be kept: {why}",
            )
