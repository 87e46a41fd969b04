"""Build the catalogue that selections pick from, while the backup is read for other reasons."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from lookervault_plan.content.folder_paths import FOLDER, paths_of
from lookervault_plan.content.identity import DesiredIdentity
from lookervault_plan.content.json_path import find, get
from lookervault_plan.content.node import Raw, Ref, SourceId, SourceRef
from lookervault_plan.content.table.kinds import DECLARED_BY, KINDS, IfMissing, Kind
from lookervault_plan.selectors.catalogue import Catalogue, Item

(_EXPLORE, _MODEL), *_ = DECLARED_BY.items()
#: Kinds with members: roles have assignments, groups have other memberships.
_ROLES, _GROUPS = (
    frozenset(
        row.name
        for row in KINDS.values()
        for part in (KINDS[collection.kind] for collection in row.item.collections)
        if part.target_kind and part.is_assignment is is_assignment
    )
    for is_assignment in (True, False)
)
#: Memberships: the member's kind, its field of owners' ids, and the owner's kind.
_MEMBER_OF = [
    (collection.listed_by.kind, collection.listed_by.field, row.name)
    for row in KINDS.values()
    for collection in row.item.collections
    if collection.listed_by
]


_INDEX = re.compile(r"\[\d+\]")


class _ItemFacts(msgspec.Struct, kw_only=True):
    """Facts about one item, as its object states them."""

    name: str
    title: str
    slug: str
    email: str
    updated_at: str
    folder: SourceRef | None = None
    owner: SourceRef | None = None
    member_of: tuple[SourceRef, ...] = ()
    #: Items that it needs, in the order of the table: folder, owner, …
    needs: dict[SourceRef, None] = {}
    #: Items that its parts refer to.
    holds: set[SourceRef] = set()
    #: (Model, explore) of its queries. The explore is "" if only the model is known.
    explores: set[tuple[str, str]] = set()
    #: Queries whose bodies it does not hold.
    lacks: set[SourceRef] = set()


class CatalogueBuilder:
    """Takes every object of a backup, then makes the catalogue."""

    def __init__(self) -> None:
        self._items_facts: dict[SourceRef, _ItemFacts] = {}
        #: (Model, explore) of queries whose bodies some object holds.
        self._queries: dict[SourceRef, set[tuple[str, str]]] = {}
        #: Items that Looker creates with another item: a personal folder with its user.
        self._creators: dict[SourceRef, SourceRef] = {}

    def add(self, kind: str, raw: Raw) -> None:
        """Note the facts of one object, as the backup has it."""
        row = KINDS[kind]
        ref = Ref(kind, SourceId(str(raw.get(row.id_field) or "")))
        has_title = "title" in row.label
        found = _ItemFacts(
            name=next((str(text) for path in row.label if (text := get(raw, path))), ""),
            title=str(raw.get("title") or "") if has_title else "",
            slug=str(raw.get(row.item.slug_field) or "") if row.item.slug_field else "",
            email=str(raw.get("email") or "") if "email" in row.item.facts else "",
            updated_at=str(raw.get("updated_at") or ""),
            member_of=tuple(
                Ref(owner, SourceId(str(id_)))
                for member, path, owner in _MEMBER_OF
                if member == kind
                for _, id_ in find(raw, path + "[]")
            ),
        )
        for path, target in _items(row, raw):
            found.needs[target] = None
            if "[" in path:
                continue  # one of many folders or users is not its own
            found.folder = found.folder or (target if target.kind == FOLDER else None)
            found.owner = found.owner or (target if KINDS[target.kind].item.can_sign_in else None)
        self._take_queries(found, row, raw)
        for part_row, part in _parts(row, raw):
            if part_row.dropped_with_target:
                continue
            found.holds.update(target for _, target in _items(part_row, part))
            self._take_queries(found, part_row, part)
        found.needs.update(dict.fromkeys(sorted(found.holds)))
        model = get(raw, row.item.model_path) if row.item.model_path else None
        if not found.explores and isinstance(model, str):
            found.explores.add((model, ""))
        for path, other in row.item.also_creates.items():
            if id_ := get(raw, path):
                self._creators[Ref(other, SourceId(str(id_)))] = ref
        self._items_facts[ref] = found

    def catalogue(self, identities: Mapping[SourceRef, DesiredIdentity]) -> Catalogue:
        """Make the catalogue of all items. `identities` include items that can't be read."""
        for ref, found in self._items_facts.items():
            for query in found.lacks:
                found.explores |= self._queries.get(query, set())
            for owner in found.member_of:
                if owner in self._items_facts:
                    self._items_facts[owner].needs[ref] = None
        paths = paths_of(identities.values())
        boards = self._boards()
        return Catalogue(
            items={
                ref: self._item(found, ref, paths, boards.get(ref, ()))
                if (found := self._items_facts.get(ref))
                else Item(ref=ref, name=identity.name)
                for ref, identity in identities.items()
            },
            needs={ref: self._needs(found, ref) for ref, found in self._items_facts.items()},
        )

    def _item(
        self,
        found: _ItemFacts,
        ref: SourceRef,
        paths: Mapping[SourceRef, tuple[str, ...]],
        boards: Iterable[str],
    ) -> Item:
        owner = self._items_facts.get(found.owner) if found.owner else None
        return Item(
            ref=ref,
            name=found.name,
            title=found.title,
            slug=found.slug,
            owner=owner.email if owner else "",
            folder=paths.get(ref if ref.kind == FOLDER else found.folder or ref, ()),
            models=tuple(sorted({model for model, _ in found.explores})),
            explores=tuple(sorted("::".join(names) for names in found.explores if names[1])),
            boards=tuple(sorted(boards)),
            groups=self._names(found.member_of, _GROUPS),
            roles=self._names(found.member_of, _ROLES),
            updated_at=found.updated_at,
        )

    def _needs(self, found: _ItemFacts, ref: SourceRef) -> tuple[SourceRef, ...]:
        models = sorted({Ref(_MODEL, SourceId(model)) for model, _ in found.explores})
        needs = [*found.needs, *models, *([self._creators[ref]] if ref in self._creators else [])]
        return tuple(need for need in dict.fromkeys(needs) if need != ref)

    def _names(self, refs: Iterable[SourceRef], kinds: Collection[str]) -> tuple[str, ...]:
        names = {
            found.name
            for ref in refs
            if ref.kind in kinds and (found := self._items_facts.get(ref))
        }
        return tuple(sorted(names))

    def _boards(self) -> Mapping[SourceRef, set[str]]:
        """Return the titles of the boards that each item is on."""
        boards: dict[SourceRef, set[str]] = defaultdict(set)
        for ref, found in self._items_facts.items():
            for held in found.holds if KINDS[ref.kind].item.shows_items else ():
                boards[held].add(found.title)
        return boards

    def _take_queries(self, found: _ItemFacts, row: Kind, raw: Raw) -> None:
        """Note the explores that an object names, and those of its queries."""
        found.explores |= _explores(row, raw)
        for reference in row.refs:
            if not reference.body_paths:
                continue
            bodies = [
                body
                for path in reference.body_paths
                for _, body in find(raw, path)
                if isinstance(body, Mapping)
            ]
            for body in bodies:
                inner = _explores_of_query(KINDS[reference.kind], body)
                found.explores |= inner
                if inner and body.get("id"):
                    self._queries[Ref(reference.kind, SourceId(str(body["id"])))] = inner
            if not bodies and (id_ := get(raw, reference.path)):
                found.lacks.add(Ref(reference.kind, SourceId(str(id_))))


