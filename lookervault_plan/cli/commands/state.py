"""`state`: look after the state database."""

from typing import Annotated

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.help_text import paragraphs
from lookervault_plan.cli.options import COMMON, DEFAULT_STATE, Common, StateFile

app = App(
    name="state",
    help="The database that outlives a run.",
    group_parameters=Group("Options", sort_key=0),
)


def unlock(
    destination: str | None = None,
    /,
    *,
    force: Annotated[bool, Parameter(negative=())] = False,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Remove the lock of a run that is gone.

    A run that was killed on this machine needs no unlocking: the next one notices. Whether one on
    another machine is gone can't be seen from here: make sure first.

    Parameters
    ----------
    destination
        Address of the instance, as the lock's error says it; all locks of this state if left out.
    force
        Even if it still runs on this machine: it stops before its next write.
    state
        The database that keeps the locks.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.state import unlock as run

    return run(destination, force=force, state=state, common=common)


_ = app.command(unlock, help=paragraphs(unlock))
