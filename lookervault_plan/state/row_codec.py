"""Make the structs of `rows` from SQLite's rows, and a row from a dead letter."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast

import msgspec

from lookervault_plan.content.table.kinds import BY_CODE, CODES
from lookervault_plan.state.rows import DeadLetter

Value = str | int | bytes | None
Values = tuple[Value, ...]
RowType = TypeVar("RowType", bound=msgspec.Struct)


def struct_of(columns: Sequence[str], values: Values, type_: type[RowType]) -> RowType:
    """Make a struct from a row whose columns are named as the struct's fields."""
    named = {
        column: _FROM_COLUMN[column](value) if column in _FROM_COLUMN else value
        for column, value in zip(columns, values, strict=True)
    }
    return msgspec.convert(named, type_)


def as_json(value: Mapping[str, object] | Sequence[str]) -> str:
    return _encode(value).decode()


def dead_letter_values(letter: DeadLetter) -> Values:
    """Return the values of the statement `add-dead-letter`."""
    return (
        *(letter.session, letter.id, CODES[letter.type], letter.data),
        *(letter.error_message, letter.error_type, letter.stack_trace, letter.retry_count),
        *(letter.failed_at, as_json(letter.metadata), letter.http_status),
        *(letter.step, letter.cause),
    )


def _type_name(number: Value) -> str:
    return BY_CODE[cast("int", number)]


def _from_json(text: Value) -> object:
    return cast("object", msgspec.json.decode(cast("str", text or "{}")))


#: Column -> how to decode it, for columns that are stored otherwise than the structs have them.
_FROM_COLUMN: Mapping[str, Callable[[Value], object]] = {
    "type": _type_name,
    "config": _from_json,
    "metadata": _from_json,
    "known_ids": _from_json,
    "revealed": _from_json,
    "completed_ids": _from_json,
}
_encode = msgspec.json.Encoder().encode
