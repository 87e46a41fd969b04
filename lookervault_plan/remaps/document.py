r"""The content of a remaps file: ids and names in the backup, and their counterparts.

    dashboard: {'42': '142'}                  ids by content type, in singular or plural
    emails: {ann@old.example.com: ann@new.example.com, "*@dev.example.com": "*@example.com"}
    owners: {ann@old.example.com: bob@new.example.com}
    recipients: {"*@dev.example.com": "*@example.com"}
    folders: {Shared/Old: Shared/New}         paths; subfolders follow; `\/` is a slash in a name
    models: {old: new}
    explores: {"old::orders": "new::orders"}
    connections: {old: new}

JSON is valid too, being YAML. `schemas/remaps.schema.json` is generated from the sections.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lookervault_plan.content.node import LiveId, Ref, SourceId, SourceRef
from lookervault_plan.content.rename import Renames
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.remaps.sections import TYPES

#: Code of the notes that tell what the entries changed.
EFFECT = "note.remapped"
#: Changes that such a note lists.
_LISTED = 50


class Entry(msgspec.Struct, frozen=True):
    """One pair of the file."""

    #: a content type (`dashboard`) or a kind of names (`emails`)
    section: str
    #: id or name in the backup
    old: str
    #: id or name in the destination
    new: str
    #: counted from 1
    line: int
    #: counted from 1
    column: int


class Remaps(msgspec.Struct, frozen=True):
    """A remaps file; without entries if no file was given."""

    #: name of the file, for messages
    name: str = "remaps.yml"
    entries: tuple[Entry, ...] = ()

    @property
    def ids(self) -> Mapping[SourceRef, LiveId]:
        """Destination ids by item of the source."""
        return {
            Ref(e.section, SourceId(e.old)): LiveId(e.new)
            for e in self.entries
            if e.section in TYPES
        }

    @property
    def ids_by_name(self) -> Mapping[SourceRef, LiveId]:
        """Destination names of models and explores, whose name is the id."""
        return {
            Ref(row.name, SourceId(entry.old)): LiveId(entry.new)
            for row in KINDS.values()
            if row.item.name_section
            for entry in self._of(row.item.name_section)
        }

    @property
    def renames(self) -> Renames:
        """Names to replace in the backup's content."""
        return Renames(
            emails=self._names("emails"),
            folders=self._names("folders"),
            owners=self._names("owners"),
            recipients=self._names("recipients"),
            models=self._names("models"),
            explores=self._names("explores"),
            connections=self._names("connections"),
        )

    @property
    def locations(self) -> Mapping[SourceRef, str]:
        """Line of each id, as `remaps.yml, line 3`."""
        return {
            Ref(entry.section, SourceId(entry.old)): f"{self.name}, line {entry.line}"
            for entry in self.entries
            if entry.section in TYPES
        }

    def unused(self, used: Iterable[tuple[str, str]]) -> tuple[Diagnostic, ...]:
        """Warn about entries without an effect. `used` has the (section, old name) pairs in use."""
        known = set(used)
        return tuple(
            Diagnostic(
                severity="warning",
                code="remaps.unused",
                summary=f"{self.name}, line {entry.line}: "
                f"nothing in the backup is {_noun(entry.section)} {entry.old}",
                detail="the entry has no effect",
                fix="fix or remove the entry",
            )
            for entry in self.entries
            if (entry.section, entry.old) not in known
        )

    def lost_owners(self, emails: Iterable[str]) -> Iterator[Diagnostic]:
        """Warn of new owners whom neither the destination nor the backup has."""
        for email in sorted(set(emails)):
            lines = [entry.line for entry in self._of("owners") if entry.new == email]
            where = f"{self.name}, line {lines[0]}" if lines else f"{self.name}, owners"
            yield Diagnostic(
                severity="warning",
                code="remaps.no-owner",
                summary=f"{where}: nobody in the destination has the email {email}",
                detail="dashboards, looks and boards keep their owners there; schedules and alerts "
                "need one and are blocked",
                fix="invite that person in Looker, or name another owner",
            )

    def effects(self, found: Mapping[tuple[str, str], Mapping[str, str]]) -> Iterator[Diagnostic]:
        """Tell what each entry for names changed. `found`: (section, old name) -> old -> new."""
        for entry in self.entries:
            changed = found.get((entry.section, entry.old), {})
            if changed:
                yield Diagnostic(
                    severity="note",
                    code=EFFECT,
                    summary=f"{self.name}, line {entry.line}: {entry.old} -> {entry.new} "
                    f"changes {_effect(entry.section, len(changed))}",
                    detail=_listed(changed),
                )

    def _of(self, section: str) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.section == section)

    def _names(self, section: str) -> Mapping[str, str]:
        return {entry.old: entry.new for entry in self._of(section)}


def to_yaml(ids: Mapping[str, Mapping[str, str]]) -> str:
    """Write a remaps file from ids by content type."""
    lines: list[str] = []
    for type_ in TYPES:
        if pairs := ids.get(type_):
            lines.append(f"{type_}:")
            lines += (
                f"  {yaml_line(old, new)}" for old, new in sorted(pairs.items(), key=_numbers_first)
            )
    return "".join(f"{line}\n" for line in lines)


def yaml_line(old: str, new: str) -> str:
    """Write one entry: `'42': '142'`."""
    return f"{_quoted(old)}: {_quoted(new)}"


def _noun(section: str) -> str:
    return section if section in TYPES else _NOUNS[section]


_NOUNS: Mapping[str, str] = {
    "emails": "a user with the email",
    "folders": "a folder at",
    "owners": "an owner with the email",
    "recipients": "a recipient with the email",
    "models": "the model",
    "explores": "the explore",
    "connections": "the connection",
}


#: What the entries of a section change, and a noun to count.
_EFFECTS: Mapping[str, tuple[str, str]] = {
    "emails": ("", "email"),
    "folders": ("", "path"),
    "owners": ("the owner of ", "item"),
    "recipients": ("", "recipient"),
    "models": ("", "name"),
    "explores": ("", "name"),
    "connections": ("", "name"),
}


def _effect(section: str, number: int) -> str:
    what, noun = _EFFECTS[section]
    return f"{what}{number:,} {noun}{'s' * (number != 1)}"


def _listed(changed: Mapping[str, str]) -> str:
    lines = [f"{old} -> {new}" for old, new in sorted(changed.items())]
    more = [f"and {len(lines) - _LISTED:,} more"] if lines[_LISTED:] else []
    return "\n".join([*lines[:_LISTED], *more])


def _quoted(text: str) -> str:
    """Quote a YAML scalar, so that digits stay a text for every reader."""
    return "'" + text.replace("'", "''") + "'"


def _numbers_first(pair: tuple[str, str]) -> tuple[int, str]:
    return (len(pair[0]) if pair[0].isdigit() else 99, pair[0])
