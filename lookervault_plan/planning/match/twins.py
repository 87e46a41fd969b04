"""Find the live twin of each desired item, and never guess.

The first hit wins: remaps file, state, same id, natural key. Certain matches claim first: a natural
key never takes a live item that an id, a remap or the state has claimed, nor a candidate of an
ambiguous item.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from lookervault_plan.content.identity import (
    DesiredIdentity,
    LiveIdentity,
    creators,
    natural_keys_in_trash,
)
from lookervault_plan.content.node import LiveId, LiveRef, Ref, SourceRef, same_id
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS
from lookervault_plan.errors import Diagnostic


class Twin(msgspec.Struct, frozen=True, gc=False):
    """The one live item, and how it was found: by `remaps.yml`, `state`, `id`, `owner` or a key."""

    live: LiveRef
    matched_by: str


class NoTwin(msgspec.Struct, frozen=True):
    """The destination has no such item."""


class Ambiguous(msgspec.Struct, frozen=True):
    """More than one live item matches, or several desired ones match one."""

    candidates: tuple[LiveRef, ...]
    why: str


Match = Twin | NoTwin | Ambiguous
NO_TWIN = NoTwin()

Keys = dict[tuple[str, int], dict[tuple[str, ...], list[LiveRef]]]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs of ids that earlier runs and the user give."""

    same_instance: bool
    remaps: Mapping[SourceRef, LiveId] = {}
    state: Mapping[SourceRef, LiveId] = {}
    #: Pairs that the state knows the other way round, or through other instances. One whose live
    #: item is gone is ignored without a word.
    derived: Mapping[SourceRef, LiveId] = {}
    #: People whose email `remaps.yml` changes. One who has the address already goes first.
    readdressed: frozenset[SourceRef] = frozenset()
    #: Identities of items that get another owner, with the owner that the backup has. They are
    #: looked for under both, since a live one may have changed hands already.
    former_owners: Mapping[SourceRef, DesiredIdentity] = {}
    #: where a remap stands, for people: `remaps.yml, line 3`
    places: Mapping[SourceRef, str] = {}

    def ids_of(self, ref: SourceRef) -> list[LiveId]:
        """List the ids that are known for an item, surest first."""
        pairs = (self.remaps, self.state, self.derived)
        return [ids[ref] for ids in pairs if ref in ids]


class Matches(msgspec.Struct, frozen=True):
    """The match of every desired item, with warnings."""

    by_ref: Mapping[SourceRef, Match]
    diagnostics: tuple[Diagnostic, ...] = ()

    def live(self, ref: SourceRef) -> LiveId | None:
        """Give the live id of an item. None: it has no twin, or may have several."""
        match = self.by_ref.get(ref)
        return match.live.id if isinstance(match, Twin) else None


def match(
    desired: Mapping[SourceRef, DesiredIdentity], live: Mapping[LiveRef, LiveIdentity], known: Known
) -> Matches:
    """Match every desired item, in the order of types, parents first."""
    matcher = _Matcher(desired, live, known)
    matcher.match_mapped_ids()
    for kind in ITEM_KINDS:
        matcher.match_kind(kind)
    return Matches(matcher.found, tuple(matcher.diagnostics))


