"""Run `apply`; and plan and apply in one go, as `restore` does too."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lookervault_plan.backup.reader import Backup
from lookervault_plan.cli.asked import asked
from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.consent import agreed, check_askable
from lookervault_plan.cli.input_files import find_backup, read_plan
from lookervault_plan.cli.open_backup import open_backup, open_backup_of
from lookervault_plan.cli.options import Common, ExecutionOptions, LookerOptions, PlanningOptions
from lookervault_plan.cli.report_files import report_files
from lookervault_plan.cli.run.plan import make_and_show
from lookervault_plan.cli.run.resume import resume_session
from lookervault_plan.cli.run.session import SessionOptions, carry_out, locked_state
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import destination_at, read_state
from lookervault_plan.content.node import SourceRef
from lookervault_plan.errors import Exit, failure
from lookervault_plan.plan_file import Plan
from lookervault_plan.state.place import StatePlace
from lookervault_plan.workflows.resume import check_begun, session_of_scope


def apply(
    saved_plan: Path | None,
    *,
    db_path: Path | None,
    state: StatePlace,
    dry_run: bool,
    resume: bool,
    auto_approve: bool,
    report: tuple[str, ...],
    planning: PlanningOptions,
    execution: ExecutionOptions,
    looker: LookerOptions,
    common: Common,
) -> int:
    """Apply a saved plan, or one made now, or go on with a session; return the exit code."""
    screen = Screen(common)
    options = SessionOptions(
        state=state, execution=execution, dry_run=dry_run, reports=report_files(report)
    )
    if saved_plan is not None:
        plan = read_plan(saved_plan)
        if resume:
            with read_state(state, plan.destination.instance) as remembered:
                check_begun(remembered, plan)
        backup_path = find_backup(plan.source.backup, [saved_plan.parent, Path()], db_path)
        with open_backup_of(plan, backup_path) as backup, connected(looker, screen) as client:
            return carry_out(screen, plan, backup=backup, client=client, options=options)
    options = replace(options, asked=asked(planning, None), plan_is_saved=False)
    if resume and (id_ := to_go_on_with(options, looker, screen)):
        return resume_session(screen, id_, db_path=db_path, looker=looker, options=options)
    if db_path is None:
        raise failure(
            "usage",
            "nothing to apply: pass a saved plan, or a backup with --db-path",
            fix="`lookervault-plan apply plan.json` applies a saved plan, "
            "`lookervault-plan apply --db-path backup.db` makes one first",
        )
    asks = not auto_approve and not dry_run
    if asks:
        check_askable(screen)
    return plan_and_apply(
        screen,
        db_path,
        planning=planning,
        looker=looker,
        options=options,
        confirm=lambda plan: agreed(screen, plan, asks=asks),
    )


def to_go_on_with(options: SessionOptions, looker: LookerOptions, screen: Screen) -> str | None:
    """Return the id of the session that --resume means; None if one has to be started.

    Raise PlanError if it was begun with another scope or other options.
    """
    destination = destination_at(options.state, looker, screen)
    with read_state(options.state, destination) as state:
        session = session_of_scope(state, options.asked)
    return session.id if session else None


def plan_and_apply(
    screen: Screen,
    db_path: Path,
    *,
    planning: PlanningOptions,
    looker: LookerOptions,
    options: SessionOptions,
    confirm: Callable[[Plan], bool] = lambda _: True,
    items: Callable[[Backup], frozenset[SourceRef] | None] = lambda _: None,
) -> int:
    """Make a plan, show it, and carry it out if `confirm` returns True. Return the exit code.

    `items` picks the items of the backup that the plan is confined to; None is all.
    """
    with open_backup(db_path, planning.as_of) as backup:
        only = items(backup)
        with (
            connected(looker, screen) as client,
            locked_state(backup, client, options) as state,
        ):
            plan = make_and_show(
                screen, backup, client, options.state, planning, only=only, locked=state
            )
            if not confirm(plan):
                return Exit.OK
            return carry_out(
                screen, plan, backup=backup, client=client, options=options, locked=state
            )
