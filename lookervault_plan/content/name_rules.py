r"""Rules of `remaps.yml` for names: `old: new` for one name, or a pattern with `*` for many.

A `*` stands for any text; in a path, for any text within one folder's name. What it stands for in
the old name fills the `*` at the same place in the new one. A rule for one name goes before
patterns, and a pattern with more letters before others. `\*` is a star.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple


class Renamed(NamedTuple):
    """The new name, and the rule that gives it."""

    new: str
    #: The old name or pattern, as the file spells it.
    rule: str


class NameRules:
    """The rules of one section."""

    def __init__(
        self,
        names: Mapping[str, str],
        *,
        ignores_case: bool = False,
        is_path: bool = False,
        comparable: Callable[[str], str] | None = None,
    ) -> None:
        """`comparable` brings names into a form in which equal ones are equal texts."""
        fold = str.casefold if ignores_case else str
        self._comparable = comparable or fold
        flags = re.IGNORECASE if ignores_case else 0
        #: Comparable name -> its spelling in the file, and the new name.
        self._exact = {
            self._comparable(plain(old)): (old, plain(new))
            for old, new in names.items()
            if not stars(old)
        }
        patterns = sorted((old for old in names if stars(old)), key=lambda old: (-len(old), old))
        any_text = r"((?:\\.|[^/\\])*)" if is_path else "(.*)"
        self._patterns = [
            (re.compile(_expression(old, any_text), flags | re.DOTALL), old, names[old])
            for old in patterns
        ]

    def __bool__(self) -> bool:
        return bool(self._exact or self._patterns)

    def find(self, name: str) -> Renamed | None:
        """Find the new name. None: no rule is about this one."""
        if exact := self._exact.get(self._comparable(name)):
            rule, new = exact
            return Renamed(new, rule)
        for expression, rule, new in self._patterns:
            if found := expression.fullmatch(name):
                return Renamed(_filled(new, found.groups()), rule)
        return None


def stars(name: str) -> int:
    """Count the `*` of a name that stand for any text."""
    return sum(piece is None for piece in _pieces(name))


def plain(name: str) -> str:
    r"""Return a name without stars as it is called: `\*` is a star."""
    return "".join("*" if piece is None else piece for piece in _pieces(name))


def _expression(pattern: str, any_text: str) -> str:
    return "".join(any_text if piece is None else re.escape(piece) for piece in _pieces(pattern))


def _filled(pattern: str, texts: tuple[str, ...]) -> str:
    rest = iter(texts)
    return "".join(next(rest) if piece is None else piece for piece in _pieces(pattern))


def _pieces(pattern: str) -> Iterator[str | None]:
    """Cut a pattern into texts and stars (None)."""
    for number, part in enumerate(re.split(r"(\\\*|\*)", pattern)):
        if number % 2 == 0:
            yield part
        else:
            yield "*" if part == "\\*" else None
