"""`state`: the database that outlives a run."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.docstring import paragraphs
from lookervault_plan.cli.options import COMMON, DEFAULT_STATE, Common, StateFile

if TYPE_CHECKING:
    from lookervault_plan.state.rows import Lock

app = App(
    name="state",
    help="The database that outlives a run.",
    group_parameters=Group("Options", sort_key=0),
)


_NONE = "Nothing is locked."


def unlock(
    destination: str | None = None,
    /,
    *,
    force: Annotated[bool, Parameter(negative=())] = False,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Remove the lock of a run that is gone.

    A run that was killed on this host needs no unlocking: the next one notices. Whether one on
    another host is gone can't be seen from here: make sure first.

    Parameters
    ----------
    destination
        Address of the instance, as the lock's error says it; all locks of this state if left out.
    force
        Even if its process still runs on this host.
    state
        The database that keeps the locks.
    common
        Shared options.

    """
    import socket  # noqa: PLC0415

    import msgspec  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415

    screen = Screen(common)
    with open_state(state, readonly=True) as remembered:
        places = [lock.destination for lock in remembered.locks()]
    wanted = [destination] if destination is not None else places
    removed: list[Lock] = []
    if places:
        with open_state(state) as remembered:
            found = [
                remembered.unlock(place, host=socket.gethostname(), force=force) for place in wanted
            ]
            removed = [lock for lock in found if lock]
    if common.json:
        screen.write(msgspec.json.encode({"removed": removed}) + b"\n")
        return 0
    for lock in removed:
        told = f"Removed the lock of {lock.holder} on {lock.host} (since {lock.since}) for "
        screen.show(Text(f"{told}{lock.destination}."))
    if not removed:
        screen.show(Text(f"{destination} is not locked." if destination else _NONE))
    return 0


_ = app.command(unlock, help=paragraphs(unlock))
