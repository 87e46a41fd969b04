"""Decide on an item's parts: create, update, delete, keep or block each."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from lookervault_plan.content.node import (
    Address,
    DesiredNode,
    Id,
    LiveId,
    LiveNode,
    LiveRef,
    Node,
    Ref,
    SourceId,
    SourceRef,
)
from lookervault_plan.content.sibling_names import sibling_names, without_names
from lookervault_plan.content.table.kinds import KINDS, LISTED
from lookervault_plan.content.table.rows.access import INHERITS, LIST
from lookervault_plan.content.validate import own_problems
from lookervault_plan.plan_file import LISTENS_TO, Change, PartAction, Parts, PlanReference
from lookervault_plan.planning.compare.diff import compare
from lookervault_plan.planning.compare.order_changes import order_changes
from lookervault_plan.planning.context import Context
from lookervault_plan.planning.match.part_pairs import Pairs, Places, pair, places_of
from lookervault_plan.planning.match.twins import Ambiguous
from lookervault_plan.planning.references.missing import missing_external_names
from lookervault_plan.planning.references.queries import is_query
from lookervault_plan.planning.references.resolve import Live, Missing, New, Target, live_target
from lookervault_plan.planning.words import quoted

#: Why a part without a pair is not created if Looker shows only some of the live ones.
_MAY_BE_HIDDEN = "it may be there already: the API user does not see all of them"
#: live parts that a reason names
_STAYING_SHOWN = 5


class LostNames(msgspec.Struct, frozen=True):
    """Names of siblings that a part holds and its item will lack."""

    collection: str
    part: DesiredNode
    names: tuple[str, ...]
    #: True: the plan leaves them out, since Looker refuses them.
    is_left_out: bool


class PartsPlan(msgspec.Struct, frozen=True):
    """The collections of one item, and what their steps need."""

    parts: Mapping[str, Parts]
    references: tuple[PlanReference, ...]
    #: Items that must exist first.
    needs: frozenset[Address]
    #: Path of a soft reference (`alerts/7:investigative_content_id`) -> item that the plan creates.
    soft_needs: Mapping[str, Address]
    #: Changes of the item itself: orders of its parts.
    changes: tuple[Change, ...] = ()
    #: Desired part -> id of its live twin.
    twins: Mapping[SourceRef, LiveId] = {}
    #: Targets of the parts that other items list by id.
    listed: Mapping[SourceRef, Target] = {}
    #: New parts that the backup places in a further layout, too. Their place there is left out.
    unplaced: tuple[SourceRef, ...] = ()
    lost_names: tuple[LostNames, ...] = ()

    @property
    def writes(self) -> bool:
        """Say whether any part is created, updated or deleted."""
        return any(part.create or part.update or part.delete for part in self.parts.values())

    @property
    def differs(self) -> bool:
        """Say whether anything is written, or a live part stays that the backup lacks."""
        return (
            bool(self.changes) or self.writes or any(part.surplus for part in self.parts.values())
        )


def plan_parts(
    desired: DesiredNode,
    live: LiveNode | None,
    context: Context,
    translate: Callable[[DesiredNode], DesiredNode],
    *,
    live_digests: Mapping[LiveRef, str],
    removed_in_source: Container[LiveRef] = (),
) -> PartsPlan:
    """Plan every collection that the backup holds, in the row's order.

    `live` is None for an item that is created. `translate` rewrites the links of a part.
    `live_digests` has the content digests of the live parts. `removed_in_source` has the live parts
    whose pairs the backup held when both sides last agreed.
    """
    planner = _PartsPlanner(desired, live, context, translate, live_digests)
    planner.removed_in_source = removed_in_source
    row = KINDS[desired.kind]
    parts = {
        collection.name: planner.collection(collection.name, collection.kind)
        for collection in row.item.collections
        if collection.name in desired.parts
    }
    changes = planner.order(parts)
    parts = {name: replace(plan, keep=planner.kept(name)) for name, plan in parts.items()}
    return PartsPlan(
        {name: plan for name, plan in parts.items() if plan != Parts()},
        tuple(planner.references),
        frozenset(planner.needs),
        planner.soft_needs,
        changes,
        {ref: target.id for ref, target in planner.targets.items() if isinstance(target, Live)},
        planner.listed(),
        tuple(planner.unplaced),
        tuple(planner.lost_names),
    )


def listed_targets(
    desired: DesiredNode, live: LiveNode, context: Context, live_digests: Mapping[LiveRef, str]
) -> Mapping[SourceRef, Target]:
    """Give the targets of the parts that other items list by id. Plan no other parts."""
    planner = _PartsPlanner(desired, live, context, _as_it_is, live_digests)
    for collection in KINDS[desired.kind].item.collections:
        if collection.kind in LISTED and collection.name in desired.parts:
            _ = planner.collection(collection.name, collection.kind)
    return planner.listed()


def _as_it_is(part: DesiredNode) -> DesiredNode:
    return part


def _with_staying(blocked: Sequence[PartAction], staying: Sequence[str]) -> Iterator[PartAction]:
    """Name the live parts that stay, since one of them may be meant."""
    named = ", ".join(staying[:_STAYING_SHOWN])
    more = f" and {len(staying) - _STAYING_SHOWN} more" if staying[_STAYING_SHOWN:] else ""
    for entry in blocked:
        if staying and entry.live_id is None:
            words = f"; {named}{more} may be meant, and nothing is removed for it"
            yield replace(entry, reason=entry.reason + words)
        else:
            yield entry


def _alerts(node: LiveNode) -> int:
    """Count the alerts on a live part."""
    count = node.raw.get(KINDS[node.kind].part.alert_count_field or "")
    return count if isinstance(count, int) else 0


def _title(node: Node[Id], name_of: Callable[[Ref[Id]], str]) -> str:
    """Name a part for people. A membership has the name of its target."""
    targets = (ref for ref in node.refs.values() if ref is not None and KINDS[ref.kind].is_item)
    target = next(targets, None)
    return node.name or (name_of(target) if target else "")


def _membership_target(node: Node[Id], resolve: Callable[[Ref[Id]], Target]) -> str | None:
    """Return the live address of a membership's or access entry's target. None: not live."""
    if not KINDS[node.kind].dropped_with_target:
        return None
    for ref in node.refs.values():
        if ref is not None and KINDS[ref.kind].is_item:
            target = resolve(ref)
            return f"{ref.kind}:{target.id}" if isinstance(target, Live) else None
    return None


class _Siblings:
    """Resolves references of the parts of one item. Knows no planner, so that both are let go."""

    def __init__(self, context: Context) -> None:
        self._context = context
        #: Desired part -> what it means in the destination.
        self.targets: dict[SourceRef, Target] = {}

    def resolve(self, ref: SourceRef) -> Target:
        """Resolve a reference to a part of the item, or to another item."""
        if ref.kind in KINDS and KINDS[ref.kind].is_part:
            return self.targets.get(ref) or Missing(ref)
        return self._context.resolve(ref)

    def resolve_soft(self, ref: SourceRef) -> Target:
        """Resolve a soft reference. Don't decide another item for it."""
        return self.resolve(ref) if KINDS[ref.kind].is_part else self._context.resolve_soft(ref)


