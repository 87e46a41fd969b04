"""Open the backup that an option or a plan names, as of the snapshot that is meant."""

from datetime import datetime
from pathlib import Path

from lookervault_plan.backup import reader
from lookervault_plan.backup.reader import Backup
from lookervault_plan.backup.snapshots import SnapshotId, parse_as_of
from lookervault_plan.cli.clock import now
from lookervault_plan.errors import PlanError, refusal
from lookervault_plan.plan_file import Plan


def open_backup(path: Path, as_of: str | None) -> Backup:
    """Open a backup as `--as-of` says. None: its latest complete snapshot."""
    return reader.open_backup(
        path, None if as_of is None else parse_as_of(as_of, datetime.fromisoformat(now()))
    )


def open_backup_of(plan: Plan, path: Path) -> Backup:
    """Open the snapshot that a plan was made from, however many were taken since.

    Raises:
        Refused: the backup has it no longer.

    """
    wanted = plan.source.snapshot
    try:
        return reader.open_backup(path, None if wanted is None else SnapshotId(wanted))
    except PlanError as error:
        if error.diagnostic.code != "as-of.none":
            raise
        raise refusal(
            "plan.snapshot",
            f"{path.name} has no snapshot {wanted}, which this plan was made from",
            detail="`lookervault-plan backup forget` has dropped it, or the file is another one",
            fix="make a new plan, or pass an older copy of the file with --db-path",
        ) from error
