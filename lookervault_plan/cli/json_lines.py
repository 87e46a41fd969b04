"""Encode events as lines of JSON, in the envelope of Terraform's `-json` output."""

from collections.abc import Mapping
from typing import assert_never, cast, get_args

import msgspec

from lookervault_plan.content.node import Json
from lookervault_plan.content.redact import scrub_texts
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
from lookervault_plan.render.outcome import Outcome
from lookervault_plan.render.summary_lines import apply_headline
from lookervault_plan.workflows.dry_run import PlannedCall

MODULE = "lookervault-plan"

#: Action -> the words for its beginning and its end, as Terraform has them.
_WORDS = {
    "create": ("Creating", "Creation"),
    "update": ("Modifying", "Modifications"),
    "delete": ("Destroying", "Destruction"),
}
_LEVELS = {"apply_errored": "error", "dlq_added": "error", "retry": "warn", "rate_limited": "warn"}


class DryRun(msgspec.Struct, frozen=True, kw_only=True, tag="dry_run"):
    """The last line of a dry run."""

    calls: int
    by_method: Mapping[str, int]
    stale: tuple[str, ...]
    blocked: int


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What stopped the program, as the last line of any command; it has no envelope."""

    error: Diagnostic


#: Fields that every line begins with.
_ENVELOPE: dict[str, object] = {
    "@level": {"enum": ["info", "warn", "error"]},
    "@message": {"type": "string", "description": "For people; not to be parsed."},
    "@module": {"const": MODULE},
    "@timestamp": {"type": "string", "format": "date-time"},
}


def line(event: Event, *, timestamp: str) -> bytes:
    """Encode an event of the engine. `timestamp` is ISO 8601 in UTC."""
    fields = cast("dict[str, object]", msgspec.to_builtins(event))
    return _envelope(str(fields.pop("type")), message(event), fields, timestamp=timestamp)


def own_line(record: Outcome | PlannedCall | DryRun, text: str, *, timestamp: str) -> bytes:
    """Encode a line that is no event of the engine."""
    fields = cast("dict[str, object]", msgspec.to_builtins(record))
    return _envelope(str(fields.pop("type")), text, fields, timestamp=timestamp)


def _envelope(type_: str, text: str, fields: dict[str, object], *, timestamp: str) -> bytes:
    head = {
        "@level": _LEVELS.get(type_, "info"),
        "@message": text,
        "@module": MODULE,
        "@timestamp": timestamp,
        "type": type_,
    }
    return msgspec.json.encode(scrub_texts(cast("Json", head | fields))) + b"\n"


def message(event: Event) -> str:
    """Describe an event in a sentence."""
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
                is_complete=not (event.failed or event.not_tried or event.blocked or event.left),
            )
        case _:
            assert_never(event)
    return text


def schema() -> dict[str, object]:
    """Return the JSON Schema of one line."""
    kinds = (*get_args(Event), Outcome, PlannedCall, DryRun)
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
