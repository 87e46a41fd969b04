"""Before-images: what a step overwrites, cut from the raw item of the stale re-read."""

import msgspec

from lookervault_plan.content.node import Json, Raw
from lookervault_plan.content.normalise import parts_in
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.execution.redact import without_secrets
from lookervault_plan.steps.step import Step


def before_image(step: Step, item: Raw) -> bytes | None:
    """The raw JSON of the item or part that a step changes or deletes; None if it is not there.

    An item that is changed is kept without its parts: each has its own image. Secrets are hidden.
    """
    live = step.live
    if step.sends:
        return _list_of(step.kind, item)
    if live is None:
        return None
    if not KINDS[live.kind].is_part:
        parts = {
            collection.path.partition("[")[0]
            for collection in KINDS[live.kind].item.collections
            if step.operation != "delete"
        }
        return _image({key: item[key] for key in item if key not in parts})
    for row in KINDS.values():
        for collection in row.item.collections:
            if collection.kind == live.kind:
                for part in parts_in(item, collection.path):
                    if str(part.get(KINDS[live.kind].id_field)) == live.id:
                        return _image(part)
    return None


def _list_of(kind: str, item: Raw) -> bytes | None:
    """A list that is replaced whole."""
    paths = [
        collection.path
        for row in KINDS.values()
        for collection in row.item.collections
        if collection.kind == kind
    ]
    return _image(item.get(paths[0])) if paths else None


def _image(value: Json) -> bytes:
    return msgspec.json.encode(without_secrets(value))
