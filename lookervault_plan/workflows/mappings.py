"""`mappings`: read and change the ids that the state maps from a source to a destination."""

from collections.abc import Iterable, Mapping

import msgspec

from lookervault_plan.content.instance_url import comparable_url
from lookervault_plan.content.node import LiveId, Ref, SourceId, SourceRef
from lookervault_plan.errors import PlanError, failure
from lookervault_plan.remaps.document import Remaps
from lookervault_plan.remaps.sections import TYPES
from lookervault_plan.render.mappings import MappingRow
from lookervault_plan.state.rows import IdMapping, StoredMapping
from lookervault_plan.state.store import State


class InstancePair(msgspec.Struct, frozen=True):
    """A source and a destination. An unknown source is named by the backup's fingerprint."""

    source: str
    destination: str


class ImportCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of entries of a remaps file, by what was done with them."""

    added: int
    changed: int
    unchanged: int
    #: Entries of sections that hold no ids, by section. They are not imported.
    left_out: Mapping[str, int]


def find_pair(state: State, source: str | None, destination: str | None) -> InstancePair:
    """Return the pair with these instances. None stands for the only one that the state knows.

    Raises:
        PlanError: the state knows no such pair, or several.

    """
    source, destination = _key(source), _key(destination)
    if source is not None and destination is not None:
        return InstancePair(source, destination)
    known = {(one.source_instance, one.destination_instance) for one in state.list_mappings()}
    known |= {(one.source, one.destination_instance) for one in state.sessions()}
    found = sorted(
        pair for pair in known if source in (None, pair[0]) and destination in (None, pair[1])
    )
    if len(found) == 1:
        return InstancePair(*found[0])
    fix = "say which with --source-instance and --destination"
    if not found:
        raise failure("mappings.unknown-pair", f"{state.name} knows of no such instances", fix=fix)
    raise failure(
        "mappings.several-pairs",
        f"{state.name} knows of several pairs of instances",
        detail="\n".join(f"{one} -> {other}" for one, other in found),
        fix=fix,
    )


def list_mappings(
    state: State, source: str | None, destination: str | None, types: Iterable[str]
) -> list[MappingRow]:
    """List the mappings of these types, or of all types. None stands for any instance."""
    wanted = set(types)
    return [
        _row(one)
        for one in state.list_mappings(_key(source), _key(destination))
        if not wanted or one.type in wanted
    ]


def destination_of(state: State, pair: InstancePair, ref: SourceRef) -> LiveId:
    """Return the destination's id of an item. Raise PlanError if the state has no mapping."""
    found = state.mappings(pair.source, pair.destination).get((ref.kind, ref.id))
    if found is None:
        raise _unknown(pair, ref)
    return found


def _unknown(pair: InstancePair, ref: SourceRef) -> PlanError:
    return failure(
        "mappings.unknown",
        f"the state has no mapping of {ref.address}",
        detail=f"from {pair.source} to {pair.destination}",
        fix="`lookervault-plan mappings list` shows those it has",
    )


def set_mapping(
    state: State, pair: InstancePair, ref: SourceRef, id_: LiveId, *, at: str
) -> LiveId | None:
    """Map an item to an id. Return the id that it was mapped to before."""
    before = state.mappings(pair.source, pair.destination).get((ref.kind, ref.id))
    state.set_mapping(pair.source, pair.destination, IdMapping(ref.kind, ref.id, id_), at=at)
    return before


def remove(state: State, pair: InstancePair, refs: Iterable[SourceRef]) -> int:
    """Remove these mappings and return their number. Raise PlanError if one is missing."""
    wanted = list(dict.fromkeys(refs))
    known = state.mappings(pair.source, pair.destination)
    for ref in wanted:
        if (ref.kind, ref.id) not in known:
            raise _unknown(pair, ref)
    return sum(
        state.remove_mapping(pair.source, pair.destination, ref.kind, ref.id) for ref in wanted
    )


def clear(state: State, pair: InstancePair, types: Iterable[str]) -> int:
    """Remove the mappings of these types, or of all types. Return their number."""
    wanted = set(types)
    if not wanted:
        return state.clear_mappings(pair.source, pair.destination)
    known = state.mappings(pair.source, pair.destination)
    return remove(state, pair, (Ref(*key) for key in known if key[0] in wanted))


def import_file(state: State, pair: InstancePair, remaps: Remaps, *, at: str) -> ImportCounts:
    """Map the ids of a remaps file."""
    known = state.mappings(pair.source, pair.destination)
    ids = {
        (entry.section, SourceId(entry.old)): LiveId(entry.new)
        for entry in remaps.entries
        if entry.section in TYPES
    }
    added = [IdMapping(*key, new) for key, new in ids.items() if key not in known]
    changed = [
        IdMapping(*key, new) for key, new in ids.items() if key in known and known[key] != new
    ]
    for mapping in changed:
        state.set_mapping(pair.source, pair.destination, mapping, at=at)
    state.import_mappings(pair.source, pair.destination, added, at=at)
    names = [entry.section for entry in remaps.entries if entry.section not in TYPES]
    return ImportCounts(
        added=len(added),
        changed=len(changed),
        unchanged=len(ids) - len(added) - len(changed),
        left_out={section: names.count(section) for section in dict.fromkeys(names)},
    )


def ids_by_type(
    state: State, pair: InstancePair, types: Iterable[str]
) -> Mapping[str, dict[str, str]]:
    """Return the mapped ids by content type, in the shape of a remaps file."""
    wanted = set(types)
    found: dict[str, dict[str, str]] = {}
    for (type_, id_), to in sorted(state.mappings(pair.source, pair.destination).items()):
        if not wanted or type_ in wanted:
            found.setdefault(type_, {})[id_] = to
    return found


def _key(instance: str | None) -> str | None:
    """Return the key of an instance in the state. A fingerprint stays as it is."""
    return None if instance is None else comparable_url(instance)


def _row(one: StoredMapping) -> MappingRow:
    return MappingRow(
        address=f"{one.type}:{one.source_id}",
        type=one.type,
        source_id=one.source_id,
        destination_id=one.destination_id,
        source_instance=one.source_instance,
        destination_instance=one.destination_instance,
        created_at=one.created_at,
        session_id=one.session,
    )
