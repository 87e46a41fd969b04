"""Connect to Looker as the options say, and show why a request waits."""

import os
from collections.abc import Generator
from contextlib import contextmanager

from rich.text import Text

from lookervault_plan.cli.option_sources import RETRY_VARIABLE
from lookervault_plan.cli.options import LookerOptions
from lookervault_plan.cli.screen import Screen
from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.client import Client, ClientEvent
from lookervault_plan.looker.error_messages import explaining
from lookervault_plan.looker.rate_limit import RateLimiter
from lookervault_plan.looker.retry import DEFAULT_RETRY_POLICY, RetryPolicy
from lookervault_plan.looker.settings import Connection, resolve
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.safe_text import visible


@contextmanager
def connected(looker: LookerOptions, screen: Screen) -> Generator[Client]:
    """Give a client, and close it at the end. Errors of Looker leave the block as PlanError."""
    connection = resolve(os.environ, config_file=looker.config_file, section=looker.section)
    if not connection.verify_ssl:
        screen.insist(diagnostic_text(_unverified(connection)))
    limiter = RateLimiter(
        per_minute=looker.rate_limit_per_minute, per_second=looker.rate_limit_per_second
    )

    def show_wait(event: ClientEvent) -> None:
        if not screen.common.json and (text := _wait_text(event)):
            screen.note(Text(visible(text), "yellow"))

    with (
        explaining(connection),
        Client(
            connection,
            workers=looker.workers,
            limiter=limiter,
            policy=_retry_policy(),
            on_event=show_wait,
        ) as client,
    ):
        yield client


def _unverified(connection: Connection) -> Diagnostic:
    return Diagnostic(
        severity="warning",
        code="looker.verify-ssl",
        summary=f"it is not verified that {connection.base_url} is who answers",
        detail=f"{connection.origin}: verify_ssl=false. Whoever is on the way to Looker can read "
        "the API key, and change what is read and written.",
        fix="set verify_ssl=true; for a certificate of your own, name it in REQUESTS_CA_BUNDLE",
    )


def _retry_policy() -> RetryPolicy | None:
    """Make the policy of LOOKERVAULT_PLAN_RETRY_SECONDS, which tests set. None: the usual one."""
    seconds = float(os.environ.get(RETRY_VARIABLE) or 0)
    if not seconds:
        return None
    # Twice the attempts: short waits bridge less of an outage, and a drill must not fail by it.
    return RetryPolicy(
        attempts=2 * DEFAULT_RETRY_POLICY.attempts,
        base_seconds=seconds,
        max_seconds=DEFAULT_RETRY_POLICY.max_seconds * seconds / DEFAULT_RETRY_POLICY.base_seconds,
    )


def _wait_text(event: ClientEvent) -> str:
    match event.kind:
        case "retry":
            return f"{event.detail}; attempt {event.attempt} in {event.seconds:.0f} s"
        case "rate_limited":
            return f"Looker limits the rate of requests: all pause for {event.seconds:.0f} s"
        case _:
            return ""
