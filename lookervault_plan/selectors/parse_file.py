"""Parse selectors.yml. Errors name line and column; unknown keys are refused."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import msgspec
from yaml.nodes import MappingNode, Node, ScalarNode

from lookervault_plan.content.yaml_nodes import without_collections
from lookervault_plan.selectors.file_format import Document, Entry, Rule
from lookervault_plan.selectors.location import Location, selector_error
from lookervault_plan.selectors.methods import SELECTOR
from lookervault_plan.selectors.parse_text import criterion, parse
from lookervault_plan.selectors.pattern import comparable, escape
from lookervault_plan.selectors.selection import Criterion, Selection, criteria, intersection, union
from lookervault_plan.selectors.suggest import did_you_mean
from lookervault_plan.selectors.yaml_reader import Member, YamlReader

_FORMS = ("method", "union", "intersection")
_FLAGS = ("dependencies", "dependents")


#: Names that an error about an unknown one lists.
_NAMES_SHOWN = 20


class NamedSelector(msgspec.Struct, frozen=True, kw_only=True):
    """A named selector of the file."""

    name: str
    definition: Selection
    location: Location
    description: str = ""
    default: bool = False

    @property
    def key(self) -> str:
        """The name as a `selector:` criterion writes it."""
        return escape(comparable(self.name))


class Selectors(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The checked file: all names in it are known, and no selector uses itself."""

    #: name of the file
    source: str
    named: tuple[NamedSelector, ...]

    @cached_property
    def definitions(self) -> Mapping[str, Selection]:
        """Definitions by name, as a `selector:` criterion writes it."""
        return {each.key: each.definition for each in self.named}

    @property
    def default(self) -> NamedSelector | None:
        """The selector that counts if no option selects anything; None if none is marked."""
        return next((each for each in self.named if each.default), None)

    def check(self, selection: Selection) -> None:
        """Raise PlanError if a selection uses an unknown selector."""
        for each in criteria(selection):
            if each.method == SELECTOR and each.value not in self.definitions:
                names = [one.name for one in self.named]
                shown = [*names[:_NAMES_SHOWN], *(["…"] if names[_NAMES_SHOWN:] else [])]
                raise selector_error(
                    "unknown",
                    each.location,
                    f"{self.source} has no selector {each.value}",
                    expected=f"one of {', '.join(shown)}",
                    fix=did_you_mean(each.value, names),
                )


def parse_file(data: bytes, source: str) -> Selectors:
    """Parse the file's bytes. `source` is its name in errors.

    Raises:
        PlanError: the file is malformed; names the spot and what was expected.

    """
    try:
        with without_collections():
            named = tuple(_Parser(source).entries(data))
        _check_names(named)
        selectors = Selectors(source=source, named=named)
        for each in named:
            selectors.check(each.definition)
        _check_cycles({each.key: each for each in named})
    except RecursionError:
        raise selector_error(
            "syntax", Location(source), "holds rules inside each other without end"
        ) from None
    return selectors


