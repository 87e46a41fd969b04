"""What was read of the destination: identities in the open, objects compressed."""

import threading
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import cast

import msgspec

from lookervault_plan.content.identity import Identity, identify
from lookervault_plan.content.node import Json, Node, Raw, Ref, parse_json
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.overrides import all_outside_names
from lookervault_plan.content.partial_decode import first_look
from lookervault_plan.content.query_refs import definitions
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.looker.instance_wide_lists import ids_in


class LiveItems:
    """Live objects by reference; safe to fill from many threads.

    10,000 dashboards of 12 tiles are some 400 MB of JSON, so objects are held compressed and
    taken out one at a time.
    """

    def __init__(self) -> None:
        self.identities: dict[Ref, Identity] = {}
        #: (item, `BulkRead.key`) -> ids by which a bulk read tells the objects of the item
        self.holding: dict[tuple[Ref, str], tuple[str, ...]] = {}
        #: what they need and is no content, by kind: names of connections
        self.outside: dict[str, set[str]] = defaultdict(set)
        #: item -> queries and merge queries whose bodies the list left out
        self.lacking: dict[Ref, tuple[Ref, ...]] = {}
        #: item -> collections that were read only in part (`BulkRead.key`)
        self.partial: dict[Ref, set[str]] = defaultdict(set)
        self._blobs: dict[Ref, bytes] = {}
        self._lock: threading.Lock = threading.Lock()

    def add(self, kind: str, data: bytes | msgspec.Raw) -> Ref | None:
        """Keep one object. Returns its reference, or None for something without an id."""
        raw = _glance(kind, data)
        if not isinstance(raw, Mapping):
            return None
        identity = identify(kind, raw)
        if not identity.id:
            return None
        blob = zlib.compress(data, 1)
        with self._lock:
            self.identities[identity.ref] = identity
            self._blobs[identity.ref] = blob
            self._note(identity.ref, raw)
        return identity.ref

    def _note(self, ref: Ref, raw: Raw) -> None:
        """Remember what is to be known of all objects, so that few have to be taken out for it."""
        row = KINDS[ref.kind]
        self.lacking[ref] = tuple(each.ref for each in definitions(ref.kind, raw) if not each.body)
        for sweep in row.item.bulk_reads:
            if ids := ids_in(sweep, raw):
                self.holding[ref, sweep.key] = ids
        for outside, name in all_outside_names(row, raw):
            self.outside[outside.kind].add(name)

    def replace(self, ref: Ref, raw: Raw) -> None:
        """Keep a fuller version of an object that is held already."""
        blob = zlib.compress(msgspec.json.encode(raw), 1)
        with self._lock:
            self._blobs[ref] = blob
            self._note(ref, raw)

    def raw(self, ref: Ref) -> Raw | None:
        """The object, or None if the destination did not show it."""
        blob = self._blobs.get(ref)
        raw = parse_json(zlib.decompress(blob)) if blob is not None else None
        return raw if isinstance(raw, Mapping) else None

    def node(self, ref: Ref) -> Node:
        """The object in normal form.

        Raises:
            KeyError: it was not read.

        """
        raw = self.raw(ref)
        if raw is None:
            raise KeyError(ref.address)
        return normalise(ref.kind, raw)

    def of_kind(self, kind: str) -> Iterator[Ref]:
        """References of everything of one kind, in reading order."""
        return (ref for ref in list(self.identities) if ref.kind == kind)

    def explores(self) -> frozenset[str]:
        """Explores that the models show, as `model::explore` (A 2.4)."""
        return frozenset(
            f"{ref.id}::{explore.get('name')}"
            for ref in self.of_kind("lookml_model")
            if (raw := self.raw(ref)) and isinstance(found := raw.get("explores"), list)
            for explore in found
            if isinstance(explore, Mapping)
        )


def _glance(kind: str, data: bytes | msgspec.Raw) -> Json:
    """As much of an object as a first look takes, or all of it if it is of another form."""
    try:
        return _decoder(kind).decode(data)
    except msgspec.ValidationError:
        return parse_json(bytes(data))


@cache
def _decoder(kind: str) -> "msgspec.json.Decoder[Json]":
    return cast("msgspec.json.Decoder[Json]", msgspec.json.Decoder(first_look(kind) or object))
