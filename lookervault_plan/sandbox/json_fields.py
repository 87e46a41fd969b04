"""JSON as Python types, and reading a field of it as what it must be."""

from __future__ import annotations

from typing import TypeAlias, cast

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Row: TypeAlias = dict[str, Json]


def text(row: Row, field: str) -> str:
    """The field as a string; "" where it is null or absent."""
    value = row.get(field)
    return "" if value is None else str(value)


def maybe(row: Row, field: str) -> str | None:
    """The field as a string, or None where it is null or absent."""
    value = row.get(field)
    return None if value is None else str(value)


def number(row: Row, field: str, default: int = 0) -> int:
    """The field as a whole number; `default` where it is null or absent."""
    value = row.get(field)
    return int(value) if isinstance(value, int | float | str) else default


def rows(row: Row, field: str) -> list[Row]:
    """The field as a list of objects; empty where it is null or absent."""
    value = row.get(field)
    return cast("list[Row]", value) if isinstance(value, list) else []


def texts(row: Row, field: str) -> list[str]:
    """The field as a list of strings; empty where it is null or absent."""
    value = row.get(field)
    return [str(one) for one in value] if isinstance(value, list) else []


def objects(row: Row, field: str) -> Row:
    """The field as an object; empty where it is null or absent."""
    value = row.get(field)
    return value if isinstance(value, dict) else {}


def copied(value: Json) -> Json:
    """A deep copy: what a caller changes later must not change the store."""
    if isinstance(value, dict):
        return {key: copied(one) for key, one in value.items()}
    if isinstance(value, list):
        return [copied(one) for one in value]
    return value
