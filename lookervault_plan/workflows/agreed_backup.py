"""Write what was last agreed as a backup, so that it can be compared like any other."""

from collections import defaultdict
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from lookervault_plan.backup.file_format import BackupInfo
from lookervault_plan.backup.reader import Backup, open_backup
from lookervault_plan.backup.writer import BackupRun, BackupWriter
from lookervault_plan.content.node import Raw, SourceRef
from lookervault_plan.content.table.kinds import ITEM_KINDS


@contextmanager
def items_as_backup(items: Mapping[SourceRef, Raw], *, instance: str, at: str) -> Generator[Backup]:
    """Open a backup of these items of that instance, in a file that is removed after the block."""
    by_type: dict[str, list[SourceRef]] = defaultdict(list)
    for ref in items:
        by_type[ref.kind].append(ref)
    run = BackupRun(
        id="agreed",
        started_at=at,
        types=tuple(kind for kind in ITEM_KINDS if kind in by_type),
        info=BackupInfo(instance=instance, written_at=at),
    )
    with TemporaryDirectory(prefix="lookervault-plan-") as folder:
        path = Path(folder) / "agreed.db"
        with BackupWriter(path) as writer:
            writer.begin(run)
            for type_ in run.types:
                for ref in by_type[type_]:
                    _ = writer.put(type_, ref.id, items[ref], at=at)
                _ = writer.checkpoint(type_, at=at, complete=True)
            writer.finish(at=at)
        with open_backup(path) as backup:
            yield backup
