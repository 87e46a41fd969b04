"""Rename models, emails, folders … of the source to their names in the destination.

An object is renamed when it is loaded. Diffs, plans, query keys and request bodies are made of the
renamed object. The table says where an object has names (`PortableName`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from lookervault_plan.content.explore_links import EXPLORE_LINK
from lookervault_plan.content.folder_paths import (
    FOLDER,
    NAME,
    PARENT,
    Path,
    join_path,
    paths_of,
    split_path,
)
from lookervault_plan.content.identity import DesiredIdentity
from lookervault_plan.content.json_path import find, get, put
from lookervault_plan.content.name_rules import NameRules, Renamed
from lookervault_plan.content.node import Json, Raw, Ref, SourceId, SourceRef, digest
from lookervault_plan.content.normalise import content_key
from lookervault_plan.content.table.columns import OWNERS
from lookervault_plan.content.table.kinds import KINDS, RENAME_RULES, ROOTS, Kind, RenameRule

#: Prefix of the id of a query whose definition was renamed. No instance has such an id.
_RENAMED = "renamed:"


class Renames(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The names in `remaps.yml`: name in the source -> name in the destination."""

    #: A `*` stands for any text, here and in the next three (`content.name_rules`).
    emails: Mapping[str, str] = {}
    #: Paths. Folders below move along.
    folders: Mapping[str, str] = {}
    #: Email of an owner in the source -> email of the owner in the destination.
    owners: Mapping[str, str] = {}
    #: Emails that schedules and alerts send to.
    recipients: Mapping[str, str] = {}
    models: Mapping[str, str] = {}
    #: Names such as `model::explore`.
    explores: Mapping[str, str] = {}
    connections: Mapping[str, str] = {}


NO_RENAMES = Renames()


