"""Read the items of a backup: the identities of all at once, nodes one at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

import msgspec

from lookervault_plan.backup.reader import Backup, CorruptBlob
from lookervault_plan.content.external_names import UsedName, all_external_names
from lookervault_plan.content.folder_paths import FOLDER
from lookervault_plan.content.identity import DesiredIdentity, Identity, identify
from lookervault_plan.content.instance_url import origin
from lookervault_plan.content.json_path import find, get, head, put
from lookervault_plan.content.node import (
    SOURCE,
    DesiredNode,
    Json,
    Raw,
    Ref,
    SourceId,
    SourceRef,
    parse_json,
)
from lookervault_plan.content.normalise import MALFORMED, normalise
from lookervault_plan.content.overrides import (
    DEFAULT_OVERRIDES,
    PARTIAL_KEY,
    Overrides,
    apply_overrides,
    take_partial,
    take_unseen,
)
from lookervault_plan.content.part_ids import complete_ids
from lookervault_plan.content.partial_decode import Shape, identity_shape
from lookervault_plan.content.query_refs import definitions, target_of
from lookervault_plan.content.rename import NO_RENAMES, Renamer, Renames
from lookervault_plan.content.table.columns import OWNERS, BodiesElsewhere
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.table.rows.access import KEY as ACCESS
from lookervault_plan.content.validate import invalid_item, problems
from lookervault_plan.errors import Diagnostic

Overridden = Mapping[SourceRef, Mapping[str, Json]]
"""The backup's own values of overridden fields, as in `Node.overridden`."""


