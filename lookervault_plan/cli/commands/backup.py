"""`backup`: save an instance's content to a file, and look after the file."""

from typing import Annotated

from cyclopts import App, Group, Parameter

from lookervault_plan.cli.help_text import paragraphs
from lookervault_plan.cli.options import (
    CHOOSING,
    COMMON,
    LOOKER,
    SELECTION,
    BackupFile,
    ChoosingOptions,
    Common,
    LookerOptions,
    Number,
    not_negative,
)

Keep = Annotated[int, Parameter(metavar="N", validator=not_negative)]


def known_type(_: object, name: object) -> None:
    """Accept the name of a content type, singular or plural."""
    from lookervault_plan.cli.type_names import singular

    _ = singular(str(name))


def well_formed_duration(_: object, text: object) -> None:
    """Reject a `--keep-within` that is no duration."""
    from lookervault_plan.backup.retention import parse_duration

    if text is not None:
        _ = parse_duration(str(text))


def backup(
    *types: Annotated[str, Parameter(validator=known_type)],
    db_path: BackupFile,
    resume: bool = False,
    select: Annotated[tuple[str, ...], SELECTION] = (),
    choosing: ChoosingOptions = CHOOSING,
    max_calls: Number | None = None,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Save an instance's content to a file.

    The file is a SQLite database that LookerVault can open too. It holds what a restore needs, also
    webhook addresses and other secrets of schedules, so keep it safe; passwords are left out. Each
    run adds a snapshot; what earlier ones held stays in the file. Exits with 3 if the run was
    stopped by --max-calls, or if Looker did not show everything.

    Parameters
    ----------
    types
        Content types, as in `dashboards looks`; all of them if left out.
    db_path
        The file to write. One that is there already is brought up to date.
    resume
        Go on with a backup that was interrupted.
    select
        Only these items, as for `plan`; all others are carried over from the snapshot before.
    max_calls
        Stop, with exit code 3, before more requests than this; --resume goes on.
    choosing, looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.backup import backup as run

    return run(
        types,
        db_path=db_path,
        resume=resume,
        select=select,
        choosing=choosing,
        max_calls=max_calls,
        looker=looker,
        common=common,
    )


def forget(
    *,
    db_path: BackupFile,
    keep_last: Keep = 0,
    keep_daily: Keep = 0,
    keep_weekly: Keep = 0,
    keep_monthly: Keep = 0,
    keep_within: Annotated[
        str | None, Parameter(metavar="DURATION", validator=well_formed_duration)
    ] = None,
    dry_run: bool = False,
    common: Common = COMMON,
) -> int:
    """Drop old snapshots from a backup.

    Versions of items that no other snapshot holds go with them. A snapshot stays if any rule keeps
    it. The latest complete one always stays. Days, weeks and months are those of UTC.

    Parameters
    ----------
    db_path
        The backup.
    keep_last
        Keep the latest N snapshots.
    keep_daily
        Keep the latest snapshot of each of the latest N days that have one.
    keep_weekly
        The same for weeks.
    keep_monthly
        The same for months.
    keep_within
        Keep snapshots at most so much older than the latest one, as in 30d, 2w or 1y6m.
    dry_run
        Only show what would be dropped.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.backup_file import forget as run

    return run(
        db_path=db_path,
        keep_last=keep_last,
        keep_daily=keep_daily,
        keep_weekly=keep_weekly,
        keep_monthly=keep_monthly,
        keep_within=keep_within,
        dry_run=dry_run,
        common=common,
    )


def verify(*, db_path: BackupFile, common: Common = COMMON) -> int:
    """Check that a backup is whole.

    Every digest is computed again, and every version, snapshot and row is looked up. The exit code
    is 1 if anything is damaged; each item concerned is named.

    Parameters
    ----------
    db_path
        The backup.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.backup_file import verify as run

    return run(db_path=db_path, common=common)


def diff(
    before: str,
    after: str = "latest",
    /,
    *,
    db_path: BackupFile,
    common: Common = COMMON,
) -> int:
    """Show what changed between two snapshots of a backup.

    Changes are shown as in a plan that turns the first into the second.

    Parameters
    ----------
    before
        A snapshot's id or a time, as for `--as-of`.
    after
        The same; the latest snapshot if left out.
    db_path
        The backup.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.backup_file import diff as run

    return run(before, after, db_path=db_path, common=common)


app = App(
    name="backup",
    help=paragraphs(backup),
    usage="Usage: lookervault-plan backup --db-path FILE [TYPES] [OPTIONS]\n"
    "       lookervault-plan backup COMMAND [OPTIONS]",
    group_parameters=Group("Options", sort_key=0),
    default_command=backup,
)
for _function in (forget, verify, diff):
    _ = app.command(_function, help=paragraphs(_function))
