"""`doctor`: say what an API key and this Looker can do."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import (
    COMMON,
    DEFAULT_STATE,
    LOOKER,
    Common,
    LookerOptions,
    StateFile,
)


def doctor(
    *,
    probe: bool = False,
    folder: Annotated[str | None, Parameter(metavar="ID")] = None,
    out: Annotated[Path | None, Parameter(alias="-o", metavar="FILE")] = None,
    state: StateFile = DEFAULT_STATE,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Show what your API key and this Looker can do.

    Tells for each content type whether the key can list it, read it whole and write it, which
    endpoints are missing, and how many API calls a backup and a plan will take. Only reads, unless
    --probe is given.

    Parameters
    ----------
    probe
        Find out how this Looker behaves where its documentation does not say. Makes a folder below
        --folder, tries things there, and removes it again. What it finds is kept beside the state;
        later plans take it into account.
    folder
        The id of a folder in which the API user may save content; needed for --probe.
    out
        Write a report as JSON to this file, to send on. It holds no content, no names and no
        secrets.
    state
        The database beside which the findings are kept.
    looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.doctor import doctor as run

    return run(probe=probe, folder=folder, out=out, state=state, looker=looker, common=common)
