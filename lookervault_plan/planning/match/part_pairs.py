"""Pair the desired parts of an item with its live ones, in passes (design section 5.4)."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence

import msgspec

from lookervault_plan.content.node import Json, Node, Ref, digest
from lookervault_plan.content.normalise import body_of
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.text_links import may_link
from lookervault_plan.planning.references.targets import Live, Queries, Resolve, is_query

Key = Callable[[Node], Hashable | None]

#: positions that say nothing but the tab
NOWHERE: tuple[Mapping[str, Json], Mapping[str, Json]] = ({}, {})


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
    passes = _Passes(desired, live)
    is_edge = bool(desired and KINDS[desired[0].kind].target_kind)
    if not is_edge:  # an edge is what it points to, whatever it was
        passes.take(lambda node: remembered.get(node.id), lambda node: node.id)
    if same_instance and not is_edge:
        passes.take(lambda node: node.id, lambda node: node.id)
    # Equal ones stay where they are before they are taken for moved.
    for where in (places, NOWHERE, None):
        passes.take(
            lambda node, where=where: _essence(
                node, resolve, queries, live=False, where=where and where[0]
            ),
            lambda node, where=where: _essence(
                node, None, queries, live=True, where=where and where[1]
            ),
            unique=False,
        )
    # Half-built ones: texts with links are written last, when what they link to is there.
    for where in (places, None):
        passes.take(
            lambda node, where=where: _essence(
                _before_links(node), resolve, queries, live=False, where=where and where[0]
            ),
            lambda node, where=where: _essence(
                node, None, queries, live=True, where=where and where[1]
            ),
            unique=False,
        )
    for names in KINDS[desired[0].kind].part.pairing if desired else ():
        passes.take(
            lambda node, names=names: _named(node, names, resolve, places[0]),
            lambda node, names=names: _named(node, names, None, places[1]),
        )
    return Pairs(passes.twins, tuple(passes.live))


class _Passes:
    """What is left of both sides, and the twins found so far."""

    def __init__(self, desired: Sequence[Node], live: Sequence[Node]) -> None:
        self.desired: list[Node] = list(desired)
        self.live: list[Node] = list(live)
        self.twins: dict[str, Node] = {}

    def take(self, mine: Key, theirs: Key, *, unique: bool = True) -> None:
        """Pair what has the same key; `unique`: only where one of each side has it."""
        if not self.desired or not self.live:
            return
        wanting, offered = _grouped(self.desired, mine), _grouped(self.live, theirs)
        for key, nodes in wanting.items():
            twins = offered.get(key, [])
            if not unique or len(nodes) == len(twins) == 1:
                self.twins.update((node.id, twin) for node, twin in zip(nodes, twins, strict=False))
        taken = {twin.id for twin in self.twins.values()}
        self.desired = [node for node in self.desired if node.id not in self.twins]
        self.live = [node for node in self.live if node.id not in taken]


def _grouped(nodes: Sequence[Node], key_of: Key) -> Mapping[Hashable, list[Node]]:
    groups: dict[Hashable, list[Node]] = defaultdict(list)
    for node in nodes:
        if (key := key_of(node)) is not None:
            groups[key].append(node)
    return groups


def _before_links(node: Node) -> Node:
    """The node without its texts that link to something."""
    row = KINDS[node.kind]
    fields = {
        path: value
        for path, value in node.fields.items()
        if not (row.field(path).holds_links and may_link(value))
    }
    return node if len(fields) == len(node.fields) else msgspec.structs.replace(node, fields=fields)


def _essence(
    node: Node,
    resolve: Resolve | None,
    queries: Queries,
    *,
    live: bool,
    where: Mapping[str, Json] | None,
) -> str | None:
    """Digest of what a part is; None if it holds what is yet to come.

    `where` has the places of parts by id: then the digest is also of where it lies.
    """
    row = KINDS[node.kind]
    if row.part.auto_created and row.part.auto_created.owner_ref:
        return None  # a part that only positions another one has no content of its own
    refs: dict[str, str | None] = {}
    for path, ref in node.refs.items():
        if ref is None or (where is None and path in row.part.position_refs):
            continue
        if is_query(node, path):
            refs[path] = queries.key(ref, body_of(node, path), live=live) or f"id {ref.id}"
            continue
        target = resolve(ref) if resolve else Live(ref.id)
        if not isinstance(target, Live):
            return None
        refs[path] = target.id
    # What is empty in its normal form, null or false, is the same as absent.
    fields = {
        path: value
        for path, value in node.fields.items()
        if value is not None and value is not False and not row.field(path).orders_kind
    }
    return digest((fields, refs, where.get(node.id) if where is not None else None))


def _named(
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
    return digest(values)


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
            if (
                row.part.place_fields
                and row.part.auto_created
                and row.part.auto_created.owner_ref
                and (owner := node.refs.get(row.part.auto_created.owner_ref))
            ):
                found[owner.id] = [node.fields.get(name) for name in row.part.place_fields]
    return found
