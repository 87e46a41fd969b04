"""Data of a `backup` run: its types, its counts, and what a resumed run has left to read."""

from collections.abc import Mapping

import msgspec

from lookervault_plan.backup.file_format import BackupInfo


class BackupRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of `backup`: the instance and the types it reads. `started_at` is ISO 8601 in UTC."""

    id: str
    started_at: str
    types: tuple[str, ...]
    info: BackupInfo
    config: Mapping[str, object] = {}


class ResumedRun(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished run that is resumed: all its types, and those it has read whole.

    The other types are read again from their start; unchanged items are not stored again.
    """

    id: str
    started_at: str
    types: tuple[str, ...]
    complete: frozenset[str]

    #: The selection that the run reads: texts of --select and --exclude. Empty: whole types.
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def remaining(self) -> tuple[str, ...]:
        return tuple(type_ for type_ in self.types if type_ not in self.complete)


class Counts(msgspec.Struct):
    """Numbers of items of a run by outcome. Gone items were marked as deleted."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    #: What Looker did not show of the items, such as a query or the members of a group.
    unseen: int = 0

    @property
    def total(self) -> int:
        return self.new + self.changed + self.unchanged


class TypeProgress:
    """Progress of a run in one type: its row in sync_checkpoints, and the ids stored so far."""

    def __init__(self, row: int | None = None) -> None:
        self.row = row
        self.seen: set[str] = set()


class RunConfig(msgspec.Struct):
    """The column `config` of extraction_sessions, as far as resuming needs it."""

    content_types: tuple[int, ...] = ()
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
