"""Lay the body of an update over the live object, so that it takes nothing away.

Looker replaces a value that it gets: what a value holds at present is sent along, unless the
backup says otherwise. What the backup does not hold can't be in a plan or a step, so it
comes from the items that were read when apply began.
"""

from collections.abc import Iterator
from copy import deepcopy

from msgspec.structs import replace

from lookervault_plan.content.json_path import ABSENT, get, head, put
from lookervault_plan.content.lay_over import laid_over
from lookervault_plan.content.node import LIVE, DesiredNode, Json, LiveNode, LiveRef, Raw
from lookervault_plan.content.normalise import normalise, parts_in
from lookervault_plan.content.request_body import sent_value
from lookervault_plan.content.table.kinds import KINDS, Form, Kind
from lookervault_plan.steps.step import RequestTemplate, Step, UpdateStep


def over_live(step: Step, item: DesiredNode, live_item: Raw) -> Step:
    """Return the step with a body that keeps what the backup's item does not hold.

    `live_item` is the live item as it was read, with its parts. Other steps than updates of
    live items and parts stay as they are.
    """
    if not isinstance(step, UpdateStep) or step.live is None or step.request.body is None:
        return step
    desired = next((node for node in item.with_parts() if node.ref == step.source), None)
    live = _live_node(step.live, item.kind, live_item)
    if desired is None or live is None:
        return step
    body = deepcopy(dict(step.request.body))
    for path, value in _values(step.request, desired, live):
        put(body, path, value)
    return replace(step, request=replace(step.request, body=body))


def _values(
    request: RequestTemplate, desired: DesiredNode, live: LiveNode
) -> Iterator[tuple[str, Json]]:
    """Yield (path, value) of each value of the body that the live object adds to.

    A whole write holds the values that are never compared, too: it would unset them.
    """
    row, body = KINDS[desired.kind], request.body or {}
    is_whole = row.part.patchable is not None and request.method == "PUT"
    if is_whole:
        yield from _references_kept(request, desired, live)
        kept = ((name, live.raw.get(name)) for name in row.not_written if name not in body)
        yield from ((name, value) for name, value in kept if value is not None)
    heads = _heads(request, row)
    for field in row.fields:
        if "[]" in field.path or not (is_whole or head(field.path) in heads):
            continue
        sent = get(body, field.path)
        if field.path in desired.fields:
            if sent is not ABSENT and field.form is Form.TREE:
                after = laid_over(sent, live, field)
                if after != sent:
                    yield field.path, sent_value(row, field, after)
        elif sent is ABSENT and (have := get(live.raw, field.path) or None) is not None:
            yield field.path, sent_value(row, field, have)


def _references_kept(
    request: RequestTemplate, desired: DesiredNode, live: LiveNode
) -> Iterator[tuple[str, str]]:
    """Yield (path, live id) of each reference that a whole write would unset."""
    for reference in KINDS[desired.kind].refs:
        named = {*desired.refs, *request.slots, *(request.body or {})}
        ref = live.refs.get(reference.path)
        if ref is not None and reference.path not in named:
            yield reference.path, ref.id


def _heads(request: RequestTemplate, row: Kind) -> frozenset[str]:
    """Return the top-level fields that the request writes or, by a reference, resets."""
    paths = {*(request.body or {}), *request.slots}
    reset = (name for each in row.refs if each.path in paths for name in each.resend_with)
    return frozenset((*map(head, paths), *reset))


def _live_node(ref: LiveRef, kind: str, live_item: Raw) -> LiveNode | None:
    """Return the live item, or its part, in normal form; None if it has no such part."""
    if ref.kind == kind:
        return normalise(kind, live_item, LIVE)
    for collection in KINDS[kind].item.collections:
        if collection.kind == ref.kind:
            for part in parts_in(live_item, collection.path):
                node = normalise(ref.kind, part, LIVE)
                if node.id == ref.id:
                    return node
    return None
