"""The Retry-After header of a 429 or 503."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after_seconds(
    headers: Mapping[str, str], now: datetime, *, cap_seconds: float = 300.0
) -> float | None:
    """Read the `retry-after` header as seconds from now; None if it is missing or malformed.

    The header holds seconds or an HTTP date. A date is measured from the server's own `date`
    header, so that its clock may differ from ours; without that header, from `now`.

    Source: docs/looker-api.md, section 1.4.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        until, sent = _http_date(text), _http_date(headers.get("date", ""))
        if until is None:
            return None
        seconds = (until - (sent or now)).total_seconds()
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), cap_seconds)


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
