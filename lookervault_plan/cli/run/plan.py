"""Run `plan`; and make and show a plan for commands that apply it at once."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import msgspec
from rich.text import Text

from lookervault_plan.backup.reader import Backup
from lookervault_plan.cli import exit_code
from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.next_step import is_refused, next_step_text, plan_again
from lookervault_plan.cli.open_backup import open_backup
from lookervault_plan.cli.options import Common, LookerOptions, PlanningOptions
from lookervault_plan.cli.output_files import check_writable, remove_old_plan, write_whole
from lookervault_plan.cli.plan_request import request_of
from lookervault_plan.cli.report_files import WHOLE_FORMATS, parse, plan_document
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import destination_of, read_state
from lookervault_plan.content.node import SourceRef
from lookervault_plan.errors import failure
from lookervault_plan.looker.client import Client
from lookervault_plan.plan_file import Plan, encode
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.plan.text import plan_text
from lookervault_plan.render.summary_lines import counts_line, headline
from lookervault_plan.state.place import StatePlace
from lookervault_plan.state.store import State
from lookervault_plan.workflows.plan import make_plan


def plan(
    *,
    db_path: Path,
    out: Path | None,
    out_mode: int,
    report: tuple[str, ...],
    max_characters: int,
    state: StatePlace,
    detailed_exitcode: bool,
    planning: PlanningOptions,
    looker: LookerOptions,
    common: Common,
) -> int:
    """Make a plan, show it and write it to files; return the exit code."""
    screen, reports = Screen(common), parse(report)
    for path in [*(one.path for one in reports), *([out] if out else [])]:
        check_writable(path)
    if out:
        remove_old_plan(out)
    with (
        open_backup(db_path, planning.as_of) as backup,
        connected(looker, screen) as client,
        read_state(state, destination_of(state, client)) as remembered,
        comparing(screen, backup, client),
    ):
        made = make_plan(backup, client, remembered, request_of(planning, common.env, state))
    document = encode(made)
    for one in reports:
        shown = plan_document(
            made, one.format, verbose=common.verbose, max_characters=max_characters
        ).encode()
        write_whole(one.path, shown, mode=out_mode if one.format in WHOLE_FORMATS else None)
    if not common.json:
        show_plan(screen, made)
    _refuse_if_strict(planning, made)
    if out:
        write_whole(out, document, mode=out_mode)
    again = plan_again(made, db_path=db_path, out=out, reports=report, planning=planning)
    if out or is_refused(made):
        screen.note(next_step_text(out, made, again))
    if common.json:
        screen.write(document)
    return exit_code.of_plan(made, is_detailed=detailed_exitcode)


def make_and_show(
    screen: Screen,
    backup: Backup,
    client: Client,
    state: StatePlace,
    planning: PlanningOptions,
    *,
    only: frozenset[SourceRef] | None = None,
    locked: State | None = None,
) -> Plan:
    """Make a plan and show it. The state is only read, so that a refusal leaves no trace.

    `only` confines the plan to these items of the backup; None is all. `locked` is the state if the
    caller has opened it.
    """
    request = msgspec.structs.replace(request_of(planning, screen.common.env, state), only=only)
    opened = (
        nullcontext(locked)
        if locked is not None
        else read_state(state, destination_of(state, client))
    )
    with opened as remembered, comparing(screen, backup, client):
        made = make_plan(backup, client, remembered, request)
    if not screen.common.json:
        show_plan(screen, made)
    _refuse_if_strict(planning, made)
    return made


def comparing(screen: Screen, backup: Backup, client: Client) -> AbstractContextManager[None]:
    """Show on a terminal that a plan is being made."""
    return screen.working(f"Comparing {backup.name} with {client.connection.base_url}")


def show_plan(screen: Screen, shown: Plan) -> None:
    """Show a plan on stdout: in full, or its two summary lines with --quiet."""
    if screen.common.quiet:
        lines = f"{headline(shown)}\n{counts_line(shown)}"
        screen.show(Text(lines, no_wrap=True, overflow="ignore"))
    else:
        screen.show(plan_text(shown, verbose=screen.common.verbose, width=screen.room))


def _refuse_if_strict(planning: PlanningOptions, made: Plan) -> None:
    if not planning.strict:
        return
    blocked = made.summary.blocked
    warnings = sum(one.severity == "warning" for one in made.diagnostics)
    if blocked or warnings:
        raise failure(
            "plan.strict",
            f"the plan has {counted(blocked, 'blocked item or part', 'blocked items or parts')} "
            f"and {counted(warnings, 'warning')}, and --strict allows none",
            detail="no plan file was written",
            fix="fix what is listed above, or plan without --strict",
        )
