"""Refresh intervals in words, as milliseconds.

Source:
    docs/looker-api.md, section 5: free text such as "2 hours 30 minutes"; a bare number means
    seconds.
"""

from __future__ import annotations

import re
from typing import Final

from lookervault_plan.sandbox.json_fields import Row, maybe
from lookervault_plan.sandbox.refusals import invalid

UNITS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
PART: Final = re.compile(r"(\d+)\s*(second|minute|hour|day|week)?s?\s*,?\s*(?:and\s+)?")
WHOLE: Final = re.compile(rf"(?:{PART.pattern})+")


def milliseconds(interval: str | None) -> int | None:
    """The interval's length; None for no interval."""
    if not interval:
        return None
    parts = PART.finditer(interval)
    return sum(int(part[1]) * UNITS[part[2] or "second"] for part in parts) * 1000


def check(given: Row) -> None:
    """422 for an interval that is not a duration."""
    interval = maybe(given, "refresh_interval")
    if interval and not WHOLE.fullmatch(interval):
        raise invalid("refresh_interval", "invalid", "refresh_interval is not a duration")
