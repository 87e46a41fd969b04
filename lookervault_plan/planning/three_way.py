"""Tell who has made each change since source and destination last agreed, and keep hand edits.

The base is the backup's item as it was when both agreed. A side has moved where it differs from the
base. A hand edit is a move of the destination alone; a conflict is a move of both sides.

Fields move as a PATCH sends them: a query, or a nested value, moves as a whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from lookervault_plan.content.node import DesiredNode, LiveId, LiveRef, Ref, SourceId, SourceRef
from lookervault_plan.content.table.kinds import KINDS, patched_field
from lookervault_plan.plan_file import Change, HandEdits, Origin, PartAction, Parts, Prefer

PartKey: TypeAlias = tuple[str, SourceId]
"""A part of an item: the name of its collection, and its id in the backup."""


Treatment: TypeAlias = Literal["write", "drop", "block"]
"""What a plan does with a change: write it, leave it out, or block what it belongs to."""


class Moved(msgspec.Struct, frozen=True):
    """What one side has changed of an item since the base."""

    #: Fields of the item itself, as a PATCH names them.
    fields: frozenset[str] = frozenset()
    #: Part -> its fields.
    parts: Mapping[PartKey, frozenset[str]] = {}
    #: Parts of the base that this side lacks.
    gone: frozenset[PartKey] = frozenset()


class Divergence(msgspec.Struct, frozen=True):
    """What both sides have changed of an item since they last agreed."""

    source: Moved
    destination: Moved
    #: Parts of the base.
    parts: frozenset[PartKey]
    #: Live part -> the part of the base that is its pair.
    by_live: Mapping[LiveRef, PartKey]

    @property
    def removed_in_source(self) -> frozenset[LiveRef]:
        """Live parts whose pairs the source has removed."""
        return frozenset(ref for ref, key in self.by_live.items() if key in self.source.gone)


class HandEditPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of hand edits and of conflicts. None as `prefer` blocks conflicts."""

    hand_edits: HandEdits = "revert"
    prefer: Prefer | None = None

    def treatment(self, origin: Origin | UnsetType) -> Treatment:
        """Say what becomes of a change."""
        if origin == "destination":
            return _TREATMENTS[self.hand_edits]
        if origin == "both":
            return _CONFLICTS[self.prefer]
        return "write"


_TREATMENTS: Mapping[HandEdits, Treatment] = {
    "revert": "write",
    "keep": "drop",
    "block": "block",
}
_CONFLICTS: Mapping[Prefer | None, Treatment] = {
    "source": "write",
    "destination": "drop",
    None: "block",
}


class Merged(msgspec.Struct, frozen=True):
    """An item's changes without those that are kept in the destination."""

    changes: tuple[Change, ...]
    parts: Mapping[str, Parts]
    #: Changes of the item's own fields that block it.
    blocking: tuple[Change, ...] = ()
    #: True: a hand edit stays, so that source and destination do not agree afterwards.
    keeps_hand_edits: bool = False


# --- who has moved --------------------------------------------------------------------------------


def moved_in_source(base: DesiredNode, desired: DesiredNode) -> Moved:
    """Compare the backup's item with the base. Both have the source's ids."""
    was, now = _parts_of(base), _parts_of(desired)
    return Moved(
        fields=_moved_fields(base, desired),
        parts={
            key: fields
            for key, node in was.items()
            if key in now and (fields := _moved_fields(node, now[key]))
        },
        gone=frozenset(was.keys() - now.keys()),
    )


def moved_in_destination(
    kind: str,
    changes: Sequence[Change],
    parts: Mapping[str, Parts],
    *,
    ignored: Mapping[str, object],
) -> Moved:
    """Read from the changes that would bring back the base what the destination has moved.

    `ignored` has the fields, as `part kind:source id:path`, that Looker did not store as sent.
    """
    collections = {each.name: each.kind for each in KINDS[kind].item.collections}
    return Moved(
        fields=frozenset(
            patched_field(kind, each.path) for each in changes if f":{each.path}" not in ignored
        ),
        parts={
            (name, entry.key): frozenset(
                patched_field(collections[name], each.path)
                for each in entry.changes
                if f"{collections[name]}:{entry.key}:{each.path}" not in ignored
            )
            for name, plan in parts.items()
            for entry in plan.update
            if entry.key is not None
        },
        gone=frozenset(
            (name, entry.key)
            for name, plan in parts.items()
            for entry in plan.create
            if entry.key is not None
        ),
    )


