"""What a run of steps asks of the world, and how a step fails."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.state.rows import StepIntent, StepOutcome, StepRecord
from lookervault_plan.steps.step import Method


class Looker(Protocol):
    """One attempt at one request; `looker.client.Client` is one."""

    def request(
        self,
        method: Method,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Reply: ...


class Limiter(Protocol):
    """Says how long to wait before the next request; 0 is a place taken."""

    def reserve(self) -> float: ...
    def paused_seconds(self) -> float: ...


class Journal(Protocol):
    """The record of a session; `state.journal.Journal` is one."""

    def intend(self, rows: Sequence[StepIntent]) -> None: ...
    def finish(self, outcome: StepOutcome) -> None: ...
    def flush(self) -> None: ...
    def steps(self) -> Sequence[StepRecord]: ...


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A step that failed for good."""

    step: str
    error: str
    http_status: int | None = None
    attempts: int = 1
    trace: str | None = None
