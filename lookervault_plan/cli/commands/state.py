"""`state`: look after the state, wherever it is, and its lock."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.help_text import paragraphs
from lookervault_plan.cli.options import COMMON, DEFAULT_STATE, Common, Destination, StateFile

app = App(
    name="state",
    help="Manage the state database and its lock.",
    group_parameters=Group("Options", sort_key=0),
)

Flag = Annotated[bool, Parameter(negative=())]


def show(
    *,
    destination: Destination = None,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Show where the state is, who has locked it, and what it holds.

    Parameters
    ----------
    destination
        Only the state of this instance.
    state
        A file, or the address beneath which the states lie.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.state import show as run

    return run(destination=destination, state=state, common=common)


def pull(
    *,
    out: Annotated[Path, Parameter(alias="-o", metavar="FILE")],
    force: Flag = False,
    destination: Destination = None,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Write a copy of the state to a file.

    Parameters
    ----------
    out
        The file to write.
    force
        Replace a file that exists.
    destination
        The instance whose state is meant, if there are several.
    state
        A file, or the address beneath which the states lie.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.state import pull as run

    return run(out=out, force=force, destination=destination, state=state, common=common)


def push(
    file: Path | None = None,
    /,
    *,
    force: Flag = False,
    destination: Destination = None,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Put a state beneath the address of --state, where other machines find it.

    A file with several destinations becomes several states. Without FILE, copies in this folder
    that could not be put back are put back; if there are none, .lookervault-plan/state.db is taken.

    Parameters
    ----------
    file
        The state's file.
    force
        Replace a state that is there.
    destination
        Only the state of this instance.
    state
        The address: s3://bucket/prefix, postgresql://host/database or file:///folder.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.state import push as run

    return run(file, force=force, destination=destination, state=state, common=common)


def unlock(
    destination: str | None = None,
    /,
    *,
    force: Flag = False,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Remove the lock of a run that has ended.

    A run that was killed on this machine needs no unlocking: the next one notices. Whether one on
    another machine is gone can't be seen from here: make sure first. Beneath an address, the lock
    of a run that is gone ends by itself within a minute.

    Parameters
    ----------
    destination
        Address of the instance, as the lock's error says it; all locks of this state if left out.
    force
        Even if it still runs: it stops before its next write.
    state
        The database that keeps the locks, or the address beneath which they lie.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.state import unlock as run

    return run(destination, force=force, state=state, common=common)


for _function in (show, pull, push, unlock):
    _ = app.command(_function, help=paragraphs(_function))
