"""Events as lines of JSON, in the envelope that Terraform's `-json` output has."""

from collections.abc import Mapping
from typing import assert_never, cast, get_args

import msgspec

from lookervault_plan.errors import Diagnostic
from lookervault_plan.execution.events import (
    ApplyComplete,
    ApplyErrored,
    ApplyStart,
    ChangeSummary,
    Checkpoint,
    DlqAdded,
    Event,
    RateLimited,
    Retry,
)
from lookervault_plan.render.amounts import duration
from lookervault_plan.render.summary_lines import apply_headline

MODULE = "lookervault-plan"

#: action -> what begins, what is complete: Terraform's words
_WORDS = {
    "create": ("Creating", "Creation"),
    "update": ("Modifying", "Modifications"),
    "delete": ("Destroying", "Destruction"),
}
_LEVELS = {"apply_errored": "error", "dlq_added": "error", "retry": "warn", "rate_limited": "warn"}


class NotTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A field that Looker has otherwise than it was sent; `path` "" is the whole part or item."""

    address: str
    part: str
    path: str
    sent: object
    got: object


class SessionEnd(msgspec.Struct, frozen=True, kw_only=True, tag="session"):
    """The last line: what the session has come to, earlier runs of it included."""

    session: str
    imported: int
    added: int
    changed: int
    destroyed: int
    failed: int
    blocked: int
    not_tried: int
    left: int
    calls: int
    queue_is_full: bool
    #: letters of this session in the dead letter queue
    dead_letters: int
    #: addresses left out by --skip-stale, and what has changed
    stale: tuple[str, ...]
    stale_details: tuple[str, ...]
    untaken: tuple[NotTaken, ...]
    #: item that is done -> items that have failed, to which its links were left as they were
    unlinked: Mapping[str, tuple[str, ...]] = {}


class PlannedCall(msgspec.Struct, frozen=True, kw_only=True, tag="planned_call"):
    """With --dry-run: a request that apply would send."""

    address: str
    step: str
    method: str
    path: str


class DryRun(msgspec.Struct, frozen=True, kw_only=True, tag="dry_run"):
    """The last line of a dry run."""

    calls: int
    by_method: Mapping[str, int]
    stale: tuple[str, ...]
    blocked: int


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What stopped the program, as the last line of any command; it has no envelope."""

    error: Diagnostic


#: what each line begins with
_ENVELOPE: dict[str, object] = {
    "@level": {"enum": ["info", "warn", "error"]},
    "@message": {"type": "string", "description": "For people; not to be parsed."},
    "@module": {"const": MODULE},
    "@timestamp": {"type": "string", "format": "date-time"},
}


def line(event: Event, *, timestamp: str) -> bytes:
    """One event as one line; `timestamp` is ISO 8601 in UTC."""
    fields = cast("dict[str, object]", msgspec.to_builtins(event))
    return envelope(str(fields.pop("type")), message(event), fields, timestamp=timestamp)


def own_line(told: SessionEnd | PlannedCall | DryRun, text: str, *, timestamp: str) -> bytes:
    """A line that is no event of the engine."""
    fields = cast("dict[str, object]", msgspec.to_builtins(told))
    return envelope(str(fields.pop("type")), text, fields, timestamp=timestamp)


def envelope(type_: str, text: str, fields: dict[str, object], *, timestamp: str) -> bytes:
    """A line of any type."""
    head = {
        "@level": _LEVELS.get(type_, "info"),
        "@message": text,
        "@module": MODULE,
        "@timestamp": timestamp,
        "type": type_,
    }
    return msgspec.json.encode(head | fields) + b"\n"


def message(event: Event) -> str:
    """What happened, in a sentence for people."""
    match event:
        case ApplyStart():
            text = f"{event.address}: {_words(event.action)[0]}..."
        case ApplyComplete():
            id_ = f" [id={event.destination_id}]" if event.destination_id else ""
            text = f"{event.address}: {_words(event.action)[1]} complete{id_}"
        case ApplyErrored():
            text = f"{event.address}: {_words(event.action)[1]} errored: {event.error}"
        case DlqAdded():
            why = f"it depends on {event.cause}" if event.cause else event.error
            text = f"{event.address}: In the dead letter queue: {why}"
        case Retry():
            text = f"{event.step}: Again in {duration(event.seconds)}: {event.error}"
        case RateLimited():
            text = f"Rate limited: all workers pause for {duration(event.seconds)}"
        case Checkpoint():
            text = f"Checkpoint: {event.steps} steps are recorded"
        case ChangeSummary():
            text = apply_headline(
                imported=0,
                added=event.add,
                changed=event.change,
                destroyed=event.remove,
                is_complete=not event.failed and not event.not_tried,
            )
        case _:
            assert_never(event)
    return text


def schema() -> dict[str, object]:
    """The JSON Schema of one line."""
    kinds = (*get_args(Event), SessionEnd, PlannedCall, DryRun)
    references, definitions = msgspec.json.schema_components(
        (*kinds, Failure),
        ref_template="#/$defs/{name}",
        schema_hook=lambda _: {"description": "any JSON value"},
    )
    for name, definition in cast("dict[str, dict[str, object]]", definitions).items():
        if all(name != kind.__name__ for kind in kinds):
            continue
        own = cast("dict[str, object]", definition["properties"])
        needed = cast("list[str]", definition["required"])
        definition |= {"properties": _ENVELOPE | own, "required": [*_ENVELOPE, *needed]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of lookervault-plan apply --json",
        "oneOf": list(references),
        "$defs": definitions,
    }


def _words(action: str) -> tuple[str, str]:
    return _WORDS.get(action, ("Applying", "Application"))
