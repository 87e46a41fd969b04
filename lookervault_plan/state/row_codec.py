"""Lines of tables as records, and back."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast

import msgspec

from lookervault_plan.content.table.kinds import BY_CODE, CODES
from lookervault_plan.state.rows import DeadLetter

Value = str | int | bytes | None
Line = tuple[Value, ...]
Record = TypeVar("Record", bound=msgspec.Struct)


def record(columns: Sequence[str], line: Line, kind: type[Record]) -> Record:
    """A line as a struct: columns are called as the struct's fields."""
    values = {
        column: _FROM_COLUMN[column](value) if column in _FROM_COLUMN else value
        for column, value in zip(columns, line, strict=True)
    }
    return msgspec.convert(values, kind)


def _type_name(number: Value) -> str:
    return BY_CODE[cast("int", number)]


def _from_json(text: Value) -> object:
    return cast("object", msgspec.json.decode(cast("str", text or "{}")))


#: Columns that are stored otherwise than the records have them.
_FROM_COLUMN: Mapping[str, Callable[[Value], object]] = {
    "type": _type_name,
    "config": _from_json,
    "metadata": _from_json,
    "known_ids": _from_json,
    "revealed": _from_json,
    "completed_ids": _from_json,
}
_encode = msgspec.json.Encoder().encode


def as_json(value: Mapping[str, object] | Sequence[str]) -> str:
    return _encode(value).decode()


def dead_letter_line(letter: DeadLetter) -> Line:
    """The values of `add-dead-letter`."""
    return (
        *(letter.session, letter.id, CODES[letter.type], letter.data),
        *(letter.error_message, letter.error_type, letter.stack_trace, letter.retry_count),
        *(letter.failed_at, as_json(letter.metadata), letter.http_status),
        *(letter.step, letter.cause),
    )
