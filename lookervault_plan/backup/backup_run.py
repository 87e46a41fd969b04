"""Make a backup: read all items of some types from a source, and write them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol, cast

from lookervault_plan.backup.writer import (
    BackupRun,
    BackupWriter,
    Counts,
    ResumedRun,
    SessionStatus,
)
from lookervault_plan.content.overrides import UNSEEN_KEY
from lookervault_plan.errors import PlanError

__all__ = ["BackupRun", "BackupWriter", "Counts", "ItemSource", "ResumedRun", "run_backup"]


class ItemSource(Protocol):
    """The instance to back up: yields all items of a type with Looker's ids."""

    def items(self, type_: str) -> Iterable[tuple[str, Mapping[str, object]]]: ...


def run_backup(
    writer: BackupWriter,
    source: ItemSource,
    types: Sequence[str],
    *,
    now: Callable[[], str],
    tell: Callable[[str, int], None] = lambda _type, _count: None,
    calls: Callable[[], int] = lambda: 0,
    selected: bool = False,
) -> Counts:
    """Read the types one after the other into a begun run, and finish the run.

    `now` returns the time, `calls` the number of requests made. `tell` is called with a type and
    the number of its items so far. If reading a type fails, its items stay, none is marked as
    deleted, and the run is marked failed. `selected` says that the source has only a selection of
    each type: no item is marked as deleted.
    """
    status: SessionStatus = "cancelled"
    try:
        for type_ in types:
            _back_up_type(writer, source, type_, now=now, tell=tell, selected=selected)
        status = "completed"
    except Exception:
        status = "failed"
        raise
    finally:
        if status == "completed":
            writer.finish(at=now(), calls=calls())
        else:
            with suppress(PlanError):  # the first error is the one to show
                writer.finish(at=now(), status=status, calls=calls())
    return writer.counts


def _back_up_type(
    writer: BackupWriter,
    source: ItemSource,
    type_: str,
    *,
    now: Callable[[], str],
    tell: Callable[[str, int], None],
    selected: bool,
) -> None:
    try:
        unseen = 0
        for count, (id_, item) in enumerate(source.items(type_), start=1):
            _ = writer.put(type_, id_, item, at=now())
            unseen += len(cast("Mapping[str, str]", item.get(UNSEEN_KEY, {})))
            tell(type_, count)
        _ = writer.checkpoint(type_, at=now(), complete=True, selected=selected, unseen=unseen)
        writer.counts.unseen += unseen
    except Exception as error:
        with suppress(PlanError):  # the first error is the one to show
            _ = writer.checkpoint(type_, at=now(), error=str(error))
        raise
