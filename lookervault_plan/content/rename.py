"""Names that differ between source and destination, changed in an object as it is loaded.

The table says where an object holds a name (`PortableName`). Diffs, plans, query keys and request
bodies are then made of the renamed object.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from lookervault_plan.content.folder_paths import (
    FOLDER,
    NAME,
    PARENT,
    Path,
    join_path,
    paths_of,
    split_path,
)
from lookervault_plan.content.identity import Identity
from lookervault_plan.content.json_path import find, put
from lookervault_plan.content.node import Json, Raw, Ref, digest
from lookervault_plan.content.normalise import content_key
from lookervault_plan.content.table.kinds import KINDS, ROOTS, Kind

#: id of a query whose definition was changed: no instance has it under that id
_RENAMED = "renamed:"


class Renames(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `remaps.yml` calls otherwise: the source's name -> the destination's."""

    emails: Mapping[str, str] = {}
    #: paths: the folder and all below it
    folders: Mapping[str, str] = {}
    models: Mapping[str, str] = {}
    #: `model::explore`
    explores: Mapping[str, str] = {}
    connections: Mapping[str, str] = {}


NO_RENAMES = Renames()


class Renamer:
    """Renames objects of one backup; any number of threads may."""

    def __init__(self, renames: Renames) -> None:
        #: there is nothing to rename
        self.is_idle: bool = renames == NO_RENAMES
        #: folders that are looked for by their path in the destination
        self.places: dict[Ref, Path] = {}
        #: kind -> names that the backup's own items of it have
        self.names: dict[str, frozenset[str]] = {}
        self._names = _Names(renames)
        self._folders: Mapping[str, str] = renames.folders
        self._moves: dict[str, _Move] = {}

    @property
    def used(self) -> set[tuple[str, str]]:
        """Section and old name of the entries that had something to do so far."""
        return self._names.used

    def learn(self, items: Iterable[Identity]) -> frozenset[Ref]:
        """Work out, from all folders of the backup, which ones move; those."""
        folders = {item.ref: item for item in items if item.kind == FOLDER}
        source = paths_of(folders.values())
        wanted = {split_path(old): old for old in self._folders}
        moved = {ref: wanted[path] for ref, path in source.items() if path in wanted}
        final: dict[Ref, Path] = {}
        by_path: dict[Path, Ref] = {}
        for ref in sorted(source, key=lambda ref: (len(source[ref]), ref)):
            parent = folders[ref].keys.get(PARENT)
            above = final.get(parent) if isinstance(parent, Ref) else None
            if ref in moved:
                final[ref] = split_path(self._folders[moved[ref]])
            else:
                final[ref] = (*above, source[ref][-1]) if above is not None else source[ref]
            _ = by_path.setdefault(final[ref], ref)
        for ref, old in moved.items():
            above, name = final[ref][:-1], final[ref][-1]
            parent = by_path.get(above)
            if parent is None:
                parent = Ref(FOLDER, join_path(above))
                self.places[parent] = above
            self.places[ref] = final[ref]
            self._moves[ref.id] = _Move(name, parent.id)
            self.used.add(("folders", old))
        return frozenset(moved)

    def rename(self, kind: str, raw: dict[str, Json]) -> None:
        """Change the names in a freshly loaded object, in place."""
        if kind == FOLDER and (move := self._moves.get(str(raw.get("id")))):
            # A root or a personal folder that moves becomes an ordinary one.
            for flag in (*ROOTS, "is_personal"):
                _ = raw.pop(flag, None)
            raw |= {NAME: move.name, PARENT: move.parent}
        row = KINDS[kind]
        _ = self._rename_own(row, raw)
        for collection in row.item.collections:
            for _, part in find(raw, collection.path + "[]"):
                if isinstance(part, dict):
                    self.rename(collection.kind, part)

    def _rename_own(self, row: Kind, raw: dict[str, Json]) -> bool:
        """Rename what this object and the queries in it mention; whether that changed it."""
        changed = False
        for mention in row.portable_names:
            for places, names in _mentioned(raw, mention.paths):
                after = _RULES[mention.kind](self._names, names)
                if places == (row.id_field,) and after[0] in self.names.get(row.name, ()):
                    continue  # what mentions the one turns to the other; both stay what they are
                for place, name, new in zip(places, names, after, strict=True):
                    if name != new:
                        put(raw, place, new)
                        changed = True
        for reference in row.refs:
            for path in reference.body_paths:
                for found, body in list(find(raw, path)):
                    if isinstance(body, dict) and self._rename_own(KINDS[reference.kind], body):
                        changed = True
                        places = (reference.path, *reference.other_paths)
                        _give_new_id(raw, _index(found), places, reference.kind, body)
        return changed


