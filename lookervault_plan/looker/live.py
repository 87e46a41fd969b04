"""What was read of the destination: identities in the open, objects compressed."""

import threading
import zlib
from collections.abc import Iterator, Mapping

import msgspec

from lookervault_plan.content.identity import Identity, identify
from lookervault_plan.content.kinds import KINDS
from lookervault_plan.content.node import Node, Raw, Ref, parse_json
from lookervault_plan.content.normalise import normalise
from lookervault_plan.looker.sweep import may_hold


class LiveItems:
    """Live objects by reference; safe to fill from many threads.

    10,000 dashboards of 12 tiles are some 400 MB of JSON, so objects are held compressed and
    taken out one at a time.
    """

    def __init__(self) -> None:
        self.identities: dict[Ref, Identity] = {}
        #: items that say they have some of what is swept (`Sweep.key`), or do not say
        self.holding: set[tuple[Ref, str]] = set()
        self._blobs: dict[Ref, bytes] = {}
        self._lock: threading.Lock = threading.Lock()

    def add(self, kind: str, data: bytes | msgspec.Raw) -> Ref | None:
        """Keep one object. Returns its reference, or None for something without an id."""
        raw = parse_json(bytes(data))
        if not isinstance(raw, Mapping):
            return None
        identity = identify(kind, raw)
        if not identity.id:
            return None
        blob = zlib.compress(bytes(data), 1)
        holding = {
            (identity.ref, sweep.key) for sweep in KINDS[kind].sweeps if may_hold(sweep, raw)
        }
        with self._lock:
            self.holding |= holding
            self.identities[identity.ref] = identity
            self._blobs[identity.ref] = blob
        return identity.ref

    def replace(self, ref: Ref, raw: Raw) -> None:
        """Keep a fuller version of an object that is held already."""
        self._blobs[ref] = zlib.compress(msgspec.json.encode(raw), 1)

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
