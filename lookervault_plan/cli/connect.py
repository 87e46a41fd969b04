"""From options to what workflows work on: connection, client, time and names."""

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text

from lookervault_plan.cli.config import RETRY_VARIABLE
from lookervault_plan.cli.options import LookerOptions
from lookervault_plan.cli.screen import Screen

if TYPE_CHECKING:
    from lookervault_plan.looker.client import Client, Event
    from lookervault_plan.looker.retry import RetryPolicy
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
def connected(looker: LookerOptions, screen: Screen) -> "Generator[Client]":
    """A client, closed at the end; what Looker refuses comes out as PlanError.

    What makes it wait is told, so that nobody takes patience for a standstill.
    """
    from lookervault_plan.looker.client import Client, explaining  # noqa: PLC0415
    from lookervault_plan.looker.rate_limit import RateLimiter  # noqa: PLC0415

    connection = connection_of(looker)
    limiter = RateLimiter(
        per_minute=looker.rate_limit_per_minute, per_second=looker.rate_limit_per_second
    )

    def tell(event: "Event") -> None:
        if not screen.common.json and (text := _wait_text(event)):
            screen.note(Text(text, "yellow"))

    with (
        explaining(connection),
        Client(
            connection, workers=looker.workers, limiter=limiter, policy=_policy(), on_event=tell
        ) as client,
    ):
        yield client


def _policy() -> "RetryPolicy | None":
    """Patience, which tests have little of."""
    from lookervault_plan.looker.retry import DEFAULT_RETRY_POLICY, RetryPolicy  # noqa: PLC0415

    if seconds := float(os.environ.get(RETRY_VARIABLE) or 0):
        shorter = seconds / DEFAULT_RETRY_POLICY.base_seconds
        # Short waits bridge less of a storm: more of them, so that drills tell of defects only.
        return RetryPolicy(
            attempts=2 * DEFAULT_RETRY_POLICY.attempts,
            base_seconds=seconds,
            max_seconds=DEFAULT_RETRY_POLICY.max_seconds * shorter,
        )
    return None


def _wait_text(event: "Event") -> str:
    match event.kind:
        case "retry":
            return f"{event.detail}; attempt {event.attempt} in {event.seconds:.0f} s"
        case "rate_limited":
            return f"Looker limits the rate of requests: all pause for {event.seconds:.0f} s"
        case _:
            return ""


def _clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 — here time comes in
