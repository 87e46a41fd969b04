"""Recognise items without changes before anything is paired or compared in detail."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from lookervault_plan.content.lay_over import value_after
from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.text_links import Instances, linkable_texts, linked_refs
from lookervault_plan.planning.context import Context
from lookervault_plan.planning.references.queries import is_query
from lookervault_plan.planning.references.resolve import Live, New, Resolve, Target


def is_identical(
    desired: Node, live: Node, context: Context, translate: Callable[[Node], Node]
) -> bool:
    """Say whether the live item holds all of the desired one, parts under equal ids, in order.

    `translate` rewrites the links of a part. False says nothing: other ids may mean the same.
    """
    pairs = [(nodes, live.parts.get(name, ())) for name, nodes in desired.parts.items()]

    def resolve_in_item(ref: Ref) -> Target:
        return Live(ref.id) if KINDS[ref.kind].is_part else context.resolve(ref)

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


def _is_identical_node(desired: Node, live: Node, context: Context) -> bool:
    if desired.fields != live.fields and any(
        path not in live.fields or live.fields[path] != value_after(desired, live, path)
        for path in desired.fields
    ):
        return False
    row = KINDS[desired.kind]
    return all(
        _points_to_same(desired, live, path, context)
        for path in desired.refs
        if context.is_compared(row.reference(path).policy)
    )


def _points_to_same(desired: Node, live: Node, path: str, context: Context) -> bool:
    want, have = desired.refs[path], live.refs.get(path)
    if is_query(desired, path):
        return context.queries.equal(desired, live, path) is True
    if want is None or have is None:
        return want is have
    return context.resolver_of(desired, path)(want) == Live(have.id)


def is_as_applied(desired: Node, live: Node, context: Context) -> bool:
    """Say whether an item that was applied once still points to the same targets.

    Remaps change though neither side does. Looker may have refused a reference with a policy (an
    owner), so it counts only if it is mapped to another id than in the state.
    """
    inputs = context.inputs
    destination = inputs.instances.destination
    live_links = Instances(frozenset({destination} if destination else ()))
    have = set(_references(live)) | _linked(live, live_links)
    for ref, policy in _references(desired).items():
        if policy is not None and (
            not context.is_compared(policy) or _is_stored(ref, context.resolve, inputs.stored)
        ):
            continue
        if not _is_among(ref, context.resolve, have):
            return False
    linked = _linked(desired, inputs.instances)
    return all(_is_among(ref, context.resolve_soft, have) for ref in linked)


def _is_among(ref: Ref, resolve: Resolve, have: set[Ref]) -> bool:
    match resolve(ref):
        case Live(id_):
            return Ref(ref.kind, id_) in have
        case New():
            return False
        case _:
            return True


def _is_stored(ref: Ref, resolve: Resolve, stored: Mapping[Ref, str]) -> bool:
    return resolve(ref) == Live(stored.get(ref, ref.id))


def _references(item: Node) -> Mapping[Ref, str | None]:
    """Map the items that the item and its parts point to, to the policy of the reference."""
    return {
        ref: KINDS[node.kind].reference(path).policy
        for node in item.with_parts()
        for path, ref in node.refs.items()
        if ref is not None and KINDS[ref.kind].is_item
    }


def _linked(item: Node, instances: Instances) -> set[Ref]:
    return {
        ref
        for node in item.with_parts()
        for _, value in linkable_texts(node)
        for ref in linked_refs(value, instances)
    }
