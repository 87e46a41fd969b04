"""`snapshots`: list the snapshots of a backup."""

from lookervault_plan.cli.options import COMMON, BackupFile, Common


def snapshots(*, db_path: BackupFile, common: Common = COMMON) -> int:
    """List the snapshots of a backup.

    Every run of `backup` adds one to the file. `--as-of` of other commands takes its id or a time.
    With --json an array of objects goes to stdout.

    Parameters
    ----------
    db_path
        The backup: a file written by `lookervault-plan backup` or by LookerVault.
    common
        Shared options.

    """
    from lookervault_plan.cli.run.snapshots import snapshots as run

    return run(db_path=db_path, common=common)
