"""Find values that need secrets no backup has, such as the keys of an S3 bucket."""

from lookervault_plan.content.json_path import get, head
from lookervault_plan.content.node import Node, Raw
from lookervault_plan.content.table.kinds import KINDS

_FIELDS_WITH_SECRETS = {
    row.name: tuple(field for field in row.fields if field.missing_secrets)
    for row in KINDS.values()
}


def lacks_secrets(item: Node[str], path: str) -> bool:
    """Whether the value at this path needs secrets that no backup has."""
    field = KINDS[item.kind].find_field(path)
    found = field.missing_secrets if field else None
    return bool(found and found(get(item.raw, head(path)) or None))


def missing_secrets(kind: str, raw: Raw) -> tuple[str, ...]:
    """Describe each value of an object that needs secrets that no backup has."""
    return tuple(
        found
        for field in _FIELDS_WITH_SECRETS[kind]
        if field.missing_secrets
        for found in field.missing_secrets(get(raw, field.path) or None)
    )
