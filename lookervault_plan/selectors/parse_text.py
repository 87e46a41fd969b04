"""Parse a selection as the command line takes it.

    selection = chain { space chain }              space is union
    chain     = part { "," part }                  comma is intersection
    part      = ["+"] criterion ["+"] | "(" selection ")" | "exclude(" selection ")"
    criterion = method ":" value | type ":" id

A value ends at a space, a comma, or the bracket that closes its group. To include these, quote
the value (`"…"`, or `'…'` around all of it) or put a backslash before the character. Wildcards keep
their meaning inside quotes.
"""

from typing import NamedTuple, NoReturn

from lookervault_plan.content.table.kinds import ITEM_KINDS, type_named
from lookervault_plan.selectors.location import NOWHERE, Location, selector_error
from lookervault_plan.selectors.methods import (
    ADDRESS,
    METHODS,
    UnknownWordError,
    canonical,
    is_address,
)
from lookervault_plan.selectors.selection import Criterion, Selection, Union, intersection, union
from lookervault_plan.selectors.suggest import did_you_mean

SPACES = " \t\r\n"
_EXCLUDE = "exclude("
_MAX_DEPTH = 50
_QUOTE = 'quote a value that holds a space or a comma, as in title:"Revenue, EMEA"'
_CRITERION = "method:value or an address, as in title:Revenue* or dashboard:42"


class _Value(NamedTuple):
    """A value without its quotes."""

    text: str
    is_quoted: bool
    #: number of unquoted plus signs behind it
    pluses: int


def parse(text: str, location: Location = NOWHERE, *, is_verbatim: bool = True) -> Selection:
    """Parse a selection. `location` is the spot of its first character.

    Errors name the exact column if `is_verbatim`. Pass False if the file spells the text
    differently (escapes, folded lines); errors then name the start of the text.

    Raises:
        PlanError: malformed; names the spot and what was expected.

    """
    return _Parser(text, location, is_verbatim=is_verbatim).selection()


def criterion(
    method: str,
    value: str,
    location: Location = NOWHERE,
    *,
    value_location: Location | None = None,
    dependencies: bool = False,
    dependents: bool = False,
) -> Criterion:
    """Build a criterion in canonical form.

    Raises:
        PlanError: an unknown method, or a value that the method does not take.

    """
    if method not in METHODS:
        raise selector_error(
            "unknown-method",
            location,
            f"no method is called {method}",
            expected=f"one of {', '.join(METHODS)}",
            fix=did_you_mean(method, METHODS),
        )
    at = value_location or location
    try:
        value = canonical(method, value)
    except UnknownWordError as error:
        raise selector_error(
            "value", at, str(error), expected=error.expected, fix=error.fix
        ) from error
    except ValueError as error:
        expected = METHODS[method].form.value
        raise selector_error("value", at, f"{method}: {error}", expected=expected) from error
    return Criterion(
        method=method,
        value=value,
        dependencies=dependencies,
        dependents=dependents,
        location=location,
    )


