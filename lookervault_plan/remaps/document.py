r"""`remaps.yml`: what the destination calls the things that the backup names.

    dashboard: {'42': '142'}                  ids, by content type, singular or plural
    emails: {ann@old.example.com: ann@new.example.com}
    folders: {Shared/Old: Shared/New}         paths, with all below; `\/` is a slash inside a name
    models: {old: new}
    explores: {"old::orders": "new::orders"}
    connections: {old: new}

JSON is read too, being YAML. `schemas/remaps.schema.json` is generated from the sections here.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lookervault_plan.content.node import Ref
from lookervault_plan.content.rename import Renames
from lookervault_plan.errors import Diagnostic
from lookervault_plan.remaps.sections import TYPES


class Entry(msgspec.Struct, frozen=True):
    """One line of the file. `section` is a content type (`dashboard`), or `emails` and the like."""

    section: str
    old: str
    new: str
    line: int
    column: int


class Remaps(msgspec.Struct, frozen=True):
    """The file; empty if there is none."""

    name: str = "remaps.yml"
    entries: tuple[Entry, ...] = ()

    @property
    def ids(self) -> Mapping[Ref, str]:
        """Source ids and what the destination calls them."""
        return {Ref(e.section, e.old): e.new for e in self.entries if e.section in TYPES}

    @property
    def ids_by_name(self) -> Mapping[Ref, str]:
        """The same of what is known by its name: models and explores."""
        models = {Ref("lookml_model", entry.old): entry.new for entry in self._of("models")}
        return models | {Ref("explore", entry.old): entry.new for entry in self._of("explores")}

    @property
    def renames(self) -> Renames:
        return Renames(
            emails=self._names("emails"),
            folders=self._names("folders"),
            models=self._names("models"),
            explores=self._names("explores"),
            connections=self._names("connections"),
        )

    @property
    def places(self) -> Mapping[Ref, str]:
        """Where each id stands: `remaps.yml, line 3`."""
        return {
            Ref(entry.section, entry.old): f"{self.name}, line {entry.line}"
            for entry in self.entries
            if entry.section in TYPES
        }

    def unused(self, used: Iterable[tuple[str, str]]) -> tuple[Diagnostic, ...]:
        """A warning for each entry that is not among the (section, old name) pairs in use."""
        known = set(used)
        return tuple(
            Diagnostic(
                severity="warning",
                code="remaps.unused",
                summary=f"{self.name}, line {entry.line}: "
                f"nothing in the backup is {_noun(entry.section)} {entry.old}",
                detail="the entry has no effect",
                fix="mend it, or remove it",
            )
            for entry in self.entries
            if (entry.section, entry.old) not in known
        )

    def _of(self, section: str) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.section == section)

    def _names(self, section: str) -> Mapping[str, str]:
        return {entry.old: entry.new for entry in self._of(section)}


def lay_out(ids: Mapping[str, Mapping[str, str]]) -> str:
    """Ids by content type as the text of a remaps file."""
    lines: list[str] = []
    for type_ in TYPES:
        if found := ids.get(type_):
            lines.append(f"{type_}:")
            lines += (f"  {line(old, new)}" for old, new in sorted(found.items(), key=_natural))
    return "".join(f"{line}\n" for line in lines)


def line(old: str, new: str) -> str:
    """One entry: `'42': '142'`."""
    return f"{_quoted(old)}: {_quoted(new)}"


def _noun(section: str) -> str:
    return section if section in TYPES else _NOUNS[section]


_NOUNS: Mapping[str, str] = {
    "emails": "a user with the email",
    "folders": "a folder at",
    "models": "the model",
    "explores": "the explore",
    "connections": "the connection",
}


def _quoted(text: str) -> str:
    """As YAML: plain digits get quotes, so that they stay texts for every reader."""
    return "'" + text.replace("'", "''") + "'"


def _natural(pair: tuple[str, str]) -> tuple[int, str]:
    return (len(pair[0]) if pair[0].isdigit() else 99, pair[0])