class _Move(msgspec.Struct, frozen=True):
    """Where a folder goes: under a folder of the backup, or under a path of the destination."""

    name: str
    parent: str


class _Names:
    """What becomes of the names of each kind of mention."""

    def __init__(self, renames: Renames) -> None:
        self.used: set[tuple[str, str]] = set()
        self._renames = renames
        #: addresses compare without regard to case
        self._emails = {old.casefold(): old for old in renames.emails}

    def email(self, names: tuple[str, ...]) -> tuple[str, ...]:
        old = self._emails.get(names[0].casefold())
        return names if old is None else (self._told("emails", self._renames.emails, old),)

    def model(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return (self._told("models", self._renames.models, names[0]),)

    def connection(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return (self._told("connections", self._renames.connections, names[0]),)

    def explore(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """An explore's own entry goes before its model's."""
        model, *explore = names
        full = "::".join(names)
        if explore and full in self._renames.explores:
            new = self._told("explores", self._renames.explores, full).partition("::")
            return new[0], new[2]
        return (*self.model((model,)), *explore)

    def of_model(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """`model::name`, whatever it is that the model has."""
        model, colons, rest = names[0].partition("::")
        return (f"{self.model((model,))[0]}::{rest}",) if colons else names

    def _told(self, section: str, names: Mapping[str, str], old: str) -> str:
        if old not in names:
            return old
        self.used.add((section, old))
        return names[old]


_RULES: Mapping[str, Callable[[_Names, tuple[str, ...]], tuple[str, ...]]] = {
    "email": _Names.email,
    "lookml_model": _Names.model,
    "explore": _Names.explore,
    "connection": _Names.connection,
    "lookml_dashboard": _Names.of_model,
    "datagroup": _Names.of_model,
}

#: the kinds of mentions that the table may have
MENTIONED = frozenset(_RULES)


def is_renamed(ref: Ref) -> bool:
    """Whether a query was changed on loading, so that its id says nothing anywhere."""
    return ref.id.startswith(_RENAMED)


def _mentioned(
    raw: Raw, paths: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """(concrete paths, names) of each mention; the first alone where the others are missing."""
    rest = [(path, dict(find(raw, path))) for path in paths[1:]]
    for place, name in list(find(raw, paths[0])):
        if not isinstance(name, str) or not name:
            continue
        places, names = [place], [name]
        for path, found in rest:
            other = path.replace("[]", _index(place))
            value = found.get(other)
            if not isinstance(value, str) or not value:
                break
            places.append(other)
            names.append(value)
        yield tuple(places), tuple(names)


def _give_new_id(
    raw: dict[str, Json], index: str, places: tuple[str, ...], kind: str, body: dict[str, Json]
) -> None:
    """A query that was changed is another query: it is known by its new definition alone."""
    old = body.get("id")
    new = _RENAMED + (content_key(kind, body) or digest(body))
    body["id"] = new
    for place in places:
        for path, value in list(find(raw, place)):
            if path == place.replace("[]", index) and (old is None or str(value) == str(old)):
                put(raw, path, new)


def _index(place: str) -> str:
    found = re.search(r"\[\d+\]", place)
    return found[0] if found else ""