class _Parser:
    def __init__(self, text: str, location: Location, *, is_verbatim: bool) -> None:
        self.text: str = text
        self.location: Location = location
        self.is_verbatim: bool = is_verbatim
        self.at: int = 0
        self.open: int = 0

    @property
    def rest(self) -> str:
        return self.text[self.at :]

    @property
    def next(self) -> str:
        return self.text[self.at : self.at + 1]

    def fail(
        self, what: str, *, expected: str = "", fix: str = "", at: int | None = None
    ) -> NoReturn:
        """Raise a syntax error here, or at another character."""
        location = self.here(self.at if at is None else at)
        raise selector_error("syntax", location, what, expected=expected, fix=fix)

    def here(self, at: int) -> Location:
        """Locate a character."""
        return self.location.shifted(at) if self.is_verbatim else self.location

    def selection(self) -> Selection:
        """Parse chains up to the end, or up to the bracket that closes the group."""
        start = self.at
        of: list[Selection] = []
        exclude: list[Selection] = []
        while True:
            while self.next and self.next in SPACES:
                self.at += 1
            if not self.next or (self.next == ")" and self.open):
                break
            members, without = self._chain()
            if not members:
                exclude.extend(without)
            else:
                of.append(intersection(members, without))
        if not of and exclude:
            self.fail(
                "exclude has nothing to take away from",
                expected="criteria beside it, as in type:* exclude(title:*draft*)",
                at=start,
            )
        if not of:
            self.fail("nothing is selected here", expected=_CRITERION, at=start)
        return union(of, exclude)

    def _chain(self) -> tuple[list[Selection], list[Selection]]:
        members: list[Selection] = []
        exclude: list[Selection] = []
        while True:
            if self.rest.startswith(_EXCLUDE):
                found = self._group(len(_EXCLUDE))
                exclude.extend(
                    found.of if isinstance(found, Union) and not found.exclude else (found,)
                )
            elif self.next == "(":
                members.append(self._group(1))
            else:
                members.append(self._criterion())
            if self.next != ",":
                self._check_end()
                break
            self.at += 1
            if not self.next or self.next in f"{SPACES},)":
                self.fail(
                    "nothing right behind the comma",
                    expected="another criterion: what a comma joins has to be met together",
                    fix=_QUOTE,
                )
        return members, exclude

    def _check_end(self) -> None:
        """Refuse anything but a space or the end behind a part."""
        if self.next and self.next not in SPACES and not (self.next == ")" and self.open):
            shown = self.rest.split()[0]
            self.fail(
                "no bracket is open here" if shown[0] == ")" else f"{shown} follows right behind",
                expected="a space for union, a comma for intersection, or the end",
            )

    def _group(self, bracket: int) -> Selection:
        start = self.at
        self.at += bracket
        self.open += 1
        if self.open > _MAX_DEPTH:
            self.fail(f"more than {_MAX_DEPTH} brackets inside each other", at=start)
        found = self.selection()
        if self.next != ")":
            self.fail("this bracket is never closed", at=start)
        self.at += 1
        self.open -= 1
        return found

    def _criterion(self) -> Criterion:
        dependencies = self.next == "+"
        self.at += dependencies
        start = self.at
        while self.next and self.next not in f"{SPACES},:()+\"'":
            self.at += 1
        word = self.text[start : self.at]
        if self.next != ":" or not word:
            self._refuse_criterion(start, word)
        if word not in METHODS and type_named(word) is None:
            words = [*METHODS, *ITEM_KINDS]
            raise selector_error(
                "unknown-method",
                self.here(start),
                f"no method and no type is called {word}",
                expected=f"a method ({', '.join(METHODS)}) or a type ({', '.join(ITEM_KINDS)})",
                fix=did_you_mean(word, words),
            )
        self.at += 1
        value = self._value()
        if value.pluses > 1:
            self.fail(
                f"{value.pluses} plus signs at the end",
                expected="one plus for dependents, or quotes around the value",
                fix=f'write {word}:"{value.text}{"+" * value.pluses}" if they belong to it',
                at=start,
            )
        return self._build_criterion(word, value, start, dependencies=dependencies)

    def _build_criterion(
        self, word: str, value: _Value, start: int, *, dependencies: bool
    ) -> Criterion:
        address = word not in METHODS or (is_address(word, value.text) and not value.is_quoted)
        return criterion(
            ADDRESS if address else word,
            f"{type_named(word)}:{value.text}" if address else value.text,
            self.here(start),
            value_location=self.here(start + len(word) + 1),
            dependencies=dependencies,
            dependents=value.pluses == 1,
        )

    def _refuse_criterion(self, start: int, word: str) -> NoReturn:
        shown = next(iter(self.text[start:].split()), "the end")
        fix = did_you_mean(word, METHODS) or _QUOTE
        if shown.startswith("("):
            fix = "put the plus before each criterion in the group"
        elif word in METHODS:
            fix = f"write {word}:value"
        self.fail(f"{shown} is no criterion", expected=_CRITERION, fix=fix, at=start)

    def _value(self) -> _Value:
        """Read a value; brackets inside it must come in pairs."""
        chars: list[str] = []
        start, inner, protected = self.at, 0, 0
        quote = self.next if self.next in {'"', "'"} else ""
        while (char := self.next) and char not in f"{SPACES},":
            if char == '"' or (char == "'" and self.at == start):
                chars.append(self._quoted(char))
                protected = len(chars)
                if char == "'" and self.next and self.next not in f"{SPACES},+)":
                    self.fail("text right behind a closing quote", fix='quote with "…" instead')
                continue
            if char == "\\":
                chars.append(self.text[self.at : self.at + 2])
                self.at += len(chars[-1])
                protected = len(chars)
                continue
            if char == ")" and not inner and self.open:
                break
            inner += (char == "(") - (char == ")" and inner > 0)
            chars.append(char)
            self.at += 1
        end = len(chars)
        while end > protected and chars[end - 1] == "+":
            end -= 1
        return _Value("".join(chars[:end]), bool(quote), len(chars) - end)

    def _quoted(self, mark: str) -> str:
        start = self.at
        self.at += 1
        while self.next and self.next != mark:
            self.at += 2 if self.next == "\\" else 1
        if not self.next:
            self.fail(f"the quote {mark} is never closed", fix="escape it as \\" + mark, at=start)
        self.at += 1
        return self.text[start + 1 : self.at - 1]
