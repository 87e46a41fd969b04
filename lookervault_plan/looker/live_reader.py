"""Read the destination by the table: lists, single items, and the bodies that lists leave out."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec

from lookervault_plan.content.access_lists import has_access_list
from lookervault_plan.content.json_path import put
from lookervault_plan.content.node import Json, Raw, Ref, parse_json
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
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.errors import ApiError
from lookervault_plan.looker.instance_wide_lists import swept
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.pages import raw_items
from lookervault_plan.looker.urls import QueryValue, api_path

T = TypeVar("T")
R = TypeVar("R")

#: below so many, items are read one by one without asking how many there are
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
    """Reads through one client; every method is safe to call from one thread at a time."""

    def __init__(self, client: Client, more: frozenset[str] = frozenset()) -> None:
        """`more` names what is read item by item (`PerItemRead`): each costs a call for an item."""
        self.client: Client = client
        self.more: frozenset[str] = more
        self._queries: dict[Ref, Raw | None] = {}

    def read_kinds(
        self,
        kinds: Iterable[str],
        into: LiveItems,
        *,
        trash: bool = False,
        whole: bool = True,
    ) -> None:
        """Every live item of these kinds, or every one in the trash, kinds in parallel.

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

        _ = self._each(read, rows)

    def read_identities(
        self, kinds: Iterable[str], into: LiveItems, *, trash: bool = False
    ) -> None:
        """As `read_kinds`, asking for no more than tells who each item is."""
        self.read_kinds(kinds, into, trash=trash, whole=False)

    def items(self, refs: Sequence[Ref]) -> LiveItems:
        """These items, by whichever costs fewer calls: their lists, or one by one.

        An item that is gone, or in a trash its list does not show and gone from there too, is
        missing from the result.
        """
        found = LiveItems()
        by_kind: dict[str, list[Ref]] = defaultdict(list)
        for ref in refs:
            by_kind[ref.kind].append(ref)
        single: list[Ref] = []
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
        for ref, data in self._each(self.single, single):
            if data is not None:
                _ = found.add(ref.kind, data)
        self.add_more(found.identities, found)
        return found

    def add_more(self, refs: Iterable[Ref], into: LiveItems) -> None:
        """Fetch what lists and single items leave out, for all that may be written.

        An item that can hold nothing of a sweep is left without it.
        """
        refs = list(refs)
        wanted = [
            (ref, more)
            for ref in refs
            for more in KINDS[ref.kind].item.per_item_reads
            if more.key in self.more and not into.identities[ref].built_in
        ]
        found: dict[Ref, dict[str, Json]] = defaultdict(dict)
        for (ref, more), value in zip(wanted, self._each(self._read_more, wanted), strict=True):
            found[ref][more.key] = value
        if ACCESS in self.more:
            self._add_access([ref for ref in refs if has_access_list(ref.kind)], into, found)
        for kind in sorted({ref.kind for ref in refs}):
            for sweep in KINDS[kind].item.bulk_reads:
                if sweep.key in self.more:
                    mine = [ref for ref in refs if ref.kind == kind]
                    self._add_swept(sweep, mine, into, found)
        for ref, values in found.items():
            into.replace(ref, {**(into.raw(ref) or {}), **values})

    def _add_access(
        self, refs: Sequence[Ref], into: LiveItems, found: dict[Ref, dict[str, Json]]
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

    def add_own_access(self, ref: Ref, into: LiveItems) -> bool:
        """Fetch the access list of one item, built in or not, once; whether the item is known."""
        raw = into.raw(ref)
        if raw is None or not has_access_list(ref.kind):
            return False
        if ACCESS not in raw:
            access, id_ = AccessListReader(self.client), str(raw.get(METADATA_ID))
            inherits = access.inheriting("", [id_])[id_]
            into.replace(ref, {**raw, ACCESS: access.access(id_, inherits=inherits)})
        return True

    def _add_swept(
        self,
        sweep: BulkRead,
        refs: Sequence[Ref],
        into: LiveItems,
        found: dict[Ref, dict[str, Json]],
    ) -> None:
        """One list for all, if any of the items may hold something of it."""
        holding = {
            ref: ids
            for ref in refs
            if (ids := into.holding.get((ref, sweep.key))) and not into.identities[ref].built_in
        }
        if holding:
            listed = swept(self.client, sweep, holding)
            for ref, parts in listed.parts.items():
                found[ref][sweep.key] = parts
                if not listed.is_all:
                    into.partial[ref].add(sweep.key)

    def _read_more(self, wanted: tuple[Ref, PerItemRead]) -> Json:
        ref, more = wanted
        reply = self.client.read(api_path(more.path, id=ref.id), query=_plain(more.query))
        items = (parse_json(bytes(raw)) for raw in raw_items(reply.body))
        return [{more.id_as: str(item["id"])} for item in items if isinstance(item, Mapping)]

    def is_admin(self) -> bool:
        """Whether the API user sees all: has a role with all access, or called Admin (A 5)."""
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

    def names(self, source: NameList) -> frozenset[str]:
        """Names of outside things that the destination has."""
        reply = self.client.read(source.path, query=_plain(source.query))
        found = (parse_json(bytes(raw)) for raw in raw_items(reply.body))
        return frozenset(
            "::".join(str(item.get(field) or "") for field in source.fields)
            for item in found
            if isinstance(item, Mapping)
        )

    def add_bodies(self, refs: Iterable[Ref], into: LiveItems) -> None:
        """Fetch what lists leave out of these items: bodies of queries and merge queries."""
        refs = list(refs)
        self._add_whole(refs, into)
        _ = self._each(
            lambda ref: self._add_merges(ref, into),
            [ref for ref in refs if _may_lack_bodies(KINDS[ref.kind])],
        )

    def _add_whole(self, refs: Sequence[Ref], into: LiveItems) -> None:
        by_scope: dict[tuple[str, str], list[Ref]] = defaultdict(list)
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
                if (data := self.single(ref)[1]) is not None:
                    _ = into.add(kind, data)

        _ = self._each(read, list(by_scope))

    def _add_merges(self, ref: Ref, into: LiveItems) -> None:
        """Put the bodies of content-addressed things where the table looks for them."""
        raw = into.raw(ref) if into.lacking.get(ref) else None
        if raw is None:
            return
        all_ = list(definitions(ref.kind, raw))
        held = {each.ref: body for each in all_ if (body := each.body)}
        found = [
            (each, body)
            for each in all_
            if not each.body and (body := held.get(each.ref) or self.definition(each.ref))
        ]
        for each, body in found:
            put(_writable(each.holder), each.reference.body_paths[0], body)
        if found:
            into.replace(ref, raw)

    def definition(self, ref: Ref) -> Raw | None:
        """A query or merge query with the definitions it is made of; None if it is not visible."""
        if ref not in self._queries:
            data = self.single(ref)[1]
            raw = parse_json(data) if data is not None else None
            if isinstance(raw, Mapping):
                node = normalise(ref.kind, raw)
                for ref_path, target in node.refs.items():
                    if target and (body := self.definition(target)):
                        put(_writable(raw), ref_path.replace(".query_id", ".query"), body)
            self._queries[ref] = raw if isinstance(raw, Mapping) else None
        return self._queries[ref]

    def add_single(self, refs: Sequence[Ref], into: LiveItems) -> bool:
        """Read these one by one, where they are; whether any is."""
        found = [(ref, data) for ref, data in self._each(self.single, refs) if data is not None]
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

    def single(self, ref: Ref) -> tuple[Ref, bytes | None]:
        """One object, in the trash or not; None if it is gone."""
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
    """After the lists that have bodies were read."""
    is_whole = row.item.listing is not None and row.item.listing.complete_path is not None
    return bool(row.item.collections) or (not is_whole and any(ref.body_paths for ref in row.refs))


def _id(row: Kind, raw: msgspec.Raw) -> str:
    value = msgspec.json.decode(raw, type=shape((row.id_field,)))
    return str(value.get(row.id_field) or "")


def _plain(query: Mapping[str, Json]) -> dict[str, QueryValue]:
    return {
        name: value
        for name, value in query.items()
        if value is None or isinstance(value, (str, int, float, bool))
    }


def _writable(raw: Raw) -> dict[str, Json]:
    """A freshly decoded object, which nobody else holds."""
    assert isinstance(raw, dict)
    return raw
