"""Read of the destination what selected items need: all of some kinds, or a few items.

Matching is not changed by it: it gets fewer live items, among them all that could be meant.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from lookervault_plan.content.folder_paths import FOLDER
from lookervault_plan.content.identity import Identity, makers, trash_keys
from lookervault_plan.content.node import Ref
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS, Kind
from lookervault_plan.content.text_links import LINKED, Instances, linking, links
from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.item_search import ItemSearch, Key, is_searchable, key_of
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.planning.match.twins import Known, Matches, NoTwin, Twin, match
from lookervault_plan.workflows.backup_items import Desired
from lookervault_plan.workflows.read_rights import PEOPLE, RIGHTS

#: more selected items than this are read with all others: pages cost less than searches
FEW_SELECTED = 20
#: nor may they point to more items than this that have to be searched for
FEW_SEARCHED = 60

_MODEL, _EXPLORE = "lookml_model", "explore"


def read_live(
    reader: LiveReader,
    desired: Desired,
    live: LiveItems,
    known: Callable[[], Known],
    *,
    selected: Collection[Ref] | None,
    instances: Instances,
) -> Matches:
    """Read what deciding on the selected items takes (None: on all), and match.

    `known` says which ids are known, given what was read so far.
    """
    if selected is None:
        kinds = frozenset(ITEM_KINDS)
    else:
        kinds = kinds_for({ref.kind for ref in selected})
        wanted = scope(desired, selected, instances)
        if wanted is not None:
            return Few(reader, desired, live, known).read(wanted, selected, kinds)
    reader.read_kinds([kind for kind in ITEM_KINDS if kind in kinds], live)
    return _with_trash(reader, desired, live, known(), kinds)


def kinds_for(selected: Collection[str]) -> frozenset[str]:
    """Kinds whose live items bear on items of these kinds, by the table."""
    kinds = set(selected)
    for kind in selected:
        for row in _with_parts(KINDS[kind]):
            kinds.update(ref.kind for ref in row.refs)
            if any(field.holds_links for field in row.fields):
                kinds |= LINKED
            if any(ref.body_paths for ref in row.refs) or _names_explores(row):
                kinds.add(_MODEL)
    if PEOPLE & set(selected):
        kinds |= RIGHTS
    work = [kind for kind in kinds if kind in KINDS and KINDS[kind].is_item]
    found: set[str] = set()
    while work:
        kind = work.pop()
        if kind not in found:
            found.add(kind)
            names = {name for key in KINDS[kind].item.natural_keys for name in key}
            work.extend(ref.kind for ref in KINDS[kind].refs if ref.path in names)
            work.extend(
                row.name for row in KINDS.values() if kind in row.item.also_creates.values()
            )
    return frozenset(kind for kind in found if KINDS[kind].is_item)


def scope(
    desired: Desired, selected: Collection[Ref], instances: Instances
) -> frozenset[Ref] | None:
    """The selected items and all that deciding on them looks up; None: they are not few."""
    if len(selected) > FEW_SELECTED:
        return None
    reached = set(selected)
    for ref in selected:
        node = desired.node(ref)
        if isinstance(node, Diagnostic):
            continue
        for each in node.walk():
            reached.update(target for target in each.refs.values() if target)
            for _, value in linking(each):
                reached.update(links(value, instances))
    reached = {ref for ref in reached if KINDS[ref.kind].is_item}
    found = frozenset(_with_keys(desired, reached))
    searched = sum(is_searchable(ref.kind) for ref in found)
    return found if searched <= FEW_SEARCHED else None


class Few:
    """One reading; `known` says which ids are known, given what was read so far."""

    def __init__(
        self, reader: LiveReader, desired: Desired, live: LiveItems, known: Callable[[], Known]
    ) -> None:
        self._few: ItemSearch = ItemSearch(reader, live)
        self._desired: Desired = desired
        self._live: LiveItems = live
        self._known: Callable[[], Known] = known

    def read(
        self, wanted: Collection[Ref], selected: Collection[Ref], kinds: Collection[str]
    ) -> Matches:
        """Read until nothing that is there could be meant by an item that was not looked up."""
        desired, known = self._desired.identities, self._known()
        # What the backup lacks means something where its ids do, or where one is mapped.
        wanted = {
            ref
            for ref in wanted
            if known.same_instance or ref in desired or ref in known.remaps or ref in known.state
        }
        here = {ref.kind for ref in wanted} | ({_MODEL, *RIGHTS} & {*kinds})
        # Folders first: they tell whether ids mean anything.
        for kind in (FOLDER, *ITEM_KINDS):
            if kind in here and not is_searchable(kind) and KINDS[kind].item.listing:
                self._few.list(kind)
        while True:
            for kind in ITEM_KINDS:
                self._read_kind(kind, {ref for ref in wanted if ref.kind == kind}, wanted)
            self._check_names(wanted, selected)
            matches = match(desired, self._live.identities, self._known())
            if self._few.singles(_in_hidden_trash(matches, wanted, self._known())):
                matches = match(desired, self._live.identities, self._known())
            more = {
                ref
                for ref, found in matches.by_ref.items()
                if not isinstance(found, NoTwin) and is_searchable(ref.kind) and ref in desired
            }
            if more <= wanted:
                return matches
            wanted = _with_keys(self._desired, wanted | more)

    def _read_kind(self, kind: str, refs: set[Ref], wanted: set[Ref]) -> None:
        if not refs or not is_searchable(kind):
            return
        self._few.ids(kind, self._ids(refs))
        self._few.keys(kind, self._keys_of_lost(refs, wanted))
        self._few.keys(kind, self._keys_of_lost(refs, wanted, trash=True), trash=True)

    def _ids(self, refs: Iterable[Ref]) -> set[str]:
        """Ids that these items may have in the destination."""
        known = self._known()
        told = {ids[ref] for ref in refs for ids in (known.remaps, known.state) if ref in ids}
        if known.same_instance or self._is_copy():
            told.update(ref.id for ref in refs)
        return told

    def _is_copy(self) -> bool:
        """Whether ids of the backup can mean anything in another instance.

        They do where it began as a copy of the source. Then its folders, all of which are read,
        have ids and times of creation in common with those of the backup.
        """
        if not self._few.has_listed(FOLDER):
            return True
        folders = [item for item in self._desired.identities.values() if item.kind == FOLDER]
        return not folders or any(
            item.created_at and (twin := self._live.identities.get(item.ref)) and twin.created_at
            and twin.created_at[:19] == item.created_at[:19]
            for item in folders
        )  # fmt: skip

    def _keys_of_lost(self, refs: set[Ref], wanted: set[Ref], *, trash: bool = False) -> set[Key]:
        """Natural keys, in ids of the destination, of the items that have no twin so far."""
        matches = self._match(wanted)
        return {
            key
            for ref in refs
            if ref in self._desired.identities and isinstance(matches.by_ref.get(ref), NoTwin)
            for names in (
                trash_keys(self._desired.identities[ref])
                if trash
                else KINDS[ref.kind].item.natural_keys
            )
            if (key := _translated(self._desired.identities[ref], names, matches))
        }

    def _check_names(self, wanted: set[Ref], selected: Collection[Ref]) -> None:
        """Look up who has the names that selected items are to get."""
        matches = self._match(wanted)
        for ref in sorted(selected):
            found = matches.by_ref.get(ref)
            if not isinstance(found, Twin) or not is_searchable(ref.kind):
                continue
            twin = self._live.identities[found.live]
            for names in KINDS[ref.kind].item.unique_keys:
                key = _translated(self._desired.identities[ref], names, matches)
                if key and key != key_of(twin, names):
                    self._few.keys(ref.kind, {key})

    def _match(self, wanted: set[Ref]) -> Matches:
        desired: Mapping[Ref, Identity] = {
            ref: self._desired.identities[ref] for ref in wanted & self._desired.identities.keys()
        }
        return match(desired, self._live.identities, self._known())


def _with_trash(
    reader: LiveReader, desired: Desired, live: LiveItems, known: Known, kinds: frozenset[str]
) -> Matches:
    """Match, and look into the trash only for kinds with items that found no live twin."""
    matches = match(desired.identities, live.identities, known)
    lost = {
        ref.kind
        for ref, found in matches.by_ref.items()
        if not isinstance(found, Twin) and not desired.identities[ref].built_in
    }
    trashed = [
        kind
        for kind in lost & kinds
        if (listing := KINDS[kind].item.listing) and listing.trash_query
    ]
    if trashed:
        reader.read_kinds(trashed, live, trash=True)
    concerned = [ref for ref, item in desired.identities.items() if not item.built_in]
    places = _in_hidden_trash(matches, (ref for ref in concerned if ref.kind in kinds), known)
    hidden = reader.add_single(places, live)
    if trashed or hidden:
        matches = match(desired.identities, live.identities, known)
    return matches


def _in_hidden_trash(matches: Matches, refs: Iterable[Ref], known: Known) -> list[Ref]:
    """Where those without a twin may be: under an id that is known, in a trash no list shows."""
    found: set[Ref] = set()
    for ref in refs:
        listing = KINDS[ref.kind].item.listing
        is_lost = isinstance(matches.by_ref.get(ref), NoTwin)
        if is_lost and listing and listing.trash_is_hidden:
            ids = [known.remaps.get(ref), known.state.get(ref)]
            if known.same_instance:
                ids.append(ref.id)
            found.update(Ref(ref.kind, id_) for id_ in ids if id_)
    return sorted(found)


def _with_parts(row: Kind) -> Iterator[Kind]:
    yield row
    for collection in row.item.collections:
        yield from _with_parts(KINDS[collection.kind])


def _names_explores(row: Kind) -> bool:
    return any(mention.kind == _EXPLORE for mention in row.portable_names)


def _translated(item: Identity, names: Iterable[str], matches: Matches) -> Key | None:
    key: list[tuple[str, str]] = []
    for name in names:
        part = item.keys[name]
        value = matches.live(part) if isinstance(part, Ref) else part
        if not value:
            return None
        key.append((name, value))
    return tuple(key)


def _with_keys(desired: Desired, refs: Iterable[Ref]) -> set[Ref]:
    """With what their natural keys are made of, and with whom a folder came."""
    brought = makers(desired.identities.values())
    reached: set[Ref] = set()
    work = list(refs)
    while work:
        ref = work.pop()
        if ref in reached:
            continue
        reached.add(ref)
        item = desired.identities.get(ref)
        work.extend(key for key in item.keys.values() if isinstance(key, Ref)) if item else None
        if ref in brought:
            work.append(brought[ref])
    return reached
