"""What goes wrong, as values and as exceptions; and the exit codes.

PlanError            expected: shown as one block, exit 1
└── Refused          refused before the first write, exit 4
"""

from enum import IntEnum
from typing import Literal

import msgspec


class Exit(IntEnum):
    """Exit codes of the program; design section 3 is the contract."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    INCOMPLETE = 3
    REFUSED = 4
    INTERRUPTED = 130


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing to tell a person: what, where, why and what to do.

    `code` is stable, dotted and made for programs (`backup.corrupt`); `address` is
    `type:source_id` of the item concerned, or None.
    """

    severity: Literal["error", "warning"] = "error"
    code: str
    summary: str
    address: str | None = None
    detail: str = ""
    fix: str = ""


class PlanError(Exception):
    """An expected failure; `diagnostic` is all that a person gets to see."""

    exit_code: Exit = Exit.ERROR

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.summary)
        self.diagnostic = diagnostic


class Refused(PlanError):  # noqa: N818 — says what happened
    """Refused before anything was written: stale, guard, locked, edited and the like."""

    exit_code = Exit.REFUSED


def failure(
    code: str, summary: str, *, detail: str = "", fix: str = "", address: str | None = None
) -> PlanError:
    """Make what is raised: `raise failure("backup.missing", "…", fix="…")`."""  # noqa: D402
    return PlanError(
        Diagnostic(code=code, summary=summary, detail=detail, fix=fix, address=address)
    )


def refusal(
    code: str, summary: str, *, detail: str = "", fix: str = "", address: str | None = None
) -> Refused:
    """As `failure`, with exit code 4."""
    return Refused(Diagnostic(code=code, summary=summary, detail=detail, fix=fix, address=address))
