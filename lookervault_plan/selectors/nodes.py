"""YAML as nodes with their places: what is there, and an error for what should not be."""

from collections.abc import Sequence
from typing import NamedTuple, NoReturn, cast

import msgspec
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from lookervault_plan.selectors.methods import METHODS
from lookervault_plan.selectors.place import Place, did_you_mean, wrong

_NULL = "tag:yaml.org,2002:null"
_BOOL = "tag:yaml.org,2002:bool"
_MERGE = "tag:yaml.org,2002:merge"
_TRUE = {"true", "yes", "on"}
#: characters that mean something else at the start of a plain YAML scalar
_YAML_MARKS = "*&!%@`"


class Member(NamedTuple):
    """A key of a mapping, and what it has."""

    key: Node
    value: Node


class Nodes:
    """Reads the nodes of one file."""

    def __init__(self, source: str) -> None:
        self.source: str = source

    def compose(self, data: bytes) -> Node:
        """The root of the file's one document."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise wrong("syntax", Place(self.source), f"is no UTF-8 text: {error}") from error
        try:
            loader = yaml.SafeLoader(text)
            root = loader.get_single_node()
        except yaml.MarkedYAMLError as error:
            raise self._no_yaml(error) from error
        except yaml.YAMLError as error:
            raise wrong("syntax", Place(self.source), f"is no YAML: {error}") from error
        if root is None:
            raise wrong("syntax", Place(self.source, 1, 1), "is empty", expected="selectors:")
        return root

    def place(self, node: Node) -> Place:
        mark = node.start_mark
        return Place(self.source, mark.line + 1, mark.column + 1)

    def fail(self, node: Node, what: str, *, expected: str = "", fix: str = "") -> NoReturn:
        """Raise what is wrong with a node."""
        raise wrong("syntax", self.place(node), what, expected=expected, fix=fix)

    def mapping(self, node: Node, type_: type[msgspec.Struct], what: str) -> dict[str, Member]:
        """The members of a mapping, which are the fields of a type; merged ones (`<<`) too."""
        fields = msgspec.structs.fields(type_)
        known = [field.name for field in fields]
        if not isinstance(node, MappingNode):
            self.fail(node, f"{what} is {shown(node)}", expected=f"the keys {', '.join(known)}")
        members: dict[str, Member] = {}
        merged: dict[str, Member] = {}
        for key, value in cast("Sequence[tuple[Node, Node]]", node.value):
            if key.tag == _MERGE:
                for each in _several(value):
                    merged = self.mapping(each, type_, what) | merged
                continue
            name = _scalar(key) if isinstance(key, ScalarNode) else shown(key)
            if name not in known:
                self._unknown_key(key, name, what, known)
            if name in members:
                self.fail(key, f"{name} stands here twice", fix="keep one of the two")
            members[name] = Member(key, value)
        for field in fields:
            if field.required and field.name not in members | merged:
                self.fail(node, f"{what} has no {field.name}")
        return merged | members

    def sequence(self, node: Node, what: str) -> Sequence[Node]:
        """The entries of a list that is not empty."""
        if not isinstance(node, SequenceNode) or not _several(node):
            found = "empty" if isinstance(node, SequenceNode) else shown(node)
            self.fail(node, f"{what} is {found}", expected="a list, its entries with - before them")
        return _several(node)

    def text(self, node: Node, what: str) -> str:
        """A scalar as it was written: `on`, `042` and dates are texts like any other."""
        if not isinstance(node, ScalarNode) or node.tag == _NULL or not _scalar(node):
            self.fail(node, f"{what} is {shown(node)}", expected="a text")
        return _scalar(node)

    def flag(self, node: Node, what: str) -> bool:
        """True or false."""
        if node.tag != _BOOL:
            self.fail(node, f"{what} is {shown(node)}", expected="true or false")
        return _scalar(node).lower() in _TRUE

    def verbatim(self, node: Node, text: str) -> Place | None:
        """Where a text's first character stands, if the file holds it letter by letter."""
        mark, place = node.start_mark, self.place(node)
        raw = (mark.buffer or "")[mark.pointer : node.end_mark.pointer]
        if raw == text:
            return place
        return place.further(1) if raw[1:-1] == text else None

    def _unknown_key(self, key: Node, name: str, what: str, known: Sequence[str]) -> NoReturn:
        self.fail(
            key,
            f"{what} has no key {name}",
            expected=f"one of {', '.join(known)}",
            fix=did_you_mean(name, known)
            or (f"write method: {name}, value: …" if name in METHODS else ""),
        )

    def _no_yaml(self, error: yaml.MarkedYAMLError) -> Exception:
        mark = error.problem_mark or error.context_mark
        place = Place(self.source, mark.line + 1, mark.column + 1) if mark else Place(self.source)
        char = (mark.buffer or "")[mark.pointer - 1 : mark.pointer + 1] if mark else ""
        quote = any(each in _YAML_MARKS for each in char)
        return wrong(
            "syntax",
            place,
            f"is no YAML: {error.problem or error.context}",
            fix='quote a value that begins with *, as in value: "*draft*"' if quote else "",
        )


def shown(node: Node) -> str:
    """What stands there, in a word."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    return _scalar(node) or "empty"


def _scalar(node: Node) -> str:
    return cast("str", node.value)


def _several(node: Node) -> Sequence[Node]:
    return cast("Sequence[Node]", node.value) if isinstance(node, SequenceNode) else [node]
