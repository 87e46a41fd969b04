"""Run `restore`: plan and apply in one go. Nobody is asked, and failures leave exit code 0."""

from dataclasses import replace

from lookervault_plan.backup.reader import Backup
from lookervault_plan.cli import exit_code
from lookervault_plan.cli.commands.restore import RunOptions
from lookervault_plan.cli.options import (
    Common,
    ExecutionOptions,
    LookerOptions,
    PlanningOptions,
    tolerant,
)
from lookervault_plan.cli.report_files import report_files
from lookervault_plan.cli.run.apply import plan_and_apply
from lookervault_plan.cli.run.resume import resume_session
from lookervault_plan.cli.run.session import SessionOptions
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.type_names import singular
from lookervault_plan.content.node import Ref, SourceId, SourceRef
from lookervault_plan.plan_file import Blocked


def restore_one(
    content_type: str,
    content_id: str,
    run: RunOptions,
    *,
    planning: PlanningOptions,
    execution: ExecutionOptions,
    looker: LookerOptions,
    common: Common,
) -> int:
    """Restore one item; return the exit code, which is 3 if the item is blocked."""
    ref = Ref(singular(content_type), SourceId(content_id))

    def the_item(backup: Backup) -> frozenset[SourceRef]:
        if backup.row(ref.kind, ref.id) is None:
            _ = backup.load(ref.kind, ref.id)  # raises, and names the reason
        return frozenset({ref})

    if not planning.select and planning.selector is None:
        # Select the item, so that the default selector of a file does not apply.
        planning = replace(planning, select=(f'{ref.kind}:"{ref.id}"',))
    done = plan_and_apply(
        Screen(common),
        run.db_path,
        planning=_creating_missing(planning),
        looker=looker,
        options=_session_options(run, execution),
        items=the_item,
    )
    is_blocked = any(isinstance(action, Blocked) for action in done.plan.actions)
    return exit_code.of_failures(is_blocked, dlq_ok=execution.dlq_ok) or done.exit_code


def restore_many(
    content_type: str | None,
    run: RunOptions,
    *,
    resume: bool,
    planning: PlanningOptions,
    execution: ExecutionOptions,
    looker: LookerOptions,
    common: Common,
) -> int:
    """Restore all items of a type, or of all types; or go on with the latest session."""
    kind = None if content_type is None else singular(content_type)

    def all_of_kind(backup: Backup) -> frozenset[SourceRef] | None:
        return None if kind is None else frozenset(Ref(kind, row.id) for row in backup.rows(kind))

    screen, options = Screen(common), _session_options(run, execution)
    if resume:
        return resume_session(screen, None, db_path=run.db_path, looker=looker, options=options)
    return plan_and_apply(
        screen,
        run.db_path,
        planning=_creating_missing(planning),
        looker=looker,
        options=options,
        items=all_of_kind,
    ).exit_code


def _creating_missing(planning: PlanningOptions) -> PlanningOptions:
    """Make `--on-missing create` the default."""
    return planning if planning.on_missing else replace(planning, on_missing="create")


def _session_options(run: RunOptions, execution: ExecutionOptions) -> SessionOptions:
    return SessionOptions(
        state=run.state,
        execution=tolerant(execution),
        dry_run=run.dry_run,
        reports=report_files(run.report),
    )
