"""What the state keeps, row by row. Times are ISO 8601 in UTC and come from the caller."""

from collections.abc import Mapping
from typing import Literal

import msgspec

SessionStatus = Literal["running", "interrupted", "incomplete", "completed", "failed"]
Outcome = Literal["done", "failed", "skipped"]

#: The kind of the one journal row per begun item; its step id is the item's address.
ACTION = "action"


class IdMapping(msgspec.Struct, frozen=True):
    """A source id and what the destination calls it."""

    type: str
    source_id: str
    destination_id: str


class StoredMapping(msgspec.Struct, frozen=True):
    """An id mapping with all that is known of it; `session` is None if set by hand."""

    source_instance: str
    destination_instance: str
    type: str
    source_id: str
    destination_id: str
    created_at: str
    session: str | None


class PartMapping(msgspec.Struct, frozen=True):
    """As `IdMapping`, for a part of the item at `address`."""

    address: str
    part_kind: str
    source_part_id: str
    destination_id: str


class Applied(msgspec.Struct, frozen=True):
    """What the last apply wanted of an item, and what it read back."""

    address: str
    desired_digest: str
    live_digest: str
    session: str
    at: str


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One run of apply.

    `running` with nobody holding the lock means killed; `interrupted` is a clean stop;
    `incomplete` finished with failed or blocked items; `failed` was stopped by an error.
    """

    id: str
    started_at: str
    completed_at: str | None = None
    status: SessionStatus = "running"
    total_items: int = 0
    success_count: int = 0
    error_count: int = 0
    source_instance: str | None
    destination_instance: str
    config: Mapping[str, object] = {}
    metadata: Mapping[str, object] = {}
    plan_id: str
    fingerprint: str
    backup_path: str

    @property
    def source(self) -> str:
        """What mappings are kept under: the instance, or the fingerprint if it is unknown."""
        return self.source_instance or self.fingerprint


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An item that could not be applied. `number` is 0 until the queue gives it one.

    `data` is the payload, `step` the step that failed, `cause` the address of the item whose
    failure brought this one down. Secrets are the caller's to leave out.
    """

    session: str
    type: str
    id: str
    data: bytes
    error_message: str
    error_type: str
    failed_at: str
    stack_trace: str | None = None
    retry_count: int = 0
    metadata: Mapping[str, object] = {}
    http_status: int | None = None
    step: str = ""
    cause: str | None = None
    number: int = 0

    @property
    def address(self) -> str:
        return f"{self.type}:{self.id}"


class Lock(msgspec.Struct, frozen=True):
    """Who is applying to a destination."""

    destination: str
    holder: str
    host: str
    since: str
    pid: int


class StepIntent(msgspec.Struct, frozen=True, kw_only=True):
    """A write about to be sent.

    `step` is `address/part-kind:part-id#operation`, or the address itself for the row of kind
    `ACTION`. `known_ids` are the ids that live under the parent already; `before` is the raw
    JSON about to be overwritten.
    """

    step: str
    kind: str
    at: str
    known_ids: tuple[str, ...] = ()
    before: bytes | None = None


class StepOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a write ended; everything in it is committed in one transaction.

    `revealed` has every id the reply named, by label; `attempts` counts the requests since
    the intent.
    """

    step: str
    outcome: Outcome
    at: str
    attempts: int = 1
    revealed: Mapping[str, str] = {}
    error: str | None = None
    http_status: int | None = None
    mappings: tuple[IdMapping, ...] = ()
    parts: tuple[PartMapping, ...] = ()
    applied: Applied | None = None
    dead_letter: DeadLetter | None = None


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A step as the journal has it; `outcome` None means that nobody knows how it ended."""

    step: str
    kind: str
    intended_at: str
    known_ids: tuple[str, ...]
    outcome: Outcome | None
    finished_at: str | None
    attempts: int
    revealed: Mapping[str, str]
    error: str | None
    http_status: int | None


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of a session in one content type, from the journal."""

    session: str
    type: str
    completed_ids: tuple[str, ...]
    last_updated: str | None
    started_at: str
    completed_at: str | None
    item_count: int
    error_count: int
