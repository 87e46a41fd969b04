"""Read back what was written, and say what Looker did not take as it was sent."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from lookervault_plan.content.node import Address, Json, Node, Raw, Ref, tree_digest
from lookervault_plan.content.normalise import empty, normalise
from lookervault_plan.content.text_links import Instances, rewrite
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import ContentWriting, Plan, is_incomplete
from lookervault_plan.steps.recipes import expand, fixups
from lookervault_plan.steps.request import Resolve, UnresolvedError, fill, without_soft
from lookervault_plan.steps.step import Step


class Untaken(msgspec.Struct, frozen=True, kw_only=True):
    """A field that Looker has otherwise than it was sent; `path` "" is the whole part or item."""

    address: Address
    #: `dashboard_element:282` as the backup calls it; "" is the item itself
    part: str = ""
    path: str = ""
    sent: Json = None
    got: Json = None


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """An item that was read back, with the digests for the state's `applied`.

    Without `live_digest` it is not to be remembered: gone, or applied only in part.
    """

    address: Address
    desired_digest: str
    live_digest: str | None
    untaken: tuple[Untaken, ...] = ()


class Items(Protocol):
    """Live items that were read, by destination id."""

    def raw(self, ref: Ref) -> Raw | None: ...


def read_back(
    plan: Plan,
    done: Sequence[Address],
    *,
    resolve: Resolve,
    load: Callable[[Ref], Node | Diagnostic],
    items: Callable[[Sequence[Ref]], Items],
    resolve_in: Callable[[ContentWriting], Resolve],
    instances: Instances,
) -> Iterator[Verified]:
    """Read the written ones of the `done` items, all at once, and compare each.

    `items` reads by whichever costs fewer calls. `resolve` gives the destination ids of items,
    `resolve_in` those of an action's parts, too.
    """
    wanted = set(done)
    actions = [action for action in plan.content_writing if action.address in wanted]
    targets = {
        action.address: Ref(action.type, id_)
        for action in actions
        if (id_ := resolve(Ref.parse(action.address)))
    }
    if not targets:
        return
    live = items(list(targets.values()))
    for action in actions:
        desired = load(Ref.parse(action.address))
        if isinstance(desired, Diagnostic) or action.address not in targets:
            continue
        raw = live.raw(targets[action.address])
        found = normalise(action.type, raw) if raw is not None else None
        yield verify(action, desired, found, resolve_in(action), instances)


def verify(
    action: ContentWriting, desired: Node, live: Node | None, resolve: Resolve, instances: Instances
) -> Verified:
    """Compare one item as it is now with all that was sent for it."""
    untaken: list[Untaken] = []
    if live is None:
        untaken.append(Untaken(address=action.address, got="not there"))
    else:
        nodes = {node.ref: node for node in live.walk()}
        for step in (*expand(action, desired), *fixups(action, desired)):
            if step.source is not None and step.body is not None and not step.shared:
                untaken.extend(_compare(action, step, nodes, resolve, instances))
    is_whole = live is not None and not is_incomplete(action)
    return Verified(
        address=action.address,
        desired_digest=tree_digest(desired),
        live_digest=tree_digest(live) if live is not None and is_whole else None,
        untaken=tuple(untaken),
    )


def _compare(
    action: ContentWriting,
    step: Step,
    nodes: Mapping[Ref, Node],
    resolve: Resolve,
    instances: Instances,
) -> Iterator[Untaken]:
    source = step.source
    if source is None:
        return
    part = "" if source.address == action.address else source.address
    id_ = resolve(source)
    node = nodes.get(Ref(source.kind, id_)) if id_ else None
    try:
        step = without_soft(step, resolve)
        request = fill(step, resolve, lambda value, ids: rewrite(value, instances, ids))
    except UnresolvedError:
        request = None
    if node is None or request is None:
        yield Untaken(address=action.address, part=part, got="not there")
        return
    interim = {each.path for each in action.interim if not part and step.operation != "fix"}
    sent = normalise(source.kind, request.body or {})
    for path, value in sent.fields.items():
        if path in interim:
            continue
        got = node.fields.get(path, empty(source.kind, path))
        if got != value:
            yield Untaken(address=action.address, part=part, path=path, sent=value, got=got)
    for path, ref in sent.refs.items():
        got_ref = node.refs.get(path)
        if got_ref != ref:
            yield Untaken(
                address=action.address, part=part, path=path, sent=_id(ref), got=_id(got_ref)
            )


def _id(ref: Ref | None) -> str | None:
    return ref.id if ref else None
