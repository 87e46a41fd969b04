"""Diagnostics, exceptions and exit codes.

PlanError            expected: shown as one block, exit 1
└── Refused          refused before the first write, exit 4
"""

from enum import IntEnum
from typing import Literal

import msgspec


class Exit(IntEnum):
    """Exit codes of the program; README describes them for users."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    INCOMPLETE = 3
    REFUSED = 4
    INTERRUPTED = 130


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message for people: what is wrong, where, why, and what to do."""

    #: `note`: a fact about a difference that the plan leaves as it is; --strict ignores it
    severity: Literal["error", "warning", "note"] = "error"
    #: stable and dotted, for programs: `backup.corrupt`
    code: str
    #: what is wrong, in one line
    summary: str
    #: the item concerned; None if no single item is
    address: str | None = None
    #: why, or further facts; may be empty
    detail: str = ""
    #: what to do; may be empty
    fix: str = ""


class PlanError(Exception):
    """An expected failure. The command prints `diagnostic` and exits with `exit_code`."""

    exit_code: Exit = Exit.ERROR

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.summary)
        self.diagnostic = diagnostic


class Refused(PlanError):  # noqa: N818 — names the outcome, as the exit code does
    """A refusal before the first write: stale, guarded, locked, edited, or used already."""

    exit_code = Exit.REFUSED


def failure(
    code: str, summary: str, *, detail: str = "", fix: str = "", address: str | None = None
) -> PlanError:
    """Make a `PlanError`, to be raised."""
    return PlanError(
        Diagnostic(code=code, summary=summary, detail=detail, fix=fix, address=address)
    )


def refusal(
    code: str, summary: str, *, detail: str = "", fix: str = "", address: str | None = None
) -> Refused:
    """Make a `Refused`, to be raised."""
    return Refused(Diagnostic(code=code, summary=summary, detail=detail, fix=fix, address=address))
