"""`plan`: show what apply would change."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import (
    COMMON,
    DEFAULT_STATE,
    LOOKER,
    MAX_CHARACTERS,
    OUT_MODE,
    PLANNING,
    BackupFile,
    Common,
    LookerOptions,
    MaxCharacters,
    OutMode,
    PlanningOptions,
    PlanReports,
    StateFile,
)


def plan(
    *,
    db_path: BackupFile,
    out: Annotated[Path | None, Parameter(alias="-o", metavar="FILE")] = None,
    out_mode: OutMode = OUT_MODE,
    report: PlanReports = (),
    max_characters: MaxCharacters = MAX_CHARACTERS,
    state: StateFile = DEFAULT_STATE,
    detailed_exitcode: bool = False,
    planning: PlanningOptions = PLANNING,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Show what apply would change.

    Compares a backup with a Looker instance and writes down, item by item, what it takes to make
    them agree. Changes nothing, neither in Looker nor in the state. With --json the plan itself
    goes to stdout.

    Parameters
    ----------
    db_path
        The backup: a file written by `lookervault-plan backup` or by LookerVault.
    out
        Write the plan to this file, for review and for `lookervault-plan apply`.
    out_mode
        Permissions of that file, and of a report in JSON.
    report
        Also write the plan to a file in this format: text, markdown (or md), html, json,
        terraform-json or gitlab. Can be given several times. Reports are written even if a guard
        trips or --strict fails.
    max_characters
        Limit the length of a report in Markdown.
    state
        State database, read only.
    detailed_exitcode
        Exit with 2 if there are changes, 0 if there is nothing to change, 1 on errors.
    planning, looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.plan import plan as run

    return run(
        db_path=db_path,
        out=out,
        out_mode=int(out_mode, 8),
        report=report,
        max_characters=max_characters,
        state=state,
        detailed_exitcode=detailed_exitcode,
        planning=planning,
        looker=looker,
        common=common,
    )
