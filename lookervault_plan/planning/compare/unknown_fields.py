"""List values of the backup that no request can send: fields that this version does not know."""

from collections.abc import Iterator, Mapping
from functools import cache

from lookervault_plan.content.json_path import find, get, head
from lookervault_plan.content.node import Json, Raw
from lookervault_plan.content.table.kinds import KINDS, Reference
from lookervault_plan.content.table.read_only import READ_ONLY, READ_ONLY_INSIDE


def unknown_keys(kind: str, desired: Raw, live: Raw | None) -> Iterator[tuple[str, str]]:
    """Yield (kind, key) of each value of an object and its queries that can't be sent.

    Values that `live` has as well are left out, and queries that it does not show. `live` is None
    for an object that the plan creates. Parts are not looked at.
    """
    if kind not in READ_ONLY:
        return
    for key in desired.keys() - _known_keys(kind):
        value = desired[key]
        if not _is_empty(value) and (live is None or live.get(key) != value):
            yield kind, key
    yield from _unknown_inside(kind, desired, live)
    for reference in KINDS[kind].refs:
        for place, body in _bodies(reference, desired).items():
            live_body = _bodies(reference, live).get(place) if live is not None else None
            if live is None or live_body is not None:
                yield from unknown_keys(reference.kind, body, live_body)


@cache
def _known_keys(kind: str) -> frozenset[str]:
    row = KINDS[kind]
    paths = [
        row.id_field,
        *row.not_written,
        *(field.path for field in row.fields),
        *(collection.path for collection in row.item.collections),
        *(each.key for each in (*row.item.per_item_reads, *row.item.bulk_reads)),
        *_inner_collections(kind),
    ]
    for ref in row.refs:
        paths += [ref.path, *ref.body_paths, *ref.other_paths]
    return READ_ONLY[kind].union(map(head, paths))


def _unknown_inside(kind: str, desired: Raw, live: Raw | None) -> Iterator[tuple[str, str]]:
    """Yield (kind, path) of the keys in objects that are written key by key."""
    for path, known in _known_inside(kind).items():
        others = [one for _, one in find(live, path)] if live is not None else []
        for one in (one for _, one in find(desired, path) if isinstance(one, Mapping)):
            for key in sorted(one.keys() - known):
                is_live = any(_value(other, key) == one[key] for other in others)
                if not _is_empty(one[key]) and not is_live:
                    yield kind, f"{path.removesuffix('[]')}.{key}"


@cache
def _known_inside(kind: str) -> Mapping[str, frozenset[str]]:
    """Map the paths of objects that are written key by key to the keys that are known in them."""
    row = KINDS[kind]
    refs = row.refs
    paths = [
        *(field.path for field in row.fields),
        *(path for ref in refs for path in (ref.path, *ref.body_paths, *ref.other_paths)),
        *(f"{field.path}[].{key}" for field in row.fields for key in field.object_keys),
    ]
    return {
        outer: read_only.union(
            head(path.removeprefix(f"{outer}.")) for path in paths if path.startswith(f"{outer}.")
        )
        for outer, read_only in READ_ONLY_INSIDE.get(kind, {}).items()
    }


def _value(value: Json, key: str) -> Json:
    return value.get(key) if isinstance(value, Mapping) else None


def _inner_collections(kind: str) -> Iterator[str]:
    """Yield the keys under which parts of a kind hold parts of other kinds."""
    for row in KINDS.values():
        outer = [each.path for each in row.item.collections if each.kind == kind]
        for collection in row.item.collections:
            for path in outer:
                if collection.path.startswith((f"{path}.", f"{path}[].")):
                    yield collection.path.removeprefix(path).removeprefix("[]").removeprefix(".")


def _bodies(reference: Reference, raw: Raw) -> Mapping[str, Raw]:
    """Map places in the object to the definitions that the reference takes from it."""
    if any(get(raw, path) for path in reference.void_if):
        return {}
    for path in reference.body_paths:
        found = {place: body for place, body in find(raw, path) if isinstance(body, Mapping)}
        if found:
            return {place.removeprefix(path): body for place, body in found.items()}
    return {}


def _is_empty(value: Json) -> bool:
    return value is None or value is False or value in ("", [], {})
