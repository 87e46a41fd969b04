"""Run `doctor`."""

from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.options import Common, LookerOptions
from lookervault_plan.cli.screen import Screen
from lookervault_plan.errors import Exit
from lookervault_plan.render.examination import examination_text
from lookervault_plan.workflows.doctor import examine


def doctor(*, looker: LookerOptions, common: Common) -> int:
    """Examine the instance, and show what the key can do there; return the exit code."""
    screen = Screen(common)
    with (
        connected(looker, screen) as client,
        screen.working(f"Examining {client.connection.base_url}"),
    ):
        found = examine(client)
    screen.answer(found, examination_text(found))
    return Exit.OK