def divergence_since(
    base: DesiredNode,
    source: Moved,
    destination: Moved,
    live_ids: Mapping[SourceRef, LiveId],
) -> Divergence:
    """Put together what both sides have moved.

    `live_ids` pairs parts of the base with live ones.
    """
    by_live = {
        Ref(node.kind, live_ids[node.ref]): (name, node.id)
        for name, nodes in base.parts.items()
        for node in nodes
        if node.ref in live_ids
    }
    return Divergence(source, destination, frozenset(_parts_of(base)), by_live)


def _parts_of(node: DesiredNode) -> dict[PartKey, DesiredNode]:
    return {(name, part.id): part for name, parts in node.parts.items() for part in parts}


def _moved_fields(base: DesiredNode, desired: DesiredNode) -> frozenset[str]:
    """List the fields that both hold and that differ."""
    return frozenset(
        patched_field(base.kind, path)
        for was, now in ((base.fields, desired.fields), (base.refs, desired.refs))
        for path in was.keys() & now.keys()
        if was[path] != now[path]
    )


# --- origins --------------------------------------------------------------------------------------


def with_origins(
    kind: str, changes: Sequence[Change], parts: Mapping[str, Parts], divergence: Divergence
) -> tuple[tuple[Change, ...], Mapping[str, Parts]]:
    """Mark each change with its origin."""
    marked = tuple(
        replace(each, origin=_origin_of_field(patched_field(kind, each.path), divergence, None))
        for each in changes
    )
    return marked, {
        collection.name: _parts_with_origins(
            collection.name, collection.kind, parts[collection.name], divergence
        )
        for collection in KINDS[kind].item.collections
        if collection.name in parts
    }


def with_origins_of_parts(parts: Mapping[str, Parts]) -> Mapping[str, Parts]:
    """Give each change of a new part the origin of the part."""
    return {
        name: replace(
            plan,
            create=tuple(
                entry if entry.origin is UNSET else _marked(entry, entry.origin)
                for entry in plan.create
            ),
        )
        for name, plan in parts.items()
    }


def _parts_with_origins(name: str, kind: str, parts: Parts, divergence: Divergence) -> Parts:
    return replace(
        parts,
        create=tuple(
            _marked(entry, _origin_of_create(name, entry, divergence)) for entry in parts.create
        ),
        update=tuple(_updated(name, kind, entry, divergence) for entry in parts.update),
        delete=tuple(
            _marked(entry, _origin_of_delete(kind, entry, divergence)) for entry in parts.delete
        ),
    )


def _marked(entry: PartAction, origin: Origin | UnsetType) -> PartAction:
    changes = tuple(replace(each, origin=origin) for each in entry.changes)
    return replace(entry, changes=changes, origin=origin)


def _updated(name: str, kind: str, entry: PartAction, divergence: Divergence) -> PartAction:
    key = _key(name, entry)
    changes = tuple(
        replace(each, origin=_origin_of_field(patched_field(kind, each.path), divergence, key))
        for each in entry.changes
    )
    return replace(entry, changes=changes)


def _origin_of_field(
    field: str, divergence: Divergence, part: PartKey | None
) -> Origin | UnsetType:
    if part is None:
        source = field in divergence.source.fields
        destination = field in divergence.destination.fields
    elif part not in divergence.parts:  # both sides have made it since
        source = destination = True
    else:
        source = field in divergence.source.parts.get(part, ())
        destination = field in divergence.destination.parts.get(part, ())
    return _origin(source=source, destination=destination)


def _origin(*, source: bool, destination: bool) -> Origin | UnsetType:
    if source and destination:
        return "both"
    if source:
        return "source"
    return "destination" if destination else UNSET


def _origin_of_create(name: str, entry: PartAction, divergence: Divergence) -> Origin | UnsetType:
    key = _key(name, entry)
    if key not in divergence.destination.gone:
        return "source"
    return _origin(source=key in divergence.source.parts, destination=True)


def _origin_of_delete(kind: str, entry: PartAction, divergence: Divergence) -> Origin | UnsetType:
    key = divergence.by_live.get(Ref(kind, entry.live_id)) if entry.live_id else None
    if key is None:  # made in the destination
        return "destination"
    return _origin(
        source=key in divergence.source.gone,
        destination=bool(divergence.destination.parts.get(key)),
    )


def _key(name: str, entry: PartAction) -> PartKey:
    return name, entry.key or SourceId("")


# --- merging --------------------------------------------------------------------------------------


