"""Run `restore`: plan and apply in one go. Nobody is asked, and failures leave exit code 0."""

from collections.abc import Mapping
from dataclasses import replace

from lookervault_plan.backup.reader import Backup
from lookervault_plan.cli.asked import asked
from lookervault_plan.cli.commands.restore import RunOptions
from lookervault_plan.cli.options import (
    Common,
    ExecutionOptions,
    LookerOptions,
    PlanningOptions,
)
from lookervault_plan.cli.report_files import report_files
from lookervault_plan.cli.run.apply import plan_and_apply, to_go_on_with
from lookervault_plan.cli.run.resume import resume_session
from lookervault_plan.cli.run.session import SessionOptions
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.type_names import singular
from lookervault_plan.content.node import Ref, SourceId, SourceRef


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
    """Restore one item, and what --select names besides; return the exit code."""
    ref = Ref(singular(content_type), SourceId(content_id))

    def the_item(backup: Backup) -> frozenset[SourceRef]:
        if backup.row(ref.kind, ref.id) is None:
            _ = backup.load(ref.kind, ref.id)  # raises, and names the reason
        return frozenset({ref})

    if not planning.select and planning.selector is None:
        # Select the item, so that the default selector of a file does not apply.
        planning = replace(planning, select=(f'{ref.kind}:"{ref.id}"',))
    return plan_and_apply(
        Screen(common),
        run.db_path,
        planning=_creating_missing(planning),
        looker=looker,
        options=_session_options(run, execution, asked(planning, f"restore single {ref.address}")),
        items=the_item,
    )


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

    scope = "restore all" if kind is None else f"restore bulk {kind}"
    screen, options = Screen(common), _session_options(run, execution, asked(planning, scope))
    if resume and (id_ := to_go_on_with(options, looker, screen)):
        return resume_session(screen, id_, db_path=run.db_path, looker=looker, options=options)
    return plan_and_apply(
        screen,
        run.db_path,
        planning=_creating_missing(planning),
        looker=looker,
        options=options,
        items=all_of_kind,
    )


def _creating_missing(planning: PlanningOptions) -> PlanningOptions:
    """Make `--on-missing create` the default."""
    return planning if planning.on_missing else replace(planning, on_missing="create")


def _session_options(
    run: RunOptions, execution: ExecutionOptions, asked_for: Mapping[str, object]
) -> SessionOptions:
    return SessionOptions(
        state=run.state,
        execution=execution,
        dry_run=run.dry_run,
        asked=asked_for,
        plan_is_saved=False,
        failures_are_ok=True,
        reports=report_files(run.report),
    )
