"""Recognise items without changes before anything is paired or compared in detail."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from lookervault_plan.content.lay_over import adds_follow_up, value_after
from lookervault_plan.content.missing_secrets import missing_secrets
from lookervault_plan.content.node import (
    LIVE,
    SOURCE,
    DesiredNode,
    Id,
    LiveId,
    LiveNode,
    LiveRef,
    Node,
    Ref,
    Side,
    SourceRef,
    same_id,
)
from lookervault_plan.content.table.kinds import KINDS, Field
from lookervault_plan.content.text_links import Instances, linkable_texts, linked_refs
from lookervault_plan.planning.context import Context
from lookervault_plan.planning.references.queries import is_query
from lookervault_plan.planning.references.resolve import Live, Missing, New, Resolve, Target


def is_identical(
    desired: DesiredNode,
    live: LiveNode,
    context: Context,
    translate: Callable[[DesiredNode], DesiredNode],
) -> bool:
    """Say whether the live item holds all of the desired one, parts under equal ids, in order.

    `translate` rewrites the links of a part. False is inconclusive: other ids may mean the same.
    """
    pairs = [(nodes, live.parts.get(name, ())) for name, nodes in desired.parts.items()]

    def resolve_in_item(ref: SourceRef) -> Target:
        return Live(same_id(ref).id) if KINDS[ref.kind].is_part else context.resolve(ref)

    inside = replace(context, resolve=resolve_in_item, resolve_soft=resolve_in_item)
    own = replace(context, resolve=resolve_in_item)
    return (
        all([node.id for node in nodes] == [twin.id for twin in twins] for nodes, twins in pairs)
        and _is_identical_node(desired, live, own)
        and all(
            _is_identical_node(translate(node), twin, inside)
            for nodes, twins in pairs
            for node, twin in zip(nodes, twins, strict=True)
        )
    )


def _is_identical_node(desired: DesiredNode, live: LiveNode, context: Context) -> bool:
    row = KINDS[desired.kind]
    if desired.fields != live.fields and any(
        (path not in live.fields or live.fields[path] != value_after(desired, live, path))
        and (
            not _is_left_alone(desired, row.field(path), context)
            or adds_follow_up(desired, live, path)
        )
        for path in desired.fields
    ):
        return False
    return all(
        _points_to_same(desired, live, path, context)
        for path in desired.refs
        if context.compares(desired, path)
    )


def _is_left_alone(desired: DesiredNode, field: Field, context: Context) -> bool:
    """Say whether no update writes the field, whatever its value."""
    if field.create_only:
        return True
    is_off = field.policy is not None and not context.is_compared(field.policy)
    return is_off and not missing_secrets(desired.kind, desired.raw)


def _points_to_same(desired: DesiredNode, live: LiveNode, path: str, context: Context) -> bool:
    want, have = desired.refs[path], live.refs.get(path)
    if is_query(desired, path):
        return context.queries.equal(desired, live, path) is True
    if want is None or have is None:
        return want is have
    target = context.resolver_of(desired, path)(want)
    if isinstance(target, Missing) and not KINDS[want.kind].path:
        # No request can look up an image, so that no update writes the reference.
        return not KINDS[desired.kind].reference(path).is_hard
    return target == Live(have.id)


def is_as_applied(desired: DesiredNode, live: LiveNode, context: Context) -> bool:
    """Say whether an item that was applied once still points to the same targets.

    Remaps change though neither side does. Looker may have refused a reference with a policy (an
    owner), so it counts only if it is mapped to another id than in the state.
    """
    inputs = context.inputs
    destination = inputs.instances.destination
    live_links = Instances(frozenset({destination} if destination else ()))
    have = set(_references(live)) | _linked(live, live_links, LIVE)
    for ref, policy in _references(desired).items():
        if policy is not None and (
            not context.is_compared(policy) or _is_stored(ref, context.resolve, inputs.stored)
        ):
            continue
        if not _is_among(ref, context.resolve, have):
            return False
    linked = _linked(desired, inputs.instances, SOURCE)
    return all(_is_among(ref, context.resolve_soft, have) for ref in linked)


def _is_among(ref: SourceRef, resolve: Resolve, have: set[LiveRef]) -> bool:
    match resolve(ref):
        case Live(id_):
            return Ref(ref.kind, id_) in have
        case New():
            return False
        case _:
            return True


def _is_stored(ref: SourceRef, resolve: Resolve, stored: Mapping[SourceRef, LiveId]) -> bool:
    return resolve(ref) == Live(stored.get(ref, same_id(ref).id))


def _references(item: Node[Id]) -> Mapping[Ref[Id], str | None]:
    """Map the items that the item and its parts point to, to the policy of the reference."""
    return {
        ref: KINDS[node.kind].reference(path).policy
        for node in item.with_parts()
        for path, ref in node.refs.items()
        if ref is not None and KINDS[ref.kind].is_item
    }


def _linked(item: Node[Id], instances: Instances, side: Side[Id]) -> set[Ref[Id]]:
    return {
        ref
        for node in item.with_parts()
        for _, value in linkable_texts(node)
        for ref in linked_refs(value, instances, side)
    }
