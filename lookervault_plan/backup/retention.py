"""Decide which snapshots of a backup to keep, by the rules that restic has."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from lookervault_plan.backup.snapshots import Snapshot, SnapshotId

_UNITS = {
    "y": timedelta(days=365),
    "m": timedelta(days=30),
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
}
_DURATION = re.compile(r"(\d{1,5}[ymwdh])+", re.ASCII)
_PIECE = re.compile(r"(\d+)([ymwdh])", re.ASCII)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """How many snapshots to keep. A snapshot stays if any rule keeps it; 0 and None keep none."""

    #: The latest ones.
    last: int = 0
    #: The latest one of each of so many days, weeks or months that have one. UTC, ISO weeks.
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    #: Those at most so much older than the latest one.
    within: timedelta | None = None

    @property
    def are_empty(self) -> bool:
        return self == Rules()


def parse_duration(text: str) -> timedelta:
    """Parse `30d`, `12h`, `2w` or `1y6m`; a month has 30 days. Raises ValueError."""
    if not _DURATION.fullmatch(text):
        raise ValueError("It is a duration such as 30d, 12h, 2w or 1y6m.")
    found = timedelta()
    for piece in _PIECE.finditer(text):
        found += int(piece[1]) * _UNITS[piece[2]]
    return found


def kept(snapshots: Sequence[Snapshot], rules: Rules) -> dict[SnapshotId, tuple[str, ...]]:
    """Return the snapshots to keep, with the rules that keep each.

    Rules count complete snapshots alone. The latest complete one stays in any case, and so does the
    last one of the file, which a run may go on with.
    """
    latest_first = [each for each in reversed(snapshots) if each.complete]
    reasons: dict[SnapshotId, list[str]] = {}
    for name, found in (
        ("last", latest_first[: rules.last]),
        ("daily", _latest_of_each(latest_first, rules.daily, lambda time: time.date())),
        (
            "weekly",
            _latest_of_each(latest_first, rules.weekly, lambda time: time.isocalendar()[:2]),
        ),
        ("monthly", _latest_of_each(latest_first, rules.monthly, lambda t: (t.year, t.month))),
        ("within", _within(latest_first, rules.within)),
    ):
        for each in found:
            reasons.setdefault(each.id, []).append(name)
    for name, found in (("latest", latest_first[:1]), ("unfinished", snapshots[-1:])):
        for each in found:
            _ = reasons.setdefault(each.id, [name])
    return {each.id: tuple(reasons[each.id]) for each in snapshots if each.id in reasons}


def _latest_of_each(
    latest_first: Sequence[Snapshot], count: int, period: Callable[[datetime], object]
) -> list[Snapshot]:
    """Return the latest snapshot of each of the latest `count` periods that have one."""
    found: dict[object, Snapshot] = {}
    for each in latest_first:
        if len(found) < count:
            _ = found.setdefault(period(each.time), each)
    return list(found.values())


def _within(latest_first: Sequence[Snapshot], span: timedelta | None) -> list[Snapshot]:
    if span is None or not latest_first:
        return []
    return [each for each in latest_first if latest_first[0].time - each.time <= span]
