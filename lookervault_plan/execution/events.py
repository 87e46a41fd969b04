"""What happens during an apply, as values; the names are those of Terraform's JSON output.

The one who shows them adds the envelope (`@level`, `@message`, `@timestamp`). All come through one
callback, one at a time, from whichever thread.
"""

from typing import TypeAlias

import msgspec

from lookervault_plan.content.node import Address


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Something that happened."""


class ApplyStart(_Event, frozen=True, kw_only=True, tag="apply_start"):
    """An action begins."""

    address: Address
    action: str
    name: str


class ApplyComplete(_Event, frozen=True, kw_only=True, tag="apply_complete"):
    """An action is done, all of it."""

    address: Address
    action: str
    destination_id: str | None = None


class ApplyErrored(_Event, frozen=True, kw_only=True, tag="apply_errored"):
    """An action has failed, wholly or in part; `step` says where first."""

    address: Address
    action: str
    error: str
    step: str = ""
    http_status: int | None = None


class DlqAdded(_Event, frozen=True, kw_only=True, tag="dlq_added"):
    """An item went to the dead letter queue; `cause` is the item whose failure took it along."""

    address: Address
    error_type: str
    error: str
    cause: str | None = None


class Retry(_Event, frozen=True, kw_only=True, tag="retry"):
    """A step is sent again, or looked for, after a pause."""

    address: Address
    step: str
    attempt: int
    seconds: float
    error: str
    http_status: int | None = None
    #: the reply was lost: whether it happened is looked up first
    in_doubt: bool = False


class RateLimited(_Event, frozen=True, kw_only=True, tag="rate_limited"):
    """Looker answered 429: all workers pause."""

    seconds: float
    step: str = ""


class Checkpoint(_Event, frozen=True, kw_only=True, tag="checkpoint"):
    """So many steps of this run are recorded."""

    steps: int


class ChangeSummary(_Event, frozen=True, kw_only=True, tag="change_summary"):
    """What the run did, in items."""

    add: int
    change: int
    remove: int
    failed: int = 0
    not_tried: int = 0
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
