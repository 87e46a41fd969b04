"""Events of an apply, named as in Terraform's JSON output.

The renderer adds the envelope (`@level`, `@message`, `@timestamp`). One callback receives all
events, one at a time, from any thread.
"""

from typing import TypeAlias

import msgspec

from lookervault_plan.content.node import Address


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """An event of an apply."""


class ApplyStart(_Event, frozen=True, kw_only=True, tag="apply_start"):
    """An action begins."""

    address: Address
    action: str
    name: str


class ApplyComplete(_Event, frozen=True, kw_only=True, tag="apply_complete"):
    """All steps of an action are done."""

    address: Address
    action: str
    destination_id: str | None = None


class ApplyErrored(_Event, frozen=True, kw_only=True, tag="apply_errored"):
    """An action failed, wholly or in part."""

    address: Address
    action: str
    error: str
    #: the step that failed first; "" if the item failed before any
    step: str = ""
    http_status: int | None = None


class DlqAdded(_Event, frozen=True, kw_only=True, tag="dlq_added"):
    """An item was added to the dead letter queue."""

    address: Address
    error_type: str
    error: str
    #: the failed item that this one needs; None if it failed by itself
    cause: str | None = None


class Retry(_Event, frozen=True, kw_only=True, tag="retry"):
    """A step will be sent again, or probed for, after a pause."""

    address: Address
    step: str
    attempt: int
    seconds: float
    error: str
    http_status: int | None = None
    #: True if the reply was lost: the next attempt looks for the object first
    in_doubt: bool = False


class RateLimited(_Event, frozen=True, kw_only=True, tag="rate_limited"):
    """Looker answered 429: all workers pause."""

    seconds: float
    step: str = ""


class Checkpoint(_Event, frozen=True, kw_only=True, tag="checkpoint"):
    """The number of steps of this run that are recorded."""

    steps: int


class ChangeSummary(_Event, frozen=True, kw_only=True, tag="change_summary"):
    """Counts of the run's items by what became of them."""

    add: int
    change: int
    remove: int
    failed: int = 0
    not_tried: int = 0
    #: items and parts that the plan left out
    blocked: int = 0
    #: items that the run did not get to
    left: int = 0
    operation: str = "apply"


Event: TypeAlias = (
    ApplyStart
    | ApplyComplete
    | ApplyErrored
    | DlqAdded
    | Retry
    | RateLimited
    | Checkpoint
    | ChangeSummary
)
