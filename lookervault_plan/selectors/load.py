"""Read selectors.yml: every error with its line and column, and nothing left over."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from yaml.nodes import MappingNode, Node, ScalarNode

from lookervault_plan.selectors.document import Document, Entry, Rule
from lookervault_plan.selectors.grammar import criterion, parse
from lookervault_plan.selectors.methods import SELECTOR
from lookervault_plan.selectors.nodes import Member, Nodes
from lookervault_plan.selectors.pattern import escaped, plain
from lookervault_plan.selectors.place import Place, did_you_mean, wrong
from lookervault_plan.selectors.tree import Criterion, Selection, criteria, intersection, union

_FORMS = ("method", "union", "intersection")
_FLAGS = ("dependencies", "dependents")


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A selector of the file."""

    name: str
    definition: Selection
    place: Place
    description: str = ""
    default: bool = False

    @property
    def key(self) -> str:
        """The name as the value of a `selector:` criterion."""
        return escaped(plain(self.name))


class Selectors(msgspec.Struct, frozen=True, kw_only=True):
    """The file, checked: every name in it leads to a selector, and none to itself."""

    source: str
    named: tuple[Named, ...]

    @property
    def definitions(self) -> Mapping[str, Selection]:
        """By name, as a `selector:` criterion has it."""
        return {each.key: each.definition for each in self.named}

    @property
    def default(self) -> Named | None:
        """The selector to use where nothing else is asked for."""
        return next((each for each in self.named if each.default), None)

    def check(self, selection: Selection) -> None:
        """Raise PlanError if a selection names a selector that is not here."""
        known = {each.key: each.name for each in self.named}
        for each in criteria(selection):
            if each.method == SELECTOR and each.value not in known:
                raise wrong(
                    "unknown",
                    each.place,
                    f"{self.source} has no selector {each.value}",
                    expected=f"one of {', '.join(known.values())}",
                    fix=did_you_mean(each.value, known.values()),
                )


def load(data: bytes, source: str) -> Selectors:
    """Read the file's bytes; `source` is what to call it.

    Raises:
        PlanError: it is malformed; says where, and what was expected.

    """
    try:
        named = tuple(_File(source).entries(data))
    except RecursionError:
        raise wrong("syntax", Place(source), "holds rules inside each other without end") from None
    _check_names(named)
    selectors = Selectors(source=source, named=named)
    for each in named:
        selectors.check(each.definition)
    _check_cycles({each.key: each for each in named})
    return selectors


class _File:
    def __init__(self, source: str) -> None:
        self.nodes: Nodes = Nodes(source)

    def entries(self, data: bytes) -> Iterator[Named]:
        members = self.nodes.mapping(self.nodes.compose(data), Document, "the file")
        for node in self.nodes.sequence(members["selectors"].value, "selectors"):
            yield self.entry(node)

    def entry(self, node: Node) -> Named:
        members = self.nodes.mapping(node, Entry, "a selector")
        description, default = members.get("description"), members.get("default")
        return Named(
            name=self.nodes.text(members["name"].value, "name"),
            definition=self.rule(members["definition"].value),
            place=self.nodes.place(members["name"].value),
            description=self.nodes.text(description.value, "description") if description else "",
            default=default is not None and self.nodes.flag(default.value, "default"),
        )

    def rule(self, node: Node) -> Selection:
        """A definition, or an entry of a list that is no exclude."""
        if isinstance(node, ScalarNode):
            text = self.nodes.text(node, "a selection")
            start = self.nodes.verbatim(node, text)
            return parse(text, start or self.nodes.place(node), is_verbatim=start is not None)
        members = self.nodes.mapping(node, Rule, "a rule")
        forms = [key for key in _FORMS if key in members]
        if len(forms) != 1:
            self.wrong_form(node, members, forms)
        exclude = self.excluded(members)
        if forms == ["method"]:
            return union([self.criterion(members)], exclude)
        form = members[forms[0]]
        for key in ("value", *_FLAGS):
            if key in members:
                self.nodes.fail(members[key].key, f"{key} stands beside {forms[0]}, not a method")
        of, without = self.listed(form.value, forms[0])
        combine = union if forms == ["union"] else intersection
        return combine(of, (*without, *exclude))

    def wrong_form(self, node: Node, members: Mapping[str, Member], forms: Sequence[str]) -> None:
        if forms:
            what = f"{' and '.join(forms)} stand in one rule"
        elif set(members) == {"exclude"}:
            what = "exclude has nothing to take away from"
        else:
            what = "nothing says what to pick"
        self.nodes.fail(node, what, expected=f"one of {', '.join(_FORMS)}")

    def criterion(self, members: Mapping[str, Member]) -> Criterion:
        method = members["method"]
        if "value" not in members:
            self.nodes.fail(method.key, "a method without a value", expected="value: beside it")
        value = members["value"].value
        flags = {key: self.flag(members, key) for key in _FLAGS}
        made = criterion(
            self.nodes.text(method.value, "method"),
            self.nodes.text(value, "value"),
            self.nodes.place(method.value),
            value_place=self.nodes.place(value),
            dependencies=flags["dependencies"],
            dependents=flags["dependents"],
        )
        return msgspec.structs.replace(made, place=self.nodes.place(value))

    def flag(self, members: Mapping[str, Member], key: str) -> bool:
        return key in members and self.nodes.flag(members[key].value, key)

    def excluded(self, members: Mapping[str, Member]) -> tuple[Selection, ...]:
        if "exclude" not in members:
            return ()
        of, without = self.listed(members["exclude"].value, "exclude")
        return (union(of, without),)

    def listed(self, node: Node, key: str) -> tuple[list[Selection], list[Selection]]:
        """The rules of a list, and what an exclude in it takes away."""
        of: list[Selection] = []
        exclude: list[Selection] = []
        for each in self.nodes.sequence(node, key):
            members = (
                self.nodes.mapping(each, Rule, "a rule") if isinstance(each, MappingNode) else {}
            )
            if set(members) == {"exclude"}:
                exclude.extend(self.excluded(members))
            else:
                of.append(self.rule(each))
        if not of:
            self.nodes.fail(node, "exclude has nothing to take away from")
        return of, exclude


def _check_names(named: Sequence[Named]) -> None:
    seen: dict[str, Named] = {}
    default: Named | None = None
    for each in named:
        if each.key in seen:
            first = seen[each.key].place
            raise wrong("duplicate", each.place, f"{each.name} is the name of the one at {first}")
        seen[each.key] = each
        if each.default and default:
            what = f"{each.name} is the default, and so is {default.name}"
            raise wrong("duplicate", each.place, what, fix="keep default: true at one of them")
        default = each if each.default else default


def _check_cycles(named: Mapping[str, Named]) -> None:
    """A selector that needs itself to be told would never end."""
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...], place: Place) -> None:
        if name in way:
            round_ = " → ".join((*way[way.index(name) :], name))
            raise wrong("cycle", place, f"{name} is made from itself: {round_}")
        if name in done:
            return
        for each in criteria(named[name].definition):
            if each.method == SELECTOR:
                visit(each.value, (*way, name), each.place)
        done.add(name)

    for name in named:
        visit(name, (), named[name].place)
