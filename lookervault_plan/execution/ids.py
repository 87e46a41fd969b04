"""Destination ids of items, queries and parts: known from the plan, or revealed by replies."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import NamedTuple

from lookervault_plan.content.node import Address, LiveId, Raw, Ref, SourceRef, same_id
from lookervault_plan.content.table.kinds import KINDS, LISTED
from lookervault_plan.plan_file import (
    LINK,
    Plan,
    Writing,
    destination_id_of,
    parts_of,
    references_of,
)
from lookervault_plan.steps.step_id import StepId


class Ids:
    """Ids of items and queries, for the whole session; may be used from any thread."""

    def __init__(self, plan: Plan) -> None:
        self._ids: dict[SourceRef, LiveId] = {
            Ref(remap.type, remap.source_id): remap.destination_id for remap in plan.remaps
        }
        self._to_come: set[SourceRef] = set()
        #: gone items that are being recreated
        self._awaited: set[SourceRef] = set()
        for action in plan.actions:
            ref = Ref.parse(action.address)
            live = destination_id_of(action)
            if live is None:
                # Looker makes some together with a created item: personal folders.
                self._to_come.add(ref)
            elif live != ref.id:
                self._ids[ref] = live
        #: targets of links that lead nowhere: the links stay as they are
        self._lost = {
            Ref.parse(reference.from_)
            for action in plan.actions
            for reference in references_of(action)
            if reference.path == LINK and reference.to is None
        }
        self._same_instance = plan.options.same_instance
        self._taken = {(ref.kind, id_) for ref, id_ in self._ids.items()}
        self._planned = frozenset(self._ids) | {
            Ref.parse(action.address) for action in plan.actions if destination_id_of(action)
        }
        self._unbound = frozenset(plan.options.unbound)
        self._lock = Lock()

    def known_queries(self) -> frozenset[SourceRef]:
        """Return the queries whose id the plan names: they need no step."""
        return frozenset(ref for ref in self._ids if KINDS[ref.kind].content_addressed)

    def is_bound(self, ref: SourceRef) -> bool:
        """Say whether the state is to remember the id of an item."""
        return ref.address not in self._unbound

    def is_planned(self, ref: SourceRef) -> bool:
        """Say whether the plan names the id, so that no reply may replace it."""
        return ref in self._planned and ref not in self._awaited

    def resolve(self, ref: SourceRef) -> LiveId | None:
        """Return the destination id; None if it is not known (yet).

        An item that the plan maps to no other id has the same id on both sides: the plan lists
        every pair of differing ids that it uses. A query without a body has no content key and is
        the same query only on the same instance.
        """
        found = self._ids.get(ref)
        if found is not None or ref in self._to_come or ref in self._lost:
            return found
        if KINDS[ref.kind].is_part or (
            KINDS[ref.kind].content_addressed and not self._same_instance
        ):
            return None
        return same_id(ref).id

    def put(self, ref: SourceRef, id_: LiveId) -> None:
        with self._lock:
            self._ids[ref] = id_
            self._taken.add((ref.kind, id_))
            self._awaited.discard(ref)

    def forget(self, ref: SourceRef) -> None:
        """Drop the id of a gone item: steps wait for its new id, or for `abandon`."""
        with self._lock:
            _ = self._ids.pop(ref, None)
            self._to_come.add(ref)
            self._awaited.add(ref)

    def abandon(self, ref: SourceRef) -> None:
        """Let no step wait for this item any longer: it could not be recreated."""
        self._awaited.discard(ref)

    def awaits(self, ref: SourceRef) -> bool:
        return ref in self._awaited

    def claim(self, ref: SourceRef, id_: LiveId) -> bool:
        """Do as `put`; return False, and change nothing, if the id stands for another item."""
        with self._lock:
            if (ref.kind, id_) in self._taken:
                return self._ids.get(ref) == id_
            self._taken.add((ref.kind, id_))
            self._ids[ref] = id_
            self._awaited.discard(ref)
            return True

    def is_taken(self, kind: str, id_: LiveId) -> bool:
        return (kind, id_) in self._taken


class Listing(NamedTuple):
    """The objects that a probe found at a path, and the moment of the request."""

    listed: Sequence[Raw]
    at: float


class Workspace:
    """Ids of an action's parts and objects from replies, while the action is carried out.

    Without an action: the workspace for the steps that all actions share.
    """

    def __init__(self, ids: Ids, action: Writing | None = None) -> None:
        self.address = action.address if action else Address("")
        self._ids = ids
        self._parts: dict[SourceRef, LiveId] = {}
        self._lock = Lock()
        #: items and parts as they were in replies
        self.reply_objects: dict[SourceRef, Raw] = {}
        #: step -> live ids that it still has to delete
        self.leftovers: dict[StepId, list[LiveId]] = {}
        #: probe path -> its latest list, for the steps of a killed run
        self.listings: dict[str, Listing] = {}
        if action is None:
            return
        item_kind = KINDS[action.type]
        kinds = {collection.name: collection.kind for collection in item_kind.item.collections}
        for name, parts in parts_of(action).items():
            for entry in (*parts.update, *parts.keep):
                if entry.key is not None and entry.live_id is not None:
                    self._parts[Ref(kinds[name], entry.key)] = entry.live_id

    def resolve(self, ref: SourceRef) -> LiveId | None:
        """Return the destination id of a part of this item, or of any item; None if not known."""
        found = self._parts.get(ref)
        if found is None and (target_kind := KINDS[ref.kind].target_kind):
            ref = Ref(target_kind, ref.id)
        return found if found is not None else self._ids.resolve(ref)

    def is_bound(self, ref: SourceRef) -> bool:
        """Say whether the state is to remember the id of an item."""
        return self._ids.is_bound(ref)

    def is_planned(self, ref: SourceRef) -> bool:
        """Say whether the plan names the id of an item."""
        return self._ids.is_planned(ref)

    def awaits(self, ref: SourceRef) -> bool:
        """Whether the id is not known now but will be."""
        return self._ids.awaits(ref)

    def put(self, ref: SourceRef, id_: LiveId) -> None:
        if KINDS[ref.kind].is_part:
            self._parts[ref] = id_
        if ref.kind in LISTED or not KINDS[ref.kind].is_part:
            self._ids.put(ref, id_)

    def claim(self, ref: SourceRef, id_: LiveId) -> bool:
        """Take an id for `ref`; return False if it stands for another object."""
        if not KINDS[ref.kind].is_part:
            return self._ids.claim(ref, id_)
        with self._lock:
            if self._parts.get(ref) == id_:
                return True
            if self.is_taken(ref.kind, id_):
                return False
            self.put(ref, id_)
            return True

    def is_taken(self, kind: str, id_: LiveId) -> bool:
        if not KINDS[kind].is_part:
            return self._ids.is_taken(kind, id_)
        return any(ref.kind == kind and known == id_ for ref, known in self._parts.items())

    def parts(self) -> Mapping[SourceRef, LiveId]:
        """Return destination ids of the parts known so far."""
        return dict(self._parts)

    def learn(self, revealed: Iterable[tuple[SourceRef, LiveId]]) -> None:
        """Take over ids that an earlier run, or an earlier try, revealed."""
        for ref, id_ in revealed:
            self.put(ref, id_)


def resolver(
    ids: Ids, action: Writing, remembered: Mapping[SourceRef, LiveId]
) -> Callable[[SourceRef], LiveId | None]:
    """Return a function that resolves an item's parts after they were written.

    The state knows those that were written last: Looker may have made them anew meanwhile. Of the
    others the plan knows more: the state's ids may belong to an item that is gone.
    """
    space = Workspace(ids, action)
    kinds = {each.name: each.kind for each in KINDS[action.type].item.collections}
    kept = {
        Ref(kinds[name], entry.key)
        for name, parts in parts_of(action).items()
        for entry in parts.keep
        if entry.key is not None
    }
    space.learn(each for each in remembered.items() if each[0] not in kept)
    return space.resolve
