"""Cut request bodies from an object as it was read, never from its normal form."""

from collections.abc import Mapping, Sequence

from lookervault_plan.content.json_path import find, get, head, put
from lookervault_plan.content.node import Id, Json, Node, Ref
from lookervault_plan.content.normalise import keep_keys
from lookervault_plan.content.table.kinds import KINDS, Field, Form, Kind


def create_body(node: Node[str]) -> dict[str, Json]:
    """Return the body of a POST without references; `slots` lists those."""
    row = KINDS[node.kind]
    wanted = {
        path
        for path, value in node.fields.items()
        if value is not None and row.field(path).on_create and not row.field(path).orders_kind
    }
    body = _cut(node, wanted)
    for field in row.fields:
        if field.create_default is not None and body.get(field.path) is None:
            body[field.path] = field.create_default
    return body


def update_body(node: Node[str], heads: frozenset[str]) -> dict[str, Json]:
    """Return the body of a PATCH of these top-level fields, each of them whole."""
    return _cut(node, {path for path in node.fields if head(path) in heads})


def slots(node: Node[Id], *, heads: frozenset[str] | None = None) -> Mapping[str, Ref[Id] | None]:
    """Return the references to fill in before sending: all, or those in the given fields."""
    return {
        path: ref
        for path, ref in node.refs.items()
        if (ref is not None if heads is None else head(path) in heads)
    }


def _sent(row: Kind, field: Field, value: Json) -> Json:
    """Return the value to send.

    Looker refuses null for a flag (looker-api.md 2.12), and some keys of objects in lists. Queries
    keep their null: another value is another definition.
    """
    if field.object_keys:
        return keep_keys(value, field.object_keys)
    is_flag = field.form is Form.FLAG and not row.content_addressed
    return False if value is None and is_flag else value


def _cut(node: Node[str], wanted: set[str]) -> dict[str, Json]:
    row = KINDS[node.kind]
    body: dict[str, Json] = {}
    for field in row.fields:
        if "[]" in field.path:
            list_path = field.path.partition("[]")[0]
            items = get(node.raw, list_path)
            if list_path not in body and isinstance(items, Sequence):
                body[list_path] = [{} for _ in items]
        for path, value in find(node.raw, field.path):
            if path in wanted:
                put(body, path, _sent(row, field, value))
    return body
