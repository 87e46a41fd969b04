"""Read YAML with the location of every key and value. Unknown keys are refused here."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, NoReturn, cast

import msgspec
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from lookervault_plan.content.yaml_nodes import compose
from lookervault_plan.selectors.location import Location, selector_error
from lookervault_plan.selectors.methods import METHODS
from lookervault_plan.selectors.suggest import did_you_mean

_NULL = "tag:yaml.org,2002:null"
_BOOL = "tag:yaml.org,2002:bool"
_MERGE = "tag:yaml.org,2002:merge"
_TRUE = {"true", "yes", "on"}
#: characters with a meaning of their own at the start of a plain YAML scalar
_INDICATORS = "*&!%@`"


class Member(NamedTuple):
    """A key of a mapping with its value."""

    key: Node
    value: Node


class YamlReader:
    """Reads one file; errors name line and column."""

    def __init__(self, source: str) -> None:
        self.source: str = source
        self._text: str = ""

    def compose(self, data: bytes) -> Node:
        """Parse the bytes into the root of the only document."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise selector_error(
                "syntax", Location(self.source), f"is no UTF-8 text: {error}"
            ) from error
        self._text = text
        try:
            root = compose(text)
        except yaml.MarkedYAMLError as error:
            raise self._malformed(error) from error
        except yaml.YAMLError as error:
            raise selector_error("syntax", Location(self.source), f"is no YAML: {error}") from error
        if root is None:
            raise selector_error(
                "syntax", Location(self.source, 1, 1), "is empty", expected="selectors:"
            )
        return root

    def location(self, node: Node) -> Location:
        mark = node.start_mark
        return Location(self.source, mark.line + 1, mark.column + 1)

    def fail(self, node: Node, what: str, *, expected: str = "", fix: str = "") -> NoReturn:
        """Raise a syntax error at a node."""
        raise selector_error("syntax", self.location(node), what, expected=expected, fix=fix)

    def mapping(self, node: Node, type_: type[msgspec.Struct], what: str) -> dict[str, Member]:
        """Read the members of a mapping; the keys must be fields of a type.

        Members that a merge key (`<<`) brings are included.
        """
        fields = _fields(type_)
        known = [field.name for field in fields]
        if not isinstance(node, MappingNode):
            self.fail(node, f"{what} is {describe(node)}", expected=f"the keys {', '.join(known)}")
        members: dict[str, Member] = {}
        merged: dict[str, Member] = {}
        for key, value in cast("Sequence[tuple[Node, Node]]", node.value):
            if key.tag == _MERGE:
                for each in _entries(value):
                    merged = self.mapping(each, type_, what) | merged
                continue
            name = _scalar(key) if isinstance(key, ScalarNode) else describe(key)
            if name not in known:
                self._refuse_key(key, name, what, known)
            if name in members:
                self.fail(key, f"{name} stands here twice", fix="keep one of the two")
            members[name] = Member(key, value)
        for field in fields:
            if field.required and field.name not in members | merged:
                self.fail(node, f"{what} has no {field.name}")
        return merged | members

    def sequence(self, node: Node, what: str) -> Sequence[Node]:
        """Read the entries of a list, which must not be empty."""
        if not isinstance(node, SequenceNode) or not _entries(node):
            found = "empty" if isinstance(node, SequenceNode) else describe(node)
            self.fail(node, f"{what} is {found}", expected="a list, its entries with - before them")
        return _entries(node)

    def text(self, node: Node, what: str) -> str:
        """Read a scalar as written: `on`, `042` and dates stay texts."""
        if not isinstance(node, ScalarNode) or node.tag == _NULL or not _scalar(node):
            self.fail(node, f"{what} is {describe(node)}", expected="a text")
        return _scalar(node)

    def flag(self, node: Node, what: str) -> bool:
        """Read true or false."""
        if node.tag != _BOOL:
            self.fail(node, f"{what} is {describe(node)}", expected="true or false")
        return _scalar(node).lower() in _TRUE

    def start_of_text(self, node: Node, text: str) -> Location | None:
        """Locate the first character of a text; None if the file spells the text differently.

        Escapes and folded lines make a difference, so columns can't be counted there.
        """
        location = self.location(node)
        raw = self._text[node.start_mark.index : node.end_mark.index]
        if raw == text:
            return location
        return location.shifted(1) if raw[1:-1] == text else None

    def _refuse_key(self, key: Node, name: str, what: str, known: Sequence[str]) -> NoReturn:
        self.fail(
            key,
            f"{what} has no key {name}",
            expected=f"one of {', '.join(known)}",
            fix=did_you_mean(name, known)
            or (f"write method: {name}, value: …" if name in METHODS else ""),
        )

    def _malformed(self, error: yaml.MarkedYAMLError) -> Exception:
        mark = error.problem_mark or error.context_mark
        location = (
            Location(self.source, mark.line + 1, mark.column + 1) if mark else Location(self.source)
        )
        char = self._text[mark.index - 1 : mark.index + 1] if mark else ""
        needs_quotes = any(each in _INDICATORS for each in char)
        return selector_error(
            "syntax",
            location,
            f"is no YAML: {error.problem or error.context}",
            fix='quote a value that begins with *, as in value: "*draft*"' if needs_quotes else "",
        )


@cache
def _fields(type_: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(type_)


def describe(node: Node) -> str:
    """Describe a node in a word, for errors."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    return _scalar(node) or "empty"


def _scalar(node: Node) -> str:
    return cast("str", node.value)


def _entries(node: Node) -> Sequence[Node]:
    return cast("Sequence[Node]", node.value) if isinstance(node, SequenceNode) else [node]
