"""`restore dlq`: list and retry dead letters, without asking."""

from typing import Annotated

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.commands.dlq import Session, list_
from lookervault_plan.cli.help_text import paragraphs
from lookervault_plan.cli.options import (
    COMMON,
    DEFAULT_STATE,
    EXECUTION,
    LOOKER,
    BackupFile,
    Common,
    ExecutionOptions,
    LookerOptions,
    StateFile,
    known_guards,
)

dlq = App(
    name="dlq",
    help="Manage items that could not be restored.",
    group_parameters=Group("Options", sort_key=0),
)


def retry(
    *ids: int,
    session: Session = None,
    db_path: BackupFile | None = None,
    state: StateFile = DEFAULT_STATE,
    allow: Annotated[
        tuple[str, ...],
        Parameter(metavar="GUARD", negative=(), show_default=False, validator=known_guards),
    ] = (),
    execution: ExecutionOptions = EXECUTION,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Try again what could not be restored, without asking.

    Parameters
    ----------
    ids
        Numbers, as `restore dlq list` shows them; everything if left out.
    session
        What failed in this session.
    db_path
        Path of the backup, if it has moved.
    state
        The database that keeps the queue.
    allow
        Accept what this guard warns of, beside those of the reviewed plan.
    execution, looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.dlq import retry as run

    return run(
        ids,
        session=session,
        db_path=db_path,
        state=state,
        auto_approve=True,
        allow=allow,
        execution=execution,
        failures_are_ok=True,
        looker=looker,
        common=common,
    )


_ = dlq.command(list_, name="list", help=paragraphs(list_))
_ = dlq.command(retry, help=paragraphs(retry))
