"""Names that no two live items may share: which items wait for a name, and which can't have it.

The table says which fields are unique. An item waits for the one that gives up its name. If they
wait in a cycle (two titles swapped), one of them takes an interim name first.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import msgspec

from lookervault_plan.content.identity import DesiredIdentity, Identity, LiveIdentity
from lookervault_plan.content.node import Address, Id, LiveRef, Ref, SourceRef
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import Action, ContentWriting, Delete, Interim, Writing, needs_of
from lookervault_plan.planning.match.twins import Matches, Twin
from lookervault_plan.planning.order.topological import components
from lookervault_plan.planning.references.resolve import Live, New, Resolve

Names = tuple[str, ...]
Key = tuple[str, ...]


class TakenName(msgspec.Struct, frozen=True):
    """Why an item can't have its desired name."""

    #: Fields that are unique together.
    names: Names
    #: The live item that keeps the name.
    holder: LiveRef | None = None
    #: The desired item whose twin the holder is. None: it has none.
    owner: SourceRef | None = None
    #: Other desired items with the same name.
    rivals: tuple[SourceRef, ...] = ()


class Conflicts(msgspec.Struct, frozen=True):
    """The names that are taken, and what the other actions wait for."""

    blocked: Mapping[SourceRef, TakenName] = {}
    #: action -> actions that must give up its name first
    waits: Mapping[Address, frozenset[Address]] = {}
    interim: Mapping[Address, tuple[Interim, ...]] = {}


def with_waits(action: Action, conflicts: Conflicts) -> Action:
    """Make an action wait for its name, or give it an interim one."""
    waits, interim = conflicts.waits.get(action.address), conflicts.interim.get(action.address)
    if not isinstance(action, ContentWriting) or not (waits or interim):
        return action
    return msgspec.structs.replace(
        action,
        depends_on=tuple(sorted({*action.depends_on, *(waits or ())})),
        deferred=tuple(sorted({*action.deferred, *(each.path for each in interim or ())})),
        interim=interim or (),
        calls=action.calls + bool(interim),
    )


class _Claim(msgspec.Struct, frozen=True):
    """A name that a live item does not have yet and is to get."""

    ref: SourceRef
    names: Names
    key: Key


def find_conflicts(
    actions: Mapping[SourceRef, Action],
    desired: Mapping[SourceRef, DesiredIdentity],
    live: Mapping[LiveRef, LiveIdentity],
    matches: Matches,
    resolve: Resolve,
) -> Conflicts:
    """Find the items whose new names are taken, and the order in which names get free."""
    names = _Names(actions, desired, live, matches, resolve)
    claims = list(names.claims())
    blocked = names.taken(claims) if claims else {}
    edges = [
        (claim, owner)
        for claim in claims
        if claim.ref not in blocked and (owner := names.owner(claim)) is not None
    ]
    return Conflicts(blocked, *_in_order(actions, edges, desired))


