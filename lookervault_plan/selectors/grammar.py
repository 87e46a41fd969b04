"""The command-line grammar.

    selection = chain { space chain }              space is union
    chain     = part { "," part }                  comma is intersection
    part      = ["+"] criterion ["+"] | "(" selection ")" | "exclude(" selection ")"
    criterion = method ":" value | type ":" id

A value ends at a space, a comma or the bracket that closes a group. `"…"` and a backslash take
what they hold as it is, wildcards aside; `'…'` does the same if the value begins with it.
"""

from typing import NamedTuple, NoReturn

from lookervault_plan.content.table.kinds import ITEM_KINDS
from lookervault_plan.selectors.methods import (
    ADDRESS,
    METHODS,
    UnknownWordError,
    canonical,
    is_address,
    singular,
)
from lookervault_plan.selectors.place import NOWHERE, Place, did_you_mean, wrong
from lookervault_plan.selectors.tree import Criterion, Selection, Union, intersection, union

SPACES = " \t\r\n"
_EXCLUDE = "exclude("
_DEEPEST = 50
_QUOTE = 'quote a value that holds a space or a comma, as in title:"Revenue, EMEA"'
_CRITERION = "method:value or an address, as in title:Revenue* or dashboard:42"


class _Value(NamedTuple):
    """A value as written, quotes taken off."""

    text: str
    is_quoted: bool
    #: plus signs at the end that nothing protects
    pluses: int


def parse(text: str, place: Place = NOWHERE, *, is_verbatim: bool = True) -> Selection:
    """Read a selection. `place` is where its first character stands.

    If the text does not stand there letter by letter (a file's own escapes, folded lines), all
    errors are told of its beginning.

    Raises:
        PlanError: it is none; says where, and what was expected.

    """
    return _Reader(text, place, is_verbatim=is_verbatim).selection()


def criterion(
    method: str,
    value: str,
    place: Place = NOWHERE,
    *,
    value_place: Place | None = None,
    dependencies: bool = False,
    dependents: bool = False,
) -> Criterion:
    """Check one criterion and bring it into canonical form.

    Raises:
        PlanError: an unknown method, or a value that it does not take.

    """
    if method not in METHODS:
        raise wrong(
            "unknown-method",
            place,
            f"no method is called {method}",
            expected=f"one of {', '.join(METHODS)}",
            fix=did_you_mean(method, METHODS),
        )
    at = value_place or place
    try:
        value = canonical(method, value)
    except UnknownWordError as error:
        raise wrong("value", at, str(error), expected=error.expected, fix=error.fix) from error
    except ValueError as error:
        expected = METHODS[method].form.value
        raise wrong("value", at, f"{method}: {error}", expected=expected) from error
    return Criterion(
        method=method,
        value=value,
        dependencies=dependencies,
        dependents=dependents,
        place=place,
    )


class _Reader:
    def __init__(self, text: str, place: Place, *, is_verbatim: bool) -> None:
        self.text: str = text
        self.place: Place = place
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
        """Raise what is wrong here, or at another character."""
        place = self.here(self.at if at is None else at)
        raise wrong("syntax", place, what, expected=expected, fix=fix)

    def here(self, at: int) -> Place:
        """The place of a character."""
        return self.place.further(at) if self.is_verbatim else self.place

    def selection(self) -> Selection:
        """Chains up to the end, or to the bracket that closes the group."""
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
                self._end()
                break
            self.at += 1
            if not self.next or self.next in f"{SPACES},)":
                self.fail(
                    "nothing right behind the comma",
                    expected="another criterion: what a comma joins has to be met together",
                    fix=_QUOTE,
                )
        return members, exclude

    def _end(self) -> None:
        """After a part comes a space, or the end."""
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
        if self.open > _DEEPEST:
            self.fail(f"more than {_DEEPEST} brackets inside each other", at=start)
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
            self._no_criterion(start, word)
        if word not in METHODS and singular(word) is None:
            words = [*METHODS, *ITEM_KINDS]
            raise wrong(
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
        return self._made(word, value, start, dependencies=dependencies)

    def _made(self, word: str, value: _Value, start: int, *, dependencies: bool) -> Criterion:
        address = word not in METHODS or (is_address(word, value.text) and not value.is_quoted)
        return criterion(
            ADDRESS if address else word,
            f"{singular(word)}:{value.text}" if address else value.text,
            self.here(start),
            value_place=self.here(start + len(word) + 1),
            dependencies=dependencies,
            dependents=value.pluses == 1,
        )

    def _no_criterion(self, start: int, word: str) -> NoReturn:
        shown = next(iter(self.text[start:].split()), "the end")
        fix = did_you_mean(word, METHODS) or _QUOTE
        if shown.startswith("("):
            fix = "put the plus before each criterion in the group"
        elif word in METHODS:
            fix = f"write {word}:value"
        self.fail(f"{shown} is no criterion", expected=_CRITERION, fix=fix, at=start)

    def _value(self) -> _Value:
        """Read up to what ends a value; brackets inside it come in pairs."""
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
