"""Run `resume`, `restore resume` and `apply --resume`: go on with an interrupted session."""

from pathlib import Path

from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.input_files import find_backup
from lookervault_plan.cli.open_backup import open_backup_of
from lookervault_plan.cli.options import Common, ExecutionOptions, LookerOptions
from lookervault_plan.cli.report_files import report_files
from lookervault_plan.cli.run.session import SessionOptions, carry_out
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import destination_at, read_state
from lookervault_plan.state.place import StatePlace
from lookervault_plan.workflows.resume import plan_of, session_to_resume


def resume(
    session: str | None,
    *,
    db_path: Path | None,
    state: StatePlace,
    dry_run: bool,
    report: tuple[str, ...],
    failures_are_ok: bool = False,
    execution: ExecutionOptions,
    looker: LookerOptions,
    common: Common,
) -> int:
    """Go on with the session of that id, or with the latest one; return the exit code."""
    options = SessionOptions(
        state=state,
        execution=execution,
        dry_run=dry_run,
        failures_are_ok=failures_are_ok,
        reports=report_files(report),
    )
    return resume_session(Screen(common), session, db_path=db_path, looker=looker, options=options)


def resume_session(
    screen: Screen,
    session: str | None,
    *,
    db_path: Path | None,
    looker: LookerOptions,
    options: SessionOptions,
) -> int:
    """Carry out the rest of a session's plan, from its own backup or the one at `db_path`."""
    destination = destination_at(options.state, looker, screen)
    with read_state(options.state, destination) as state:
        interrupted = session_to_resume(state, session)
        plan = plan_of(state, interrupted)
    recorded = Path(interrupted.backup_path)
    backup_path = find_backup(recorded.name, [recorded.parent, Path()], db_path)
    with open_backup_of(plan, backup_path) as backup, connected(looker, screen) as client:
        return carry_out(screen, plan, backup=backup, client=client, options=options)
