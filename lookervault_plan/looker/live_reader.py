"""Read live items as the table says: lists, single items, and what lists leave out."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec

from lookervault_plan.content.access_lists import has_access_list
from lookervault_plan.content.json_path import put
from lookervault_plan.content.node import LIVE, Json, LiveId, LiveRef, Raw, Ref, parse_json
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.partial_decode import shape
from lookervault_plan.content.query_refs import definitions
from lookervault_plan.content.table.kinds import (
    KINDS,
    BulkRead,
    Kind,
    Listing,
    NameList,
    PerItemRead,
)
from lookervault_plan.content.table.rows.access import KEY as ACCESS
from lookervault_plan.content.table.rows.access import METADATA_ID
from lookervault_plan.looker.access_lists import AccessListReader
from lookervault_plan.looker.bulk_read import read_bulk
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.errors import ApiError
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.pages import raw_items
from lookervault_plan.looker.urls import QueryValue, api_path

T = TypeVar("T")
R = TypeVar("R")

#: Up to this many items of a kind are read one by one, without asking for the list's length.
MAX_SINGLE_READS = 4


class _User(msgspec.Struct):
    role_ids: list[str] = []


class _PermissionSet(msgspec.Struct):
    all_access: bool | None = None


class _Role(msgspec.Struct):
    id: str
    name: str | None = None
    permission_set: _PermissionSet | None = None


class LiveReader:
    """Reads live items through one client. Call it from one thread at a time."""

    def __init__(self, client: Client, extra_reads: frozenset[str] = frozenset()) -> None:
        """`extra_reads` holds keys of `PerItemRead`s and `BulkRead`s to read with the items.

        A `PerItemRead` costs one request per item.
        """
        self.client: Client = client
        self.extra_reads: frozenset[str] = extra_reads
        self._queries: dict[LiveRef, Raw | None] = {}
        self._is_admin: bool | None = None

    def read_kinds(
        self,
        kinds: Iterable[str],
        into: LiveItems,
        *,
        trash: bool = False,
        whole: bool = True,
    ) -> None:
        """Read all live items of these kinds, or all in the trash, kinds in parallel.

        Raises:
            ApiError, ConnectionFailed: a failed read is an error, never "absent".

        """
        rows = [KINDS[kind] for kind in kinds if KINDS[kind].item.listing]

        def read(row: Kind) -> None:
            listing = row.item.listing
            if listing is None or (trash and listing.trash_query is None):
                return
            more = dict((listing.trash_query if trash else None) or {})
            if not whole and listing.identity_fields:
                more["fields"] = listing.identity_fields
            for raw in self._list(listing, more):
                _ = into.add(row.name, raw)
            if not trash:
                into.listed.add(row.name)

        _ = self._each(read, rows)

    def read_identities(
        self, kinds: Iterable[str], into: LiveItems, *, trash: bool = False
    ) -> None:
        """As `read_kinds`, but read only the fields that identify each item."""
        self.read_kinds(kinds, into, trash=trash, whole=False)

    def read_items(self, refs: Sequence[LiveRef]) -> LiveItems:
        """Read these items from their lists or one by one, whichever takes fewer requests.

        The result lacks items that no longer exist, not even in the trash.
        """
        found = LiveItems()
        by_kind: dict[str, list[LiveRef]] = defaultdict(list)
        for ref in refs:
            by_kind[ref.kind].append(ref)
        single: list[LiveRef] = []
        for kind, wanted in by_kind.items():
            listing = KINDS[kind].item.listing
            if listing is None or not self._is_list_cheaper(listing, len(wanted)):
                single.extend(wanted)
                continue
            keep = set(wanted)
            for raw in self._list(listing, {}):
                if Ref(kind, _id(KINDS[kind], raw)) in keep:
                    _ = found.add(kind, raw)
            single.extend(ref for ref in wanted if ref not in found.identities)
        for ref, data in self._each(self.read_single, single):
            if data is not None:
                _ = found.add(ref.kind, data)
        self.add_extra_reads(found.identities, found)
        return found

    def add_extra_reads(self, refs: Iterable[LiveRef], into: LiveItems) -> None:
        """Read the `extra_reads` of all items that may be written, and add them to the items.

        Skip a bulk read for items that can have none of its parts.
        """
        refs = list(refs)
        wanted = [
            (ref, more)
            for ref in refs
            for more in KINDS[ref.kind].item.per_item_reads
            if more.key in self.extra_reads and not into.identities[ref].built_in
        ]
        found: dict[LiveRef, dict[str, Json]] = defaultdict(dict)
        for (ref, more), value in zip(wanted, self._each(self._read_per_item, wanted), strict=True):
            found[ref][more.key] = value
        if ACCESS in self.extra_reads:
            self._add_access([ref for ref in refs if has_access_list(ref.kind)], into, found)
        for kind in sorted({ref.kind for ref in refs}):
            for bulk in KINDS[kind].item.bulk_reads:
                if bulk.key in self.extra_reads:
                    same_kind = [ref for ref in refs if ref.kind == kind]
                    self._add_bulk_read(bulk, same_kind, into, found)
        for ref, values in found.items():
            into.replace(ref, {**(into.raw(ref) or {}), **values})

    def _add_access(
        self, refs: Sequence[LiveRef], into: LiveItems, found: dict[LiveRef, dict[str, Json]]
    ) -> None:
        access = AccessListReader(self.client)
        wanted = [ref for ref in refs if not into.identities[ref].built_in]
        scopes = list(access.scopes(wanted, into).items())
        inherits: dict[str, bool] = {}
        for each in self._each(lambda scope: access.inheriting(*scope), scopes):
            inherits |= each
        ids = {ref: str((into.raw(ref) or {}).get(METADATA_ID)) for ref in wanted}
        known = [(ref, id_) for ref, id_ in ids.items() if id_ in inherits]
        lists = self._each(lambda one: access.access(one[1], inherits=inherits[one[1]]), known)
        for (ref, _), raw in zip(known, lists, strict=True):
            found[ref][ACCESS] = raw

    def add_own_access(self, ref: LiveRef, into: LiveItems) -> bool:
        """Add the access list of one item, built in or not; return whether the item was read."""
        raw = into.raw(ref)
        if raw is None or not has_access_list(ref.kind):
            return False
        if ACCESS not in raw:
            access, id_ = AccessListReader(self.client), str(raw.get(METADATA_ID))
            inherits = access.inheriting("", [id_])[id_]
            into.replace(ref, {**raw, ACCESS: access.access(id_, inherits=inherits)})
        return True

    def _add_bulk_read(
        self,
        bulk: BulkRead,
        refs: Sequence[LiveRef],
        into: LiveItems,
        found: dict[LiveRef, dict[str, Json]],
    ) -> None:
        """Read one list for all items, if any of them may have parts in it."""
        holding = {
            ref: ids
            for ref in refs
            if (ids := into.bulk_read_ids.get((ref, bulk.key)))
            and not into.identities[ref].built_in
        }
        if holding:
            listed = read_bulk(self.client, bulk, holding)
            for ref, parts in listed.parts.items():
                found[ref][bulk.key] = parts
                if not listed.is_all:
                    into.partial[ref].add(bulk.key)

    def _read_per_item(self, wanted: tuple[LiveRef, PerItemRead]) -> Json:
        ref, more = wanted
        reply = self.client.read(api_path(more.path, id=ref.id), query=_plain(more.query))
        items = (parse_json(bytes(raw)) for raw in raw_items(reply.body))
        return [{more.id_as: str(item["id"])} for item in items if isinstance(item, Mapping)]

    def is_admin(self) -> bool:
        """Return whether the API user has a role with all access, or called Admin. Ask once.

        Source: docs/looker-api.md, section 5.
        """
        if self._is_admin is None:
            self._is_admin = self._reads_as_admin()
        return self._is_admin

    def _reads_as_admin(self) -> bool:
        held = msgspec.convert(self.client.me(), _User).role_ids
        if not held:
            return False
        try:
            reply = self.client.read("/roles", query={"ids": held})
        except ApiError as error:
            if error.status in {403, 404}:
                return False
            raise
        roles = reply.json(list[_Role])
        return any(
            role.id in held
            and (
                role.name == "Admin" or bool(role.permission_set and role.permission_set.all_access)
            )
            for role in roles
        )

    def external_names(self, source: NameList) -> frozenset[str]:
        """Read the names of external objects (connections, …) that the destination has.

        Short names are among them.
        """
        reply = self.client.read(source.path, query=_plain(source.query))
        found = (parse_json(bytes(raw)) for raw in raw_items(reply.body))
        return frozenset(
            "::".join(str(item.get(field) or "") for field in fields)
            for item in found
            if isinstance(item, Mapping)
            for fields in (source.fields, source.short_fields)
            if fields
        )

    def add_bodies(self, refs: Iterable[LiveRef], into: LiveItems) -> None:
        """Add the bodies of queries and merge queries that lists leave out."""
        refs = list(refs)
        self._add_whole(refs, into)
        _ = self._each(
            lambda ref: self._add_merges(ref, into),
            [ref for ref in refs if _may_lack_bodies(KINDS[ref.kind])],
        )

    def _add_whole(self, refs: Sequence[LiveRef], into: LiveItems) -> None:
        by_scope: dict[tuple[str, str], list[LiveRef]] = defaultdict(list)
        for ref in refs:
            listing, identity = KINDS[ref.kind].item.listing, into.identities.get(ref)
            if listing and listing.complete_path and identity:
                scope = identity.keys.get(listing.complete_by or "")
                by_scope[ref.kind, scope.id if isinstance(scope, Ref) else ""].append(ref)

        def read(scope: tuple[str, str]) -> None:
            kind, id_ = scope
            wanted = set(by_scope[scope])
            listing = KINDS[kind].item.listing
            whole = listing.complete_path if listing else None
            # Items in the trash are in no folder's list.
            listed = {ref for ref in wanted if not into.identities[ref].trashed}
            if len(listed) > 1 and whole:
                for raw in raw_items(self.client.read(api_path(whole, id=id_)).body):
                    ref = Ref(kind, _id(KINDS[kind], raw))
                    if ref in wanted:
                        _ = into.add(kind, raw)
                        wanted.discard(ref)
            for ref in wanted:
                if (data := self.read_single(ref)[1]) is not None:
                    _ = into.add(kind, data)

        _ = self._each(read, list(by_scope))

    def _add_merges(self, ref: LiveRef, into: LiveItems) -> None:
        """Put the missing bodies of queries and merge queries into one item."""
        raw = into.raw(ref) if into.missing_bodies.get(ref) else None
        if raw is None:
            return
        all_ = list(definitions(ref.kind, raw, LIVE))
        held = {each.ref: body for each in all_ if (body := each.body)}
        found = [
            (each, body)
            for each in all_
            if not each.body and (body := held.get(each.ref) or self.query_definition(each.ref))
        ]
        for each, body in found:
            put(_writable(each.holder), each.reference.body_paths[0], body)
        if found:
            into.replace(ref, raw)

    def query_definition(self, ref: LiveRef) -> Raw | None:
        """Read a query or merge query, with its source queries; None if it is not visible."""
        if ref not in self._queries:
            data = self.read_single(ref)[1]
            raw = parse_json(data) if data is not None else None
            if isinstance(raw, Mapping):
                node = normalise(ref.kind, raw, LIVE)
                for ref_path, target in node.refs.items():
                    if target and (body := self.query_definition(target)):
                        put(_writable(raw), ref_path.replace(".query_id", ".query"), body)
            self._queries[ref] = raw if isinstance(raw, Mapping) else None
        return self._queries[ref]

    def add_single_items(self, refs: Sequence[LiveRef], into: LiveItems) -> bool:
        """Read items one by one; return whether any exists."""
        found = [
            (ref, data) for ref, data in self._each(self.read_single, refs) if data is not None
        ]
        for ref, data in found:
            _ = into.add(ref.kind, data)
        return bool(found)

    def _is_list_cheaper(self, listing: Listing, count: int) -> bool:
        if not listing.page_size:
            return count > 1
        if count <= MAX_SINGLE_READS:
            return False
        query: dict[str, QueryValue] = {**_plain(listing.query), "limit": 1, "fields": "id"}
        reply = self.client.read(listing.path, query=query)
        total = reply.headers.get("x-total-count")
        return total is None or -(-int(total) // listing.page_size) < count

    def _list(self, listing: Listing, more: Mapping[str, Json]) -> Iterable[msgspec.Raw]:
        query = _plain({**listing.query, **more})
        if not listing.page_size:
            return raw_items(self.client.read(listing.path, query=query).body)
        pages = self.client.pages(listing.path, query, limit=listing.page_size)
        return (raw for page in pages for raw in page)

    def read_single(self, ref: LiveRef) -> tuple[LiveRef, bytes | None]:
        """Read one item, in the trash or not; None if it no longer exists."""
        try:
            return ref, self.client.read(api_path(KINDS[ref.kind].path + "/{id}", id=ref.id)).body
        except ApiError as error:
            if error.status == 404:
                return ref, None
            raise

    def _each(self, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
        if len(items) < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(min(len(items), self.client.workers)) as pool:
            return list(pool.map(work, items))


def _may_lack_bodies(row: Kind) -> bool:
    """Return whether items may lack bodies even after the lists with bodies were read."""
    is_whole = row.item.listing is not None and row.item.listing.complete_path is not None
    return bool(row.item.collections) or (not is_whole and any(ref.body_paths for ref in row.refs))


def _id(row: Kind, raw: msgspec.Raw) -> LiveId:
    value = msgspec.json.decode(raw, type=shape((row.id_field,)))
    return LiveId(str(value.get(row.id_field) or ""))


def _plain(query: Mapping[str, Json]) -> dict[str, QueryValue]:
    return {
        name: value
        for name, value in query.items()
        if value is None or isinstance(value, (str, int, float, bool))
    }


def _writable(raw: Raw) -> dict[str, Json]:
    """Return an object that was just decoded, as a dict that may be changed."""
    assert isinstance(raw, dict)
    return raw
