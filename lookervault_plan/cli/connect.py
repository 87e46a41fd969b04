"""From options to what workflows work on: connection, client, time and names."""

import os
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lookervault_plan.cli.options import LookerOptions

if TYPE_CHECKING:
    from lookervault_plan.looker.client import Client, Event
    from lookervault_plan.looker.settings import Connection


def now() -> str:
    """The time in UTC, ISO 8601, whole seconds."""
    return _clock().isoformat(timespec="seconds").replace("+00:00", "Z")


def timestamp() -> str:
    """The time in UTC, ISO 8601, with microseconds."""
    return _clock().isoformat(timespec="microseconds").replace("+00:00", "Z")


def new_session() -> str:
    """An id that sorts by time and can be typed: `20261123-004429-3f2a`."""
    return f"{_clock():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def connection_of(looker: LookerOptions) -> "Connection":
    """Whom to talk to. Nothing is asked yet."""
    from lookervault_plan.looker.settings import resolve  # noqa: PLC0415 — looker-sdk, 0.6 s

    return resolve(os.environ, config_file=looker.config_file, section=looker.section)


@contextmanager
def connected(
    looker: LookerOptions, *, on_event: "Callable[[Event], None] | None" = None
) -> "Generator[Client]":
    """A client, closed at the end; what Looker refuses comes out as PlanError."""
    from lookervault_plan.looker.client import Client, explaining  # noqa: PLC0415
    from lookervault_plan.looker.rate import RateLimiter  # noqa: PLC0415

    connection = connection_of(looker)
    limiter = RateLimiter(
        per_minute=looker.rate_limit_per_minute, per_second=looker.rate_limit_per_second
    )
    with (
        explaining(connection),
        Client(connection, workers=looker.workers, limiter=limiter, on_event=on_event) as client,
    ):
        yield client


def _clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 — here time comes in
