"""`validate`: check files, items and the destination before planning or applying."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import (
    COMMON,
    DEFAULT_STATE,
    LOOKER,
    AsOf,
    BackupFile,
    Common,
    LookerOptions,
    StateFile,
)

File = Annotated[Path | None, Parameter(metavar="FILE")]


def validate(
    plan_file: Path | None = None,
    /,
    *,
    db_path: BackupFile | None = None,
    selectors: File = None,
    remaps: File = None,
    as_of: AsOf = None,
    offline: bool = False,
    skip_validation: bool = False,
    state: StateFile = DEFAULT_STATE,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Validate a backup, selectors, remaps and the destination.

    In three stages: can the files be read and Looker be reached; is each item of the backup as
    Looker's API takes it; and what does Looker itself say: may the plan be applied, or what would
    one block now? Nothing is written. The exit code is 1 if anything is wrong.

    Parameters
    ----------
    plan_file
        A saved plan. Its backup is looked for beside it and in the working directory.
    db_path
        The backup.
    selectors
        A file of selectors.
    remaps
        A file of remaps.
    as_of
        What the backup held then, as for `plan`.
    offline
        Make no API calls.
    skip_validation
        Skip the second stage.
    state
        State database, read only.
    looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.validate import validate as run

    return run(
        plan_file,
        db_path=db_path,
        selectors=selectors,
        remaps=remaps,
        as_of=as_of,
        offline=offline,
        skip_validation=skip_validation,
        state=state,
        looker=looker,
        common=common,
    )
