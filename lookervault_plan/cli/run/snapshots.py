"""Run `snapshots`: list the snapshots of a backup."""

from pathlib import Path

from lookervault_plan.backup.reader import open_backup
from lookervault_plan.backup.snapshots import default_snapshot
from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.snapshots import SnapshotRow, snapshots_text


def snapshots(*, db_path: Path, common: Common) -> int:
    """Show the snapshots, oldest first, and warn of an unfinished one."""
    screen = Screen(common)
    with open_backup(db_path) as backup:
        found, warnings, name = backup.snapshots, backup.warnings, backup.name
    used = default_snapshot(found)
    rows = [
        SnapshotRow(
            id=each.id,
            taken_at=each.taken_at,
            instance=each.instance,
            looker_version=each.looker_version,
            items=each.items,
            calls=each.calls,
            complete=each.complete,
            origin=each.origin,
            coverage=each.coverage,
        )
        for each in found
    ]
    for warning in warnings:
        screen.note(diagnostic_text(warning))
    screen.answer(rows, snapshots_text(rows, name=name, used=used.id if used else None))
    return 0
