"""`drift`: show what people have changed by hand in the destination since the last apply."""

from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import (
    CHOOSING,
    COMMON,
    DEFAULT_STATE,
    LOOKER,
    SELECTION,
    ChoosingOptions,
    Common,
    LookerOptions,
    Reports,
    StateFile,
)


def drift(
    *selection: Annotated[str, Parameter(show_default=False)],
    select: Annotated[tuple[str, ...], SELECTION] = (),
    detailed_exitcode: bool = False,
    report: Reports = (),
    state: StateFile = DEFAULT_STATE,
    source_instance: Annotated[str | None, Parameter(metavar="URL")] = None,
    choosing: ChoosingOptions = CHOOSING,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Show what people have changed by hand since the last apply.

    Compares the destination with what `apply` has last written or found equal. Needs no backup, and
    writes nothing. Content that somebody has made since is counted.

    Parameters
    ----------
    selection
        As in "folder:Shared/Finance/** dashboard:42"; everything if left out.
    select
        The same, as `plan` takes it; can be given several times.
    detailed_exitcode
        Exit with 2 if anything has drifted, 0 if nothing has, 1 on errors.
    report
        Write the drift to a file too: text, markdown, html or json. Can be given several times.
    state
        State database, read only.
    source_instance
        Only what this instance has agreed with the destination.
    choosing, looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.drift import drift as run

    return run(
        (*selection, *select),
        detailed_exitcode=detailed_exitcode,
        report=report,
        state=state,
        source_instance=source_instance,
        choosing=choosing,
        looker=looker,
        common=common,
    )
