"""`resume`: go on with an interrupted session."""

from lookervault_plan.cli.options import (
    COMMON,
    DEFAULT_STATE,
    EXECUTION,
    LOOKER,
    BackupFile,
    Common,
    ExecutionOptions,
    LookerOptions,
    Reports,
    StateFile,
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
    """Resume an interrupted session.

    Its plan comes from the state, and so does the place of the backup.

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
        looker=looker,
        common=common,
    )
