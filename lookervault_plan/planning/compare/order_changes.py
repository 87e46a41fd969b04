"""List the orders of parts that an update must write."""

from collections.abc import Collection, Mapping

import msgspec

from lookervault_plan.content.node import DesiredNode, LiveId, LiveNode, SourceRef
from lookervault_plan.content.part_order import order_fields, ordered_parts
from lookervault_plan.plan_file import Change
from lookervault_plan.planning.compare.diff import shown
from lookervault_plan.planning.references.resolve import Live, New, Target


class OrderChange(msgspec.Struct, frozen=True):
    """An order to write, and the parts it names."""

    holder: DesiredNode
    change: Change
    parts: tuple[SourceRef, ...]


def order_changes(
    desired: DesiredNode,
    live: LiveNode | None,
    targets: Mapping[SourceRef, Target],
    staying: Collection[LiveId] = (),
) -> tuple[OrderChange, ...]:
    """List the orders that differ once the new parts are there. `targets` are those of the parts.

    `staying` are ids of live parts that stay though the backup lacks them. They come last.

    New parts are created in the wanted order, and Looker puts each last (looker-api.md 3.4).
    """
    there = {(node.kind, node.id): node for node in live.with_parts()} if live else {}
    changes: list[OrderChange] = []
    for holder, field in order_fields(desired):
        target = targets.get(holder.ref)
        if holder is desired and live is not None:
            twin: LiveNode | None = live
        else:
            twin = there.get((holder.kind, target.id)) if isinstance(target, Live) else None
        parts = tuple(
            part.ref
            for part in ordered_parts(desired, holder, field)
            if isinstance(targets.get(part.ref), (Live, New))
        )
        wanted = [shown(targets[ref]) for ref in parts]
        before = [part.id for part in ordered_parts(live, twin, field)] if live and twin else []
        known = [target.id for ref in parts if isinstance(target := targets[ref], Live)]
        stay = [id_ for id_ in before if id_ in known]
        moved = [id_ for id_ in known if id_ not in before]
        new = [shown(target) for ref in parts if isinstance(target := targets[ref], New)]
        after = [*stay, *moved, *new]
        # Moved parts come last in any order, since they are written at once.
        is_unsure = bool(moved) and len(moved) + len(new) > 1
        if after != wanted or is_unsure:
            last = [id_ for id_ in before if id_ in staying and id_ not in known]
            change = Change(path=field.path, before=before, after=[*wanted, *last])
            changes.append(OrderChange(holder, change, parts))
    return tuple(changes)
