"""`status`: show how far sessions are."""

from lookervault_plan.cli.options import COMMON, DEFAULT_STATE, Common, Destination, StateFile


def status(
    session: str | None = None,
    /,
    *,
    destination: Destination = None,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Show the progress of sessions.

    All of them, the latest first, or one in full.

    Parameters
    ----------
    session
        Session ID. Default: all sessions.
    destination
        The instance whose state is meant, if `--state` is a URL with several beneath it.
    state
        State database.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.status import status as run

    return run(session, destination=destination, state=state, common=common)