class Renamer:
    """Renames objects of one backup. It is thread-safe once `find_moves` has run."""

    def __init__(self, renames: Renames) -> None:
        self.renames = renames
        #: True: nothing is to be renamed.
        self.is_idle: bool = renames == NO_RENAMES
        #: Moved folders, and parents that the backup lacks -> path in the destination.
        self.destination_paths: dict[SourceRef, Path] = {}
        #: Kind -> ids of its items in the backup. An item keeps its name if another item has the
        #: new one.
        self.backup_ids: dict[str, frozenset[str]] = {}
        #: Folders that `remaps.yml` places elsewhere, with all below them.
        self.relocated: frozenset[SourceRef] = frozenset()
        self._names = _Names(renames)
        self._folders = NameRules(
            renames.folders, is_path=True, comparable=lambda path: join_path(split_path(path))
        )
        self._moves: dict[str, _Move] = {}
        #: Items and parts that get another owner. It is known once they are loaded.
        self.reassigned: set[SourceRef] = set()
        #: Owners that the backup lacks -> their emails.
        self.new_owners: dict[SourceRef, str] = {}
        self._owners = _Owners(renames.owners)
        #: Addresses of the source, `scheme://host`: links with another host are not renamed.
        self.hosts: frozenset[str] = frozenset()

    @property
    def effects(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """What each entry of `remaps.yml` has changed so far: section, old name -> old -> new."""
        return self._names.effects

    @property
    def used(self) -> set[tuple[str, str]]:
        """Section and old name of each entry of `remaps.yml` that has renamed something so far."""
        return set(self._names.effects)

    def note_person(self, person: DesiredIdentity, renamed: DesiredIdentity) -> None:
        """Take a person of the backup, with the email there and the one in the destination."""
        self._owners.note_person(person, renamed)

    def find_moves(self, items: Iterable[DesiredIdentity]) -> frozenset[SourceRef]:
        """Return the folders that move. `items` must include all folders of the backup."""
        folders = {item.ref: item for item in items if item.kind == FOLDER}
        source = paths_of(folders.values())
        moved = {
            ref: found
            for ref, path in source.items()
            if (found := self._folders.find(join_path(path)))
        }
        final: dict[SourceRef, Path] = {}
        by_path: dict[Path, SourceRef] = {}
        for ref in sorted(source, key=lambda ref: (len(source[ref]), ref)):
            parent = folders[ref].keys.get(PARENT)
            above = final.get(parent) if isinstance(parent, Ref) else None
            if ref in moved:
                final[ref] = split_path(moved[ref].new)
            else:
                final[ref] = (*above, source[ref][-1]) if above is not None else source[ref]
            _ = by_path.setdefault(final[ref], ref)
        for ref, found in moved.items():
            above, name = final[ref][:-1], final[ref][-1]
            parent = by_path.get(above)
            if parent is None:
                parent = Ref(FOLDER, SourceId(join_path(above)))
                self.destination_paths[parent] = above
            self.destination_paths[ref] = final[ref]
            self._moves[ref.id] = _Move(name, parent.id)
            self._names.note("folders", found.rule, join_path(source[ref]), join_path(final[ref]))
        self.relocated = frozenset(moved) | {
            ref for ref, path in final.items() if path != source[ref]
        }
        return frozenset(moved)

    def rename(self, kind: str, raw: dict[str, Json]) -> None:
        """Rename a freshly loaded object and its parts, in place."""
        if kind == FOLDER and (move := self._moves.get(str(raw.get("id")))):
            # A root or a personal folder that moves becomes an ordinary one.
            for flag in (*ROOTS, "is_personal"):
                _ = raw.pop(flag, None)
            raw |= {NAME: move.name, PARENT: move.parent}
        row = KINDS[kind]
        _ = self._rename_own(row, raw)
        if self._owners:
            self._reassign(row, raw)
        for field in row.fields:
            value = get(raw, field.path) if field.holds_links else None
            if value and (renamed := self._rename_links(value)) != value:
                put(raw, field.path, renamed)
        for collection in row.item.collections:
            for _, part in find(raw, collection.path + "[]"):
                if isinstance(part, dict):
                    self.rename(collection.kind, part)

    def _reassign(self, row: Kind, raw: dict[str, Json]) -> None:
        """Give an object the owner of the section `owners`, by an id of the backup.

        An owner that the backup lacks gets the email as the id. No instance has such an id.
        """
        for reference in row.refs:
            if reference.policy != OWNERS:
                continue
            places = (reference.path, *reference.other_paths)
            id_ = next((str(id_) for place in places if (id_ := get(raw, place))), "")
            found = self._owners.find(id_)
            if found is None:
                continue
            owner, email, rule = found
            if owner is None:
                owner = email.casefold()
                self.new_owners[Ref(reference.kind, SourceId(owner))] = email
            for place in places:
                if place == reference.path or get(raw, place):
                    put(raw, place, owner)
            own = Ref(row.name, SourceId(str(raw.get(row.id_field) or "")))
            self.reassigned.add(own)
            self._names.note("owners", rule, own.address, email)

    def _rename_own(self, row: Kind, raw: dict[str, Json]) -> bool:
        """Rename one object and the queries in it. Return whether anything changed."""
        changed = False
        for mention in row.portable_names:
            for places, names in _names_at(raw, mention.paths):
                after = _RULES[RENAME_RULES[mention.kind]](self._names, names)
                if places == (row.id_field,) and after[0] in self.backup_ids.get(row.name, ()):
                    continue  # both items exist in the backup, so only references to it are renamed
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

    def _rename_links(self, value: Json) -> Json:
        """Rename the model and the explore in links such as `/explore/shop/orders?fields=…`."""

        def new_link(found: re.Match[str]) -> str:
            if found["host"] and found["host"] not in self.hosts:
                return found[0]
            model, explore = self._names.explore((found["model"], found["view"]))
            return f"{found['host']}{found['path']}{model}/{explore}"

        if isinstance(value, str):
            return EXPLORE_LINK.sub(new_link, value) if "/explore/" in value else value
        if isinstance(value, Mapping):
            return {key: self._rename_links(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._rename_links(item) for item in value]
        return value


class _Move(msgspec.Struct, frozen=True):
    """The new name and parent of a folder."""

    name: str
    #: Id of a folder of the backup, or a path in the destination.
    parent: str


class _Owners:
    """The owners that `remaps.yml` replaces, by their ids in the backup."""

    def __init__(self, owners: Mapping[str, str]) -> None:
        self._rules = NameRules(owners, ignores_case=True)
        #: Id of a person -> the email of the new owner, and the rule.
        self._new: dict[str, Renamed] = {}
        #: Casefolded email in the destination -> id of the person in the backup.
        self._ids: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def note_person(self, person: DesiredIdentity, renamed: DesiredIdentity) -> None:
        names = KINDS[person.kind].item.natural_keys[0]
        for name in names:
            email, new_email = person.keys.get(name), renamed.keys.get(name)
            if isinstance(email, str) and (found := self._rules.find(email)):
                self._new[person.id] = found
            if isinstance(new_email, str):
                _ = self._ids.setdefault(new_email.casefold(), person.id)

    def find(self, id_: str) -> tuple[str | None, str, str] | None:
        """Give id, email and rule of the new owner. The id is None if the backup lacks him.

        None: the owner stays.
        """
        found = self._new.get(id_)
        if found is None:
            return None
        return self._ids.get(found.new.casefold()), found.new, found.rule


class _Names:
    """The new names, by kind of `PortableName`."""

    def __init__(self, renames: Renames) -> None:
        self.effects: dict[tuple[str, str], dict[str, str]] = {}
        self._renames = renames
        self._emails = NameRules(renames.emails, ignores_case=True)
        self._recipients = NameRules(renames.recipients, ignores_case=True)

    def note(self, section: str, rule: str, old: str, new: str) -> None:
        """Remember what an entry has changed."""
        self.effects.setdefault((section, rule), {})[old] = new

    def email(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return (self._by_rule("emails", self._emails, names[0]),)

    def recipient(self, names: tuple[str, ...]) -> tuple[str, ...]:
        if "/" in names[0]:  # the address of a webhook
            return names
        return (self._by_rule("recipients", self._recipients, names[0]),)

    def model(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return (self._new_name("models", self._renames.models, names[0]),)

    def connection(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return (self._new_name("connections", self._renames.connections, names[0]),)

    def explore(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Rename (model, explore). An entry for the explore overrules one for the model."""
        model, *explore = names
        full = "::".join(names)
        if explore and full in self._renames.explores:
            new = self._new_name("explores", self._renames.explores, full).partition("::")
            return new[0], new[2]
        return (*self.model((model,)), *explore)

    def of_model(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Rename the model in `model::name`."""
        model, colons, rest = names[0].partition("::")
        return (f"{self.model((model,))[0]}::{rest}",) if colons else names

    def _by_rule(self, section: str, rules: NameRules, old: str) -> str:
        found = rules.find(old)
        if found is None:
            return old
        self.note(section, found.rule, old, found.new)
        return found.new

    def _new_name(self, section: str, names: Mapping[str, str], old: str) -> str:
        if old not in names:
            return old
        self.note(section, old, old, names[old])
        return names[old]


_RULES: Mapping[RenameRule, Callable[[_Names, tuple[str, ...]], tuple[str, ...]]] = {
    RenameRule.EMAIL: _Names.email,
    RenameRule.RECIPIENT: _Names.recipient,
    RenameRule.MODEL: _Names.model,
    RenameRule.EXPLORE: _Names.explore,
    RenameRule.CONNECTION: _Names.connection,
    RenameRule.PREFIXED: _Names.of_model,
}


def is_renamed(ref: Ref[str]) -> bool:
    """Whether a query was renamed, so that no instance has its id."""
    return ref.id.startswith(_RENAMED)


def _names_at(
    raw: Raw, paths: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield (concrete paths, names) of each name. Paths after a missing one are left out."""
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
    """Give a renamed query an id made of its new definition, and let references follow."""
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
