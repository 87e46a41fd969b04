"""Where a selection was written, and errors that name the spot."""

import msgspec

from lookervault_plan.errors import PlanError, failure


class Location(msgspec.Struct, frozen=True, eq=False):
    """A spot in a file or in an option of the command line.

    All locations are equal, so that two selections are equal if they mean the same.
    """

    #: name of the file or option; empty if unknown
    source: str = ""
    #: counted from 1; 0 for an option
    line: int = 0
    #: counted from 1; 0 if only the source is known
    column: int = 0

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Location)

    def __hash__(self) -> int:
        return 0

    def __str__(self) -> str:
        if not self.line:
            return f"{self.source}, column {self.column}" if self.column else self.source
        return f"{self.source}:{self.line}:{self.column}"

    def shifted(self, columns: int) -> "Location":
        """Move right by some columns on the same line."""
        return Location(self.source, self.line, self.column + columns)


NOWHERE = Location()


def selector_error(
    code: str, location: Location, what: str, *, expected: str = "", fix: str = ""
) -> PlanError:
    """Make an error that names the spot; the diagnostic's code gets the prefix `selector.`."""
    return failure(
        f"selector.{code}",
        f"{location}: {what}" if location.source else what,
        detail=f"expected {expected}" if expected else "",
        fix=fix,
    )