class _PartsPlanner:
    """Plans the collections of one item. Later collections refer to parts of earlier ones."""

    def __init__(
        self,
        desired: DesiredNode,
        live: LiveNode | None,
        context: Context,
        translate: Callable[[DesiredNode], DesiredNode],
        live_digests: Mapping[LiveRef, str],
    ) -> None:
        self.desired = desired
        self.live = live
        self.outer = context
        siblings = _Siblings(context)
        #: resolves parts of this item too
        self.context = replace(
            context, resolve=siblings.resolve, resolve_soft=siblings.resolve_soft
        )
        self.translate = translate
        self.live_digests = live_digests
        self.remembered = context.inputs.remembered.get(desired.address, {})
        back = context.inputs.paired_before.get(desired.address, {})
        #: (part kind, source id) -> live id
        self.paired_before: Mapping[tuple[str, SourceId], LiveId] = {**back, **self.remembered}
        live_places: Places[LiveId] = places_of(live) if live else Places()
        self.places = (places_of(desired), live_places)
        #: Desired part -> what it means in the destination.
        self.targets = siblings.targets
        #: Items and parts that steps refer to.
        self.used: set[SourceRef] = set()
        #: Parts without changes, and blocked parts that have a live twin.
        self.unchanged: dict[SourceRef, PartAction] = {}
        #: References to missing targets.
        self.references: list[PlanReference] = []
        self.needs: set[Address] = set()
        self.soft_needs: dict[str, Address] = {}
        #: New parts that the backup places in a further layout, too.
        self.unplaced: list[SourceRef] = []
        self.lost_names: list[LostNames] = []
        #: Live parts that are deleted.
        self.deleted: set[LiveRef] = set()
        #: Ids of live parts that stay though no desired part is their pair.
        self.staying: set[LiveId] = set()
        #: Desired parts that Looker would refuse, and that have no pair.
        self.odd: set[SourceRef] = set()
        #: Live parts that a plan can account for: their pairs are gone from the source.
        self.removed_in_source: Container[LiveRef] = ()
        #: True: the plan lets the access list inherit, which deletes its entries.
        self.inherits_again = False

    def listed(self) -> Mapping[SourceRef, Target]:
        """Give the targets of the parts that other items list by id."""
        return {ref: target for ref, target in self.targets.items() if ref.kind in LISTED}

    def collection(self, name: str, kind: str) -> Parts:
        desired = [self.translate(node) for node in self.desired.parts[name]]
        live = self.live.parts.get(name, ()) if self.live else ()
        pairs = pair(
            desired,
            live,
            self.context,
            remembered={key: id_ for (of, key), id_ in self.paired_before.items() if of == kind},
            places=self.places,
        )
        # Siblings may refer to each other (layout groups), so all ids must be known first.
        for node in desired:
            if twin := pairs.twins.get(node.id):
                self.targets[node.ref] = Live(twin.id)
        desired = [
            self._without_lost_names(name, node, pairs.twins.get(node.id)) for node in desired
        ]
        wanted, unresolved = self._wanted(name, desired, pairs)
        self._note_list(name, wanted.update)
        plan, staying = self._left_over(name, wanted, pairs, unresolved)
        unknown = {node.id for node in unresolved if self._is_unknown(node)}
        blocked = [entry for entry in plan.blocked if staying or entry.key not in unknown]
        return replace(
            plan,
            blocked=tuple(_with_staying(blocked, staying)),
            live={node.id: self.live_digests[node.ref] for node in live},
        )

    def _wanted(
        self, name: str, desired: Sequence[DesiredNode], pairs: Pairs
    ) -> tuple[Parts, Sequence[DesiredNode]]:
        """Plan the desired parts. List those that have no target, too."""
        only_adds = name in self.desired.partial
        create: list[PartAction] = []
        update: list[PartAction] = []
        blocked: list[PartAction] = []
        unresolved: list[DesiredNode] = []
        odd = self._problems(desired, pairs)
        for node in desired:
            twin = pairs.twins.get(node.id)
            if node.id in odd:
                blocked.append(self._blocked(node, twin, odd[node.id]))
                if twin is None:
                    unresolved.append(node)
                    self.odd.add(node.ref)
            elif twin is not None:
                self._compare(node, twin, update, name)
                blocked += self._unmakeable_query(node, twin)
            elif reason := self._missing(node):
                left_out = tuple(self._leave_out(name, node, reason))
                blocked += left_out
                unresolved += [node] * len(left_out)
            elif self._is_created(node) and not (only_adds and self._is_in_effect(name, node)):
                if self.live is not None and name in self.live.partial:
                    blocked.append(self._blocked(node, None, _MAY_BE_HIDDEN))
                else:
                    create += self._create(name, node)
        parts = Parts(create=tuple(create), update=tuple(update), blocked=tuple(blocked))
        return parts, unresolved

    def _is_unknown(self, member: DesiredNode) -> bool:
        """Say whether not even the backup holds the target of a member, so that none can be told.

        Such a member is left out with a warning.
        """
        return KINDS[member.kind].dropped_with_target and not any(
            ref in self.outer.inputs.desired
            for ref in member.refs.values()
            if ref is not None and KINDS[ref.kind].is_item
        )

    def _left_over(
        self, name: str, wanted: Parts, pairs: Pairs, unresolved: Sequence[DesiredNode]
    ) -> tuple[Parts, Sequence[str]]:
        """Plan the live parts without a pair. Name those that an unresolved part may mean, too."""
        delete: list[PartAction] = []
        surplus: list[PartAction] = []
        staying: list[str] = []
        is_partial = name in self.desired.partial
        for node in pairs.surplus:
            if is_partial or not KINDS[node.kind].deletable or self._is_deleted_with_owner(node):
                continue
            entry = self._surplus_entry(node)
            if any(self._may_be(node, each) for each in unresolved):
                staying.append(entry.title or node.id)
                self.staying.add(node.id)
            elif self._is_made_there(node) or self._is_add_only(name):
                surplus.append(entry)
                self.staying.add(node.id)
            elif held := self._part_made_there(node):
                surplus.append(replace(entry, reason=f"{held}, made in the destination, is in it"))
                self.staying.add(node.id)
            else:
                delete.append(entry)
                self.deleted.add(node.ref)
        return replace(wanted, delete=tuple(delete), surplus=tuple(surplus)), staying

    def _is_add_only(self, name: str) -> bool:
        """Say whether the config file lets a collection lose no member."""
        return self.outer.inputs.not_managed.is_add_only(self.desired.kind, name)

    def _surplus_entry(self, node: LiveNode) -> PartAction:
        return PartAction(
            live_id=node.id,
            title=_title(node, self.context.live_described),
            to=_membership_target(node, live_target),
            live_digest=self.live_digests[node.ref],
            alerts=_alerts(node),
        )

    def _may_be(self, live: LiveNode, unresolved: DesiredNode) -> bool:
        """Say whether a surplus live part may be the twin of a desired one without a target."""
        paths = [
            path
            for path, ref in unresolved.refs.items()
            if ref is not None
            and KINDS[ref.kind].is_item
            and isinstance(self._target(unresolved, path, ref), Missing)
        ]
        # One that the backup does not hold as Looker writes it may be any live part.
        if not paths or unresolved.ref in self.odd:
            return True
        return any(
            have in self._candidates(unresolved, path) or not self.outer.is_claimed(have)
            for path in paths
            if (have := live.refs.get(path)) is not None
        )

    def _candidates(self, unresolved: DesiredNode, path: str) -> tuple[LiveRef, ...]:
        """List the live items that an ambiguous target may be."""
        ref = unresolved.refs.get(path)
        found = self.outer.inputs.matches.by_ref.get(ref) if ref else None
        return found.candidates if isinstance(found, Ambiguous) else ()

    def _is_made_there(self, node: LiveNode) -> bool:
        """Say whether a surplus live part stays, since no session of ours made it."""
        if not self.outer.inputs.keeps_surplus or node.ref in self.removed_in_source:
            return False
        is_half_made = self.live is not None and self.outer.inputs.completes(
            self.desired.ref, self.live.ref
        )
        if KINDS[node.kind].is_access_entry and (self.inherits_again or is_half_made):
            return False  # of an item that a session did not finish, Looker has copied it
        made = {id_ for (kind, _), id_ in self.remembered.items() if kind == node.kind}
        return node.id not in made

    def _part_made_there(self, place: LiveNode) -> str:
        """Name a part that the destination's own people put into a tab or section; "" if none."""
        inside = self.places[1].inside
        for part in self.live.with_parts() if self.live else ():
            row = KINDS[part.kind].part
            where = [part.refs.get(path) for path in row.position_refs]
            is_in_it = place.ref in where or (bool(where) and inside.get(part.id) == place.ref)
            if is_in_it and KINDS[part.kind].deletable and self._is_made_there(part):
                return quoted(_title(part, self.context.live_described) or part.id)
        return ""

    def _note_list(self, name: str, update: Sequence[PartAction]) -> None:
        """Note that an access list inherits again: Looker deletes its entries then."""
        if name == LIST and any(
            change.path == INHERITS and change.after for entry in update for change in entry.changes
        ):
            self.inherits_again = True

    def _is_deleted_with_owner(self, node: LiveNode) -> bool:
        """Say whether Looker deletes a surplus live part together with another one."""
        return node.refs.get(KINDS[node.kind].part.deleted_with_ref or "") in self.deleted

    def kept(self, name: str) -> tuple[PartAction, ...]:
        """List the unchanged parts that a step refers to, or all if apply may recreate parts."""
        return tuple(
            replace(self.unchanged[node.ref], live_digest=None)
            for node in self.desired.parts[name]
            if (self.context.inputs.recreates or node.ref in self.used)
            and node.ref in self.unchanged
        )

    def order(self, parts: dict[str, Parts]) -> tuple[Change, ...]:
        """Add order changes to `parts`. Return the changes of orders that the item itself holds."""
        changes: list[Change] = []
        names = {node.ref: name for name, nodes in self.desired.parts.items() for node in nodes}
        for found in order_changes(self.desired, self.live, self.targets, self.staying):
            self.used.update(found.parts)
            if found.holder is self.desired:
                changes.append(found.change)
                continue
            ref = found.holder.ref
            plan = parts[names[ref]]
            unchanged = self.unchanged.pop(ref, None)
            entries = plan.update if unchanged is None else (*plan.update, unchanged)
            parts[names[ref]] = replace(
                plan,
                create=_with(plan.create, ref.id, found.change),
                update=_with(entries, ref.id, found.change),
            )
        return tuple(changes)

    def _compare(
        self, node: DesiredNode, twin: LiveNode, update: list[PartAction], name: str
    ) -> None:
        found = compare(node, twin, self.context)
        for path in found.missing:
            ref = node.refs[path]
            self.references.append(
                PlanReference(path=path, from_=ref.address if ref else "", part=f"{name}/{node.id}")
            )
        if not found.changes:
            self.unchanged[node.ref] = self._kept(node, twin)
            return
        heads = frozenset(change.path for change in found.changes)
        self._refer(node, name, None if found.is_whole else heads)
        update.append(
            PartAction(
                key=node.id,
                title=node.name,
                live_id=twin.id,
                changes=found.changes,
                live_digest=self.live_digests[twin.ref],
                kept=found.kept,
            )
        )

    def _blocked(self, node: DesiredNode, twin: LiveNode | None, reason: str) -> PartAction:
        """Block a part. A live twin stays as it is, and other parts may refer to it."""
        if twin is None:
            self.targets[node.ref] = Missing(node.ref)
        else:
            self.unchanged[node.ref] = self._kept(node, twin)
        return PartAction(key=node.id, title=_title(node, self.context.name_of), reason=reason)

    def _kept(self, node: DesiredNode, twin: LiveNode) -> PartAction:
        digest = self.live_digests[twin.ref]
        return PartAction(key=node.id, title=node.name, live_id=twin.id, live_digest=digest)

    def _leave_out(self, name: str, node: DesiredNode, reason: str) -> Iterator[PartAction]:
        """Leave out a part whose hard reference has no target."""
        self.targets[node.ref] = Missing(node.ref)
        if KINDS[node.kind].dropped_with_target:
            self._refer(node, name, None)
        # A part that only positions another one is left out silently with it.
        if KINDS[node.kind].creatable:
            title = _title(node, self.context.name_of)
            yield PartAction(key=node.id, title=title, reason=reason)

    def _create(self, name: str, node: DesiredNode) -> Iterator[PartAction]:
        """Create a part, unless Looker creates it just as the backup has it."""
        self.targets[node.ref] = New(f"{name}/{node.id}")
        self._refer(node, name, None)
        if not self._is_created_correctly_by_looker(name, node):
            yield PartAction(
                key=node.id,
                title=_title(node, self.context.name_of),
                to=_membership_target(node, self.context.resolve),
            )

    def _problems(self, desired: Sequence[DesiredNode], pairs: Pairs) -> Mapping[str, str]:
        """Map each part that Looker would refuse to the reason."""
        if not self.context.inputs.validates:
            return {}
        found = {
            node.id: "; ".join(own_problems(node.kind, node.raw, is_new=node.id not in pairs.twins))
            for node in desired
        }
        return {key: reason for key, reason in found.items() if reason}

    def _missing(self, node: DesiredNode) -> str:
        """Say why a part can't be created; "" if it can."""
        for path, ref in node.refs.items():
            if ref is None or not KINDS[node.kind].reference(path).is_hard:
                continue
            if isinstance(self._target(node, path, ref), Missing):
                if is_query(node, path):
                    if explore := self.context.queries.missing_explore(node, path):
                        return f"the destination has no explore {explore}"
                    return f"the backup does not hold {ref.kind.replace('_', ' ')} {ref.id}"
                what = self.outer.described(ref)
                return f"{what} is neither in the destination nor in this plan"
        return missing_external_names(node, self.context.inputs.outside)

    def _without_lost_names(
        self, name: str, node: DesiredNode, twin: LiveNode | None
    ) -> DesiredNode:
        """Leave out the names of siblings that the item will lack, unless the live part has them.

        A name that Looker takes all the same stays.
        """
        named = KINDS[node.kind].part.sibling_names
        lost = self._lost_names(node) if self.context.inputs.validates and named else ()
        if twin is not None:
            lost = [one for one in lost if one not in sibling_names(twin)]
        if named is None or not lost:
            return node
        self.lost_names.append(LostNames(name, node, tuple(lost), is_left_out=named.is_refused))
        if not named.is_refused:
            return node
        self.references += (
            PlanReference(path=LISTENS_TO, from_=f"{named.kind}:{one}", part=f"{name}/{node.id}")
            for one in lost
        )
        return without_names(node, lost)

    def _lost_names(self, node: DesiredNode) -> Sequence[str]:
        """List the names of siblings that the item will lack."""
        named = KINDS[node.kind].part.sibling_names
        wanted = sibling_names(node)
        collections = KINDS[self.desired.kind].item.collections
        if named is None or all(
            each.name not in self.desired.parts for each in collections if each.kind == named.kind
        ):
            return ()  # the backup does not say which ones the item has
        wanted_parts = [
            part
            for nodes in self.desired.parts.values()
            for part in nodes
            if part.kind == named.kind and not isinstance(self.targets.get(part.ref), Missing)
        ]
        live_parts = [
            part
            for nodes in (self.live.parts.values() if self.live else ())
            for part in nodes
            if part.kind == named.kind and part.ref not in self.deleted
        ]
        known = {
            str(part.fields.get(name))
            for part in (*wanted_parts, *live_parts)
            for name in named.names
        }
        return sorted(wanted - known)

    def _unmakeable_query(self, node: DesiredNode, twin: LiveNode) -> Iterator[PartAction]:
        """Block a live part whose query is to change and can't be made. Its query stays."""
        queries = self.context.queries
        for path in node.refs:
            is_changed = is_query(node, path) and queries.equal(node, twin, path) is False
            if is_changed and (explore := queries.missing_explore(node, path)):
                reason = f"its query stays as it is: the destination has no explore {explore}"
                yield PartAction(key=node.id, title=node.name, live_id=twin.id, reason=reason)

    def _is_created(self, node: DesiredNode) -> bool:
        """Say whether the plan creates a part, or Looker does with the part's owner."""
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
        if owner is None or not isinstance(self.targets.get(owner), New):
            return False
        if self._is_where_owner_is(node, owner):
            return True
        self.unplaced.append(owner)
        return False

    def _is_where_owner_is(self, node: DesiredNode, owner: SourceRef) -> bool:
        """Say whether a part that places a new one is in the layout that the new one names.

        Looker places a new tile in one layout only.
        """
        auto = KINDS[node.kind].part.auto_created
        scope = node.refs.get(auto.read_scope) if auto and auto.read_scope else None
        placed = next(
            (
                part.refs.get(path)
                for nodes in self.desired.parts.values()
                for part in nodes
                if part.ref == owner
                for path in KINDS[owner.kind].part.position_refs
            ),
            None,
        )
        return scope is None or scope == (placed or self.places[0].inside.get(owner.id))

    def _is_in_effect(self, name: str, membership: DesiredNode) -> bool:
        """Whether the live member lists the item already. A user has roles of its groups, too."""
        if self.live is None:
            return False
        collections = KINDS[self.live.kind].item.collections
        listed_by = next(each.listed_by for each in collections if each.name == name)
        for ref in membership.refs.values():
            target = self.context.resolve(ref) if ref else None
            if listed_by and ref and isinstance(target, Live):
                inputs, member = self.context.inputs, Ref(ref.kind, target.id)
                return self.live.id in inputs.lists.ids(member, listed_by.field, inputs.load_live)
        return False

    def _is_created_correctly_by_looker(self, name: str, node: DesiredNode) -> bool:
        """Whether Looker creates the part with its item, as the backup has it."""
        collections = KINDS[self.desired.kind].item.collections
        at_birth = next(each.at_birth for each in collections if each.name == name)
        return at_birth is not None and dict(node.fields) == dict(at_birth)

    def _target(self, node: DesiredNode, path: str, ref: SourceRef) -> Target:
        if is_query(node, path):
            return self.context.queries.target(node, path, ref)
        is_hard = KINDS[node.kind].reference(path).is_hard
        return self.context.resolve(ref) if is_hard else self.context.resolve_soft(ref)

    def _refer(self, node: DesiredNode, name: str, paths: frozenset[str] | None) -> None:
        """Record the references of a part's steps: kept parts, new items and missing targets.

        `paths` limits the references; None means all.
        """
        for path, ref in node.refs.items():
            if ref is None or (paths is not None and path not in paths):
                continue
            self.used.add(ref)
            target = self._target(node, path, ref)
            where = f"{name}/{node.id}"
            if isinstance(target, New) and ref.kind in KINDS and KINDS[ref.kind].is_item:
                if KINDS[node.kind].reference(path).is_hard:
                    self.needs.add(Address(target.address))
                elif ref != self.desired.ref:  # a part always comes after its own item
                    self.soft_needs[f"{where}:{path}"] = Address(target.address)
            elif isinstance(target, Missing):
                self.references.append(PlanReference(path=path, from_=ref.address, part=where))


def _with(entries: tuple[PartAction, ...], key: str, change: Change) -> tuple[PartAction, ...]:
    return tuple(
        replace(entry, changes=(*entry.changes, change)) if entry.key == key else entry
        for entry in entries
    )


def queries_wanted(
    desired: DesiredNode, parts: Mapping[str, Parts]
) -> Iterator[tuple[DesiredNode, str]]:
    """List (part, reference path) of every query that a created or updated part points to."""
    for name, plan in parts.items():
        touched = {part.key for part in (*plan.create, *plan.update)}
        for node in desired.parts.get(name, ()):
            if node.id in touched:
                for path, ref in node.refs.items():
                    if ref is not None and is_query(node, path):
                        yield node, path
