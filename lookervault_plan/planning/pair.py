"""Pair the desired parts of an item with its live ones, in passes (design section 5.4)."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence

import msgspec

from lookervault_plan.content.kinds import KINDS, Kind
from lookervault_plan.content.node import Json, Node, Ref, digest
from lookervault_plan.content.normalise import body_of, empty
from lookervault_plan.planning.translate import Live, Queries, Resolve, is_query

Key = Callable[[Node], Hashable | None]


class Pairs(msgspec.Struct, frozen=True):
    """Desired id -> live part; and the live parts that nobody wants."""

    twins: Mapping[str, Node]
    unwanted: tuple[Node, ...]


def pair(
    desired: Sequence[Node],
    live: Sequence[Node],
    *,
    remembered: Mapping[str, str],
    same_instance: bool,
    resolve: Resolve,
    queries: Queries,
    places: tuple[Mapping[str, Json], Mapping[str, Json]],
) -> Pairs:
    """Pair parts of one kind.

    `remembered` maps desired ids to live ids of earlier runs; `resolve` translates references
    of desired parts; `places` hold the positions of both sides' parts by their id.
    """
    if not desired or not live:
        return Pairs({}, tuple(live))
    row = KINDS[desired[0].kind]
    twins: dict[str, Node] = {}
    left, right = list(desired), list(live)

    def take(mine: Key, theirs: Key, *, unique: bool) -> None:
        by_key: dict[Hashable, list[Node]] = defaultdict(list)
        for node in right:
            if (key := theirs(node)) is not None:
                by_key[key].append(node)
        wanting: dict[Hashable, list[Node]] = defaultdict(list)
        for node in left:
            if (key := mine(node)) is not None and key in by_key:
                wanting[key].append(node)
        for key, nodes in wanting.items():
            if unique and (len(nodes) > 1 or len(by_key[key]) > 1):
                continue
            for node, twin in zip(nodes, by_key[key], strict=False):
                twins[node.id] = twin
        taken = {twin.id for twin in twins.values()}
        left[:] = [node for node in left if node.id not in twins]
        right[:] = [node for node in right if node.id not in taken]

    take(lambda node: remembered.get(node.id), lambda node: node.id, unique=True)
    if same_instance:
        take(lambda node: node.id, lambda node: node.id, unique=True)
    if left and right:
        take(
            lambda node: _essence(row, node, resolve, queries, live=False),
            lambda node: _essence(row, node, None, queries, live=True),
            unique=False,
        )
    for names in row.pairing:
        if left and right:
            take(
                lambda node, names=names: _named(row, node, names, resolve, places[0]),
                lambda node, names=names: _named(row, node, names, None, places[1]),
                unique=True,
            )
    return Pairs(twins, tuple(right))


def _essence(
    row: Kind, node: Node, resolve: Resolve | None, queries: Queries, *, live: bool
) -> str | None:
    """Digest of what a part is, wherever it lies; None if it holds something that is yet to come."""
    if row.born and row.born.by:
        return None  # a part that only positions another one has no content of its own
    refs: dict[str, str | None] = {}
    for path, ref in node.refs.items():
        if ref is None or path in row.position:
            continue
        if is_query(node, path):
            refs[path] = queries.key(ref, body_of(node, path), live=live) or f"id {ref.id}"
            continue
        target = resolve(ref) if resolve else Live(ref.id)
        if not isinstance(target, Live):
            return None
        refs[path] = target.id
    fields = {
        field.path: node.fields.get(field.path, empty(node.kind, field.path))
        for field in row.fields
    }
    return digest((fields, refs))


def _named(
    row: Kind,
    node: Node,
    names: tuple[str, ...],
    resolve: Resolve | None,
    places: Mapping[str, Json],
) -> str | None:
    """The values a pass compares; None if one is missing."""
    values: list[Json] = []
    for name in names:
        value: Json
        if name == "@place":
            value = places.get(node.id)
        elif name in node.refs:
            value = _id(node.refs[name], resolve)
        else:
            value = node.fields.get(name)
        if value is None or value == "":
            return None
        values.append(value)
    return digest((row.name, values))


def _id(ref: Ref | None, resolve: Resolve | None) -> str | None:
    if ref is None or resolve is None:
        return ref.id if ref else None
    target = resolve(ref)
    return target.id if isinstance(target, Live) else None


def places_of(item: Node) -> Mapping[str, Json]:
    """Where each part lies that has a component telling so: id -> [layout, row, column]."""
    found: dict[str, Json] = {}
    for nodes in item.parts.values():
        for node in nodes:
            row = KINDS[node.kind]
            if row.place and row.born and row.born.by and (owner := node.refs.get(row.born.by)):
                found[owner.id] = [node.fields.get(name) for name in row.place]
    return found