class BackupItems:
    """The items of a backup, with names changed as `remaps.yml` says."""

    def __init__(
        self,
        backup: Backup,
        renames: Renames = NO_RENAMES,
        *,
        on_item: Callable[[str, Raw], None] | None = None,
    ) -> None:
        """Read all identities. `renames` must be those of the plan (`plan.options.renames`).

        `on_item` gets the kind and the raw object of each item, with its old names.
        """
        self.backup: Backup = backup
        self._on_item = on_item
        self.renamer = Renamer(renames)
        if not self.renamer.is_idle:
            self.renamer.hosts = _hosts(backup)
        #: Overrides of fields. They must be those that the plan was made with.
        self.overrides: Overrides = DEFAULT_OVERRIDES
        self.identities: dict[SourceRef, DesiredIdentity] = {}
        #: Identities of renamed items, with their old names.
        self.originals: dict[SourceRef, DesiredIdentity] = {}
        #: Identities of items that get another owner, with the owner that the backup has.
        self.former_owners: dict[SourceRef, DesiredIdentity] = {}
        #: Items that name something that is no content, such as a database connection.
        self.external_names: dict[SourceRef, Sequence[UsedName]] = {}
        #: Queries and the like that items of the backup refer to.
        self.definitions: set[SourceRef] = set()
        #: Bodies of queries that LookerVault's looks lack, from its tiles (looker-api.md 4.6).
        self._query_bodies: dict[SourceRef, bytes] = {}
        #: Items that could not be read at all.
        self.unreadable: set[SourceRef] = set()
        #: Item -> what Looker did not show of it to the backup -> its answer (see `UNSEEN_KEY`).
        self.unseen: dict[SourceRef, Mapping[str, str]] = {}
        self._malformed: dict[SourceRef, Diagnostic] = {}
        #: Memberships that LookerVault keeps at their other end: owner -> collection -> ids.
        self._memberships: dict[SourceRef, dict[str, list[str]]] = {}
        for kind in KINDS:
            if KINDS[kind].is_item:
                self._read(kind)

    @property
    def separate_fields(self) -> frozenset[str]:
        """Fields that the backup holds and Looker's lists of items leave out."""
        if self.backup.info is not None:
            return SEPARATE_FIELDS
        return frozenset(
            head(collection.path)
            for ref, found in self._memberships.items()
            for collection in KINDS[ref.kind].item.collections
            if collection.name in found
        )

    def node(self, ref: SourceRef) -> DesiredNode | Diagnostic:
        """Return an item in normal form, or a diagnostic if it can't be read."""
        found = self._load(ref)
        return found if isinstance(found, Diagnostic) else _node(ref, *found)

    def node_of(self, ref: SourceRef, original: Raw) -> DesiredNode | Diagnostic:
        """Return another version of an item in normal form, given as by `original`."""
        found = self._prepared(ref, dict(original))
        return found if isinstance(found, Diagnostic) else _node(ref, *found)

    def raw(self, ref: SourceRef) -> Raw | Diagnostic:
        """Return an item as the backup has it, with overrides, and with its query if known."""
        found = self._load(ref)
        return found if isinstance(found, Diagnostic) else found[0]

    def original(self, ref: SourceRef) -> Raw | None:
        """Return an item as a backup of its own would hold it: old names, bodies, memberships.

        None: it can't be read.
        """
        loaded = self.backup.load(ref.kind, ref.id)
        if isinstance(loaded, CorruptBlob):
            return None
        raw = cast("dict[str, Json]", loaded)
        try:
            partial = self._complete(ref, raw, renames=False)
        except MALFORMED:
            return None
        return {**raw, PARTIAL_KEY: sorted(partial)} if partial else raw

    def corrupt_bytes(self, ref: SourceRef) -> bytes | None:
        """Return the bytes of an item that can't be decoded; None if it can, or is not there."""
        if self.backup.row(ref.kind, ref.id) is None:
            return None
        loaded = self.backup.load(ref.kind, ref.id)
        return loaded.data if isinstance(loaded, CorruptBlob) else None

    def _load(self, ref: SourceRef) -> tuple[Raw, frozenset[str], Overridden] | Diagnostic:
        """Load an item. Name its partial collections, and give the values that changed."""
        if ref in self._malformed:
            return self._malformed[ref]
        loaded = self.backup.load(ref.kind, ref.id)
        if isinstance(loaded, CorruptBlob):
            return Diagnostic(
                code="backup.corrupt",
                address=ref.address,
                summary=f"{ref.address} can't be read from the backup",
                detail=loaded.reason,
                fix="make a new backup, or use an older snapshot with --as-of",
            )
        return self._prepared(ref, cast("dict[str, Json]", loaded))

    def _prepared(
        self, ref: SourceRef, raw: dict[str, Json]
    ) -> tuple[Raw, frozenset[str], Overridden] | Diagnostic:
        try:
            partial = self._complete(ref, raw)
            return raw, partial, apply_overrides(ref.kind, raw, self.overrides)
        except MALFORMED as error:
            return _malformed(ref, raw, error)

    def _complete(
        self, ref: SourceRef, raw: dict[str, Json], *, renames: bool = True
    ) -> frozenset[str]:
        """Add bodies and memberships, and rename. Return the partial collections."""
        partial = take_partial(raw)
        _ = take_unseen(raw)
        complete_ids(ref.kind, raw)
        for reference in KINDS[ref.kind].refs:
            place = next(iter(reference.body_paths), None)
            if place and (target := target_of(reference, raw, SOURCE)):
                body = self._query_bodies.get(target)
                if body and not get(raw, place):
                    put(raw, place, parse_json(body))
        if renames and not self.renamer.is_idle:
            self.renamer.rename(ref.kind, raw)
        return partial | self._add_memberships(ref, raw)

    def _read(self, kind: str) -> None:
        if not self.renamer.is_idle and KINDS[kind].portable_names:
            self.renamer.backup_ids[kind] = frozenset(row.id for row in self.backup.rows(kind))
        for row, loaded in self.backup.load_all(kind, self._identity_shape(kind)):
            ref = Ref(kind, row.id)
            identity = None
            if not isinstance(loaded, CorruptBlob):
                raw = cast("dict[str, Json]", loaded)
                try:
                    identity = self._note(kind, raw)
                except MALFORMED as error:
                    self._malformed[ref] = _malformed(ref, raw, error)
            if identity is None:
                self.unreadable.add(ref)
            self.identities[ref] = identity or Identity(
                kind=kind,
                id=row.id,
                name=row.name,
                keys={name: None for key in KINDS[kind].item.natural_keys for name in key},
            )
        if kind == FOLDER and not self.renamer.is_idle:
            self._move_folders()

    def _note(self, kind: str, raw: dict[str, Json]) -> DesiredIdentity:
        """Note what other items and the selection need of an item. Return its identity."""
        unseen = take_unseen(raw)
        self._note_query_bodies(kind, raw)
        self._note_memberships(kind, raw)
        if self._on_item:
            self._on_item(kind, raw)
        identity = self._identity(kind, raw)
        if unseen:
            self.unseen[identity.ref] = unseen
        self.definitions.update(each.ref for each in definitions(kind, raw, SourceId))
        if identity.built_in is None and (named := [*all_external_names(KINDS[kind], raw)]):
            self.external_names[identity.ref] = named
        return identity

    def _identity_shape(self, kind: str) -> Shape | None:
        """Choose which fields to decode for the identities; None is all of them."""
        is_all_seen = self._on_item is not None or not self.renamer.is_idle
        # LookerVault's dashboards hold what its looks lack.
        return None if is_all_seen or self.backup.info is None else identity_shape(kind)

    def _note_memberships(self, kind: str, raw: Raw) -> None:
        """Note memberships that LookerVault keeps only at the other end."""
        if self.backup.info is not None:
            return
        for owner, collection, field in _MEMBERSHIPS.get(kind, ()):
            for _, id_ in find(raw, f"{field}[]"):
                members = self._memberships.setdefault(Ref(owner, SourceId(str(id_))), {})
                members.setdefault(collection, []).append(str(raw.get("id")))

    def _add_memberships(self, ref: SourceRef, raw: dict[str, Json]) -> frozenset[str]:
        """Add memberships noted at the other end. Return the names of their collections."""
        found = self._memberships.get(ref, {})
        for collection in KINDS[ref.kind].item.collections:
            if collection.name in found:
                field = KINDS[collection.kind].id_field
                raw[collection.path] = [{field: id_} for id_ in found[collection.name]]
        return frozenset(found)

    def _identity(self, kind: str, raw: dict[str, Json]) -> DesiredIdentity:
        """Identify an item by its new names and its old id."""
        identity = identify(kind, raw, SOURCE)
        if self.renamer.is_idle:
            return identity
        self.renamer.rename(kind, raw)
        renamed = msgspec.structs.replace(identify(kind, raw, SOURCE), id=identity.id)
        if KINDS[kind].item.can_sign_in:
            self.renamer.note_person(identity, renamed)
        if renamed != identity:
            self.originals[identity.ref] = identity
            self._note_former_owner(identity, renamed)
        return renamed

    def _note_former_owner(self, identity: DesiredIdentity, renamed: DesiredIdentity) -> None:
        """Keep the natural key of an item whose new owner is part of it."""
        former = {
            reference.path: identity.keys[reference.path]
            for reference in KINDS[identity.kind].refs
            if reference.policy == OWNERS
            and identity.keys.get(reference.path) != renamed.keys.get(reference.path)
        }
        if former:
            keys = {**renamed.keys, **former}
            self.former_owners[identity.ref] = msgspec.structs.replace(renamed, keys=keys)

    def _move_folders(self) -> None:
        """Re-identify moved folders once all are loaded."""
        for ref in self.renamer.find_moves(self.identities.values()):
            loaded = self.backup.load(ref.kind, ref.id)
            if not isinstance(loaded, CorruptBlob):
                self.identities[ref] = self._identity(ref.kind, cast("dict[str, Json]", loaded))

    def _note_query_bodies(self, kind: str, raw: Raw) -> None:
        """Note query bodies that items read before lack: those of looks, in tiles.

        Queries with the same id are equal (looker-api.md 3.1).
        """
        if self.backup.info is not None:
            return
        for target, bodies in _BODIES_IN.get(kind, ()):
            for body in _bodies_in(raw, bodies):
                if body.get("id"):
                    ref = Ref(target, SourceId(str(body["id"])))
                    if ref in self.definitions and ref not in self._query_bodies:
                        self._query_bodies[ref] = msgspec.json.encode(body)


