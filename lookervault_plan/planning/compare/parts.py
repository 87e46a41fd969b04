"""What becomes of an item's parts: created, updated, deleted, kept or left out."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from lookervault_plan.content.node import Address, Json, Node, Ref, own_digest
from lookervault_plan.content.table.kinds import KINDS, LISTED
from lookervault_plan.plan_file import Change, PartAction, Parts, PlanReference
from lookervault_plan.planning.compare.diff import Policy, compare
from lookervault_plan.planning.compare.part_order import arrange
from lookervault_plan.planning.match.part_pairs import pair, places_of
from lookervault_plan.planning.references.targets import (
    Live,
    Lost,
    New,
    Queries,
    Resolve,
    Target,
    is_query,
)

Translate = Callable[[Node, Resolve], Node]


class PartsPlan(msgspec.Struct, frozen=True):
    """The collections of one item, and what its parts refer to."""

    parts: Mapping[str, Parts]
    references: tuple[PlanReference, ...]
    #: items that must exist first
    needs: frozenset[Address]
    #: `alerts/7:investigative_content_id` -> an item to come that can wait
    soft: Mapping[str, Address]
    #: of the item itself: the order of its parts
    changes: tuple[Change, ...] = ()
    #: what becomes of those that other items list by id
    listed: Mapping[Ref, Target] = {}


def plan_parts(
    desired: Node,
    live: Node | None,
    *,
    remembered: Mapping[tuple[str, str], str],
    same_instance: bool,
    resolve: Resolve,
    translate: Translate,
    queries: Queries,
    policy: Policy,
    soft: Resolve | None = None,
    lacking: Callable[[Node], str] = lambda _: "",
    names: Callable[[Ref, bool], str] = lambda ref, _: ref.id,
    has_already: Callable[[str, Node], bool] = lambda _, __: False,
    recreates: bool = False,
) -> PartsPlan:
    """Plan every collection that the backup holds, in the row's order.

    `live` is None for an item that is created. `remembered` maps (part kind, source id) to live
    ids; `translate` rewrites links in a part's text; `soft` resolves items that can wait; `lacking`
    says what a part needs that is not content and that the destination has not got; `names` gives
    the name of what an edge points to, of a live item if told so; `has_already` whether an edge
    that only adds is in effect. With `recreates` all unchanged parts are kept: one may have to be
    made anew.
    """
    planner = _Parts(
        desired,
        live,
        remembered=remembered,
        same_instance=same_instance,
        resolve=resolve,
        translate=translate,
        queries=queries,
        policy=policy,
        soft=soft or resolve,
        lacking=lacking,
        names=names,
        has_already=has_already,
        recreates=recreates,
    )
    row = KINDS[desired.kind]
    parts = {
        collection.name: planner.collection(collection.name, collection.kind)
        for collection in row.item.collections
        if collection.name in desired.parts
    }
    changes = planner.arrange(parts)
    parts = {
        name: msgspec.structs.replace(plan, keep=planner.kept(name)) for name, plan in parts.items()
    }
    return PartsPlan(
        {name: plan for name, plan in parts.items() if plan != Parts()},
        tuple(planner.references),
        frozenset(planner.needs),
        planner.soft,
        changes,
        {ref: target for ref, target in planner.targets.items() if ref.kind in LISTED},
    )


def _alerts(node: Node) -> int:
    """How many alerts are on a live part."""
    count = node.raw.get(KINDS[node.kind].part.alert_count_field or "")
    return count if isinstance(count, int) else 0


class _Parts:
    def __init__(
        self,
        desired: Node,
        live: Node | None,
        *,
        remembered: Mapping[tuple[str, str], str],
        same_instance: bool,
        resolve: Resolve,
        translate: Translate,
        queries: Queries,
        policy: Policy,
        soft: Resolve,
        lacking: Callable[[Node], str],
        names: Callable[[Ref, bool], str],
        has_already: Callable[[str, Node], bool],
        recreates: bool,
    ) -> None:
        self.desired: Node = desired
        self.live: Node | None = live
        self.remembered: Mapping[tuple[str, str], str] = remembered
        self.same_instance: bool = same_instance
        self.outer: Resolve = resolve
        self.outer_soft: Resolve = soft
        self.translate: Translate = translate
        self.queries: Queries = queries
        self.policy: Policy = policy
        self.lacking: Callable[[Node], str] = lacking
        self.names: Callable[[Ref, bool], str] = names
        self.recreates: bool = recreates
        self.has_already: Callable[[str, Node], bool] = has_already
        theirs: Mapping[str, Json] = places_of(live) if live else {}
        self.places: tuple[Mapping[str, Json], Mapping[str, Json]] = (places_of(desired), theirs)
        self.targets: dict[Ref, Target] = {}
        self.used: set[Ref] = set()
        self.unchanged: dict[Ref, PartAction] = {}
        self.references: list[PlanReference] = []
        self.needs: set[Address] = set()
        self.soft: dict[str, Address] = {}
        #: live parts that are deleted
        self.gone: set[Ref] = set()

    def resolve(self, ref: Ref) -> Target:
        """Parts of this item first, then items."""
        if ref.kind in KINDS and KINDS[ref.kind].is_part:
            return self.targets.get(ref) or Lost(ref)
        return self.outer(ref)

    def resolve_soft(self, ref: Ref) -> Target:
        """As `resolve`, but other items are not decided first."""
        return self.resolve(ref) if KINDS[ref.kind].is_part else self.outer_soft(ref)

    def collection(self, name: str, kind: str) -> Parts:
        desired = [self.translate(node, self.resolve) for node in self.desired.parts[name]]
        live = self.live.parts.get(name, ()) if self.live else ()
        pairs = pair(
            desired,
            live,
            remembered={key: id_ for (of, key), id_ in self.remembered.items() if of == kind},
            same_instance=self.same_instance,
            resolve=self.resolve,
            queries=self.queries,
            places=self.places,
        )
        only_adds = name in self.desired.partial
        create: list[PartAction] = []
        update: list[PartAction] = []
        blocked: list[PartAction] = []
        # Siblings may refer to each other (layout groups), so ids are known before comparing.
        for node in desired:
            if twin := pairs.twins.get(node.id):
                self.targets[node.ref] = Live(twin.id)
        for node in desired:
            twin = pairs.twins.get(node.id)
            if twin is not None:
                self._compare(node, twin, update, name)
            elif reason := self._missing(node):
                self.targets[node.ref] = Lost(node.ref)
                if KINDS[kind].target_kind or KINDS[kind].dropped_with_target:
                    self._refer(node, name, None)
                    continue
                # What only positions another part is left out silently with it.
                if KINDS[kind].creatable:
                    blocked.append(PartAction(key=node.id, title=node.name, reason=reason))
            elif self._comes(node) and not (only_adds and self.has_already(name, node)):
                self.targets[node.ref] = New(f"{name}/{node.id}")
                self._refer(node, name, None)
                if self._is_so_at_birth(name, node):
                    continue
                create.append(
                    PartAction(key=node.id, title=self._title(node), to=self._end(node, live=False))
                )
        delete = [
            PartAction(
                live_id=node.id,
                title=self._title(node, live=True),
                to=self._end(node, live=True),
                live_digest=own_digest(node),
                alerts=_alerts(node),
            )
            for node in pairs.unwanted
            if KINDS[kind].deletable and not only_adds and not self._dies(node)
        ]
        self.gone.update(Ref(kind, entry.live_id or "") for entry in delete)
        return Parts(
            create=tuple(create),
            update=tuple(update),
            delete=tuple(delete),
            blocked=tuple(blocked),
            live={node.id: own_digest(node) for node in live},
        )

    def _title(self, node: Node, *, live: bool = False) -> str:
        """What people call a part: an edge by what it points to."""
        ends = (ref for ref in node.refs.values() if ref is not None and KINDS[ref.kind].is_item)
        end = next(ends, None)
        return node.name or (self.names(end, live) if end else "")

    def _dies(self, node: Node) -> bool:
        """Whether an unwanted live part goes with another one that is deleted."""
        return node.refs.get(KINDS[node.kind].part.deleted_with_ref or "") in self.gone

    def _end(self, node: Node, *, live: bool) -> str | None:
        """What an edge points to, by its address in the destination if it is there."""
        for ref in node.refs.values():
            is_end = KINDS[node.kind].target_kind or KINDS[node.kind].dropped_with_target
            if ref is not None and is_end and KINDS[ref.kind].is_item:
                target = Live(ref.id) if live else self.resolve(ref)
                return f"{ref.kind}:{target.id}" if isinstance(target, Live) else None
        return None

    def kept(self, name: str) -> tuple[PartAction, ...]:
        """Unchanged parts of a collection that a step refers to."""
        return tuple(
            msgspec.structs.replace(self.unchanged[node.ref], live_digest=None)
            for node in self.desired.parts[name]
            if (self.recreates or node.ref in self.used) and node.ref in self.unchanged
        )

    def arrange(self, parts: dict[str, Parts]) -> tuple[Change, ...]:
        """Add the orders that have to be written; those of the item itself."""
        changes: list[Change] = []
        names = {node.ref: name for name, nodes in self.desired.parts.items() for node in nodes}
        for found in arrange(self.desired, self.live, self.targets):
            self.used.update(found.parts)
            if found.holder is self.desired:
                changes.append(found.change)
                continue
            ref = found.holder.ref
            plan = parts[names[ref]]
            mine = self.unchanged.pop(ref, None)
            entries = plan.update if mine is None else (*plan.update, mine)
            parts[names[ref]] = msgspec.structs.replace(
                plan,
                create=_with(plan.create, ref.id, found.change),
                update=_with(entries, ref.id, found.change),
            )
        return tuple(changes)

    def _compare(self, node: Node, twin: Node, update: list[PartAction], name: str) -> None:
        found = compare(
            node,
            twin,
            resolve=self.resolve,
            queries=self.queries,
            policy=self.policy,
            soft=self.resolve_soft,
        )
        for path in found.lost:
            ref = node.refs[path]
            self.references.append(
                PlanReference(path=path, from_=ref.address if ref else "", part=f"{name}/{node.id}")
            )
        if not found.changes:
            self.unchanged[node.ref] = PartAction(
                key=node.id, title=node.name, live_id=twin.id, live_digest=own_digest(twin)
            )
            return
        heads = frozenset(change.path for change in found.changes)
        self._refer(node, name, None if found.is_whole else heads)
        update.append(
            PartAction(
                key=node.id,
                title=node.name,
                live_id=twin.id,
                changes=found.changes,
                live_digest=own_digest(twin),
                kept=found.kept,
            )
        )

    def _missing(self, node: Node) -> str:
        """Why a part can't be created, or ""."""
        for path, ref in node.refs.items():
            if ref is None or not KINDS[node.kind].reference(path).is_hard:
                continue
            if isinstance(self._target(node, path, ref), Lost):
                if is_query(node, path):
                    return f"the backup does not hold {ref.kind.replace('_', ' ')} {ref.id}"
                return f"{ref.address} is neither in the destination nor in this plan"
        return self.lacking(node)

    def _comes(self, node: Node) -> bool:
        """Whether it can be created, or comes with something this plan creates."""
        row = KINDS[node.kind]
        if row.creatable:
            return True
        if row.part.auto_created and not row.part.auto_created.owner_kind:
            return self.live is None
        owner = (
            node.refs.get(row.part.auto_created.owner_ref)
            if row.part.auto_created and row.part.auto_created.owner_ref
            else None
        )
        return owner is not None and isinstance(self.targets.get(owner), New)

    def _is_so_at_birth(self, name: str, node: Node) -> bool:
        """Whether a part that comes with its item is as it is wanted then."""
        collections = KINDS[self.desired.kind].item.collections
        at_birth = next(each.at_birth for each in collections if each.name == name)
        return at_birth is not None and dict(node.fields) == dict(at_birth)

    def _target(self, node: Node, path: str, ref: Ref) -> Target:
        if is_query(node, path):
            return self.queries.target(node, path, ref)
        is_hard = KINDS[node.kind].reference(path).is_hard
        return self.resolve(ref) if is_hard else self.resolve_soft(ref)

    def _refer(self, node: Node, name: str, paths: frozenset[str] | None) -> None:
        """Note what a part's steps need: kept parts, new items, dropped references."""
        for path, ref in node.refs.items():
            if ref is None or (paths is not None and path not in paths):
                continue
            self.used.add(ref)
            target = self._target(node, path, ref)
            where = f"{name}/{node.id}"
            if isinstance(target, New) and ref.kind in KINDS and KINDS[ref.kind].is_item:
                if KINDS[node.kind].reference(path).is_hard:
                    self.needs.add(Address(target.address))
                elif ref != self.desired.ref:  # its own parts come after it anyway
                    self.soft[f"{where}:{path}"] = Address(target.address)
            elif isinstance(target, Lost):
                self.references.append(PlanReference(path=path, from_=ref.address, part=where))


def _with(entries: tuple[PartAction, ...], key: str, change: Change) -> tuple[PartAction, ...]:
    return tuple(
        msgspec.structs.replace(entry, changes=(*entry.changes, change))
        if entry.key == key
        else entry
        for entry in entries
    )


def queries_wanted(desired: Node, parts: Mapping[str, Parts]) -> Iterator[tuple[Node, str]]:
    """(part, reference path) of every query that a created or updated part points to."""
    for name, plan in parts.items():
        touched = {part.key for part in (*plan.create, *plan.update)}
        for node in desired.parts.get(name, ()):
            if node.id in touched:
                for path, ref in node.refs.items():
                    if ref is not None and is_query(node, path):
                        yield node, path
