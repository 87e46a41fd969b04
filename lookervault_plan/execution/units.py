"""Units of the walk: one for the steps of an action, one for its deferred steps."""

from collections.abc import Callable, Iterator

import msgspec

from lookervault_plan.content.node import Address, DesiredNode, Node, Ref, SourceRef
from lookervault_plan.content.table.kinds import KINDS, IfMissing
from lookervault_plan.content.text_links import Instances, linked_refs
from lookervault_plan.errors import Diagnostic
from lookervault_plan.execution.history import History
from lookervault_plan.execution.walk import Unit
from lookervault_plan.plan_file import Action, ContentWriting, Plan, parts_of
from lookervault_plan.steps.builder import deferred_paths


class UnitKey(msgspec.Struct, frozen=True, gc=False):
    """Identifies a unit."""

    address: Address
    #: True for the unit that writes the deferred values
    is_deferred: bool = False

    def __str__(self) -> str:
        return f"{self.address} (deferred)" if self.is_deferred else self.address


def units_of(
    plan: Plan,
    history: History,
    load: Callable[[SourceRef], DesiredNode | Diagnostic],
    instances: Instances,
) -> list[Unit[UnitKey]]:
    """Return the units of all actions that write and are not done, in the plan's order."""
    units: list[Unit[UnitKey]] = []
    for action in plan.writing:
        if history.actions.get(action.address) == "done":
            continue
        key = UnitKey(action.address)
        units.append(Unit(key, tuple(map(UnitKey, action.depends_on)), length_of(action)))
        if isinstance(action, ContentWriting) and action.deferred:
            node = load(Ref.parse(action.address))
            targets = _deferred_targets(action, node, instances) if isinstance(node, Node) else ()
            needs = (
                action.address,
                *(ref.address for ref in targets),
                *(each.until for each in action.interim),
            )
            deferred = UnitKey(action.address, is_deferred=True)
            units.append(Unit(deferred, tuple(map(UnitKey, dict.fromkeys(needs)))))
    return units


def refers_softly(
    action: ContentWriting, node: DesiredNode, target: Address, instances: Instances
) -> bool:
    """Whether an item needs `target` for links in texts and soft references alone."""
    if target == action.address or any(each.until == target for each in action.interim):
        return False
    soft: set[SourceRef] = set()
    hard: set[SourceRef] = set()
    for each in node.with_parts():
        row = KINDS[each.kind]
        for path, ref in each.refs.items():
            if ref is not None:
                (soft if row.reference(path).if_missing is IfMissing.DROP else hard).add(ref)
        for field in row.fields:
            if field.holds_links:
                soft.update(linked_refs(each.fields.get(field.path), instances))
    ref = Ref.parse(target)
    return ref in soft and ref not in hard


def length_of(action: Action) -> int:
    """Estimate the longest chain of steps of an action.

    Parts of a kind with `created_in_order` are created one after the other, others all at once.
    """
    length = 1
    for collection in KINDS[action.type].item.collections:
        parts = parts_of(action).get(collection.name)
        if parts is None:
            continue
        created = len(parts.create)
        length += created if KINDS[collection.kind].part.created_in_order else bool(created)
        length += bool(parts.update) + bool(parts.delete)
    return length


def _deferred_targets(
    action: ContentWriting, node: DesiredNode, instances: Instances
) -> Iterator[SourceRef]:
    """Return the items that the deferred values refer to."""
    for owner, paths in deferred_paths(action).items():
        name, _, key = owner.partition("/")
        nodes = node.parts.get(name, ()) if owner else (node,)
        for part in nodes:
            if owner and part.id != key:
                continue
            for path in paths:
                if ref := part.refs.get(path):
                    yield ref
                yield from linked_refs(part.fields.get(path), instances)
