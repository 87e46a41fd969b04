"""Run `status`: show how far sessions are."""

from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import read_state
from lookervault_plan.render.outcome import status_text
from lookervault_plan.state.place import StatePlace
from lookervault_plan.workflows.status import session_progress


def status(
    session: str | None, *, destination: str | None, state: StatePlace, common: Common
) -> int:
    """Show all sessions, the latest first; or one in full."""
    with read_state(state, destination) as remembered:
        sessions = session_progress(remembered, session)
    Screen(common).answer(sessions, status_text(sessions))
    return 0
