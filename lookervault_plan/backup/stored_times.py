"""Parse the times in a backup file: ISO 8601, some without an offset, some unreadable."""

from datetime import UTC, datetime

#: Years that a backup can be from.
_YEARS = range(1970, 3000)
_OLDEST = datetime.min.replace(tzinfo=UTC)


def moment(text: str) -> datetime | None:
    """Parse a stored time; None if it is none, or no time of a backup. It may be naive."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def instant(text: str) -> datetime:
    """Parse a stored time: a naive one as UTC, an unknown one as the oldest."""
    found = moment(text)
    if found is None:
        return _OLDEST
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def is_naive(text: str) -> bool:
    found = moment(text)
    return found is None or found.tzinfo is None


def in_seconds(time: datetime) -> str:
    """Write a time as snapshots do: UTC, in whole seconds."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
