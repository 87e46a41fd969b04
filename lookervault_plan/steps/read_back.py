"""Compare items read back after an apply with the requests that wrote them."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from lookervault_plan.content.lay_over import value_after
from lookervault_plan.content.node import (
    LIVE,
    Address,
    DesiredNode,
    LiveId,
    LiveNode,
    LiveRef,
    Raw,
    Ref,
    SourceRef,
    tree_digest,
)
from lookervault_plan.content.normalise import empty, normalise
from lookervault_plan.content.part_order import order_fields, ordered_parts
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.text_links import Instances, rewrite_links
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import ContentWriting, Plan, is_incomplete
from lookervault_plan.steps.recipes import expand, expand_deferred
from lookervault_plan.steps.request import (
    Resolve,
    UnresolvedError,
    build_request,
    without_soft,
)
from lookervault_plan.steps.step import (
    DeferredStep,
    DeleteStep,
    OrderStep,
    ReplaceListStep,
    WritingStep,
)


class FieldNotStored(msgspec.Struct, frozen=True, kw_only=True):
    """A field that Looker stored otherwise than it was sent."""

    address: Address
    #: `kind:source id` of the part; "" for the item itself
    part: str = ""
    #: "" if the whole part or item is missing
    path: str = ""
    #: JSON values; msgspec can't describe the recursive type in a schema
    sent: object = None
    got: object = None


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """An item that was read back, with its digests for the state."""

    address: Address
    desired_digest: str
    #: None if the item is gone or was applied only in part: the state must not remember it
    live_digest: str | None
    not_stored: tuple[FieldNotStored, ...] = ()


class Items(Protocol):
    """Live items by destination id."""

    def raw(self, ref: LiveRef) -> Raw | None: ...


def read_back(
    plan: Plan,
    done: Sequence[Address],
    *,
    resolve: Resolve,
    load: Callable[[SourceRef], DesiredNode | Diagnostic],
    items: Callable[[Sequence[LiveRef]], Items],
    resolve_in: Callable[[ContentWriting], Resolve],
    instances: Instances,
) -> Iterator[Verified]:
    """Read all created and updated items among `done` at once, and compare each.

    `items` reads live items. `resolve` returns destination ids of items; `resolve_in` returns
    such a function for an action, which knows the parts of its item too.
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
        found = normalise(action.type, raw, LIVE) if raw is not None else None
        yield verify(action, desired, found, resolve_in(action), instances)


def verify(
    action: ContentWriting,
    desired: DesiredNode,
    live: LiveNode | None,
    resolve: Resolve,
    instances: Instances,
) -> Verified:
    """Compare a live item with all requests that were sent for it."""
    not_stored: list[FieldNotStored] = []
    misplaced: list[FieldNotStored] = []
    if live is None:
        not_stored.append(FieldNotStored(address=action.address, got="not there"))
    else:
        nodes = {node.ref: node for node in live.with_parts()}
        unseen = _unseen_kinds(live)
        written: set[SourceRef] = set()
        for step in (*expand(action, desired), *expand_deferred(action, desired)):
            if step.kind in unseen:
                continue
            if isinstance(step, OrderStep):
                written.add(step.source)
            match step:
                case ReplaceListStep():
                    not_stored.extend(_compare_list(action, step, nodes, resolve))
                case DeleteStep(live=ref) if ref in nodes:
                    part = f"{ref.kind}:{ref.id}"
                    not_stored.append(
                        FieldNotStored(address=action.address, part=part, got="still there")
                    )
                case step if isinstance(step, WritingStep):
                    not_stored.extend(_compare(action, step, nodes, resolve, instances))
                case _:
                    pass
        misplaced += _misplaced(action, desired, live, written, resolve)
    is_whole = live is not None and not is_incomplete(action) and not misplaced
    return Verified(
        address=action.address,
        desired_digest=tree_digest(desired),
        live_digest=tree_digest(live) if live is not None and is_whole else None,
        not_stored=(*not_stored, *misplaced),
    )


def _misplaced(
    action: ContentWriting,
    desired: DesiredNode,
    live: LiveNode,
    written: Container[SourceRef],
    resolve: Resolve,
) -> Iterator[FieldNotStored]:
    """Compare the orders that no request wrote: new parts are created in the wanted order.

    They are not if a part was created later than the next one, after a kill or a failure. The
    state must not remember such an item, so that the next plan writes its order.
    """
    nodes = {node.ref: node for node in live.with_parts()}
    for holder, field in order_fields(desired):
        twin = (
            live
            if holder is desired
            else nodes.get(Ref(holder.kind, resolve(holder.ref) or LiveId("")))
        )
        if holder.ref in written or twin is None:
            continue
        parts = ordered_parts(desired, holder, field)
        wanted = [id_ for part in parts if (id_ := resolve(part.ref))]
        got = [part.id for part in ordered_parts(live, twin, field)]
        if [id_ for id_ in wanted if id_ in got] != [id_ for id_ in got if id_ in wanted]:
            part = "" if holder is desired else holder.address
            yield FieldNotStored(
                address=action.address, part=part, path=field.path, sent=wanted, got=got
            )


def _unseen_kinds(live: LiveNode) -> frozenset[str]:
    """Return the kinds of parts that the live item does not show at all."""
    collections = KINDS[live.kind].item.collections
    return frozenset(each.kind for each in collections if each.name not in live.parts)


def _compare_list(
    action: ContentWriting,
    step: ReplaceListStep,
    nodes: Mapping[LiveRef, LiveNode],
    resolve: Resolve,
) -> Iterator[FieldNotStored]:
    """Compare the parts that one request has written together with those that are there."""
    try:
        request = build_request(step.request, resolve, lambda value, _: value)
    except UnresolvedError:
        return
    sent = sorted(map(str, objects) if isinstance(objects := request.payload, list) else ())
    got = sorted(ref.id for ref in nodes if ref.kind == step.kind)
    if sent != got:
        collections = KINDS[action.type].item.collections
        name = next(each.name for each in collections if each.kind == step.kind)
        yield FieldNotStored(address=action.address, path=name, sent=sent, got=got)


def _compare(
    action: ContentWriting,
    step: WritingStep,
    nodes: Mapping[LiveRef, LiveNode],
    resolve: Resolve,
    instances: Instances,
) -> Iterator[FieldNotStored]:
    source = step.source
    part = "" if source.address == action.address else source.address
    id_ = resolve(source)
    node = nodes.get(Ref(source.kind, id_)) if id_ else None
    try:
        template = without_soft(step.kind, step.request, resolve)
        request = build_request(
            template, resolve, lambda value, ids: rewrite_links(value, instances, ids)
        )
    except UnresolvedError:
        request = None
    if node is None or request is None:
        yield FieldNotStored(address=action.address, part=part, got="not there")
        return
    is_final = part or isinstance(step, DeferredStep | OrderStep)
    interim = {each.path for each in action.interim if not is_final}
    sent = normalise(source.kind, request.body or {}, LIVE)
    for path in sent.fields:
        if path in interim:
            continue
        value = value_after(sent, node, path)
        got = node.fields.get(path, empty(source.kind, path))
        if got != value:
            yield FieldNotStored(address=action.address, part=part, path=path, sent=value, got=got)
    for path, ref in sent.refs.items():
        got_ref = node.refs.get(path)
        if got_ref != ref:
            yield FieldNotStored(
                address=action.address, part=part, path=path, sent=_id(ref), got=_id(got_ref)
            )


def _id(ref: LiveRef | None) -> str | None:
    return ref.id if ref else None
