"""Run `drift`: show what people have changed by hand since the last apply."""

from collections.abc import Sequence

from lookervault_plan.cli.clock import now
from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.options import ChoosingOptions, Common, LookerOptions
from lookervault_plan.cli.output_files import write_whole
from lookervault_plan.cli.plan_request import choice_of, not_managed_options
from lookervault_plan.cli.report_files import TEXT_WIDTH, as_json, as_text, report_files
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import destination_of, read_state
from lookervault_plan.cli.version import tool_version
from lookervault_plan.errors import Exit
from lookervault_plan.render.drift import (
    DriftReport,
    drift_html,
    drift_markdown,
    drift_rows,
    drift_text,
)
from lookervault_plan.state.place import StatePlace
from lookervault_plan.workflows.drift import find_drift


def drift(
    selection: Sequence[str],
    *,
    detailed_exitcode: bool,
    report: tuple[str, ...],
    state: StatePlace,
    source_instance: str | None,
    choosing: ChoosingOptions,
    looker: LookerOptions,
    common: Common,
) -> int:
    """Show the drift, and write it to files; return the exit code."""
    screen, reports = Screen(common), report_files(report)
    choice = choice_of(selection, choosing, called="SELECTION")
    with (
        connected(looker, screen) as client,
        read_state(state, destination_of(state, client)) as remembered,
        screen.working(f"Comparing {client.connection.base_url} with what was agreed"),
    ):
        found = find_drift(
            client,
            remembered,
            choice=choice,
            created_at=now(),
            tool_version=tool_version(),
            source_instance=source_instance,
            options=not_managed_options(),
        )
    for one in reports:
        write_whole(one.path, _FORMATS[one.format](found).encode())
    screen.answer(drift_rows(found), drift_text(found, width=screen.room, verbose=common.verbose))
    return Exit.CHANGES if detailed_exitcode and found.has_drifted else Exit.OK


def _text(found: DriftReport) -> str:
    return as_text(drift_text(found, width=TEXT_WIDTH, verbose=True))


def _json(found: DriftReport) -> str:
    return as_json(drift_rows(found))


_FORMATS = {"text": _text, "markdown": drift_markdown, "html": drift_html, "json": _json}
