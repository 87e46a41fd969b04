"""`restore`: plan and apply in one go, as LookerVault's users know it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.commands.backup import known_type
from lookervault_plan.cli.commands.restore_dlq import dlq, gracious
from lookervault_plan.cli.commands.status import status
from lookervault_plan.cli.docstring import paragraphs
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
    from lookervault_plan.backup.reader import Backup
    from lookervault_plan.content.node import Ref
    from lookervault_plan.plan_file import Plan

    #: items of a backup; None: all
    Only = Callable[[Backup], frozenset[Ref] | None]

app = App(
    name="restore",
    help="Plan and apply in one go, without asking.",
    group_parameters=Group("Options", sort_key=0),
)
Type = Annotated[str, Parameter(validator=known_type)]


@Parameter(name="*", group=app.group_parameters)
@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What to restore from, and what to leave behind."""

    db_path: BackupFile
    """The backup: a file written by `lookervault-plan backup` or by LookerVault."""

    state: StateFile = DEFAULT_STATE
    """Where to remember what was done; `restore resume` needs it."""

    dry_run: bool = False
    """Check everything and read, write nothing, and say what would be sent."""

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
    from lookervault_plan.cli.types import singular  # noqa: PLC0415
    from lookervault_plan.content.node import Ref  # noqa: PLC0415
    from lookervault_plan.errors import Exit  # noqa: PLC0415

    ref = Ref(singular(content_type), content_id)

    def only(backup: "Backup") -> "frozenset[Ref]":
        if backup.row(ref.kind, ref.id) is None:
            _ = backup.load(ref.kind, ref.id)  # says what to do
        return frozenset({ref})

    if not planning.select and planning.selector is None:  # else a file's default one would count
        planning = replace(planning, select=(f'{ref.kind}:"{ref.id}"',))

    def is_blocked(plan: "Plan") -> bool:
        from lookervault_plan.plan_file import Blocked  # noqa: PLC0415

        return any(isinstance(action, Blocked) for action in plan.actions)

    code, plan = _restore(
        only, run, planning=planning, execution=execution, looker=looker, common=common
    )
    return Exit.INCOMPLETE if is_blocked(plan) and not execution.dlq_ok else code


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
    from lookervault_plan.cli.types import singular  # noqa: PLC0415
    from lookervault_plan.content.node import Ref  # noqa: PLC0415

    kind = singular(content_type)

    def only(backup: "Backup") -> "frozenset[Ref]":
        return frozenset(Ref(kind, row.id) for row in backup.rows(kind))

    return _many(
        only,
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
    return _many(
        lambda _: None,
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
    """Go on with an interrupted session.

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
    from lookervault_plan.cli.commands.apply import go_on  # noqa: PLC0415
    from lookervault_plan.cli.reports import checked  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415

    return go_on(
        Screen(common),
        session,
        db_path=db_path,
        state=state,
        execution=gracious(execution),
        looker=looker,
        reports=checked(report),
        dry_run=dry_run,
    )


def _many(
    only: "Only",
    run: RunOptions,
    *,
    resume: bool,
    planning: PlanningOptions,
    execution: ExecutionOptions,
    looker: LookerOptions,
    common: Common,
) -> int:
    """As `_restore`, or on with what was interrupted; the exit code."""
    if resume:
        return again(
            db_path=run.db_path,
            state=run.state,
            dry_run=run.dry_run,
            report=run.report,
            execution=execution,
            looker=looker,
            common=common,
        )
    return _restore(
        only, run, planning=planning, execution=execution, looker=looker, common=common
    )[0]


def _restore(
    only: "Only",
    run: RunOptions,
    *,
    planning: PlanningOptions,
    execution: ExecutionOptions,
    looker: LookerOptions,
    common: Common,
) -> "tuple[int, Plan]":
    """Plan, show, apply; the exit code and the plan."""
    from lookervault_plan.backup.reader import open_backup  # noqa: PLC0415
    from lookervault_plan.cli.connect import connected  # noqa: PLC0415
    from lookervault_plan.cli.plans import made_now  # noqa: PLC0415
    from lookervault_plan.cli.reports import checked  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.cli.session import carry_out  # noqa: PLC0415

    screen, reports = Screen(common), checked(run.report)
    if planning.on_missing is None:
        planning = replace(planning, on_missing="create")
    with open_backup(run.db_path) as backup:
        refs = only(backup)
        with connected(looker, screen) as client:
            plan = made_now(screen, backup, client, run.state, planning, only=refs)
            code = carry_out(
                screen,
                plan,
                backup=backup,
                client=client,
                state=run.state,
                execution=gracious(execution),
                dry_run=run.dry_run,
                reports=reports,
            )
    return code, plan


for _function, _name in (
    (single, "single"),
    (bulk, "bulk"),
    (all_, "all"),
    (again, "resume"),
    (status, "status"),
):
    _ = app.command(_function, name=_name, help=paragraphs(_function))
_ = app.command(dlq)
