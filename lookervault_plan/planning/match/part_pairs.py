"""Pair the desired parts of an item with its live ones, in passes, surest first."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic

import msgspec

from lookervault_plan.content.node import (
    DesiredNode,
    Id,
    Json,
    LiveId,
    LiveNode,
    Node,
    Raw,
    Ref,
    SourceId,
    digest,
)
from lookervault_plan.content.normalise import body_of
from lookervault_plan.content.table.kinds import KINDS, Form
from lookervault_plan.content.text_links import may_hold_links
from lookervault_plan.planning.context import Context
from lookervault_plan.planning.references.queries import is_query
from lookervault_plan.planning.references.resolve import Live, Target, live_target

Key = Callable[[Node[Id]], Hashable | None]

#: Stands for places when only the tab of a part counts.
NOWHERE: tuple[Mapping[str, Json], Mapping[str, Json]] = ({}, {})


class Places(msgspec.Struct, Generic[Id], frozen=True):
    """Where the parts of an item are, by their ids."""

    #: [Row, column] of each part.
    at: Mapping[str, Json] = {}
    #: The layout of each part.
    inside: Mapping[str, Ref[Id]] = {}


class Pairs(msgspec.Struct, frozen=True):
    """The pairs of one collection."""

    #: desired id -> live part
    twins: Mapping[SourceId, LiveNode]
    #: Live parts without a pair.
    surplus: tuple[LiveNode, ...]


def pair(
    desired: Sequence[DesiredNode],
    live: Sequence[LiveNode],
    context: Context,
    *,
    remembered: Mapping[SourceId, LiveId],
    places: tuple[Places[SourceId], Places[LiveId]],
) -> Pairs:
    """Pair parts of one kind, each at most once.

    `remembered` maps desired ids to live ids of earlier runs. `places` has the positions of the
    desired parts and of the live ones, by id (see `places_of`).
    """
    resolve, queries = context.resolve, context.queries
    passes = _Passes(desired, live)
    # A membership or an access entry is its target, whichever id it had before.
    is_its_target = bool(desired and KINDS[desired[0].kind].dropped_with_target)
    if not is_its_target:
        passes.take(lambda node: remembered.get(node.id), lambda node: node.id)
    if context.inputs.same_instance and not is_its_target:
        passes.take(lambda node: node.id, lambda node: node.id)
    # A part that equals one at its place has not moved.
    spots = (places[0].at, places[1].at)
    for where in (spots, NOWHERE, None):
        passes.take(
            lambda node, where=where: _essence(
                node, resolve, queries.key, where=where and where[0]
            ),
            lambda node, where=where: _essence(
                node, live_target, queries.live_key, where=where and where[1]
            ),
            unique=False,
        )
    # An interrupted run leaves parts without their linking texts, which are written last.
    for where in (spots, None):
        passes.take(
            lambda node, where=where: _essence(
                _before_links(node), resolve, queries.key, where=where and where[0]
            ),
            lambda node, where=where: _essence(
                node, live_target, queries.live_key, where=where and where[1]
            ),
            unique=False,
        )
    # A backup may lack keys, inside objects too, that the destination has.
    for held in dict.fromkeys(map(_held, passes.desired)):
        for where in (spots, NOWHERE, None):
            passes.take(
                lambda node, where=where, held=held: (
                    _essence(
                        _limited_to(held, node), resolve, queries.key, where=where and where[0]
                    )
                    if held and _held(node) == held
                    else None
                ),
                lambda node, where=where, held=held: _essence(
                    _limited_to(held, node), live_target, queries.live_key, where=where and where[1]
                ),
                unique=False,
            )
    for names in KINDS[desired[0].kind].part.pairing if desired else ():
        passes.take(
            lambda node, names=names: _named(node, names, resolve, places[0]),
            lambda node, names=names: _named(node, names, live_target, places[1]),
        )
    return Pairs(passes.twins, tuple(passes.live))


class _Passes:
    """Parts of both sides that are not paired yet, and the twins found so far."""

    def __init__(self, desired: Sequence[DesiredNode], live: Sequence[LiveNode]) -> None:
        self.desired: list[DesiredNode] = list(desired)
        self.live: list[LiveNode] = list(live)
        self.twins: dict[SourceId, LiveNode] = {}

    def take(
        self, desired_key: Key[SourceId], live_key: Key[LiveId], *, unique: bool = True
    ) -> None:
        """Pair parts with equal keys. With `unique`, only if each side has one part with it."""
        if not self.desired or not self.live:
            return
        wanting, offered = _grouped(self.desired, desired_key), _grouped(self.live, live_key)
        for key, nodes in wanting.items():
            twins = offered.get(key, [])
            if not unique or len(nodes) == len(twins) == 1:
                self.twins.update((node.id, twin) for node, twin in zip(nodes, twins, strict=False))
        taken = {twin.id for twin in self.twins.values()}
        self.desired = [node for node in self.desired if node.id not in self.twins]
        self.live = [node for node in self.live if node.id not in taken]


def _grouped(nodes: Sequence[Node[Id]], key_of: Key[Id]) -> Mapping[Hashable, list[Node[Id]]]:
    groups: dict[Hashable, list[Node[Id]]] = defaultdict(list)
    for node in nodes:
        if (key := key_of(node)) is not None:
            groups[key].append(node)
    return groups


def _held(node: Node[Id]) -> frozenset[str]:
    """Return the paths that a node holds, without trees: those may lack keys inside."""
    row = KINDS[node.kind]
    return frozenset(path for path in node.fields if row.field(path).form is not Form.TREE)


def _limited_to(paths: frozenset[str], node: Node[Id]) -> Node[Id]:
    """Return the node with these fields alone."""
    fields = {path: value for path, value in node.fields.items() if path in paths}
    return msgspec.structs.replace(node, fields=fields)


def _before_links(node: DesiredNode) -> DesiredNode:
    """Drop the texts that hold links."""
    row = KINDS[node.kind]
    fields = {
        path: value
        for path, value in node.fields.items()
        if not (row.field(path).holds_links and may_hold_links(value))
    }
    return node if len(fields) == len(node.fields) else msgspec.structs.replace(node, fields=fields)


def _essence(
    node: Node[Id],
    resolve: Callable[[Ref[Id]], Target],
    query_key: Callable[[Ref[Id], Raw | None], str | None],
    *,
    where: Mapping[str, Json] | None,
) -> str | None:
    """Digest the content of a part. None: it points to a target that is not live.

    With `where`, the places of parts by id, the digest covers the part's place too.
    """
    row = KINDS[node.kind]
    if row.part.auto_created and row.part.auto_created.owner_ref:
        return None  # a part that only positions another one has no content of its own
    refs: dict[str, str | None] = {}
    for path, ref in node.refs.items():
        if ref is None or (where is None and path in row.part.position_refs):
            continue
        if is_query(node, path):
            refs[path] = query_key(ref, body_of(node, path)) or f"id {ref.id}"
            continue
        target = resolve(ref)
        if not isinstance(target, Live):
            return None
        refs[path] = target.id
    # Null and false equal an absent value.
    fields = {
        path: value
        for path, value in node.fields.items()
        if value is not None and value is not False and not row.field(path).orders_kind
    }
    return digest((fields, refs, where.get(node.id) if where is not None else None))


def _named(
    node: Node[Id],
    names: tuple[str, ...],
    resolve: Callable[[Ref[Id]], Target],
    places: Places[Id],
) -> str | None:
    """Digest the values that a pass compares. None: one of them is missing."""
    values: list[Json] = []
    for name in names:
        value: Json
        if name == "@place":
            value = places.at.get(node.id)
        elif name in KINDS[node.kind].part.position_refs:
            # Lookers before 25.20 name the layout of a tile in its component alone.
            value = _id(node.refs.get(name) or places.inside.get(node.id), resolve)
        elif name in node.refs:
            value = _id(node.refs[name], resolve)
        else:
            value = node.fields.get(name)
        if value is None or value == "":
            return None
        values.append(value)
    return digest(values)


def _id(ref: Ref[Id] | None, resolve: Callable[[Ref[Id]], Target]) -> LiveId | None:
    target = resolve(ref) if ref else None
    return target.id if isinstance(target, Live) else None


def places_of(item: Node[Id]) -> Places[Id]:
    """Find where the components of an item place its other parts.

    A part may have components in several layouts. The one in the layout that is shown counts.
    """
    components = [
        (auto.owner_ref, auto.read_scope, row.part.place_fields, node)
        for nodes in item.parts.values()
        for node in nodes
        if (row := KINDS[node.kind]).part.place_fields and (auto := row.part.auto_created)
    ]
    shown = {node.ref for nodes in item.parts.values() for node in nodes if _is_preferred(node)}
    at: dict[str, Json] = {}
    inside: dict[str, Ref[Id]] = {}
    for owner_ref, scope_ref, fields, node in components:
        owner, scope = node.refs.get(owner_ref or ""), node.refs.get(scope_ref or "")
        if owner is None or (owner.id in inside and scope not in shown):
            continue
        at[owner.id] = [node.fields.get(name) for name in fields]
        if scope is not None:
            inside[owner.id] = scope
    return Places(at, inside)


def _is_preferred(node: Node[Id]) -> bool:
    auto = KINDS[node.kind].part.auto_created
    return bool(auto and auto.preferred_flag and node.fields.get(auto.preferred_flag))
