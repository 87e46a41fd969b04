"""Whether what was applied once still means the same: remaps change, contents or not."""

from collections.abc import Callable, Mapping

from lookervault_plan.content.node import Node, Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.text_links import Instances, linking, links
from lookervault_plan.planning.references.targets import Live, New, Resolve


def is_current(
    desired: Node,
    live: Node,
    *,
    resolve: Resolve,
    resolve_link: Resolve,
    policy: Callable[[str], bool],
    instances: Instances,
    stored: Mapping[Ref, str],
) -> bool:
    """Whether the live item points to everything that the desired one is translated to.

    What Looker may not have taken (owners) counts only if it is mapped otherwise than `stored`.
    """
    there = Instances(frozenset({instances.destination} if instances.destination else ()))
    have = set(_references(live)) | _linked(live, there)
    for ref, wanted in _references(desired).items():
        if wanted is not None and (not policy(wanted) or _is_stored(ref, resolve, stored)):
            continue
        if not _is_among(ref, resolve, have):
            return False
    return all(_is_among(ref, resolve_link, have) for ref in _linked(desired, instances))


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
    """Items that the item and its parts point to, and which policy says so."""
    return {
        ref: KINDS[node.kind].reference(path).policy
        for node in item.walk()
        for path, ref in node.refs.items()
        if ref is not None and KINDS[ref.kind].is_item
    }


def _linked(item: Node, instances: Instances) -> set[Ref]:
    """Items that their texts link to."""
    return {
        ref for node in item.walk() for _, value in linking(node) for ref in links(value, instances)
    }
