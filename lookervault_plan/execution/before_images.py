"""Before-images: what a step overwrites, as it was read before.

An updated item comes without its parts, a deleted one with them, a list whole.

Secrets are hidden.
"""

import msgspec

from lookervault_plan.content.node import Json, LiveRef, Raw, Ref
from lookervault_plan.content.normalise import parts_in
from lookervault_plan.content.redact import without_secrets
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.steps.step import DeleteStep, ReplaceListStep, Step, UpdateStep


def overwrites(step: Step) -> bool:
    """Whether a step changes or deletes something live."""
    match step:
        case UpdateStep(live=live):
            return live is not None
        case DeleteStep() | ReplaceListStep():
            return True
        case _:
            return False


def before_image(step: Step, item: Raw) -> bytes | None:
    """Return the JSON of the live item or part that a step overwrites; None if it has none.

    `item` is the live item. A changed item is kept without its parts: each has its own image.
    Secrets are hidden.
    """
    match step:
        case ReplaceListStep(kind=kind):
            return _list_of(kind, item)
        case UpdateStep(live=Ref() as live):
            return _image_of(live, item, with_parts=False)
        case DeleteStep(live=live):
            return _image_of(live, item, with_parts=True)
        case _:
            return None


def _image_of(live: LiveRef, item: Raw, *, with_parts: bool) -> bytes | None:
    if not KINDS[live.kind].is_part:
        parts = {
            collection.path.partition("[")[0]
            for collection in KINDS[live.kind].item.collections
            if not with_parts
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
    """Return a list that is replaced whole."""
    paths = [
        collection.path
        for row in KINDS.values()
        for collection in row.item.collections
        if collection.kind == kind
    ]
    return _image(item.get(paths[0])) if paths else None


def _image(value: Json) -> bytes:
    return msgspec.json.encode(without_secrets(value))
