"""Ports: what a run needs of Looker and the state. And how a step fails."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from lookervault_plan.content.node import Raw
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.state.rows import StepIntent, StepOutcome, StepRecord
from lookervault_plan.steps.step import Method
from lookervault_plan.steps.step_id import StepId


class Looker(Protocol):
    """Makes one attempt at one request; `looker.client.Client` is one."""

    def request(
        self,
        method: Method,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Reply: ...


class Limiter(Protocol):
    """Spaces requests out: `reserve` returns seconds to wait, 0 for a request that may go now."""

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

    #: None if the item failed before any step
    step: StepId | None
    error: str
    http_status: int | None = None
    attempts: int = 1
    trace: str | None = None
    #: method, path and body of the request, without secrets; None if nothing was sent
    sent: Raw | None = None
