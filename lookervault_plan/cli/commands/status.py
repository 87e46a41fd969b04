"""`status`: how far sessions are."""

from lookervault_plan.cli.options import COMMON, DEFAULT_STATE, Common, StateFile


def status(
    session: str | None = None,
    /,
    *,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Show how far sessions are.

    All of them, the latest first, or one in full.

    Parameters
    ----------
    session
        Its id, as `apply` told it.
    state
        The database that keeps the sessions.
    common
        Shared options.

    """
    import msgspec  # noqa: PLC0415

    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.cli.sessions import statuses  # noqa: PLC0415
    from lookervault_plan.render.outcome import status_text  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415

    with open_state(state, readonly=True) as remembered:
        found = statuses(remembered, session)
    screen = Screen(common)
    if common.json:
        screen.write(msgspec.json.encode(found) + b"\n")
    else:
        screen.show(status_text(found))
    return 0
