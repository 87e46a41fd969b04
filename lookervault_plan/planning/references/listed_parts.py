"""Fields that list parts of another item by id: the tabs of a dashboard that a schedule renders."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from lookervault_plan.content.node import Address, DesiredNode, Json, LiveId, SourceRef
from lookervault_plan.content.part_order import listed_parts
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, PlanReference, Remap
from lookervault_plan.planning.references.resolve import Live, New, Target


class WithListedParts(msgspec.Struct, frozen=True):
    """An item whose lists of parts hold destination ids."""

    item: DesiredNode
    #: Listed parts without a target.
    missing: tuple[PlanReference, ...]
    #: Items whose new parts are listed.
    needs: frozenset[Address]
    #: Listed parts that are live already, with their live ids.
    live: Mapping[SourceRef, LiveId]


def translate_listed_parts(
    item: DesiredNode,
    *,
    targets_of: Callable[[SourceRef], Mapping[SourceRef, Target]],
    is_written: Callable[[SourceRef], bool],
    is_new: bool,
) -> WithListedParts:
    """Translate the lists of an item to destination ids.

    `targets_of` gives the targets of the parts of another item, `is_written` says whether the plan
    writes that item. Drop a field with missing parts if the item is live, so that its live value
    stays.
    """
    fields, missing, needs = dict(item.fields), list[PlanReference](), set[Address]()
    live: dict[SourceRef, LiveId] = {}
    for field in KINDS[item.kind].fields:
        parts = listed_parts(item, field)
        if not parts:
            continue
        targets = targets_of(parts[0][1])
        ids: list[Json] = []
        for path, owner, part in parts:
            match targets.get(part):
                case Live(id_):
                    live[part] = id_
                    ids.append(id_)
                case New() if is_written(owner):
                    needs.add(owner.address)
                    ids.append(KNOWN_AFTER_APPLY)
                case _:
                    missing.append(PlanReference(path=path, from_=part.address))
        fields[field.path] = ids or None
        if missing and not is_new:
            del fields[field.path]
    translated = msgspec.structs.replace(item, fields=fields)
    return WithListedParts(translated, tuple(missing), frozenset(needs), live)


def remaps_of_listed(live: Mapping[SourceRef, LiveId]) -> Iterator[Remap]:
    """Make remaps of listed parts. The state keeps a part's id with its own item."""
    for part, id_ in live.items():
        yield Remap(type=part.kind, source_id=part.id, destination_id=id_, matched_by="its item")
