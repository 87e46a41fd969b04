"""Snapshots of a backup: what one run found, when, and which of them a user means."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal, NewType

import msgspec

from lookervault_plan.backup.stored_times import in_seconds, instant
from lookervault_plan.errors import PlanError, failure

#: The newest format of a snapshot that this program reads, and the one that it writes.
FORMAT_VERSION = 1

SnapshotId = NewType("SnapshotId", int)
#: A snapshot's id, or a point in time: the latest complete snapshot until then.
AsOf = SnapshotId | datetime
#: How much of a content type a snapshot has read: the whole list, or a selection of it.
Coverage = Literal["whole", "part"]

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_DURATION = re.compile(r"(\d{1,6})([hdw])", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_FORMS = (
    "a snapshot's id, a date (2026-11-20), a time in UTC (2026-11-20T03:00), yesterday, "
    "a weekday, or an age (12h, 3d, 2w)"
)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an instance that one run of `backup` has saved.

    Times are ISO 8601 in UTC.
    """

    id: SnapshotId
    #: When the run began.
    taken_at: str
    instance: str
    looker_version: str = ""
    #: Number of items in the snapshot, those carried over from the one before included.
    items: int = 0
    #: Requests made for it, failed ones included.
    calls: int = 0
    #: False: the run was interrupted, or goes on.
    complete: bool = True
    #: `file`: the content that the file had before it kept snapshots. `elsewhere`: content that
    #: another program wrote into the file.
    origin: Literal["backup", "file", "elsewhere"] = "backup"
    #: Content type -> how much of it was read. A type without an entry was carried over.
    coverage: Mapping[str, Coverage] = {}
    format_version: int = FORMAT_VERSION

    @property
    def time(self) -> datetime:
        return instant(self.taken_at)

    def lists_whole(self, type_: str) -> bool:
        """Say whether an item of this type that the snapshot lacks was gone from the instance."""
        return self.coverage.get(type_) == "whole"

    def __str__(self) -> str:
        return f"snapshot {self.id} of {self.taken_at}"


def parse_as_of(
    text: str, now: datetime, *, option: str = "--as-of", day_begins: bool = False
) -> AsOf:
    """Parse a snapshot's id or a time. A bare date or weekday means the end of that day, UTC.

    `option` names the option in the error. With `day_begins`, a day means its beginning.

    Raises:
        PlanError: the text is neither.

    """
    word = text.strip().lower()
    if word.isascii() and word.isdecimal() and len(word) < 10:
        return SnapshotId(int(word))
    try:
        found = (
            _day(word, now, time.min if day_begins else time.max)
            or _age(word, now)
            or datetime.fromisoformat(text.strip())
        )
    except (ValueError, OverflowError):
        raise failure(
            "as-of.unknown",
            f"{option} {text!r} is neither a snapshot nor a time",
            fix=f"give {_FORMS}; `lookervault-plan snapshots --db-path FILE` lists the snapshots",
        ) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _day(word: str, now: datetime, at: time) -> datetime | None:
    """Return this time of the day that a word means; None if it means no day."""
    today = now.astimezone(UTC).date()
    if word in {"now", "latest"}:
        return now
    if _DATE.fullmatch(word):
        day = datetime.fromisoformat(word).date()
    elif word in {"today", "yesterday"}:
        day = today - timedelta(days=word == "yesterday")
    else:
        places = [n for n, name in enumerate(_WEEKDAYS) if word in {name, name[:3]}]
        if not places:
            return None
        day = today - timedelta(days=(today.weekday() - places[0] - 1) % 7 + 1)
    return datetime.combine(day, at, UTC)


def _age(word: str, now: datetime) -> datetime | None:
    found = _DURATION.fullmatch(word)
    return now - int(found[1]) * _UNITS[found[2]] if found else None


def default_snapshot(snapshots: Sequence[Snapshot]) -> Snapshot | None:
    """Return the latest complete snapshot, else the latest; None if there is none."""
    complete = [each for each in snapshots if each.complete]
    return (complete or list(snapshots) or [None])[-1]


def choose_snapshot(snapshots: Sequence[Snapshot], as_of: AsOf, *, name: str) -> Snapshot:
    """Return the snapshot that is meant. `name` names the backup in errors.

    Raises:
        PlanError: there is no such snapshot, or none as old as that.

    """
    if not isinstance(as_of, datetime):
        found = next((each for each in snapshots if each.id == as_of), None)
        if found is None:
            raise _missing(f"{name} has no snapshot {as_of}", snapshots)
        return found
    complete = [each for each in snapshots if each.complete]
    older = [each for each in complete if each.time <= as_of]
    if not older:
        when = in_seconds(as_of)
        raise _missing(f"{name} has no complete snapshot of {when} or earlier", complete)
    return older[-1]


def _missing(summary: str, snapshots: Iterable[Snapshot]) -> PlanError:
    first = next(iter(snapshots), None)
    return failure(
        "as-of.none",
        summary,
        detail=f"the first one is {first}" if first else "it has none yet",
        fix="`lookervault-plan snapshots --db-path FILE` lists the snapshots",
    )


def check_readable(snapshot: Snapshot, *, name: str) -> None:
    """Raise PlanError for a snapshot of a format that this program does not know."""
    if snapshot.format_version > FORMAT_VERSION:
        raise failure(
            "backup.too-new",
            f"{snapshot} in {name} was written by a newer version of lookervault-plan",
            detail=f"it has format {snapshot.format_version}; this program reads {FORMAT_VERSION}",
            fix="upgrade lookervault-plan, or choose an older snapshot with --as-of",
        )
