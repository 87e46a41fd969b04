"""Hold the live items that were read: identities as they are, JSON objects compressed."""

import threading
import zlib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import cast

import msgspec

from lookervault_plan.content.external_names import all_external_names
from lookervault_plan.content.identity import LiveIdentity, identify
from lookervault_plan.content.json_path import find
from lookervault_plan.content.node import LIVE, Json, LiveNode, LiveRef, Raw
from lookervault_plan.content.normalise import MALFORMED, collections_under, normalise
from lookervault_plan.content.partial_decode import identity_shape
from lookervault_plan.content.query_refs import definitions
from lookervault_plan.content.table.kinds import DECLARED_BY, KINDS
from lookervault_plan.looker.bulk_read import bulk_read_ids
from lookervault_plan.looker.decode import UNREADABLE, malformed, one_object


class LiveItems:
    """Live items by reference. Any number of threads may add items.

    10,000 dashboards of 12 tiles are 400 MB of JSON: so objects are held compressed, and
    decompressed one at a time.
    """

    def __init__(self) -> None:
        self.identities: dict[LiveRef, LiveIdentity] = {}
        #: (item, `BulkRead.key`) -> ids by which a bulk read tells the objects of the item
        self.bulk_read_ids: dict[tuple[LiveRef, str], tuple[str, ...]] = {}
        #: Kind of an external object (connection, …) -> names that the items use.
        self.external_names: dict[str, set[str]] = defaultdict(set)
        #: Kinds whose live items were all read.
        self.listed: set[str] = set()
        #: Item -> its queries and merge queries whose bodies the list left out.
        self.missing_bodies: dict[LiveRef, tuple[LiveRef, ...]] = {}
        #: item -> collections that were read only in part (`BulkRead.key`)
        self.partial: dict[LiveRef, set[str]] = defaultdict(set)
        #: item -> key of a separate read that Looker refused -> `Refusal.reason`
        self.unseen: dict[LiveRef, dict[str, str]] = defaultdict(dict)
        self._blobs: dict[LiveRef, bytes] = {}
        self._lock: threading.Lock = threading.Lock()

    def add(self, kind: str, data: bytes | msgspec.Raw) -> LiveRef:
        """Keep one object, and return its reference. Raises PlanError if it can't be read."""
        try:
            raw = _glance(kind, data)
            identity = identify(kind, raw, LIVE)
        except (*MALFORMED, *UNREADABLE) as error:
            raise malformed(f"a {kind.replace('_', ' ')}", error) from error
        blob = zlib.compress(data, 1)
        with self._lock:
            self.identities[identity.ref] = identity
            self._blobs[identity.ref] = blob
            self._note(identity.ref, raw)
        return identity.ref

    def _note(self, ref: LiveRef, raw: Raw) -> None:
        """Note facts that are asked of every object, so that few have to be decompressed."""
        row = KINDS[ref.kind]
        self.missing_bodies[ref] = tuple(
            each.ref for each in definitions(ref.kind, raw, LIVE) if not each.body
        )
        for bulk in row.item.bulk_reads:
            if ids := bulk_read_ids(bulk, raw):
                self.bulk_read_ids[ref, bulk.key] = ids
        for outside, name in all_external_names(row, raw):
            self.external_names[outside.kind].add(name)

    def replace(self, ref: LiveRef, raw: Raw) -> None:
        """Replace a kept object by a fuller version."""
        blob = zlib.compress(msgspec.json.encode(raw), 1)
        with self._lock:
            self._blobs[ref] = blob
            self._note(ref, raw)

    def raw(self, ref: LiveRef) -> Raw | None:
        """Return the object; None if it was not read."""
        blob = self._blobs.get(ref)
        if blob is None:
            return None
        try:
            return one_object(zlib.decompress(blob))
        except UNREADABLE as error:
            raise malformed(f"{ref.kind} {ref.id}", error) from error

    def node(self, ref: LiveRef) -> LiveNode:
        """Return the object in normal form. Raises KeyError if it was not read."""
        raw = self.raw(ref)
        if raw is None:
            raise KeyError(ref.address)
        try:
            node = normalise(ref.kind, raw, LIVE)
        except MALFORMED as error:
            raise malformed(f"{ref.kind} {ref.id}", error) from error
        partial, unseen = self.partial.get(ref), self.unseen.get(ref)
        if not (partial or unseen):
            return node
        return msgspec.structs.replace(
            node,
            partial=collections_under(ref.kind, partial or ()),
            unseen=collections_under(ref.kind, unseen or ()),
        )

    def of_kind(self, kind: str) -> Iterator[LiveRef]:
        """Yield the references of one kind, in the order they were read."""
        return (ref for ref in list(self.identities) if ref.kind == kind)

    def explores(self) -> frozenset[str]:
        """Return the explores of all models, as `model::explore` (looker-api.md 2.4)."""
        return frozenset(
            f"{ref.id}::{name}"
            for kind in DECLARED_BY.values()
            if (declares := KINDS[kind].item.declares)
            for ref in self.of_kind(kind)
            if (raw := self.raw(ref))
            for _, name in find(raw, declares.path)
        )


def _glance(kind: str, data: bytes | msgspec.Raw) -> Raw:
    """Decode the fields that identify an object; all of it if its form is unexpected."""
    try:
        return cast("Raw", _decoder(kind).decode(data))
    except msgspec.ValidationError:
        return one_object(bytes(data))


@cache
def _decoder(kind: str) -> "msgspec.json.Decoder[Json]":
    return cast("msgspec.json.Decoder[Json]", msgspec.json.Decoder(identity_shape(kind) or object))
