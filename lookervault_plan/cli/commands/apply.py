"""`apply` and `resume`: carry out a plan, and go on with one."""

from pathlib import Path
from typing import TYPE_CHECKING

from lookervault_plan.cli.options import (
    COMMON,
    DEFAULT_STATE,
    EXECUTION,
    LOOKER,
    PLANNING,
    BackupFile,
    Common,
    ExecutionOptions,
    LookerOptions,
    PlanningOptions,
    StateFile,
)
from lookervault_plan.cli.reports import Reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lookervault_plan.cli.reports import Report
    from lookervault_plan.cli.screen import Screen


def apply(
    saved_plan: Path | None = None,
    /,
    *,
    db_path: BackupFile | None = None,
    state: StateFile = DEFAULT_STATE,
    dry_run: bool = False,
    resume: bool = False,
    auto_approve: bool = False,
    report: Reports = (),
    planning: PlanningOptions = PLANNING,
    execution: ExecutionOptions = EXECUTION,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Carry out a plan.

    With a saved plan: exactly that and nothing else, without asking. It is refused, with exit code
    4, if the backup or Looker are not what they were when it was made. Without one, a plan is
    made, shown, and carried out once you say yes.

    Parameters
    ----------
    saved_plan
        The file that `plan --out` wrote.
    db_path
        The backup. That of a saved plan is looked for beside the plan and in the working directory.
    state
        Where to remember what was done; `resume` needs it.
    dry_run
        Check everything and read, write neither to Looker nor to the state, and say what would
        be sent.
    resume
        Go on with the session of this plan that was interrupted; without a plan with the latest
        one, as `lookervault-plan resume` does. Refused if there is none.
    auto_approve
        Don't ask. Never read from a file; a saved plan needs no such consent.
    report
        Write what became of each item to a file: text, markdown, html or json. Can be given
        several times.
    planning, execution, looker, common
        Shared options.

    """
    from lookervault_plan.backup.reader import open_backup  # noqa: PLC0415
    from lookervault_plan.cli.connect import connected  # noqa: PLC0415
    from lookervault_plan.cli.consent import agreed, check_askable  # noqa: PLC0415
    from lookervault_plan.cli.plans import made_now, read_plan  # noqa: PLC0415
    from lookervault_plan.cli.reports import checked  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.cli.session import carry_out, find_backup  # noqa: PLC0415
    from lookervault_plan.cli.sessions import check_begun  # noqa: PLC0415
    from lookervault_plan.errors import failure  # noqa: PLC0415

    screen, asks = Screen(common), not auto_approve and not dry_run
    reports = checked(report)
    if resume and saved_plan is None:
        return go_on(
            screen,
            None,
            db_path=db_path,
            state=state,
            execution=execution,
            looker=looker,
            reports=reports,
            dry_run=dry_run,
        )
    plan = None
    if saved_plan is not None:
        plan = read_plan(saved_plan)
        if resume:
            check_begun(state, plan)
        db_path = find_backup(plan.source.backup, [saved_plan.parent, Path()], db_path)
    elif db_path is None:
        raise failure(
            "usage",
            "there is nothing to apply: neither a saved plan nor a backup is given",
            fix="`lookervault-plan apply plan.json` carries out a saved plan, "
            "`lookervault-plan apply --db-path backup.db` makes one first",
        )
    elif asks:
        check_askable(screen)
    with open_backup(db_path) as backup, connected(looker, screen) as client:
        if plan is None:
            plan = made_now(screen, backup, client, state, planning)
            if not agreed(screen, plan, asks=asks):
                return 0
        return carry_out(
            screen,
            plan,
            backup=backup,
            client=client,
            state=state,
            execution=execution,
            dry_run=dry_run,
            reports=reports,
        )


def resume(
    session: str | None = None,
    /,
    *,
    db_path: BackupFile | None = None,
    state: StateFile = DEFAULT_STATE,
    dry_run: bool = False,
    report: Reports = (),
    execution: ExecutionOptions = EXECUTION,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Go on with an interrupted session.

    Its plan comes from the state, and so does the place of the backup.

    Parameters
    ----------
    session
        Its id; the latest one that is not complete if left out.
    db_path
        The backup, if it is not where it was.
    state
        The database that keeps the session.
    dry_run
        Check everything and read, write nothing, and say what would be sent.
    report
        Write what became of each item to a file: text, markdown, html or json. Can be given
        several times.
    execution, looker, common
        Shared options.

    """
    from lookervault_plan.cli.reports import checked  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415

    return go_on(
        Screen(common),
        session,
        db_path=db_path,
        state=state,
        execution=execution,
        looker=looker,
        reports=checked(report),
        dry_run=dry_run,
    )


def go_on(
    screen: "Screen",
    session: str | None,
    *,
    db_path: Path | None,
    state: Path,
    execution: ExecutionOptions,
    looker: LookerOptions,
    reports: "Sequence[Report]",
    dry_run: bool,
) -> int:
    from lookervault_plan.backup.reader import open_backup  # noqa: PLC0415
    from lookervault_plan.cli.connect import connected  # noqa: PLC0415
    from lookervault_plan.cli.session import carry_out, find_backup  # noqa: PLC0415
    from lookervault_plan.cli.sessions import plan_of, to_resume  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415

    with open_state(state, readonly=True) as remembered:
        found = to_resume(remembered, session)
        plan = plan_of(remembered, found)
    was = Path(found.backup_path)
    place = find_backup(was.name, [was.parent, Path()], db_path)
    with open_backup(place) as backup, connected(looker, screen) as client:
        return carry_out(
            screen,
            plan,
            backup=backup,
            client=client,
            state=state,
            execution=execution,
            dry_run=dry_run,
            reports=reports,
        )