class _Matcher:
    def __init__(
        self,
        desired: Mapping[SourceRef, DesiredIdentity],
        live: Mapping[LiveRef, LiveIdentity],
        known: Known,
    ) -> None:
        self.desired: Mapping[SourceRef, DesiredIdentity] = desired
        self.live: Mapping[LiveRef, LiveIdentity] = live
        self.known: Known = known
        self.found: dict[SourceRef, Match] = {}
        self.claims: dict[LiveRef, list[SourceRef]] = defaultdict(list)
        self.claimed: frozenset[LiveRef] = frozenset()
        self.diagnostics: list[Diagnostic] = []
        self.by_kind: dict[str, list[DesiredIdentity]] = defaultdict(list)
        for identity in desired.values():
            self.by_kind[identity.kind].append(identity)
        self.keys: Keys = _index(live.values())
        #: item that Looker makes together with another -> that other one
        self.creators: Mapping[SourceRef, SourceRef] = creators(desired.values())

    def match_kind(self, kind: str) -> None:
        certain = {identity.ref: self._certain(identity) for identity in self.by_kind[kind]}
        for ref, found in certain.items():
            self._set_match(ref, found)
        self._refuse_shared(certain)
        keys = range(len(KINDS[kind].item.natural_keys))
        for indexes in [(index,) for index in keys] if KINDS[kind].item.first_key_wins else [keys]:
            self._match_by_former_owners(certain, indexes)
            self._match_by_keys([ref for ref in certain if not self._is_readdressed(ref)], indexes)
            self._match_by_keys([ref for ref in certain if self._is_readdressed(ref)], indexes)
        for identity in self.by_kind[kind]:
            self._match_personal_folder(identity)

    def _match_by_former_owners(self, refs: Collection[SourceRef], indexes: Sequence[int]) -> None:
        former = {
            ref: self.known.former_owners[ref] for ref in refs if ref in self.known.former_owners
        }
        if former:
            renamed, self.desired = self.desired, {**self.desired, **former}
            self._match_by_keys(former, indexes)
            self.desired = renamed

    def _match_by_keys(self, refs: Iterable[SourceRef], indexes: Sequence[int]) -> None:
        # Keys see only earlier claims, so that the order of items does not matter.
        self.claimed = frozenset(self.claims)
        pending = {
            ref
            for ref in refs
            if isinstance(self.found[ref], NoTwin) and not self._is_of_somebody_else(ref)
        }
        keyed = sorted(pending)
        for ref in keyed:
            self._by_natural_key(ref, pending, indexes)
        self._refuse_shared(keyed)
        self._refuse_contested(refs, keyed)
        self._drop_unfounded(keyed)

    def match_mapped_ids(self) -> None:
        """Match mapped ids that the backup only refers to. Nothing is written to them."""
        for ids, source in (
            (self.known.remaps, "remaps.yml"),
            (self.known.state, "state"),
            (self.known.derived, "state"),
        ):
            for ref, id_ in ids.items():
                twin = Ref(ref.kind, id_)
                if ref not in self.found and ref not in self.desired and twin in self.live:
                    self.found[ref] = Twin(twin, source)

    def _certain(self, item: DesiredIdentity) -> Match:
        if item.ref in self.found:
            return self.found[item.ref]
        for source, ids in (("remaps.yml", self.known.remaps), ("state", self.known.state)):
            if (id_ := ids.get(item.ref)) is None:
                continue
            twin = Ref(item.kind, id_)
            if twin in self.live:
                return Twin(twin, source)
            self.diagnostics.append(self._dangling(item, twin, source))
        derived = self.known.derived.get(item.ref)
        if derived is not None and Ref(item.kind, derived) in self.live:
            return Twin(Ref(item.kind, derived), "state")
        twin = self.live.get(same_id(item.ref))
        return self._same_id(item, twin) if twin else NO_TWIN

    def _dangling(self, item: DesiredIdentity, twin: LiveRef, source: str) -> Diagnostic:
        is_file = source == "remaps.yml"
        return Diagnostic(
            severity="warning",
            code="remap.dangling",
            address=item.address,
            summary=f"{self.known.places.get(item.ref, source) if is_file else 'the state'} "
            f"maps it to {twin.address}, which the destination lacks",
            detail="the entry is ignored",
            fix="fix or remove the entry"
            if is_file
            else f"forget it with `lookervault-plan mappings remove {item.address}`",
        )

    def _same_id(self, item: DesiredIdentity, twin: LiveIdentity) -> Match:
        created = _seconds(item.created_at), _seconds(twin.created_at)
        agrees = created[0] is not None and created[0] == created[1]
        if self.known.same_instance:
            if agrees or None in created:
                return Twin(twin.ref, "id")
            return Ambiguous(
                (twin.ref,),
                f"it was created at {item.created_at}, "
                f"but {twin.address} of the destination at {twin.created_at}",
            )
        slug = KINDS[item.kind].item.slug_field
        if agrees or (slug and item.keys.get(slug) and item.keys.get(slug) == twin.keys.get(slug)):
            return Twin(twin.ref, "id")
        return NO_TWIN

    def _by_natural_key(
        self, ref: SourceRef, pending: set[SourceRef], indexes: Sequence[int]
    ) -> None:
        if ref not in pending:
            return
        pending.discard(ref)
        item = self.desired[ref]
        for part in item.keys.values():
            if isinstance(part, Ref) and part in pending:
                self._by_natural_key(part, pending, indexes)
        found: Match = NO_TWIN
        for index in indexes:
            names = KINDS[item.kind].item.natural_keys[index]
            candidates = self._candidates(item, index)
            if len(candidates) > 1:
                found = Ambiguous(candidates, f"several have the same {_words(names)}")
            elif candidates and isinstance(found, NoTwin):
                found = Twin(candidates[0], _words(names))
            elif candidates and isinstance(found, Twin) and found.live != candidates[0]:
                why = f"{found.matched_by} and {_words(names)} find different ones"
                found = Ambiguous((found.live, candidates[0]), why)
            if isinstance(found, Ambiguous):
                break
        self._set_match(ref, found)

    def _candidates(self, item: DesiredIdentity, index: int) -> tuple[LiveRef, ...]:
        """List live items with the same key, or the one in the trash if no other has it."""
        names = KINDS[item.kind].item.natural_keys[index]
        key = self._translated(item, names)
        found = self.keys.get((item.kind, index), {}).get(key, []) if key else []
        free = [ref for ref in found if ref not in self.claimed]
        live = [ref for ref in free if not self.live[ref].trashed]
        is_known = len(free) == 1 and names in natural_keys_in_trash(item)
        return tuple(live or (free if is_known else ()))

    def _translated(self, item: DesiredIdentity, names: tuple[str, ...]) -> tuple[str, ...] | None:
        """Translate the key to destination ids. None: a part of it is missing or not live yet."""
        key: list[str] = []
        for name in names:
            part = item.keys[name]
            if isinstance(part, Ref):
                twin = self.found.get(part)
                part = twin.live.id if isinstance(twin, Twin) else None
            if part is None:
                return None
            key.append(part)
        return tuple(key)

    def _set_match(self, ref: SourceRef, found: Match) -> None:
        self.found[ref] = found
        if isinstance(found, Twin) and ref not in self.claims[found.live]:
            self.claims[found.live].append(ref)

    def _refuse_shared(self, refs: Iterable[SourceRef]) -> None:
        """Make desired items ambiguous that claim the same live item."""
        for ref in refs:
            found = self.found[ref]
            if isinstance(found, Twin) and len(claims := self.claims[found.live]) > 1:
                names = ", ".join(claim.address for claim in claims)
                self.found[ref] = Ambiguous((found.live,), f"{names} all claim it")

    def _refuse_contested(self, refs: Iterable[SourceRef], keyed: Iterable[SourceRef]) -> None:
        """Make matches ambiguous that are candidates of another, ambiguous item."""
        rivals = {
            candidate: ref
            for ref in refs
            if isinstance(found := self.found[ref], Ambiguous)
            for candidate in found.candidates
        }
        for ref in keyed if rivals else ():
            found = self.found[ref]
            if isinstance(found, Twin) and (rival := rivals.get(found.live)):
                why = f"{found.matched_by} finds it, but it may be {rival.address} as well"
                self.found[ref] = Ambiguous((found.live,), why)

    def _drop_unfounded(self, keyed: Sequence[SourceRef]) -> None:
        """Drop matches that rely on an ambiguous parent folder."""
        is_stable = False
        while not is_stable:
            is_stable = True
            for ref in keyed:
                found = self.found[ref]
                if isinstance(found, Twin) and not self._is_founded(ref, found):
                    self.found[ref] = NO_TWIN
                    is_stable = False

    def _is_founded(self, ref: SourceRef, found: Twin) -> bool:
        keys = self.desired[ref].keys
        names = (n for n in KINDS[ref.kind].item.natural_keys if _words(n) == found.matched_by)
        parts = (keys[name] for name in next(names, ()))
        return all(
            isinstance(self.found.get(part), Twin) for part in parts if isinstance(part, Ref)
        )

    def _is_readdressed(self, ref: SourceRef) -> bool:
        return ref in self.known.readdressed

    def _is_of_somebody_else(self, ref: SourceRef) -> bool:
        """Say whether a live personal folder of this name can only be a namesake's."""
        maker = self.creators.get(ref)
        if maker is None or not self.desired[ref].built_in:
            return False
        return not isinstance(self.found.get(maker), Twin)

    def _match_personal_folder(self, item: DesiredIdentity) -> None:
        """Match a user's personal folder by its owner, whatever its name."""
        twin = self.found[item.ref]
        if not isinstance(twin, Twin) or twin.live not in self.live:
            return
        theirs = self.live[twin.live].also_created
        for path, kind in KINDS[item.kind].item.also_creates.items():
            if path in item.also_created and path in theirs:
                ref = Ref(kind, item.also_created[path])
                # One that remaps.yml moves is no personal folder any more.
                if ref in self.desired and self.desired[ref].built_in:
                    self._set_match(ref, Twin(Ref(kind, theirs[path]), "owner"))


def _index(live: Iterable[LiveIdentity]) -> Keys:
    keys: Keys = defaultdict(lambda: defaultdict(list))
    for item in live:
        for index, names in enumerate(KINDS[item.kind].item.natural_keys):
            parts = [item.keys[name] for name in names]
            if all(parts):
                key = tuple(part.id if isinstance(part, Ref) else str(part) for part in parts)
                keys[item.kind, index][key].append(item.ref)
    return keys


def _words(names: tuple[str, ...]) -> str:
    """Write a natural key for people: `folder + title`."""
    return " + ".join(name.removesuffix("_id") for name in names)


def _seconds(moment: str | None) -> str | None:
    """Cut a UTC time to the whole second, which is enough to tell two objects apart."""
    return moment[:19].replace(" ", "T") if moment else None
