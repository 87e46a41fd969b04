"""Where something was written, and what to say when it is wrong there."""

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

from lookervault_plan.errors import PlanError, failure


class Place(msgspec.Struct, frozen=True, eq=False):
    """A file, or an option of the command line; lines and columns count from 1.

    All places are equal: where something was written says nothing of what it means, so two
    selections compare by meaning alone.
    """

    source: str = ""
    line: int = 0
    column: int = 0

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Place)

    def __hash__(self) -> int:
        return 0

    def __str__(self) -> str:
        if not self.line:
            return f"{self.source}, column {self.column}" if self.column else self.source
        return f"{self.source}:{self.line}:{self.column}"

    def further(self, columns: int) -> "Place":
        """So many columns to the right on the same line."""
        return Place(self.source, self.line, self.column + columns)


NOWHERE = Place()


def wrong(code: str, place: Place, what: str, *, expected: str = "", fix: str = "") -> PlanError:
    """What is wrong where, what was expected there, and what may have been meant."""
    return failure(
        f"selector.{code}",
        f"{place}: {what}" if place.source else what,
        detail=f"expected {expected}" if expected else "",
        fix=fix,
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, if one is like it at all; case counts least."""
    by_folded = {each.casefold(): each for each in known}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A fix, or nothing."""
    found = nearest(word, known)
    return f"did you mean {found}?" if found else ""
