"""Turn an update into the action that creates an item, or parts of it, that are gone.

The result depends only on plan, backup and the journal's step ids, so that a resumed session
decides the same.
"""

from collections.abc import Collection, Container, Iterable, Mapping

from msgspec.structs import replace

from lookervault_plan.content.node import Address, DesiredNode, LiveId, LiveNode, Ref, SourceRef
from lookervault_plan.content.part_order import order_fields
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import (
    Action,
    Change,
    ContentWriting,
    Create,
    PartAction,
    Parts,
    Plan,
    Update,
    Writing,
    needs_of,
)
from lookervault_plan.steps.step_id import StepId

#: `options.on_missing` of a plan that recreates what is gone
CREATE = "create"
_NONE = Parts()


def as_create(action: ContentWriting, desired: DesiredNode) -> Create:
    """Return the action that creates the whole item, without parts that the plan leaves out."""
    ordered = {holder.ref: Change(path=field.path) for holder, field in order_fields(desired)}
    parts: dict[str, Parts] = {}
    lost: set[SourceRef] = set()
    for collection in KINDS[action.type].item.collections:
        name, row = collection.name, KINDS[collection.kind]
        blocked = {entry.key: entry for entry in action.parts.get(name, _NONE).blocked}
        create: list[PartAction] = []
        for node in desired.parts.get(name, ()):
            if dict(node.fields) == collection.at_birth:
                continue
            if node.id not in blocked and (why := _lacks(action, name, node, lost)):
                blocked[node.id] = PartAction(key=node.id, title=node.name, reason=why)
            if node.id in blocked:
                lost.add(node.ref)
                continue
            order = (ordered[node.ref],) if node.ref in ordered else ()
            create.append(PartAction(key=node.id, title=node.name, changes=order))
        blocked_parts = (
            tuple(blocked.values()) if row.creatable and not row.dropped_with_target else ()
        )
        if create or blocked_parts:
            parts[name] = Parts(create=tuple(create), blocked=blocked_parts)
    return Create(
        address=action.address,
        type=action.type,
        name=action.name,
        path=action.path,
        depends_on=action.depends_on,
        deferred=action.deferred,
        interim=action.interim,
        calls=action.calls,
        changes=(ordered[desired.ref],) if desired.ref in ordered else (),
        parts=parts,
        references=action.references,
        content_digest=action.content_digest,
    )


def without_parts(action: Update, desired: DesiredNode, gone: Collection[SourceRef]) -> Update:
    """Return the update that also creates these parts of the backup, and the parts inside them."""
    lost = set(gone)
    parts = dict(action.parts)
    for collection in KINDS[action.type].item.collections:
        nodes = desired.parts.get(collection.name, ())
        lost.update(node.ref for node in nodes if _lives_in(node) in lost)
        keys = {node.id for node in nodes if node.ref in lost}
        planned = parts.get(collection.name, _NONE)
        known = {entry.key for entry in (*planned.create, *planned.blocked)}
        recreated = (
            PartAction(key=node.id, title=node.name)
            for node in nodes
            if node.id in keys and node.id not in known
        )
        changed = replace(
            planned,
            create=(*planned.create, *recreated),
            update=tuple(entry for entry in planned.update if entry.key not in keys),
            keep=tuple(entry for entry in planned.keep if entry.key not in keys),
        )
        if changed != planned:
            parts[collection.name] = changed
    return replace(action, parts=parts)


def parts_gone(action: Update, live: LiveNode) -> tuple[SourceRef, ...]:
    """Return the parts that the action needs and the live item no longer has.

    Parts that Looker makes by itself are not among them: it makes them again.
    """
    there = {node.ref for node in live.with_parts()}
    kinds = {each.name: each.kind for each in KINDS[action.type].item.collections}
    return tuple(
        Ref(kinds[name], entry.key)
        for name, planned in action.parts.items()
        if KINDS[kinds[name]].creatable
        for entry in (*planned.update, *planned.keep)
        if entry.key is not None and Ref(kinds[name], entry.live_id or LiveId("")) not in there
    )


def created_parts(action: ContentWriting) -> frozenset[SourceRef]:
    """Return the parts that an action creates."""
    kinds = {each.name: each.kind for each in KINDS[action.type].item.collections}
    return frozenset(
        Ref(kinds[name], entry.key)
        for name, planned in action.parts.items()
        for entry in planned.create
        if entry.key is not None
    )


def revised(action: Update, desired: DesiredNode, begun: Container[StepId]) -> ContentWriting:
    """Return the action as an earlier run changed it, judging by the steps it has begun."""
    if StepId(action.address, "create") in begun:
        return as_create(action, desired)
    gone = [
        node.ref
        for name, planned in action.parts.items()
        for node in desired.parts.get(name, ())
        if StepId.of_part(action.address, node.ref, "create") in begun
        and node.id not in {entry.key for entry in planned.create}
    ]
    return without_parts(action, desired, gone) if gone else action


def with_created(
    plan: Plan, recreated: Mapping[Address, ContentWriting], nodes: Iterable[DesiredNode]
) -> Plan:
    """Return the plan with these actions in place of its own, and without remaps to lost items.

    `nodes` are the items that the plan writes: each waits for the new items it refers to.
    """
    needs: dict[Address, set[Address]] = {
        action.address: set(needs_of(action)) for action in plan.actions
    }
    for node in nodes:
        for part in node.with_parts():
            for ref in part.refs.values():
                is_new = ref is not None and ref != node.ref and ref.address in recreated
                if ref and is_new and not _reaches(needs, ref.address, node.address):
                    needs[node.address].add(ref.address)
    actions = (
        _waiting_for(recreated.get(action.address, action), needs[action.address])
        for action in plan.actions
    )
    gone = {address for address, action in recreated.items() if isinstance(action, Create)}
    remaps = (
        remap for remap in plan.remaps if Ref(remap.type, remap.source_id).address not in gone
    )
    return replace(plan, actions=tuple(actions), remaps=tuple(remaps))


def _waiting_for(action: Action, needs: Collection[Address]) -> Action:
    if not isinstance(action, Writing):
        return action
    return replace(action, depends_on=tuple(sorted(needs)))


def _reaches(needs: Mapping[Address, Collection[Address]], begin: Address, end: Address) -> bool:
    """Whether `begin` waits for `end`, directly or not."""
    seen = {begin}
    stack = [begin]
    while stack:
        for address in needs.get(stack.pop(), ()):
            if address == end:
                return True
            if address not in seen:
                seen.add(address)
                stack.append(address)
    return begin == end


def _lacks(action: ContentWriting, name: str, node: DesiredNode, lost: Container[SourceRef]) -> str:
    """Say why a part can't be created: it needs a part or item that is left out; "" if it can."""
    for path, ref in node.refs.items():
        if ref is None or not KINDS[node.kind].reference(path).is_hard:
            continue
        if ref in lost or any(
            each.path == path and each.part == f"{name}/{node.id}" and each.to is None
            for each in action.references
        ):
            return f"{ref.address} is not in the destination"
    return ""


def _lives_in(node: DesiredNode) -> SourceRef | None:
    """Return the parent part whose deletion deletes this one."""
    row = KINDS[node.kind]
    for path, ref in node.refs.items():
        is_home = path in row.part.position_refs and row.reference(path).is_hard
        comes_with = row.part.auto_created is not None and path == row.part.auto_created.owner_ref
        if ref and (is_home or comes_with or path == row.part.deleted_with_ref):
            return ref
    return None
