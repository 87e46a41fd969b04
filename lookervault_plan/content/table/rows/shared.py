"""Fields that several rows have."""

from lookervault_plan.content.table.columns import (
    Field,
    Form,
    JsonType,
)


def text(*names: str, links: bool = False) -> tuple[Field, ...]:
    return tuple(Field(name, Form.TEXT, holds_links=links) for name in names)


def values(*names: str, json_type: JsonType | None = None) -> tuple[Field, ...]:
    return tuple(Field(name, json_type=json_type) for name in names)


def set_by_looker(
    *names: str, form: Form = Form.VALUE, json_type: JsonType | None = None
) -> tuple[Field, ...]:
    """Fields in which null says nothing: Looker fills in a default, or keeps the value it has.

    Flags that may be unset are among them, since Looker takes no null for them
    (looker-api.md 2.12).
    """
    return tuple(Field(name, form, json_type, ignores_null=True) for name in names)


def flags(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, Form.FLAG) for name in names)


CERTIFICATION = (
    Field("certification_metadata.certification_status", Form.TEXT),
    Field("certification_metadata.notes", Form.TEXT),
)
