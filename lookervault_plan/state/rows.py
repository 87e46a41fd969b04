"""The rows of the state's tables. Times are ISO 8601 in UTC and come from the caller."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from lookervault_plan.content.node import LiveId, Raw, SourceId

SessionStatus = Literal["running", "interrupted", "incomplete", "completed", "failed", "lost"]
Outcome = Literal["done", "failed", "skipped"]

#: Kind of the journal row that each begun item has besides its steps. Its step id is the address.
ACTION = "action"


class IdMapping(msgspec.Struct, frozen=True):
    """The destination id of an item of the source."""

    type: str
    source_id: SourceId
    destination_id: LiveId


class StoredMapping(msgspec.Struct, frozen=True):
    """An id mapping with its origin; `session` is None if a person set it."""

    source_instance: str
    destination_instance: str
    type: str
    source_id: SourceId
    destination_id: LiveId
    created_at: str
    session: str | None


class PartMapping(msgspec.Struct, frozen=True):
    """The destination id of a part of the item at `address`."""

    address: str
    part_kind: str
    source_part_id: SourceId
    destination_id: LiveId


class Applied(msgspec.Struct, frozen=True):
    """Digests of an item's desired state at its last apply, and of its live state after it."""

    address: str
    desired_digest: str
    live_digest: str
    session: str
    at: str


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the backup as it was last agreed with the destination.

    `digest` is the digest of the desired item then, `item` its JSON without secrets. `not_stored`
    maps `part kind:source id:path`, or `:path` for the item itself, to the value that Looker held
    instead of what it was sent.
    """

    address: str
    digest: str
    item: Raw
    not_stored: Raw = {}
    session: str
    at: str


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One plan being applied, in one or more runs.

    Its status is `running` (or killed, if no run holds the lock), `interrupted` after a clean
    stop, `incomplete` with failed or blocked items, `failed` after an error, `completed`, or
    `lost` if its last steps are missing in this copy of a remote state: it can't be resumed.
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
        """Key of the source's id mappings: its URL, or if unknown the backup's fingerprint."""
        return self.source_instance or self.fingerprint


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An item that could not be applied. `number` is 0 until the queue assigns one.

    `data` is the payload, `step` the id of the failed step. `cause` is the address of the item
    whose failure made this one fail; None if it failed by itself. The caller removes secrets.
    """

    session: str
    type: str
    id: SourceId
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
    """The run that is applying to a destination."""

    destination: str
    holder: str
    host: str
    since: str
    #: For people alone: it may belong to another process by now, or in another container.
    pid: int
    #: Random text that tells this run from all others; "" in a lock of an older version.
    token: str = ""
    #: `os_lock.boot_id` of the holder's machine; "" if unknown.
    boot: str = ""


class StepIntent(msgspec.Struct, frozen=True, kw_only=True):
    """A step that is about to be sent.

    `step` is the step id, or the item's address for the row of kind `ACTION`. `known_ids` are
    the live ids under the same parent. `before` is the JSON that the step overwrites.
    """

    step: str
    kind: str
    at: str
    known_ids: tuple[LiveId, ...] = ()
    before: bytes | None = None


class StepOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a step ended. All of it is committed in one transaction.

    `revealed` maps labels to the ids in the reply. `attempts` counts the requests since the
    intent.
    """

    step: str
    outcome: Outcome
    at: str
    attempts: int = 1
    revealed: Mapping[str, LiveId] = {}
    error: str | None = None
    http_status: int | None = None
    mappings: tuple[IdMapping, ...] = ()
    parts: tuple[PartMapping, ...] = ()
    applied: Applied | None = None
    dead_letter: DeadLetter | None = None


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A step as the journal has it; `outcome` is None if its end is unknown."""

    step: str
    kind: str
    intended_at: str
    known_ids: tuple[LiveId, ...]
    outcome: Outcome | None
    finished_at: str | None
    attempts: int
    revealed: Mapping[str, LiveId]
    error: str | None
    http_status: int | None


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Progress of a session in one content type, derived from the journal."""

    session: str
    type: str
    completed_ids: tuple[str, ...]
    last_updated: str | None
    started_at: str
    completed_at: str | None
    item_count: int
    error_count: int
