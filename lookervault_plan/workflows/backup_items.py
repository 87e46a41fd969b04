"""The backup's side of a plan: identities of everything, nodes one at a time."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import msgspec

from lookervault_plan.backup.reader import Backup, CorruptBlob
from lookervault_plan.content.folder_paths import FOLDER
from lookervault_plan.content.identity import Identity, identify
from lookervault_plan.content.json_path import find, get, head, put
from lookervault_plan.content.node import Json, Node, Raw, Ref, parse_json
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.overrides import (
    AS_IT_IS,
    Adjustments,
    Named,
    adjust,
    all_outside_names,
    take_partial,
)
from lookervault_plan.content.partial_decode import Shape, first_look
from lookervault_plan.content.query_refs import definitions, target_of
from lookervault_plan.content.rename import NO_RENAMES, Renamer, Renames
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.table.rows.access import KEY as ACCESS
from lookervault_plan.errors import Diagnostic


class Desired:
    """What the backup holds, as planning wants it: names changed as `remaps.yml` says."""

    def __init__(
        self,
        backup: Backup,
        renames: Renames = NO_RENAMES,
        *,
        see: Callable[[str, Raw], None] | None = None,
    ) -> None:
        """`renames` must be those the plan was made with (`plan.options.renames`).

        `see` is shown each item's kind and object as it goes by, under its old names.
        """
        self.backup: Backup = backup
        self._see = see
        self.renamer = Renamer(renames)
        #: how items are altered; must be those the plan was made with
        self.adjustments: Adjustments = AS_IT_IS
        self.identities: dict[Ref, Identity] = {}
        #: items that were renamed, as the backup itself has them
        self.originals: dict[Ref, Identity] = {}
        #: items that name what is no content, and what they name
        self.outside: dict[Ref, Sequence[Named]] = {}
        #: content-addressed things the backup names
        self.definitions: set[Ref] = set()
        #: query bodies that items of the backup lack and others hold: LookerVault's looks (A 4.6)
        self._recovered: dict[Ref, bytes] = {}
        #: edges that the backup holds at their other end: owner -> collection -> ids
        self._turned: dict[Ref, dict[str, list[str]]] = {}
        for kind in KINDS:
            if KINDS[kind].is_item:
                self._read(kind)

    @property
    def more(self) -> frozenset[str]:
        """What the backup holds and Looker's lists of items do not (`More.key`, `BulkRead.key`)."""
        if self.backup.info is not None:
            return MORE
        return frozenset(
            head(collection.path)
            for ref, found in self._turned.items()
            for collection in KINDS[ref.kind].item.collections
            if collection.name in found
        )

    def node(self, ref: Ref) -> Node | Diagnostic:
        """An item in normal form, or why it can't be read."""
        found = self._load(ref)
        if isinstance(found, Diagnostic):
            return found
        raw, partial = found
        # What is known by its name is still called as the backup calls it.
        return msgspec.structs.replace(normalise(ref.kind, raw), id=ref.id, partial=partial)

    def raw(self, ref: Ref) -> Raw | Diagnostic:
        """An item as the backup has it, with its query put back where it can be."""
        found = self._load(ref)
        return found if isinstance(found, Diagnostic) else found[0]

    def _load(self, ref: Ref) -> tuple[Raw, frozenset[str]] | Diagnostic:
        """An item, and its collections that the backup holds only in part."""
        loaded = self.backup.load(ref.kind, ref.id)
        if isinstance(loaded, CorruptBlob):
            return Diagnostic(
                code="backup.corrupt",
                address=ref.address,
                summary=f"{ref.address} can't be read from the backup",
                detail=loaded.reason,
                fix="make a new backup, or restore the item from an older one",
            )
        raw = cast("dict[str, Json]", loaded)
        partial = take_partial(raw)
        for reference in KINDS[ref.kind].refs:
            place = next(iter(reference.body_paths), None)
            if place and (target := target_of(reference, raw)):
                body = self._recovered.get(target)
                if body and not get(raw, place):
                    put(raw, place, parse_json(body))
        if not self.renamer.is_idle:
            self.renamer.rename(ref.kind, raw)
        partial |= self._turn(ref, raw)
        adjust(ref.kind, raw, self.adjustments)
        return raw, partial

    def _read(self, kind: str) -> None:
        if not self.renamer.is_idle and KINDS[kind].portable_names:
            self.renamer.names[kind] = frozenset(row.id for row in self.backup.rows(kind))
        for row, loaded in self.backup.load_all(kind, self._first_look(kind)):
            if isinstance(loaded, CorruptBlob):
                identity = Identity(
                    kind=kind,
                    id=row.id,
                    name=row.name,
                    keys={name: None for key in KINDS[kind].item.natural_keys for name in key},
                )
            else:
                raw = cast("dict[str, Json]", loaded)
                self._collect(raw)
                self._note_edges(kind, raw)
                if self._see:
                    self._see(kind, raw)
                identity = self._identity(kind, raw)
                self.definitions.update(each.ref for each in definitions(kind, raw))
                if identity.built_in is None and (named := [*all_outside_names(KINDS[kind], raw)]):
                    self.outside[identity.ref] = named
            self.identities[identity.ref] = identity
        if kind == FOLDER and not self.renamer.is_idle:
            self._move_folders()

    def _first_look(self, kind: str) -> Shape | None:
        """How much of each item has to be seen."""
        is_all_seen = self._see is not None or not self.renamer.is_idle
        # LookerVault's dashboards hold what its looks lack.
        return None if is_all_seen or self.backup.info is None else first_look(kind)

    def _note_edges(self, kind: str, raw: Raw) -> None:
        """Keep edges that belong to the other end, which LookerVault's backups lack there."""
        if self.backup.info is not None:
            return
        for owner, collection, field in _TURNED.get(kind, ()):
            for _, id_ in find(raw, f"{field}[]"):
                edges = self._turned.setdefault(Ref(owner, str(id_)), {})
                edges.setdefault(collection, []).append(str(raw.get("id")))

    def _turn(self, ref: Ref, raw: dict[str, Json]) -> frozenset[str]:
        """Give an item the memberships that its backup holds at the other end; name them."""
        found = self._turned.get(ref, {})
        for collection in KINDS[ref.kind].item.collections:
            if collection.name in found:
                field = KINDS[collection.kind].id_field
                raw[collection.path] = [{field: id_} for id_ in found[collection.name]]
        return frozenset(found)

    def _identity(self, kind: str, raw: dict[str, Json]) -> Identity:
        """Who it is by its new names, under its old id."""
        identity = identify(kind, raw)
        if self.renamer.is_idle:
            return identity
        self.renamer.rename(kind, raw)
        renamed = msgspec.structs.replace(identify(kind, raw), id=identity.id)
        if renamed != identity:
            self.originals[identity.ref] = identity
        return renamed

    def _move_folders(self) -> None:
        """Where folders go is known when all are."""
        for ref in self.renamer.learn(self.identities.values()):
            loaded = self.backup.load(ref.kind, ref.id)
            if not isinstance(loaded, CorruptBlob):
                self.identities[ref] = self._identity(ref.kind, cast("dict[str, Json]", loaded))

    def _collect(self, raw: Raw) -> None:
        """Keep the query bodies that a look lacks and a tile holds (A 4.6).

        Looks are read first; a query with the same id is the same query (A 3.1).
        """
        if self.backup.info is not None:
            return
        for _, element in find(raw, "dashboard_elements[]"):
            for place in ("look.query", "result_maker.query", "query"):
                body = get(element, place) if isinstance(element, Mapping) else None
                if isinstance(body, Mapping) and body.get("id"):
                    ref = Ref("query", str(body["id"]))
                    if ref in self.definitions and ref not in self._recovered:
                        self._recovered[ref] = msgspec.json.encode(body)


#: what our own backups hold and Looker's lists of items do not
MORE = frozenset(
    (
        ACCESS,
        *(
            each.key
            for row in KINDS.values()
            for each in (*row.item.per_item_reads, *row.item.bulk_reads)
        ),
    )
)

#: kind -> owner, collection and list of ids of the edges that its objects hold
_TURNED: Mapping[str, list[tuple[str, str, str]]] = {
    end: [
        (row.name, collection.name, collection.listed_by.field)
        for row in KINDS.values()
        for collection in row.item.collections
        if collection.listed_by and collection.listed_by.kind == end
    ]
    for end in {
        collection.listed_by.kind
        for row in KINDS.values()
        for collection in row.item.collections
        if collection.listed_by
    }
}
