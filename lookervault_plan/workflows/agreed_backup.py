"""Write what was last agreed as a backup, so that it can be compared like any other."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from lookervault_plan.backup.file_format import BackupInfo
from lookervault_plan.backup.reader import Backup, open_backup
from lookervault_plan.backup.writer import BackupRun, BackupWriter
from lookervault_plan.content.node import Raw, SourceRef
from lookervault_plan.content.table.kinds import ITEM_KINDS


class ItemsAsBackup:
    """A backup in a temporary folder that is removed on exit."""

    def __init__(self, items: Mapping[SourceRef, Raw], *, instance: str, at: str) -> None:
        self._folder = TemporaryDirectory(prefix="lookervault-plan-")
        path = Path(self._folder.name) / "agreed.db"
        write_items(path, items, instance=instance, at=at)
        self.backup: Backup = open_backup(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.backup.close()
        self._folder.cleanup()


def write_items(path: Path, items: Mapping[SourceRef, Raw], *, instance: str, at: str) -> None:
    """Write items into a new backup file of that instance."""
    by_type: dict[str, list[SourceRef]] = defaultdict(list)
    for ref in items:
        by_type[ref.kind].append(ref)
    run = BackupRun(
        id="agreed",
        started_at=at,
        types=tuple(kind for kind in ITEM_KINDS if kind in by_type),
        info=BackupInfo(instance=instance, written_at=at),
    )
    with BackupWriter(path) as writer:
        writer.begin(run)
        for type_ in run.types:
            for ref in by_type[type_]:
                _ = writer.put(type_, ref.id, items[ref], at=at)
            _ = writer.checkpoint(type_, at=at, complete=True)
        writer.finish(at=at)
