"""`dlq`: list, show, retry, discard and export dead letters."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.help_text import paragraphs
from lookervault_plan.cli.options import (
    COMMON,
    DEFAULT_STATE,
    EXECUTION,
    LOOKER,
    OUT_MODE,
    BackupFile,
    Common,
    Destination,
    ExecutionOptions,
    LookerOptions,
    OutMode,
    StateFile,
    known_guards,
)

app = App(
    name="dlq",
    help="Manage items that could not be applied.",
    group_parameters=Group("Options", sort_key=0),
)

Session = Annotated[str | None, Parameter(metavar="ID")]


def list_(
    *,
    session: Session = None,
    destination: Destination = None,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """List failed items.

    Parameters
    ----------
    session
        Only what failed in this session.
    destination
        The instance whose state is meant, if `--state` is a URL with several beneath it.
    state
        The database that keeps the queue.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.dlq import list_letters as run

    return run(session=session, destination=destination, state=state, common=common)


def show(
    id_: int,
    /,
    *,
    destination: Destination = None,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Show the details of a failed item.

    The error, the step and the payload that failed. Secrets are left out.

    Parameters
    ----------
    id_
        Its number, as `dlq list` shows it.
    destination
        The instance whose state is meant, if `--state` is a URL with several beneath it.
    state
        The database that keeps the queue.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.dlq import show as run

    return run(id_, destination=destination, state=state, common=common)


def retry(
    *ids: int,
    session: Session = None,
    db_path: BackupFile | None = None,
    state: StateFile = DEFAULT_STATE,
    out: Annotated[Path | None, Parameter(alias="-o", metavar="FILE")] = None,
    out_mode: OutMode = OUT_MODE,
    auto_approve: bool = False,
    allow: Annotated[
        tuple[str, ...],
        Parameter(metavar="GUARD", negative=(), show_default=False, validator=known_guards),
    ] = (),
    execution: ExecutionOptions = EXECUTION,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Retry failed items.

    Plans anew for these items, those that were left out because of them included, and carries
    that out in order. If the new plan says something else than the one that was reviewed, it is
    shown and you are asked. What succeeds leaves the queue.

    Parameters
    ----------
    ids
        Numbers, as `dlq list` shows them; everything if left out.
    session
        What failed in this session.
    db_path
        Path of the backup, if it has moved.
    state
        The database that keeps the queue.
    out
        Write the new plan to this file, for review and `lookervault-plan apply`, and change
        nothing.
    out_mode
        Permissions of that file.
    auto_approve
        Don't ask. Never read from a file.
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
        out=out,
        out_mode=int(out_mode, 8),
        auto_approve=auto_approve,
        allow=allow,
        execution=execution,
        looker=looker,
        common=common,
    )


def discard(
    *ids: int,
    session: Session = None,
    all_: Annotated[bool, Parameter(name="--all")] = False,
    destination: Destination = None,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Remove items from the queue without retrying them.

    Parameters
    ----------
    ids
        Numbers, as `dlq list` shows them.
    session
        All that failed in this session.
    all_
        Everything.
    destination
        The instance whose state is meant, if `--state` is a URL with several beneath it.
    state
        The database that keeps the queue.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.dlq import discard as run

    return run(ids, session=session, all_=all_, destination=destination, state=state, common=common)


def export(
    *ids: int,
    session: Session = None,
    out: Annotated[Path | None, Parameter(alias="-o", metavar="FILE")] = None,
    destination: Destination = None,
    state: StateFile = DEFAULT_STATE,
    common: Common = COMMON,
) -> int:
    """Export failed items as JSON, with their payloads.

    An array of objects, on stdout or to a file. Secrets are left out.

    Parameters
    ----------
    ids
        Numbers, as `dlq list` shows them; everything if left out.
    session
        What failed in this session.
    out
        Write to this file.
    destination
        The instance whose state is meant, if `--state` is a URL with several beneath it.
    state
        The database that keeps the queue.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.dlq import export as run

    return run(ids, session=session, out=out, destination=destination, state=state, common=common)


for _function, _name in (
    (list_, "list"),
    (show, "show"),
    (retry, "retry"),
    (discard, "discard"),
    (export, "export"),
):
    _ = app.command(_function, name=_name, help=paragraphs(_function))
