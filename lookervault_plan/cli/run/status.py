"""Run `status`: show how far sessions are."""

from pathlib import Path

from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.render.outcome import status_text
from lookervault_plan.state.store import open_state
from lookervault_plan.workflows.status import session_progress


def status(session: str | None, *, state: Path, common: Common) -> int:
    """Show all sessions, the latest first; or one in full."""
    with open_state(state, readonly=True) as remembered:
        sessions = session_progress(remembered, session)
    Screen(common).answer(sessions, status_text(sessions))
    return 0
