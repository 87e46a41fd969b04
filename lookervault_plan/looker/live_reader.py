"""Read live items as the table says: lists, single items, and what lists leave out."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from threading import Lock
from typing import TypeVar

import msgspec

from lookervault_plan.content.access_lists import has_access_list
from lookervault_plan.content.json_path import head, put
from lookervault_plan.content.node import LIVE, Json, LiveId, LiveRef, Raw, Ref, parse_json
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.partial_decode import shape
from lookervault_plan.content.query_refs import definitions
from lookervault_plan.content.table.kinds import (
    EXTERNAL,
    KINDS,
    BulkRead,
    Kind,
    Listing,
    PerItemRead,
)
from lookervault_plan.content.table.rows.access import KEY as ACCESS
from lookervault_plan.content.table.rows.access import METADATA_ID
from lookervault_plan.errors import failure
from lookervault_plan.looker.access_lists import AccessListReader
from lookervault_plan.looker.bulk_read import is_complete, read_bulk
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.decode import object_bytes, objects_with, undecoded_objects
from lookervault_plan.looker.errors import ApiError
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.refusals import Refusal, Unknown, status_of
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


_roles = msgspec.json.Decoder(list[_Role])


class LiveReader:
    """Reads live items through one client. Call it from one thread at a time."""

    def __init__(self, client: Client, extra_reads: frozenset[str] = frozenset()) -> None:
        """`extra_reads` holds keys of `PerItemRead`s and `BulkRead`s to read with the items.

        A `PerItemRead` costs one request per item.
        """
        self.client: Client = client
        self.extra_reads: frozenset[str] = extra_reads
        #: Reads that Looker refused so far. What they would have shown is unknown.
        self.refusals: list[Refusal] = []
        #: Query, or other object that a live item points to -> why Looker does not show it.
        self.hidden: dict[LiveRef, str] = {}
        #: Definitions that were read or are being read.
        self._queries: dict[LiveRef, Future[Raw | None]] = {}
        self._queries_lock = Lock()
        self._is_admin: bool | None = None
        #: Paths of lists that Looker refuses, and whose fallback is read instead.
        self._refused_paths: set[str] = set()

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
            PlanError: Looker refuses a list.
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
            for raw in self._list(row, listing, more):
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
            if listing is None or not self._is_list_cheaper(KINDS[kind], len(wanted)):
                single.extend(wanted)
                continue
            keep = set(wanted)
            for raw in self._list(KINDS[kind], listing, {}):
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

        Skip a bulk read for items that can have none of its parts. What Looker refuses is noted in
        `refusals` and `LiveItems.unseen`.
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
            if isinstance(value, Refusal):
                self._note_unseen(ref, more.key, value, into)
            else:
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

    def _note_unseen(self, ref: LiveRef, key: str, refusal: Refusal, into: LiveItems) -> None:
        self.refusals.append(refusal)
        into.unseen[ref][key] = refusal.reason

    def _add_access(
        self, refs: Sequence[LiveRef], into: LiveItems, found: dict[LiveRef, dict[str, Json]]
    ) -> None:
        access = AccessListReader(self.client)
        wanted = [ref for ref in refs if not into.identities[ref].built_in]
        scopes = list(access.scopes(wanted, into).items())
        inherits: dict[str, bool | ApiError] = {}
        for each in self._each(lambda scope: access.inheriting(*scope), scopes):
            inherits |= each
        ids = {ref: str((into.raw(ref) or {}).get(METADATA_ID)) for ref in wanted}
        known = [(ref, id_) for ref, id_ in ids.items() if id_ in inherits]
        lists = self._each(lambda one: access.access(one[1], inherits=inherits[one[1]]), known)
        for (ref, _), raw in zip(known, lists, strict=True):
            if isinstance(raw, ApiError):
                self._note_unseen(ref, ACCESS, access_refusal(raw, ref), into)
            else:
                found[ref][ACCESS] = raw

    def add_own_access(self, ref: LiveRef, into: LiveItems) -> bool:
        """Add the access list of one item, built in or not; return whether the item was read."""
        raw = into.raw(ref)
        if raw is None or not has_access_list(ref.kind):
            return False
        if ACCESS not in raw and ACCESS not in into.unseen[ref]:
            access, id_ = AccessListReader(self.client), str(raw.get(METADATA_ID))
            found = access.access(id_, inherits=access.inheriting("", [id_])[id_])
            if isinstance(found, ApiError):
                self._note_unseen(ref, ACCESS, access_refusal(found, ref), into)
            else:
                into.replace(ref, {**raw, ACCESS: found})
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
        if not holding:
            return
        try:
            listed = read_bulk(self.client, bulk, holding)
        except ApiError as error:
            status = status_of(error)
            for ref in holding:
                self._note_unseen(ref, bulk.key, parts_refusal(bulk, status, ref), into)
            return
        for ref, parts in listed.parts.items():
            found[ref][bulk.key] = parts
            if not (listed.is_all or is_complete(bulk, into.raw(ref) or {}, parts)):
                into.partial[ref].add(bulk.key)
                self.refusals.append(parts_refusal(bulk, 403, ref, Unknown.SOME_PARTS))

    def _read_per_item(self, wanted: tuple[LiveRef, PerItemRead]) -> "Json | Refusal":
        ref, more = wanted
        path, query = api_path(more.path, id=ref.id), _plain(more.query)
        try:
            listed = self.client.read(path, objects_with("id"), query=query)
        except ApiError as error:
            return parts_refusal(more, status_of(error), ref)
        return [{more.id_as: str(item["id"])} for item in listed]

    def is_admin(self) -> bool:
        """Return whether the API user has a role with all access, or called Admin. Ask once.

        Source: docs/looker-api.md, section 5.
        """
        if self._is_admin is None:
            self._is_admin = self._reads_as_admin()
        return self._is_admin

    def api_user(self) -> Raw | None:
        """Read the user whom the API key belongs to; None if Looker refuses it, which is noted."""
        try:
            return self.client.me()
        except ApiError as error:
            self.refusals.append(
                Refusal(
                    unknown=Unknown.API_USER,
                    what="user of the API key",
                    endpoint="/user",
                    status=status_of(error),
                )
            )
            return None

    def _reads_as_admin(self) -> bool:
        me = self.api_user()
        held = msgspec.convert(me, _User).role_ids if me else []
        if not held:
            return False
        try:
            roles = self.client.read("/roles", _roles.decode, query={"ids": held})
        except ApiError as error:
            _ = status_of(error)
            return False
        return any(
            role.id in held
            and (
                role.name == "Admin" or bool(role.permission_set and role.permission_set.all_access)
            )
            for role in roles
        )

    def external_names(self, kind: str) -> frozenset[str] | Refusal:
        """Read the names of external objects (connections, …) that the destination has.

        Short names are among them. `kind` is a key of EXTERNAL.
        """
        source = EXTERNAL[kind]
        decode = objects_with(source.fields[0], *source.fields[1:])
        try:
            listed = self.client.read(source.path, decode, query=_plain(source.query))
        except ApiError as error:
            refusal = Refusal(
                unknown=Unknown.NAMES,
                what=f"{kind.replace('_', ' ')}s",
                endpoint=source.path,
                status=status_of(error),
                needs=source.needs,
            )
            self.refusals.append(refusal)
            return refusal
        return frozenset(
            "::".join(str(item.get(field) or "") for field in fields)
            for item in listed
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
                for raw in self._complete_items(KINDS[kind], api_path(whole, id=id_)):
                    ref = Ref(kind, _id(KINDS[kind], raw))
                    if ref in wanted:
                        _ = into.add(kind, raw)
                        wanted.discard(ref)
            for ref in wanted:
                if (data := self._read_shown(ref)) is not None:
                    _ = into.add(kind, data)

        _ = self._each(read, list(by_scope))

    def _complete_items(self, row: Kind, path: str) -> list[msgspec.Raw]:
        """Read a list of whole items; none if Looker refuses it, as they can be read one by one."""
        try:
            return self.client.read(path, undecoded_objects(row.id_field))
        except ApiError as error:
            _ = status_of(error)
            return []

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
        with self._queries_lock:
            known = self._queries.get(ref)
            found = known or self._queries.setdefault(ref, Future())
        if known is None:
            try:
                found.set_result(self._read_definition(ref))
            except BaseException as error:
                found.set_exception(error)
                raise
        return found.result()

    def _read_definition(self, ref: LiveRef) -> Raw | None:
        data = self._read_shown(ref)
        raw = parse_json(data) if data is not None else None
        if not isinstance(raw, Mapping):
            return None
        node = normalise(ref.kind, raw, LIVE)
        for ref_path, target in node.refs.items():
            if target and (body := self.query_definition(target)):
                put(_writable(raw), ref_path.replace(".query_id", ".query"), body)
        return raw

    def _read_shown(self, ref: LiveRef) -> bytes | None:
        """Read an object that a live item points to; None if Looker refuses it, which is noted."""
        try:
            return self._read_object(ref)
        except ApiError as error:
            refusal = Refusal(
                unknown=Unknown.DEFINITION,
                what="definitions" if KINDS[ref.kind].content_addressed else "query definitions",
                endpoint=f"{KINDS[ref.kind].path}/{{id}}",
                status=status_of(error),
                ref=ref,
            )
            self.refusals.append(refusal)
            self.hidden[ref] = refusal.reason
            return None

    def add_people(self, refs: Sequence[LiveRef], into: LiveItems) -> bool:
        """Read members one by one; return whether any is visible. Others are noted as unknown."""

        def read(ref: LiveRef) -> bytes | None:
            try:
                return self._read_object(ref)
            except ApiError as error:
                if status_of(error) == 403:
                    refusal = Refusal(
                        unknown=Unknown.PERSON,
                        what="name",
                        endpoint=f"{KINDS[ref.kind].path}/{{id}}",
                        status=403,
                        ref=ref,
                        needs=(listing.needs if (listing := KINDS[ref.kind].item.listing) else ""),
                    )
                    self.refusals.append(refusal)
                return None

        return self._add_found(refs, self._each(read, refs), into)

    def add_single_items(self, refs: Sequence[LiveRef], into: LiveItems) -> bool:
        """Read items one by one; return whether any exists."""
        return self._add_found(refs, [data for _, data in self._each(self.read_single, refs)], into)

    def _add_found(
        self, refs: Sequence[LiveRef], found: Sequence[bytes | None], into: LiveItems
    ) -> bool:
        for ref, data in zip(refs, found, strict=True):
            if data is not None:
                _ = into.add(ref.kind, data)
        return any(data is not None for data in found)

    def _is_list_cheaper(self, row: Kind, count: int) -> bool:
        listing = row.item.listing
        if listing is None or not listing.page_size:
            return listing is not None and count > 1
        if count <= MAX_SINGLE_READS:
            return False
        query = _plain(listing.query)
        try:
            total = self._with_fallback(row, lambda path: self.client.count(path, query))
        except ApiError as error:
            raise self.refused_list(row, error) from error
        return total is None or -(-total // listing.page_size) < count

    def _list(self, row: Kind, listing: Listing, more: Mapping[str, Json]) -> Iterable[msgspec.Raw]:
        query = _plain({**listing.query, **more})

        def read(path: str) -> Iterable[msgspec.Raw]:
            if not listing.page_size:
                return self.client.read(path, undecoded_objects(row.id_field), query=query)
            pages = self.client.pages(path, query, limit=listing.page_size)
            first = next(pages, None)  # here, not later: a refusal is answered by the fallback
            return chain(first or (), chain.from_iterable(pages))

        try:
            yield from self._with_fallback(row, read)
        except ApiError as error:
            raise self.refused_list(row, error) from error

    def _with_fallback(self, row: Kind, read: Callable[[str], T]) -> T:
        """Read a kind's list; read its fallback if Looker refuses the list."""
        listing = row.item.listing
        assert listing is not None
        if listing.path in self._refused_paths:
            return read(listing.fallback_path)
        try:
            return read(listing.path)
        except ApiError as error:
            if not (error.is_refusal and listing.fallback_path):
                raise
            found = read(listing.fallback_path)
            self._refused_paths.add(listing.path)
            self.refusals.append(
                Refusal(
                    unknown=Unknown.DETAILS,
                    what=f"{' and '.join(listing.fallback_lacks)} of {_plural(row)}",
                    endpoint=listing.path,
                    status=error.status,
                    needs=listing.needs,
                )
            )
            return found

    def refused_list(self, row: Kind, error: ApiError) -> Exception:
        """Make the error for a list without which nothing can be planned; others stay as they are.

        Only 403 and 404 are refusals.
        """
        listing = row.item.listing
        if not error.is_refusal or listing is None:
            return error
        may = f"the permission {listing.needs}" if listing.needs else "the right to list them"
        return failure(
            "looker.forbidden" if error.status == 403 else "looker.missing",
            f"the {_plural(row)} of {self.client.connection.base_url} can't be listed",
            detail=f"{error}; the API user may not list them, or this Looker is too old for that",
            fix=f"give the user of the API key {may}, or use the key of an admin",
        )

    def read_single(self, ref: LiveRef) -> tuple[LiveRef, bytes | None]:
        """Read one item, in the trash or not; None if it no longer exists."""
        try:
            return ref, self._read_object(ref)
        except ApiError as error:
            if error.status == 404:
                return ref, None
            raise

    def _read_object(self, ref: LiveRef) -> bytes:
        row = KINDS[ref.kind]
        return self.client.read(api_path(row.path + "/{id}", id=ref.id), object_bytes(row.id_field))

    def _each(self, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
        if len(items) < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(min(len(items), self.client.workers)) as pool:
            return list(pool.map(work, items))


def _may_lack_bodies(row: Kind) -> bool:
    """Return whether items may lack bodies even after the lists with bodies were read."""
    is_whole = row.item.listing is not None and row.item.listing.complete_path is not None
    return bool(row.item.collections) or (not is_whole and any(ref.body_paths for ref in row.refs))


def parts_refusal(
    read: PerItemRead | BulkRead, status: int, ref: LiveRef, unknown: Unknown = Unknown.PARTS
) -> Refusal:
    """Say that the parts of an item are unknown, or some of them."""
    word = parts_word(ref.kind, read.key)
    return Refusal(
        unknown=unknown,
        what=f"some {word}" if unknown is Unknown.SOME_PARTS else word,
        endpoint=read.path,
        status=status,
        ref=ref,
        needs=read.needs,
    )


def access_refusal(error: ApiError, ref: LiveRef) -> Refusal:
    """Say that the access list of an item is unknown."""
    return Refusal(
        unknown=Unknown.PARTS,
        what=parts_word(ref.kind, ACCESS),
        endpoint=f"/{error.path.split('/')[1]}",
        status=status_of(error),
        ref=ref,
    )


def parts_word(kind: str, key: str) -> str:
    """Name the parts of an item that are kept under a key."""
    if key == ACCESS:
        return "access lists"
    collections = KINDS[kind].item.collections
    return next((each.name for each in collections if head(each.path) == key), key)


def _plural(row: Kind) -> str:
    return f"{row.name.replace('_', ' ')}s"


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