def merge(
    kind: str, changes: Sequence[Change], parts: Mapping[str, Parts], policy: HandEditPolicy
) -> Merged:
    """Leave out what is kept in the destination, and block what the policy does not settle."""
    treated = [(each, policy.treatment(each.origin)) for each in changes]
    dropped: set[SourceId] = set()
    merged: dict[str, Parts] = {}
    for collection in KINDS[kind].item.collections:
        if collection.name in parts:
            merged[collection.name] = _merged_parts(
                collection.kind, parts[collection.name], policy, dropped
            )
    return Merged(
        changes=tuple(each for each, how in treated if how == "write"),
        parts={name: plan for name, plan in merged.items() if plan != Parts()},
        blocking=tuple(each for each, how in treated if how == "block"),
        keeps_hand_edits=any(how == "drop" for _, how in treated) or merged != dict(parts),
    )


def _merged_parts(kind: str, parts: Parts, policy: HandEditPolicy, dropped: set[SourceId]) -> Parts:
    """Merge one collection. `dropped` collects new parts that are left out, over all of them."""
    created, lost = _merged_creates(parts, policy, dropped)
    updated, kept, refused = _merged_updates(kind, parts, policy)
    deleted = [each for each in parts.delete if _how_deleted(each, policy) == "write"]
    stuck = [each for each in parts.delete if _how_deleted(each, policy) == "block"]
    return replace(
        parts,
        create=tuple(created),
        update=tuple(updated),
        delete=tuple(deleted),
        keep=(*parts.keep, *kept),
        blocked=(*parts.blocked, *map(_conflict, (*lost, *refused, *stuck))),
    )


def _merged_creates(
    parts: Parts, policy: HandEditPolicy, dropped: set[SourceId]
) -> tuple[list[PartAction], list[PartAction]]:
    """List the new parts that are written, and those that are blocked."""
    written: list[PartAction] = []
    blocked: list[PartAction] = []
    for entry in parts.create:
        how = policy.treatment(entry.origin)
        if how == "write" and (entry.places is None or entry.places not in dropped):
            written.append(entry)
            continue
        if entry.key is not None:
            dropped.add(entry.key)
        if how == "block":
            blocked.append(entry)
    return written, blocked


def _merged_updates(
    kind: str, parts: Parts, policy: HandEditPolicy
) -> tuple[list[PartAction], list[PartAction], list[PartAction]]:
    """List the changed parts that are written, those that stay as they are, and blocked ones."""
    written: list[PartAction] = []
    kept: list[PartAction] = []
    blocked: list[PartAction] = []
    known = {entry.key for entry in parts.keep}
    is_whole = KINDS[kind].part.patchable is not None
    for entry in parts.update:
        how = {policy.treatment(each.origin) for each in entry.changes}
        if "block" in how or (is_whole and len(how) > 1):
            blocked.append(entry)
        elif how != {"drop"}:
            changes = (each for each in entry.changes if policy.treatment(each.origin) == "write")
            written.append(replace(entry, changes=tuple(changes)))
        elif entry.key not in known:
            kept.append(replace(entry, changes=(), kept={}))
    return written, kept, blocked


def _how_deleted(entry: PartAction, policy: HandEditPolicy) -> Treatment:
    """Say what becomes of a delete. A part that was made in the destination is surplus."""
    return policy.treatment(entry.origin) if entry.origin == "both" else "write"


def _conflict(entry: PartAction) -> PartAction:
    return replace(entry, reason=conflict_reason(tuple(entry.changes), entry.origin))


def conflict_reason(changes: Sequence[Change], origin: Origin | UnsetType = UNSET) -> str:
    """Say why changes are not written: who has changed what."""
    origins = {origin, *(each.origin for each in changes)}
    who = "source and destination have both" if "both" in origins else "the destination has"
    paths = ", ".join(
        sorted({each.path for each in changes if each.origin in ("both", "destination")})
    )
    return f"{who} changed {paths or 'it'} since the last apply"


def reverted_hand_edits(
    changes: Sequence[Change], parts: Mapping[str, Parts]
) -> Iterator[tuple[str, PartAction | None]]:
    """List the hand edits that a plan would revert: the collection and the part, or the item."""
    if any(each.origin == "destination" for each in changes):
        yield "", None
    for name, plan in parts.items():
        for entry in plan.create:
            if entry.origin == "destination":
                yield name, entry
        for entry in plan.update:
            if any(each.origin == "destination" for each in entry.changes):
                yield name, entry
