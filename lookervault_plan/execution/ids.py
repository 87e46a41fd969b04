"""What the destination calls things: known from the plan, or revealed by replies."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import NamedTuple

from lookervault_plan.content.node import Address, Raw, Ref
from lookervault_plan.content.table.kinds import KINDS, LISTED
from lookervault_plan.plan_file import (
    LINK,
    Plan,
    Writing,
    destination_id_of,
    parts_of,
    references_of,
)


class Ids:
    """Ids of items and queries, for the whole session; may be used from any thread."""

    def __init__(self, plan: Plan) -> None:
        self._ids: dict[Ref, str] = {
            Ref(remap.type, remap.source_id): remap.destination_id for remap in plan.remaps
        }
        self._to_come: set[Ref] = set()
        #: gone, and being made anew
        self._awaited: set[Ref] = set()
        for action in plan.actions:
            ref = Ref.parse(action.address)
            live = destination_id_of(action)
            if live is None:
                # Some come along with what is created: personal folders.
                self._to_come.add(ref)
            elif live != ref.id:
                self._ids[ref] = live
        #: links that lead nowhere stay as they are
        self._lost = {
            Ref.parse(reference.from_)
            for action in plan.actions
            for reference in references_of(action)
            if reference.path == LINK and reference.to is None
        }
        self._same_instance = plan.options.same_instance
        self._taken = {(ref.kind, id_) for ref, id_ in self._ids.items()}
        self._lock = Lock()

    def known_queries(self) -> frozenset[Ref]:
        """Content-addressed things that the plan names the id of: they need no step."""
        return frozenset(ref for ref in self._ids if KINDS[ref.kind].content_addressed)

    def resolve(self, ref: Ref) -> str | None:
        """The destination id; None if it is not known (yet).

        What the plan maps to nothing else has the same id on both sides: the plan lists every
        pair of differing ids that it uses. A query without a body, which has no content key, is
        the same query only on the same instance.
        """
        found = self._ids.get(ref)
        if found is not None or ref in self._to_come or ref in self._lost:
            return found
        if KINDS[ref.kind].is_part or (
            KINDS[ref.kind].content_addressed and not self._same_instance
        ):
            return None
        return ref.id

    def put(self, ref: Ref, id_: str) -> None:
        with self._lock:
            self._ids[ref] = id_
            self._taken.add((ref.kind, id_))
            self._awaited.discard(ref)

    def forget(self, ref: Ref) -> None:
        """It is gone, and made anew: who needs it waits for its new id, or for `abandon`."""
        with self._lock:
            _ = self._ids.pop(ref, None)
            self._to_come.add(ref)
            self._awaited.add(ref)

    def abandon(self, ref: Ref) -> None:
        """Nobody waits for it any longer."""
        self._awaited.discard(ref)

    def awaits(self, ref: Ref) -> bool:
        return ref in self._awaited

    def claim(self, ref: Ref, id_: str) -> bool:
        """As `put`; False, and nothing done, if the id is another's already."""
        with self._lock:
            if (ref.kind, id_) in self._taken:
                return self._ids.get(ref) == id_
            self._taken.add((ref.kind, id_))
            self._ids[ref] = id_
            self._awaited.discard(ref)
            return True

    def is_taken(self, kind: str, id_: str) -> bool:
        return (kind, id_) in self._taken


class Listing(NamedTuple):
    """What lay at a path, and when it was asked for."""

    listed: Sequence[Raw]
    at: float


class Workspace:
    """What is known while one action is carried out: its parts' ids, and what replies showed.

    Without an action it is that of the session, for the steps that all share.
    """

    def __init__(self, ids: Ids, action: Writing | None = None) -> None:
        self.address = action.address if action else Address("")
        self._ids = ids
        self._parts: dict[Ref, str] = {}
        self._lock = Lock()
        #: parts as a reply showed them
        self.shown: dict[Ref, Raw] = {}
        #: step -> live ids that it has still to delete
        self.rest: dict[str, list[str]] = {}
        #: what lay at a path when a killed run was resumed
        self.listings: dict[str, Listing] = {}
        if action is None:
            return
        item_kind = KINDS[action.type]
        kinds = {collection.name: collection.kind for collection in item_kind.item.collections}
        for name, parts in parts_of(action).items():
            for entry in (*parts.update, *parts.keep):
                if entry.key is not None and entry.live_id is not None:
                    self._parts[Ref(kinds[name], entry.key)] = entry.live_id

    def resolve(self, ref: Ref) -> str | None:
        """The destination id of a part of this item, or of any item."""
        found = self._parts.get(ref)
        if found is None and (edge := KINDS[ref.kind].target_kind):
            ref = Ref(edge, ref.id)
        return found if found is not None else self._ids.resolve(ref)

    def awaits(self, ref: Ref) -> bool:
        """Whether its id will be known, though it is not now."""
        return self._ids.awaits(ref)

    def put(self, ref: Ref, id_: str) -> None:
        if KINDS[ref.kind].is_part:
            self._parts[ref] = id_
        if ref.kind in LISTED or not KINDS[ref.kind].is_part:
            self._ids.put(ref, id_)

    def claim(self, ref: Ref, id_: str) -> bool:
        """Take an id for `ref`; False if it stands for another already."""
        if not KINDS[ref.kind].is_part:
            return self._ids.claim(ref, id_)
        with self._lock:
            if self._parts.get(ref) == id_:
                return True
            if self.is_taken(ref.kind, id_):
                return False
            self.put(ref, id_)
            return True

    def is_taken(self, kind: str, id_: str) -> bool:
        if not KINDS[kind].is_part:
            return self._ids.is_taken(kind, id_)
        return any(ref.kind == kind and known == id_ for ref, known in self._parts.items())

    def parts(self) -> Mapping[Ref, str]:
        """Ids of the parts so far."""
        return dict(self._parts)

    def learn(self, revealed: Iterable[tuple[Ref, str]]) -> None:
        """Take over what the journal of an earlier run holds."""
        for ref, id_ in revealed:
            self.put(ref, id_)


def resolver(
    ids: Ids, action: Writing, remembered: Mapping[Ref, str]
) -> Callable[[Ref], str | None]:
    """Resolve an item's parts as the plan knows them, then as the state remembers them."""
    space = Workspace(ids, action)
    planned = space.parts()  # what the state has of these may be of an item that is gone
    space.learn(each for each in remembered.items() if each[0] not in planned)
    return space.resolve
