"""`restore`: plan and apply in one go, with the subcommands that LookerVault has."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.commands.backup import known_type
from lookervault_plan.cli.commands.restore_dlq import dlq
from lookervault_plan.cli.commands.status import status
from lookervault_plan.cli.help_text import paragraphs
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
    Reports,
    StateFile,
)

app = App(
    name="restore",
    help="Plan and apply in one step, without a prompt.",
    group_parameters=Group("Options", sort_key=0),
)
Type = Annotated[str, Parameter(validator=known_type)]


@Parameter(name="*", group=app.group_parameters)
@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of every `restore` subcommand but `resume`."""

    db_path: BackupFile
    """The backup: a file written by `lookervault-plan backup` or by LookerVault."""

    state: StateFile = DEFAULT_STATE
    """Where to remember what was done; `restore resume` needs it."""

    dry_run: bool = False
    """Check and list the requests that would be sent, without writing anything."""

    report: Reports = ()
    """Write what became of each item to a file: text, markdown, html or json. Can be given
    several times."""


def single(
    content_type: Type,
    content_id: str,
    /,
    *,
    run: RunOptions,
    planning: PlanningOptions = PLANNING,
    execution: ExecutionOptions = EXECUTION,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Restore one item, and nothing else.

    What it needs and the destination lacks is named. Nobody is asked; guards refuse all the same.

    Parameters
    ----------
    content_type
        Its content type, as in dashboard.
    content_id
        Its id in the backup.
    run, planning, execution, looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.restore import restore_one

    return restore_one(
        content_type,
        content_id,
        run,
        planning=planning,
        execution=execution,
        looker=looker,
        common=common,
    )


def bulk(
    content_type: Type,
    /,
    *,
    run: RunOptions,
    resume: bool = False,
    planning: PlanningOptions = PLANNING,
    execution: ExecutionOptions = EXECUTION,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Restore all items of one type.

    Nobody is asked; guards refuse all the same. What fails goes to the dead letter queue, and
    the exit code is 0.

    Parameters
    ----------
    content_type
        A content type, as in dashboards.
    resume
        Go on with the latest session that was interrupted.
    run, planning, execution, looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.restore import restore_many

    return restore_many(
        content_type,
        run,
        resume=resume,
        planning=planning,
        execution=execution,
        looker=looker,
        common=common,
    )


def all_(
    *,
    run: RunOptions,
    resume: bool = False,
    planning: PlanningOptions = PLANNING,
    execution: ExecutionOptions = EXECUTION,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Restore everything.

    Nobody is asked; guards refuse all the same. What fails goes to the dead letter queue, and
    the exit code is 0.

    Parameters
    ----------
    resume
        Go on with the latest session that was interrupted.
    run, planning, execution, looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.restore import restore_many

    return restore_many(
        None,
        run,
        resume=resume,
        planning=planning,
        execution=execution,
        looker=looker,
        common=common,
    )


def again(
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
    """Resume an interrupted session.

    Parameters
    ----------
    session
        Session ID. Default: the latest incomplete session.
    db_path
        Path of the backup, if it has moved.
    state
        State database.
    dry_run
        Check and list the requests that would be sent, without writing anything.
    report
        Write what became of each item to a file: text, markdown, html or json. Can be given
        several times.
    execution, looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.resume import resume as run

    return run(
        session,
        db_path=db_path,
        state=state,
        dry_run=dry_run,
        report=report,
        execution=execution,
        failures_are_ok=True,
        looker=looker,
        common=common,
    )


for _function, _name in (
    (single, "single"),
    (bulk, "bulk"),
    (all_, "all"),
    (again, "resume"),
    (status, "status"),
):
    _ = app.command(_function, name=_name, help=paragraphs(_function))
_ = app.command(dlq)
