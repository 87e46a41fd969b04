"""Find memberships that differ and belong to an item that the selection leaves out.

A role has its users, a group its members. If only the user is selected, nothing writes them.
"""

from collections.abc import Iterator

import msgspec

from lookervault_plan.content.node import (
    DesiredNode,
    LiveId,
    LiveNode,
    LiveRef,
    Ref,
    SourceId,
    SourceRef,
    same_id,
)
from lookervault_plan.planning.inputs import Inputs
from lookervault_plan.planning.live_lists import LISTS, listed_ids
from lookervault_plan.planning.match.twins import Twin


class MembershipLeftOut(msgspec.Struct, frozen=True):
    """A membership on one side only."""

    #: The desired item that has the member. None: only the destination has the membership.
    owner: SourceRef | None
    #: The live item that has the member, if only the destination has the membership.
    live_owner: LiveRef | None
    #: The desired member.
    member: SourceRef


class MembershipsLeftOut:
    """Compares the memberships of one member after the other."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._kinds = {ref.kind for ref in inputs.selected}
        self._desired_of = {
            found.live: ref
            for ref, found in inputs.matches.by_ref.items()
            if isinstance(found, Twin) and ref.kind in _OWNER_KINDS
        }

    def of(self, desired: DesiredNode, live: LiveNode | None) -> Iterator[MembershipLeftOut]:
        """List the memberships of an item that differ. `live` is None for a new item.

        Nothing is listed of what one side does not hold, and of owners that are built in.
        """
        for owner_kind, field in LISTS.get(desired.kind, ()):
            want = listed_ids(desired, field)
            have = listed_ids(live, field) if live else frozenset[str]()
            if want is None or have is None:
                continue
            live_owners = {Ref(owner_kind, LiveId(id_)) for id_ in have}
            wanted = {Ref(owner_kind, SourceId(id_)) for id_ in want}
            for owner in sorted(wanted):
                if self._is_left_out(owner) and self._live(owner) not in live_owners:
                    yield MembershipLeftOut(owner, None, desired.ref)
            meant = {self._live(owner) for owner in wanted}
            for live_owner in sorted(live_owners - meant):
                if self._is_live_left_out(live_owner):
                    yield MembershipLeftOut(None, live_owner, desired.ref)

    def _live(self, owner: SourceRef) -> LiveRef | None:
        found = self._inputs.matches.by_ref.get(owner)
        if isinstance(found, Twin):
            return found.live
        return same_id(owner) if found is None and self._inputs.same_instance else None

    def _is_left_out(self, owner: SourceRef) -> bool:
        """Say whether the backup's owner is not selected. A built-in one is never written."""
        item = self._inputs.desired.get(owner)
        return owner not in self._inputs.selected and not (item and item.built_in)

    def _is_live_left_out(self, owner: LiveRef) -> bool:
        """Say whether nothing else of the plan speaks of the live owner."""
        item = self._inputs.live.get(owner)
        if item is None or item.built_in:
            return False
        desired = self._desired_of.get(owner)
        if desired is None:  # counted as only in the destination, if its type is selected
            return owner.kind not in self._kinds
        return self._is_left_out(desired)


_OWNER_KINDS = frozenset(owner for owners in LISTS.values() for owner, _ in owners)
