"""Whether the parts of an item end up in the wanted order, or it has to be written."""

from collections.abc import Mapping

import msgspec

from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.part_order import in_order, orders
from lookervault_plan.plan_file import Change
from lookervault_plan.planning.compare.diff import shown
from lookervault_plan.planning.references.targets import Live, New, Target


class Arranged(msgspec.Struct, frozen=True):
    """An order that has to be written, and the parts it names."""

    holder: Node
    change: Change
    parts: tuple[Ref, ...]


def arrange(
    desired: Node, live: Node | None, targets: Mapping[Ref, Target]
) -> tuple[Arranged, ...]:
    """The orders that do not come about by themselves.

    New parts are made one after the other in the wanted order, and come last (A 3.4).
    """
    there = {(node.kind, node.id): node for node in live.walk()} if live else {}
    found: list[Arranged] = []
    for holder, field in orders(desired):
        target = targets.get(holder.ref)
        if holder is desired and live is not None:
            twin: Node | None = live
        else:
            twin = there.get((holder.kind, target.id)) if isinstance(target, Live) else None
        parts = tuple(
            part.ref
            for part in in_order(desired, holder, field)
            if isinstance(targets.get(part.ref), (Live, New))
        )
        wanted = [shown(targets[ref]) for ref in parts]
        before = [part.id for part in in_order(live, twin, field)] if live and twin else []
        known = [id_ for ref in parts if isinstance(to := targets[ref], Live) for id_ in (to.id,)]
        stay = [id_ for id_ in before if id_ in known]
        moved = [id_ for id_ in known if id_ not in before]
        after = [
            *stay,
            *moved,
            *(
                to
                for ref in parts
                if isinstance(targets[ref], New)
                for to in (shown(targets[ref]),)
            ),
        ]
        if after != wanted:
            change = Change(path=field.path, before=before, after=wanted)
            found.append(Arranged(holder, change, parts))
    return tuple(found)
