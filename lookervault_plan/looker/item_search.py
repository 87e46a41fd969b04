"""Search for a few live items by id and by natural key, instead of listing all.

Every live item with a requested id or key is in the result. Looker's search ignores case and
takes `%` and `_` for wildcards, so its results are compared again.

Source: docs/looker-api.md, section 5.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec

from lookervault_plan.content.identity import LiveIdentity
from lookervault_plan.content.node import Json, LiveId, LiveRef, Ref
from lookervault_plan.content.table.kinds import KINDS, Kind, Listing
from lookervault_plan.looker.errors import ApiError
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.looker.urls import QueryValue

#: Names of key fields, and their values in the destination.
Key = tuple[tuple[str, str], ...]

#: Up to this many ids are read one by one, which finds items in the trash as well.
_SINGLY = 2
#: Values that search gives another meaning (looker-api.md 5).
_MAGIC = frozenset({"NULL", "IS NULL", "NOT NULL"})


def is_searchable(kind: str) -> bool:
    """Return whether items of this kind can be found without listing all."""
    listing = KINDS[kind].item.listing
    return listing is not None and listing.search_path is not None


class ItemSearch:
    """Reads items through a `LiveReader` into `into`, each id and key at most once."""

    def __init__(self, reader: LiveReader, into: LiveItems) -> None:
        self._reader: LiveReader = reader
        self._into: LiveItems = into
        self._listed: set[str] = set()
        self._ids: set[LiveRef] = set()
        self._keys: set[tuple[str, Key, bool]] = set()

    def list_all(self, kind: str) -> None:
        """Read all live items of a kind that can't be searched."""
        if kind not in self._listed:
            self._listed.add(kind)
            self._reader.read_kinds([kind], self._into)

    def has_listed(self, kind: str) -> bool:
        """Return whether all live items of a kind were read."""
        return kind in self._listed

    def find_ids(self, kind: str, ids: Collection[LiveId]) -> None:
        """Read the items with these ids, in the trash or not."""
        wanted = sorted({Ref(kind, id_) for id_ in ids} - self._ids)
        self._ids.update(wanted)
        row, listing = _searchable(kind)
        if len(wanted) <= _SINGLY:
            for ref in wanted:
                if (data := self._reader.read_single(ref)[1]) is not None:
                    _ = self._into.add(kind, data)
            return
        for more in _places(listing):
            missing = [ref.id for ref in wanted if ref not in self._into.identities]
            if missing:
                query = {**more, "id": ",".join(missing)}
                self._search(row, listing, query, lambda found: found.ref in wanted)

    def read_singly(self, refs: Collection[LiveRef]) -> bool:
        """Read items one by one, as search can't find them; return whether any exists."""
        wanted = sorted({*refs} - self._ids)
        self._ids.update(wanted)
        return self._reader.add_single_items(wanted, self._into)

    def find_keys(self, kind: str, keys: Collection[Key], *, trash: bool = False) -> None:
        """Read the live items with these natural keys; with `trash`, those in the trash."""
        row, listing = _searchable(kind)
        if trash and listing.trash_query is None:
            return
        wanted = {key for key in keys if (kind, key, trash) not in self._keys}
        self._keys.update((kind, key, trash) for key in wanted)
        more = (listing.trash_query if trash else None) or {}
        for query in _queries(row, listing, sorted(wanted)):
            self._search(
                row, listing, {**more, **query}, lambda found: not wanted.isdisjoint(keys_of(found))
            )

    def _search(
        self,
        row: Kind,
        listing: Listing,
        query: Mapping[str, Json],
        is_wanted: Callable[[LiveIdentity], bool],
    ) -> None:
        plain: dict[str, QueryValue] = {
            name: value for name, value in query.items() if isinstance(value, (str, bool, int))
        }
        path = listing.search_path or ""
        try:
            for page in self._reader.client.pages(path, plain, limit=listing.page_size):
                self._keep(row.name, page, is_wanted)
        except ApiError as error:
            raise self._reader.refused_list(row, error) from error

    def _keep(
        self,
        kind: str,
        page: Sequence[msgspec.Raw],
        is_wanted: Callable[[LiveIdentity], bool],
    ) -> None:
        for data in page:
            found = LiveItems()
            if is_wanted(found.identities[found.add(kind, data)]):
                _ = self._into.add(kind, data)


def keys_of(item: LiveIdentity) -> frozenset[Key]:
    """Return the natural keys of a live item, with live ids."""
    keys = (key_of(item, names) for names in KINDS[item.kind].item.natural_keys)
    return frozenset(key for key in keys if key is not None)


def key_of(item: LiveIdentity, names: Sequence[str]) -> Key | None:
    """Return the values of these key fields; None if one is missing."""
    parts = [(name, item.keys[name]) for name in names]
    if not all(part for _, part in parts):
        return None
    return tuple((name, part.id if isinstance(part, Ref) else str(part)) for name, part in parts)


def _queries(row: Kind, listing: Listing, keys: Sequence[Key]) -> Iterator[Mapping[str, str]]:
    """Yield query parameters that together find all of these keys, and perhaps other items.

    Many keys are searched by their folder alone, unless single items of this kind are large.
    """
    ids = {ref.path for ref in row.refs}
    by_names: dict[tuple[str, ...], list[Key]] = defaultdict(list)
    for key in keys:
        by_names[tuple(name for name, _ in key)].append(key)
    for names, same in by_names.items():
        scope = next((name for name in names if name in ids), None)
        if scope and len(same) > _SINGLY and listing.identity_fields is None:
            yield {scope: ",".join(sorted({dict(key)[scope] for key in same}))}
            continue
        for key in same:
            yield {name: value for name, value in key if value.upper() not in _MAGIC}


def _places(listing: Listing) -> Iterator[Mapping[str, Json]]:
    """Yield the parameters for live items, then those for the trash."""
    yield {}
    if listing.trash_query is not None:
        yield listing.trash_query


def _searchable(kind: str) -> tuple[Kind, Listing]:
    row = KINDS[kind]
    assert row.item.listing is not None
    return row, row.item.listing
