"""Parse a remaps file. One error names every problem with line and column."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import cast

import msgspec
import yaml

from lookervault_plan.content.folder_paths import split_path
from lookervault_plan.content.name_rules import stars
from lookervault_plan.content.yaml_nodes import compose
from lookervault_plan.errors import PlanError, failure
from lookervault_plan.remaps.document import Entry, Remaps
from lookervault_plan.remaps.sections import NAME_SECTIONS, SECTIONS, Section

#: number of problems that an error lists after the first one
_LISTED = 10


def parse(text: str | bytes, name: str = "remaps.yml") -> Remaps:
    """Parse the text of a remaps file. Bytes are UTF-8 unless a byte order mark says otherwise.

    Raises:
        PlanError: the file is malformed; lists the problems with line and column.

    """
    try:
        root = compose(text)
    except yaml.YAMLError as error:
        raise _not_yaml(name, error) from error
    parser = _Parser(name)
    if root is not None:
        parser.read(root)
    parser.check_targets()
    if parser.problems:
        raise parser.failure()
    return Remaps(name, tuple(parser.entries))


class _Problem(msgspec.Struct, frozen=True):
    line: int
    column: int
    what: str
    fix: str = ""


class _Parser:
    """Reads YAML nodes and collects all problems instead of stopping at the first."""

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
                self._add_problem(key, f"unknown key {name}", fix)
            elif name in seen:
                self._add_problem(key, f"{name} stands here again, first in line {seen[name]}")
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
            problems = [
                (part, f"{text or 'nothing'}: {reason}", _wrong_section_hint(section, text))
                for part, text in ((key, old), (value, new))
                if (reason := section.problem(text))
            ]
            if section.has_patterns and stars(new) > stars(old):
                fix = f"write the text itself, or \\* for a star; {old} has {stars(old)} *"
                problems.append((value, f"{new}: nothing fills a * of it", fix))
            for part, what, fix in problems:
                self._add_problem(part, what, fix)
            if problems:
                continue
            entry = Entry(section.name, old, new, *_mark(key))
            first = self._seen.setdefault((section.name, _comparable(section, old)), entry)
            if first is not entry:
                self._add_problem(key, f"{old} stands here again, first in line {first.line}")
            self.entries.append(entry)

    def check_targets(self) -> None:
        """Refuse folders that move into themselves, onto a root, or onto one another."""
        taken: dict[tuple[str, ...], Entry] = {}
        for entry in self.entries:
            if entry.section != "folders":
                continue
            old, new = split_path(entry.old), split_path(entry.new)
            is_pattern = stars(entry.old) > 0
            problem = ""
            if len(new) == 1:
                problem = f"{entry.new} is a root, which no other folder can be"
            elif not is_pattern and new[: len(old)] == old and len(new) > len(old) and len(old) > 1:
                problem = f"{entry.old} can't move into itself"
            elif not is_pattern and (first := taken.setdefault(new, entry)) is not entry:
                problem = f"{first.old} goes to {entry.new} already"
            if problem:
                self.problems.append(_Problem(entry.line, entry.column, problem))

    def failure(self) -> PlanError:
        """Make one error of all problems, in the order of the file."""
        first, *rest = sorted(self.problems, key=lambda one: (one.line, one.column))
        shown = [f"line {one.line}, column {one.column}: {one.what}" for one in rest[:_LISTED]]
        if rest[_LISTED:]:
            shown.append(f"and {len(rest) - _LISTED} more")
        return failure(
            "remaps.malformed",
            f"{self.name}, line {first.line}, column {first.column}: {first.what}",
            detail="\n".join(shown),
            fix=first.fix,
        )

    def _pairs(self, node: yaml.Node, expected: str) -> list[tuple[yaml.Node, yaml.Node]]:
        if isinstance(node, yaml.MappingNode):
            return cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
        self._add_problem(node, f"expected {expected}")
        return []

    def _text(self, node: yaml.Node) -> str | None:
        """Read a text, or a whole number as written; None after noting a problem."""
        if isinstance(node, yaml.ScalarNode):
            tag = node.tag.rpartition(":")[2]
            text = cast("str", node.value)
            if tag == "str" or (tag == "int" and re.fullmatch(r"\d+", text)):
                return text
            self._add_problem(
                node, f"expected a text, found {_DESCRIPTIONS.get(tag, tag)}", "put it into quotes"
            )
        else:
            self._add_problem(node, "expected a text")
        return None

    def _add_problem(self, node: yaml.Node, what: str, fix: str = "") -> None:
        self.problems.append(_Problem(*_mark(node), what, fix))


_DESCRIPTIONS: Mapping[str, str] = {
    "null": "nothing",
    "bool": "true or false",
    "int": "a number in another notation",
    "float": "a number with a point",
    "timestamp": "a date",
}


def _wrong_section_hint(section: Section, text: str) -> str:
    """Suggest the section for names if a path or name stands among ids."""
    plural = NAME_SECTIONS.get(section.name)
    return f"paths and names go under {plural}:" if plural and ("/" in text or "::" in text) else ""


def _comparable(section: Section, text: str) -> str:
    return text.casefold() if section.name in ("emails", "owners", "recipients") else text


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
        f"{name}{where}: this is not valid YAML",
        detail=problem or str(error),
        fix="fix that line",
    )