class _Parser:
    def __init__(self, source: str) -> None:
        self.yaml: YamlReader = YamlReader(source)

    def entries(self, data: bytes) -> Iterator[NamedSelector]:
        members = self.yaml.mapping(self.yaml.compose(data), Document, "the file")
        for node in self.yaml.sequence(members["selectors"].value, "selectors"):
            yield self.entry(node)

    def entry(self, node: Node) -> NamedSelector:
        members = self.yaml.mapping(node, Entry, "a selector")
        description, default = members.get("description"), members.get("default")
        return NamedSelector(
            name=self.yaml.text(members["name"].value, "name"),
            definition=self.rule(members["definition"].value),
            location=self.yaml.location(members["name"].value),
            description=self.yaml.text(description.value, "description") if description else "",
            default=default is not None and self.yaml.flag(default.value, "default"),
        )

    def rule(self, node: Node) -> Selection:
        """Parse a definition, or an entry of a list."""
        if isinstance(node, ScalarNode):
            text = self.yaml.text(node, "a selection")
            start = self.yaml.start_of_text(node, text)
            return parse(text, start or self.yaml.location(node), is_verbatim=start is not None)
        members = self.yaml.mapping(node, Rule, "a rule")
        forms = [key for key in _FORMS if key in members]
        if len(forms) != 1:
            self.refuse_forms(node, members, forms)
        exclude = self.excluded(members)
        if forms == ["method"]:
            return union([self.criterion(members)], exclude)
        form = members[forms[0]]
        for key in ("value", *_FLAGS):
            if key in members:
                self.yaml.fail(members[key].key, f"{key} stands beside {forms[0]}, not a method")
        of, without = self.rules(form.value, forms[0])
        combine = union if forms == ["union"] else intersection
        return combine(of, (*without, *exclude))

    def refuse_forms(self, node: Node, members: Mapping[str, Member], forms: Sequence[str]) -> None:
        if forms:
            what = f"{' and '.join(forms)} stand in one rule"
        elif set(members) == {"exclude"}:
            what = "exclude has nothing to take away from"
        else:
            what = "nothing says what to pick"
        self.yaml.fail(node, what, expected=f"one of {', '.join(_FORMS)}")

    def criterion(self, members: Mapping[str, Member]) -> Criterion:
        method = members["method"]
        if "value" not in members:
            self.yaml.fail(method.key, "a method without a value", expected="value: beside it")
        value = members["value"].value
        flags = {key: self.flag(members, key) for key in _FLAGS}
        made = criterion(
            self.yaml.text(method.value, "method"),
            self.yaml.text(value, "value"),
            self.yaml.location(method.value),
            value_location=self.yaml.location(value),
            dependencies=flags["dependencies"],
            dependents=flags["dependents"],
        )
        return msgspec.structs.replace(made, location=self.yaml.location(value))

    def flag(self, members: Mapping[str, Member], key: str) -> bool:
        return key in members and self.yaml.flag(members[key].value, key)

    def excluded(self, members: Mapping[str, Member]) -> tuple[Selection, ...]:
        if "exclude" not in members:
            return ()
        of, without = self.rules(members["exclude"].value, "exclude")
        return (union(of, without),)

    def rules(self, node: Node, key: str) -> tuple[list[Selection], list[Selection]]:
        """Parse a list into its rules and its excludes."""
        of: list[Selection] = []
        exclude: list[Selection] = []
        for each in self.yaml.sequence(node, key):
            members = (
                self.yaml.mapping(each, Rule, "a rule") if isinstance(each, MappingNode) else {}
            )
            if set(members) == {"exclude"}:
                exclude.extend(self.excluded(members))
            else:
                of.append(self.rule(each))
        if not of:
            self.yaml.fail(node, "exclude has nothing to take away from")
        return of, exclude


def _check_names(named: Sequence[NamedSelector]) -> None:
    seen: dict[str, NamedSelector] = {}
    default: NamedSelector | None = None
    for each in named:
        if each.key in seen:
            first = seen[each.key].location
            raise selector_error(
                "duplicate", each.location, f"{each.name} is the name of the one at {first}"
            )
        seen[each.key] = each
        if each.default and default:
            what = f"{each.name} is the default, and so is {default.name}"
            raise selector_error(
                "duplicate", each.location, what, fix="keep default: true at one of them"
            )
        default = each if each.default else default


def _check_cycles(named: Mapping[str, NamedSelector]) -> None:
    """Raise PlanError if a selector uses itself, directly or through others."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...], location: Location) -> None:
        if name in path:
            round_ = " → ".join((*path[path.index(name) :], name))
            raise selector_error("cycle", location, f"{name} is made from itself: {round_}")
        if name in done:
            return
        for each in criteria(named[name].definition):
            if each.method == SELECTOR:
                visit(each.value, (*path, name), each.location)
        done.add(name)

    for name in named:
        visit(name, (), named[name].location)
