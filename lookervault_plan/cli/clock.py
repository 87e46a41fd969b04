"""The time of day and session ids made from it. Commands take the time from here."""

import secrets
from datetime import UTC, datetime


def now() -> str:
    """Return the time in UTC, ISO 8601, in whole seconds."""
    return _utc().isoformat(timespec="seconds").replace("+00:00", "Z")


def timestamp() -> str:
    """Return the time in UTC, ISO 8601, in microseconds."""
    return _utc().isoformat(timespec="microseconds").replace("+00:00", "Z")


def new_session_id() -> str:
    """Make an id that sorts by time and is short enough to type: `20261123-004429-3f2a`."""
    return f"{_utc():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def new_token() -> str:
    """Make a short text that no other run makes."""
    return secrets.token_hex(4)


def _utc() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 — passed on as an argument from here