def _node(
    ref: SourceRef, raw: Raw, partial: frozenset[str], overridden: Overridden
) -> DesiredNode | Diagnostic:
    try:
        node = normalise(ref.kind, raw, SOURCE)
    except MALFORMED as error:
        return _malformed(ref, raw, error)
    # What is known by its name is still called as the backup calls it.
    return msgspec.structs.replace(node, id=ref.id, partial=partial, overridden=overridden)


def _bodies_in(raw: Raw, bodies: BodiesElsewhere) -> Iterator[Raw]:
    for _, holder in find(raw, bodies.list_path):
        for path in bodies.paths:
            body = get(holder, path) if isinstance(holder, Mapping) else None
            if isinstance(body, Mapping):
                yield body


#: Kind -> (kind of the queries, where its items hold their bodies), for items that lack them.
_BODIES_IN: Mapping[str, list[tuple[str, BodiesElsewhere]]] = {
    kind: [
        (reference.kind, reference.bodies_elsewhere)
        for row in KINDS.values()
        for reference in row.refs
        if reference.bodies_elsewhere and reference.bodies_elsewhere.kind == kind
    ]
    for kind in KINDS
}


def _malformed(ref: SourceRef, raw: Raw, error: BaseException) -> Diagnostic:
    """Say what is wrong with an object that could not be read."""
    try:
        found = [*problems(ref.kind, raw)]
    except MALFORMED:
        found = []
    unknown = f"it is not of Looker's form ({type(error).__name__}: {error})"
    return invalid_item(ref, found or [unknown])


def _hosts(backup: Backup) -> frozenset[str]:
    """Return the addresses of the source as links have them, by what the backup itself says."""
    web_url = origin(backup.info.web_url) if backup.info else None
    return frozenset(url for url in (*backup.instance_hints()[:1], web_url) if url)


#: Fields that our own backups hold and Looker's lists of items leave out.
SEPARATE_FIELDS = frozenset(
    (
        ACCESS,
        *(
            each.key
            for row in KINDS.values()
            for each in (*row.item.per_item_reads, *row.item.bulk_reads)
        ),
    )
)

#: Kind -> the memberships in its objects: owner's kind, its collection, and the field of ids.
_MEMBERSHIPS: Mapping[str, list[tuple[str, str, str]]] = {
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
