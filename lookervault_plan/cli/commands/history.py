"""`history`: show what happened to the items of a backup."""

from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import COMMON, BackupFile, Common, Reports

When = Annotated[str | None, Parameter(metavar="WHEN")]


def history(
    address: str | None = None,
    /,
    *,
    db_path: BackupFile,
    search: str | None = None,
    since: When = None,
    until: When = None,
    report: Reports = (),
    common: Common = COMMON,
) -> int:
    """Show what happened to the items of a backup.

    For one item, or for all: when it was first seen, what was changed in it and by whom, and when
    it was gone. Changes are found by comparing snapshots, so that what happened between two backups
    is one change. With --json an array of versions goes to stdout.

    Parameters
    ----------
    address
        One item, as in dashboard:42; all items if left out.
    db_path
        The backup: a file written by `lookervault-plan backup`.
    search
        Only versions that hold this text in any field, such as the name of a field or a person.
    since
        Only snapshots from then on, as for `--as-of`; a day means its beginning.
    until
        Only snapshots until then, as for `--as-of`; a day means its end.
    report
        Write the history to a file too: text, markdown, html or json. Can be given several times.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.history import history as run

    return run(
        address,
        db_path=db_path,
        search=search,
        since=since,
        until=until,
        report=report,
        common=common,
    )
