"""Read a remaps file, and say where it is wrong."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import cast

import msgspec
import yaml

from lookervault_plan.content.folder_paths import split_path
from lookervault_plan.errors import PlanError, failure
from lookervault_plan.remaps.document import Entry, Remaps
from lookervault_plan.remaps.sections import PLURAL_NAMES, SECTIONS, Section

#: more wrong lines than this are not told one by one
_SHOWN = 10


def parse(text: str | bytes, name: str = "remaps.yml") -> Remaps:
    """Read the file's text; bytes are UTF-8, or say what else they are.

    Raises:
        PlanError: with line and column of what is wrong, and what was expected there.

    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _not_yaml(name, error) from error
    except RecursionError as error:
        raise _not_yaml(name, yaml.YAMLError("it is nested too deeply")) from error
    reader = _Reader(name)
    if root is not None:
        reader.read(root)
    reader.check_targets()
    if reader.problems:
        raise reader.failure()
    return Remaps(name, tuple(reader.entries))


class _Problem(msgspec.Struct, frozen=True):
    line: int
    column: int
    what: str
    fix: str = ""


class _Reader:
    """Takes the YAML nodes apart; collects what is wrong instead of stopping at the first."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.entries: list[Entry] = []
        self.problems: list[_Problem] = []
        self._seen: dict[tuple[str, str], Entry] = {}

    def read(self, root: yaml.Node) -> None:
        seen: dict[str, int] = {}
        for key, value in self._pairs(root, "content types and kinds of names"):
            name = self._text(key)
            if name is None:
                continue
            section = SECTIONS.get(name)
            if section is None:
                near = get_close_matches(name, SECTIONS, n=1)
                fix = f"did you mean {near[0]}?" if near else f"known: {', '.join(SECTIONS)}"
                self._wrong(key, f"unknown key {name}", fix)
            elif name in seen:
                self._wrong(key, f"{name} stands here again, first in line {seen[name]}")
            else:
                seen[name] = _line(key)
                self._section(section, value)

    def _section(self, section: Section, node: yaml.Node) -> None:
        if _is_null(node):
            return
        for key, value in self._pairs(node, "`old: new` pairs"):
            old, new = self._text(key), self._text(value)
            if old is None or new is None:
                continue
            wrong = [
                (part, f"{text or 'nothing'}: {why}", _elsewhere(section, text))
                for part, text in ((key, old), (value, new))
                if (why := section.check(text))
            ]
            for part, what, fix in wrong:
                self._wrong(part, what, fix)
            if wrong:
                continue
            entry = Entry(section.name, old, new, *_mark(key))
            first = self._seen.setdefault((section.name, _same(section, old)), entry)
            if first is not entry:
                self._wrong(key, f"{old} stands here again, first in line {first.line}")
            self.entries.append(entry)

    def check_targets(self) -> None:
        """A folder neither moves into itself, nor takes a root's place, nor shares one."""
        taken: dict[tuple[str, ...], Entry] = {}
        for entry in self.entries:
            if entry.section != "folders":
                continue
            old, new = split_path(entry.old), split_path(entry.new)
            why = ""
            if len(new) == 1:
                why = f"{entry.new} is a root, which no other folder can be"
            elif new[: len(old)] == old and len(new) > len(old) and len(old) > 1:
                why = f"{entry.old} can't move into itself"
            elif (first := taken.setdefault(new, entry)) is not entry:
                why = f"{first.old} goes to {entry.new} already"
            if why:
                self.problems.append(_Problem(entry.line, entry.column, why))

    def failure(self) -> PlanError:
        """All problems in one, the first one in front."""
        first, *rest = sorted(self.problems, key=lambda one: (one.line, one.column))
        shown = [f"line {one.line}, column {one.column}: {one.what}" for one in rest[:_SHOWN]]
        if rest[_SHOWN:]:
            shown.append(f"and {len(rest) - _SHOWN} more")
        return failure(
            "remaps.malformed",
            f"{self.name}, line {first.line}, column {first.column}: {first.what}",
            detail="\n".join(shown),
            fix=first.fix,
        )

    def _pairs(self, node: yaml.Node, expected: str) -> list[tuple[yaml.Node, yaml.Node]]:
        if isinstance(node, yaml.MappingNode):
            return cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
        self._wrong(node, f"expected {expected}")
        return []

    def _text(self, node: yaml.Node) -> str | None:
        """A text, or a whole number as it is written; anything else is a problem."""
        if isinstance(node, yaml.ScalarNode):
            tag = node.tag.rpartition(":")[2]
            text = cast("str", node.value)
            if tag == "str" or (tag == "int" and re.fullmatch(r"\d+", text)):
                return text
            self._wrong(
                node, f"expected a text, found {_FOUND.get(tag, tag)}", "put it into quotes"
            )
        else:
            self._wrong(node, "expected a text")
        return None

    def _wrong(self, node: yaml.Node, what: str, fix: str = "") -> None:
        self.problems.append(_Problem(*_mark(node), what, fix))


_FOUND: Mapping[str, str] = {
    "null": "nothing",
    "bool": "true or false",
    "int": "a number in another notation",
    "float": "a number with a point",
    "timestamp": "a date",
}


def _elsewhere(section: Section, text: str) -> str:
    """A hint for a name among ids."""
    plural = PLURAL_NAMES.get(section.name)
    return f"paths and names go under {plural}:" if plural and ("/" in text or "::" in text) else ""


def _same(section: Section, text: str) -> str:
    return text.casefold() if section.name == "emails" else text


def _mark(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _line(node: yaml.Node) -> int:
    return _mark(node)[0]


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")


def _not_yaml(name: str, error: yaml.YAMLError) -> PlanError:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else None
    where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return failure(
        "remaps.malformed",
        f"{name}{where}: this is no YAML",
        detail=problem or str(error),
        fix="mend that line",
    )
