"""`apply`: carry out a plan."""

from pathlib import Path

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
    """Apply a plan.

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
        one, as `lookervault-plan resume` does; if there is none, one is started.
        Refused if that session belongs to another plan or was begun with other options.
    auto_approve
        Skip the prompt. Not needed for a saved plan; never read from a file.
    report
        Write what became of each item to a file: text, markdown, html or json. Can be given
        several times.
    planning, execution, looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.apply import apply as run

    return run(
        saved_plan,
        db_path=db_path,
        state=state,
        dry_run=dry_run,
        resume=resume,
        auto_approve=auto_approve,
        report=report,
        planning=planning,
        execution=execution,
        looker=looker,
        common=common,
    )