class _Names:
    """Which live items hold which unique names now, and which desired items will."""

    def __init__(
        self,
        actions: Mapping[SourceRef, Action],
        desired: Mapping[SourceRef, DesiredIdentity],
        live: Mapping[LiveRef, LiveIdentity],
        matches: Matches,
        resolve: Resolve,
    ) -> None:
        self.actions = actions
        self.desired = desired
        self.live = live
        self.resolve = resolve
        self.twins: Mapping[SourceRef, LiveRef] = {
            ref: found.live
            for ref, found in matches.by_ref.items()
            if isinstance(found, Twin) and ref in desired
        }
        self.owners = {twin: ref for ref, twin in self.twins.items()}
        #: (kind, fields, values) -> the live item that has them
        self.holders: dict[tuple[str, Names, Key], LiveRef] = {}

    def claims(self) -> Iterator[_Claim]:
        kinds = {ref.kind for ref, action in self.actions.items() if isinstance(action, Writing)}
        for item in self.live.values():
            if item.kind in kinds and not item.trashed:
                for names in KINDS[item.kind].item.unique_keys:
                    if key := _key(item, names, _as_it_is):
                        self.holders[item.kind, names, key] = item.ref
        for ref, action in self.actions.items():
            if isinstance(action, ContentWriting) and not self.desired[ref].trashed:
                for names in KINDS[ref.kind].item.unique_keys:
                    claim = _Claim(ref, names, self.wanted(ref, names) or ())
                    if claim.key and (self._holder(claim) or ref) != self.twins.get(ref):
                        yield claim

    def wanted(self, ref: SourceRef, names: Names) -> Key | None:
        """Give the values that an item has once it is applied. What the backup lacks stays."""
        twin = self.twins.get(ref)
        as_it_was = self.live[twin] if twin else None
        return _key(self.desired[ref], names, self._translated, as_it_was)

    def taken(self, claims: list[_Claim]) -> dict[SourceRef, TakenName]:
        """Find the items that can't have their names. They don't give up their old ones either."""
        sharing: dict[tuple[str, Names, Key], list[SourceRef]] = defaultdict(list)
        for claim in claims:
            sharing[claim.ref.kind, claim.names, claim.key].append(claim.ref)
        blocked: dict[SourceRef, TakenName] = {}
        waiting: dict[SourceRef, list[_Claim]] = defaultdict(list)
        for claim in claims:
            rivals = sharing[claim.ref.kind, claim.names, claim.key]
            holder = self._holder(claim)
            owner = self.owners.get(holder) if holder else None
            if len(rivals) > 1:
                others = tuple(sorted(ref for ref in rivals if ref != claim.ref))
                blocked[claim.ref] = TakenName(claim.names, rivals=others)
            elif holder and (owner is None or not self._leaves(owner, claim)):
                _ = blocked.setdefault(claim.ref, TakenName(claim.names, holder, owner))
            elif owner:
                waiting[owner].append(claim)
        stack = list(blocked)
        while stack:
            owner = stack.pop()
            for claim in waiting.pop(owner, ()):
                _ = blocked.setdefault(
                    claim.ref, TakenName(claim.names, self._holder(claim), owner)
                )
                stack.append(claim.ref)
        return blocked

    def owner(self, claim: _Claim) -> SourceRef | None:
        """Give the desired item whose twin has the name now."""
        holder = self._holder(claim)
        return self.owners.get(holder) if holder is not None else None

    def _holder(self, claim: _Claim) -> LiveRef | None:
        return self.holders.get((claim.ref.kind, claim.names, claim.key))

    def _leaves(self, owner: SourceRef, claim: _Claim) -> bool:
        action = self.actions.get(owner)
        if not isinstance(action, Writing):
            return False
        return isinstance(action, Delete) or self.wanted(owner, claim.names) != claim.key

    def _translated(self, ref: SourceRef) -> str | None:
        target = self.resolve(ref)
        if isinstance(target, New):
            return f"+{target.address}"
        return target.id if isinstance(target, Live) else None


def _key(
    item: Identity[Id],
    names: Names,
    translated: Callable[[Ref[Id]], str | None],
    other: LiveIdentity | None = None,
) -> Key | None:
    values: list[str] = []
    for name in names:
        value = item.keys.get(name)
        found = translated(value) if isinstance(value, Ref) else value
        if value is None and other is not None:
            live_value = other.keys.get(name)
            found = live_value.id if isinstance(live_value, Ref) else live_value
        if found is None:
            return None
        values.append(found)
    return tuple(values)


def _as_it_is(ref: LiveRef) -> str:
    return ref.id


def _in_order(
    actions: Mapping[SourceRef, Action],
    edges: list[tuple[_Claim, SourceRef]],
    desired: Mapping[SourceRef, DesiredIdentity],
) -> tuple[Mapping[Address, frozenset[Address]], Mapping[Address, tuple[Interim, ...]]]:
    """Say which action waits for which. One of each cycle takes an interim name instead."""
    waiting = {(claim.ref.address, owner.address): claim for claim, owner in edges}
    interim: dict[Address, tuple[Interim, ...]] = defaultdict(tuple)
    while waiting:
        graph: dict[str, set[str]] = {
            action.address: set(needs_of(action)) for action in actions.values()
        }
        for address, owner in waiting:
            graph[address].add(owner)
        inside = [
            min((edge for edge in waiting if members.issuperset(edge)), default=None)
            for members in components(graph)
        ]
        for edge in filter(None, inside):
            claim = waiting.pop(edge)
            address, owner = edge
            name = f"{desired[claim.ref].name} [{address}]"
            interim[address] += (Interim(path=claim.names[-1], value=name, until=owner),)
        if not any(inside):
            break
    waits: dict[Address, frozenset[Address]] = defaultdict(frozenset)
    for address, owner in waiting:
        waits[address] |= {owner}
    return waits, interim