def _items(row: Kind, raw: Raw) -> Iterator[tuple[str, SourceRef]]:
    """Yield the items that an object needs, with the path of each reference. Links don't count."""
    for reference in row.refs:
        target = KINDS.get(reference.kind)
        if target is None or not target.is_item or reference.if_missing is IfMissing.DROP:
            continue
        for path in (reference.path, *reference.other_paths):
            for place, id_ in find(raw, path):
                if id_:
                    yield place, Ref(reference.kind, SourceId(str(id_)))
    for mention in row.portable_names:
        if mention.kind == _MODEL:
            for place, name in find(raw, mention.paths[0]):
                if name:
                    yield place, Ref(_MODEL, SourceId(str(name)))


def _explores(row: Kind, raw: Raw) -> set[tuple[str, str]]:
    """Return (model, explore) of each explore that an object names."""
    found: set[tuple[str, str]] = set()
    for mention in row.portable_names:
        if mention.kind != _EXPLORE:
            continue
        explores = dict(find(raw, mention.paths[1]))
        for place, model in find(raw, mention.paths[0]):
            index = _INDEX.search(place)
            explore = explores.get(mention.paths[1].replace("[]", index[0] if index else ""))
            if model:
                found.add((str(model), str(explore or "")))
    return found


def _explores_of_query(row: Kind, raw: Raw) -> set[tuple[str, str]]:
    """Return (model, explore) of a query, or of all queries in a merge query."""
    found = _explores(row, raw)
    for reference in row.refs:
        for path in reference.body_paths:
            for _, body in find(raw, path):
                if isinstance(body, Mapping):
                    found |= _explores_of_query(KINDS[reference.kind], body)
    return found


def _parts(row: Kind, raw: Raw) -> Iterator[tuple[Kind, Raw]]:
    """Yield every part of an object, with its row of the table."""
    for collection in row.item.collections:
        part_row = KINDS[collection.kind]
        for _, part in find(raw, collection.path + "[]"):
            if isinstance(part, Mapping):
                yield part_row, part
                yield from _parts(part_row, part)
