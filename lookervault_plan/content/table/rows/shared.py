"""Fields that several rows have."""

from lookervault_plan.content.table.columns import (
    Field,
    Form,
)


def text(*names: str, links: bool = False) -> tuple[Field, ...]:
    return tuple(Field(name, Form.TEXT, holds_links=links) for name in names)


def values(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name) for name in names)


def flags(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, Form.FLAG) for name in names)


CERTIFICATION = (
    Field("certification_metadata.certification_status", Form.TEXT),
    Field("certification_metadata.notes", Form.TEXT),
)
