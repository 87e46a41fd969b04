"""Make a backup: a reader of a live instance is handed in, a file is left."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from lookervault_plan.backup.write import (
    BackupWriter,
    Counts,
    Extraction,
    Resumed,
    SessionStatus,
)
from lookervault_plan.errors import PlanError

__all__ = ["BackupWriter", "Counts", "Extraction", "Reader", "Resumed", "extract"]


class Reader(Protocol):
    """The live side: all items of a type, with their true ids."""

    def items(self, type_: str) -> Iterable[tuple[str, Mapping[str, object]]]: ...


def extract(
    writer: BackupWriter,
    reader: Reader,
    types: Sequence[str],
    *,
    now: Callable[[], str],
    tell: Callable[[str, int], None] = lambda _type, _count: None,
) -> Counts:
    """Read the types one after the other into a begun backup, and finish it.

    `now` says the time, `tell` hears how many items of a type there are so far. A type whose
    reader fails keeps what was read and has nothing marked as gone; the run is marked failed.
    """
    status: SessionStatus = "cancelled"
    try:
        for type_ in types:
            _extract_type(writer, reader, type_, now=now, tell=tell)
        status = "completed"
    except Exception:
        status = "failed"
        raise
    finally:
        if status == "completed":
            writer.finish(at=now())
        else:
            with suppress(PlanError):  # the first error is the one to show
                writer.finish(at=now(), status=status)
    return writer.counts


def _extract_type(
    writer: BackupWriter,
    reader: Reader,
    type_: str,
    *,
    now: Callable[[], str],
    tell: Callable[[str, int], None],
) -> None:
    try:
        for count, (id_, item) in enumerate(reader.items(type_), start=1):
            _ = writer.put(type_, id_, item, at=now())
            tell(type_, count)
        _ = writer.checkpoint(type_, at=now(), complete=True)
    except Exception as error:
        with suppress(PlanError):  # the first error is the one to show
            _ = writer.checkpoint(type_, at=now(), error=str(error))
        raise
