"""Cut request bodies from an object as it was read, never from its normal form."""

from collections.abc import Mapping, Sequence

from lookervault_plan.content.json_path import find, get, head, put
from lookervault_plan.content.node import Id, Json, Node, Ref
from lookervault_plan.content.normalise import keep_keys
from lookervault_plan.content.table.columns import JsonType
from lookervault_plan.content.table.kinds import KINDS, Field, Form, Kind


def create_body(node: Node[str]) -> dict[str, Json]:
    """Return the body of a POST without references; `slots` lists those.

    It holds what the backup holds, empty texts, lists and objects too, but no null: a new object
    has nothing to reset.
    """
    row = KINDS[node.kind]
    names = {outside.path for outside in row.external_names}
    wanted = {
        path
        for path, value in node.fields.items()
        if row.field(path).on_create
        and not row.field(path).orders_kind
        # an empty name refers to nothing
        and not (value is None and path in names)
    }
    body = _cut(node, wanted, is_new=True)
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


def sent_value(row: Kind, field: Field, value: Json) -> Json:
    """Return the value to send.

    Looker refuses null for a flag (looker-api.md 2.12), and some keys of objects in lists. A query
    keeps its null, since false is another definition. Its empty lists and objects are of the type
    that Looker takes, since replies mix them (looker-api.md 5).
    """
    if row.content_addressed and value in ([], {}):
        return {} if field.json_type is JsonType.OBJECT else [] if field.json_type else value
    if field.object_keys:
        return keep_keys(value, field.object_keys)
    return False if value is None and _is_flag(row, field) else value


def _is_flag(row: Kind, field: Field) -> bool:
    return field.form is Form.FLAG and not row.content_addressed


def _cut(node: Node[str], wanted: set[str], *, is_new: bool = False) -> dict[str, Json]:
    row = KINDS[node.kind]
    body: dict[str, Json] = {}
    for field in row.fields:
        if "[]" in field.path:
            list_path = field.path.partition("[]")[0]
            items = get(node.raw, list_path)
            if list_path not in body and isinstance(items, Sequence):
                body[list_path] = [{} for _ in items]
        for path, value in find(node.raw, field.path):
            says_nothing = is_new and value is None and not _is_flag(row, field)
            if path in wanted and not says_nothing:
                put(body, path, sent_value(row, field, value))
    return body
