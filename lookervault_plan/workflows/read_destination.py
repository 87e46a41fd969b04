"""Read the live items that deciding on the selected items takes, and match them.

Up to 20 selected items are searched for one by one. For more, whole kinds are listed. Both ways
give the same matches, since every live item that could match is read.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from lookervault_plan.content.folder_paths import FOLDER
from lookervault_plan.content.identity import DesiredIdentity, creators, natural_keys_in_trash
from lookervault_plan.content.node import LiveId, LiveRef, Ref, SourceRef, same_id
from lookervault_plan.content.table.kinds import DECLARED_BY, ITEM_KINDS, KINDS, Kind
from lookervault_plan.content.text_links import LINKED_KINDS, Instances, linkable_texts, linked_refs
from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.item_search import ItemSearch, Key, is_searchable, key_of
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.planning.match.twins import Known, Matches, NoTwin, Twin, match
from lookervault_plan.workflows.backup_items import BackupItems
from lookervault_plan.workflows.read_rights import MEMBERSHIP_KINDS, PEOPLE_KINDS

#: Selected items that are searched for. For more, lists cost less than searches.
MAX_SELECTED_TO_SEARCH = 20
#: Items to search for, targets of the selected ones included. For more, lists cost less.
MAX_ITEMS_TO_SEARCH = 60


def read_and_match(
    reader: LiveReader,
    desired: BackupItems,
    live: LiveItems,
    known: Callable[[], Known],
    *,
    selected: Collection[SourceRef] | None,
    instances: Instances,
) -> Matches:
    """Read the live items that matter for the selected items (None: for all), and match.

    `known` returns the ids known from remaps and from the state, given the items read so far.
    """
    if selected is None:
        kinds = frozenset(ITEM_KINDS)
    else:
        kinds = kinds_to_read({ref.kind for ref in selected})
        wanted = items_to_look_up(desired, selected, instances)
        if wanted is not None:
            return _SelectedItemsReader(reader, desired, live, known).read(wanted, selected, kinds)
    reader.read_kinds([kind for kind in ITEM_KINDS if kind in kinds], live)
    return _with_trash(reader, desired, live, known(), kinds)


def kinds_to_read(selected: Collection[str]) -> frozenset[str]:
    """Return the kinds whose live items matter for items of these kinds, by the table."""
    kinds = set(selected)
    for kind in selected:
        for row in _with_parts(KINDS[kind]):
            kinds.update(ref.kind for ref in row.refs)
            if any(field.holds_links for field in row.fields):
                kinds |= LINKED_KINDS
            kinds.update(_declaring_kinds(row))
    if PEOPLE_KINDS & set(selected):
        kinds |= MEMBERSHIP_KINDS
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


def items_to_look_up(
    desired: BackupItems, selected: Collection[SourceRef], instances: Instances
) -> frozenset[SourceRef] | None:
    """Return the selected items and their targets. None: too many to search for."""
    if len(selected) > MAX_SELECTED_TO_SEARCH:
        return None
    reached = set(selected)
    for ref in selected:
        node = desired.node(ref)
        if isinstance(node, Diagnostic):
            continue
        for each in node.with_parts():
            reached.update(target for target in each.refs.values() if target)
            for _, value in linkable_texts(each):
                reached.update(linked_refs(value, instances))
    reached = {ref for ref in reached if KINDS[ref.kind].is_item}
    found = frozenset(_with_keys(desired, reached))
    searched = sum(is_searchable(ref.kind) for ref in found)
    return found if searched <= MAX_ITEMS_TO_SEARCH else None


class _SelectedItemsReader:
    """Searches for items in the destination. `known` is as in `read_and_match`."""

    def __init__(
        self, reader: LiveReader, desired: BackupItems, live: LiveItems, known: Callable[[], Known]
    ) -> None:
        self._search: ItemSearch = ItemSearch(reader, live)
        self._desired: BackupItems = desired
        self._live: LiveItems = live
        self._known: Callable[[], Known] = known

    def read(
        self, wanted: Collection[SourceRef], selected: Collection[SourceRef], kinds: Collection[str]
    ) -> Matches:
        """Fetch candidates until every possible match has been read."""
        desired, known = self._desired.identities, self._known()
        # An item that the backup lacks has a twin only by its id or by a mapping.
        wanted = {
            ref
            for ref in wanted
            if known.same_instance
            or ref in desired
            or ref in self._desired.renamer.new_owners
            or known.ids_of(ref)
        }
        here = {ref.kind for ref in wanted} | (
            {*DECLARED_BY.values(), *MEMBERSHIP_KINDS} & {*kinds}
        )
        # Folders first: they show whether the destination is a copy of the source.
        for kind in (FOLDER, *ITEM_KINDS):
            if kind in here and not is_searchable(kind) and KINDS[kind].item.listing:
                self._search.list_all(kind)
        while True:
            for kind in ITEM_KINDS:
                self._read_kind(kind, {ref for ref in wanted if ref.kind == kind}, wanted)
            self._check_names(wanted, selected)
            matches = match(desired, self._live.identities, self._known())
            if self._search.read_singly(_in_hidden_trash(matches, wanted, self._known())):
                matches = match(desired, self._live.identities, self._known())
            more = {
                ref
                for ref, found in matches.by_ref.items()
                if not isinstance(found, NoTwin) and is_searchable(ref.kind) and ref in desired
            }
            if more <= wanted:
                return matches
            wanted = _with_keys(self._desired, wanted | more)

    def _read_kind(self, kind: str, refs: set[SourceRef], wanted: set[SourceRef]) -> None:
        if not refs or not is_searchable(kind):
            return
        self._search.find_ids(kind, self._ids(refs))
        self._search.find_keys(kind, self._keys_of_lost(refs, wanted))
        self._search.find_keys(kind, self._keys_of_lost(refs, wanted, trash=True), trash=True)

    def _ids(self, refs: Iterable[SourceRef]) -> set[LiveId]:
        """Return the ids that these items may have in the destination."""
        known = self._known()
        ids_of_refs = {id_ for ref in refs for id_ in known.ids_of(ref)}
        if known.same_instance or self._is_copy():
            new_owners = self._desired.renamer.new_owners
            ids_of_refs.update(same_id(ref).id for ref in refs if ref not in new_owners)
        return ids_of_refs

    def _is_copy(self) -> bool:
        """Whether the destination began as a copy of the source, so that ids may agree.

        Its folders, which are all read, then share ids and times of creation with the backup's.
        """
        if not self._search.has_listed(FOLDER):
            return True
        folders = [item for item in self._desired.identities.values() if item.kind == FOLDER]
        return not folders or any(
            item.created_at
            and (twin := self._live.identities.get(same_id(item.ref)))
            and twin.created_at
            and twin.created_at[:19] == item.created_at[:19]
            for item in folders
        )

    def _keys_of_lost(
        self, refs: set[SourceRef], wanted: set[SourceRef], *, trash: bool = False
    ) -> set[Key]:
        """Return the natural keys, in ids of the destination, of items without a twin so far."""
        matches = self._match(wanted)
        keys = {
            key
            for ref in refs
            if ref in self._desired.identities and isinstance(matches.by_ref.get(ref), NoTwin)
            for item in self._identities_of(ref)
            for names in (
                natural_keys_in_trash(item) if trash else KINDS[ref.kind].item.natural_keys
            )
            if (key := _translated(item, names, matches))
        }
        new_owners = {} if trash else self._desired.renamer.new_owners
        return keys | {
            ((name, new_owners[ref].casefold()),)
            for ref in refs
            if ref in new_owners and ref not in matches.by_ref
            for name in KINDS[ref.kind].item.natural_keys[0]
        }

    def _identities_of(self, ref: SourceRef) -> Iterator[DesiredIdentity]:
        """Yield the identities under which an item may be found: a new owner is part of some."""
        yield self._desired.identities[ref]
        if ref in self._desired.former_owners:
            yield self._desired.former_owners[ref]

    def _check_names(self, wanted: set[SourceRef], selected: Collection[SourceRef]) -> None:
        """Search for items that have the names that selected items are to get."""
        matches = self._match(wanted)
        for ref in sorted(selected):
            found = matches.by_ref.get(ref)
            if not isinstance(found, Twin) or not is_searchable(ref.kind):
                continue
            twin = self._live.identities[found.live]
            for names in KINDS[ref.kind].item.unique_keys:
                key = _translated(self._desired.identities[ref], names, matches)
                if key and key != key_of(twin, names):
                    self._search.find_keys(ref.kind, {key})

    def _match(self, wanted: set[SourceRef]) -> Matches:
        desired: Mapping[SourceRef, DesiredIdentity] = {
            ref: self._desired.identities[ref] for ref in wanted & self._desired.identities.keys()
        }
        return match(desired, self._live.identities, self._known())


def _with_trash(
    reader: LiveReader, desired: BackupItems, live: LiveItems, known: Known, kinds: frozenset[str]
) -> Matches:
    """Match, and read the trash only of kinds with items that have no live twin."""
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
    hidden = reader.add_single_items(places, live)
    if trashed or hidden:
        matches = match(desired.identities, live.identities, known)
    return matches


def _in_hidden_trash(matches: Matches, refs: Iterable[SourceRef], known: Known) -> list[LiveRef]:
    """Return known ids of items without a twin that may be in a trash that no list shows."""
    found: set[LiveRef] = set()
    for ref in refs:
        listing = KINDS[ref.kind].item.listing
        is_lost = isinstance(matches.by_ref.get(ref), NoTwin)
        if is_lost and listing and listing.trash_is_hidden:
            ids = known.ids_of(ref)
            if known.same_instance:
                ids.append(same_id(ref).id)
            found.update(Ref(ref.kind, id_) for id_ in ids if id_)
    return sorted(found)


def _with_parts(row: Kind) -> Iterator[Kind]:
    yield row
    for collection in row.item.collections:
        yield from _with_parts(KINDS[collection.kind])


def _declaring_kinds(row: Kind) -> Iterator[str]:
    """Yield the kinds that list things that an object or its queries name: models, for explores."""
    for name in row.portable_names:
        if name.kind in DECLARED_BY:
            yield DECLARED_BY[name.kind]
    for reference in row.refs:
        if reference.body_paths:
            yield from _declaring_kinds(KINDS[reference.kind])


def _translated(item: DesiredIdentity, names: Iterable[str], matches: Matches) -> Key | None:
    key: list[tuple[str, str]] = []
    for name in names:
        part = item.keys[name]
        value = matches.live(part) if isinstance(part, Ref) else part
        if not value:
            return None
        key.append((name, value))
    return tuple(key)


def _with_keys(desired: BackupItems, refs: Iterable[SourceRef]) -> set[SourceRef]:
    """Add the items in their natural keys, and the users whose personal folders they are."""
    brought = creators(desired.identities.values())
    reached: set[SourceRef] = set()
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
