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
    """Show how far sessions are.

    All of them, the latest first, or one in full.

    Parameters
    ----------
    session
        Its id, as `apply` told it.
    destination
        The instance whose state is meant, if `--state` is a URL with several beneath it.
    state
        The database that keeps the sessions.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.status import status as run

    return run(session, destination=destination, state=state, common=common)
