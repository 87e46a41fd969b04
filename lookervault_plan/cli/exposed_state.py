"""Warn of a state file that others can read."""

import os
import shlex
from pathlib import Path

from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.errors import Diagnostic
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.state.migrate import APPLICATION_ID

_READABLE_BY_OTHERS = 0o044


def warn_if_exposed(state: Path, common: Common) -> None:
    """Warn on stderr, even with --quiet, if group or others may read the file."""
    if os.name != "posix":
        return
    try:
        mode = state.stat().st_mode
        with state.open("rb") as file:
            header = file.read(100)
    except OSError:  # whoever opens it says why
        return
    is_state = header[68:72] == APPLICATION_ID.to_bytes(4)
    if is_state and mode & _READABLE_BY_OTHERS:
        Screen(common).insist(diagnostic_text(_exposed(state, mode & 0o777)))


def _exposed(state: Path, mode: int) -> Diagnostic:
    return Diagnostic(
        severity="warning",
        code="state.exposed",
        summary=f"others can read the state {state} (mode {mode:04o})",
        detail="it holds names, emails and copies of content",
        fix=f"`chmod 600 {shlex.quote(str(state))}`",
    )
