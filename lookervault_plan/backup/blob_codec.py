"""Encode and decode blobs: one item as bytes in a backup, as a JSON object elsewhere."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from math import isfinite
from types import NoneType
from typing import cast

import msgspec

from lookervault_plan.content.partial_decode import Shape
from lookervault_plan.content.table.kinds import KINDS

#: Fields with free keys. LookerVault stores them as Looker sent them, so their nulls are real.
FREE_KEYS = frozenset({"vis_config", "filter_config", "ui_config", "ui_state", "filters", "can"})
#: Fields with free keys whose order people see: a table's columns, a dashboard's filters.
_IN_LOOKERS_ORDER = FREE_KEYS - {"can"}
#: Never stored: one-time URLs of users, passwords and other secrets.
_SECRETS = frozenset(
    {"password_reset_url", "account_setup_url", "password", "client_secret", "secret_parameters"}
)
_SECRET_BYTES = tuple(secret.encode() for secret in _SECRETS)
_PLAIN = frozenset({str, int, bool, float})
#: Integers of 64 bits, with a sign or without, survive JSON.
_SAFE = 2**63
_ONLY_TEXT = frozenset({str})
_CONTAINERS = frozenset({dict, list})
#: Types whose values JSON always has a form for.
_ALWAYS_JSON = frozenset({str, bool, NoneType})
#: Levels of objects and lists that an object may have. Looker's have fewer than 20.
_DEEPEST = 100
_BOM = b"\xef\xbb\xbf"


class CorruptBlob(msgspec.Struct, frozen=True):
    """A blob that can't be decoded, with its bytes for the dead letter queue."""

    reason: str
    data: bytes


class _ById(msgspec.Struct):
    id: object = None


class _ByName(msgspec.Struct):
    name: object = None


class _NotJsonError(Exception):
    """The blob holds a value that JSON has no form for."""


_OBJECT: Shape = dict[str, object]
_Decode = Callable[[bytes], dict[str, object]]
_encode = msgspec.msgpack.Encoder().encode
_id_of_msgpack = msgspec.msgpack.Decoder(_ById).decode
_id_of_json = msgspec.json.Decoder(_ById).decode
_name_of_msgpack = msgspec.msgpack.Decoder(_ByName).decode
_name_of_json = msgspec.json.Decoder(_ByName).decode


@cache
def _decoders(shape: Shape) -> tuple[_Decode, _Decode]:
    """Return the decoders for msgpack and for JSON."""
    return msgspec.msgpack.Decoder(shape).decode, msgspec.json.Decoder(shape).decode


def digest(data: bytes) -> str:
    """Return the sha256 of the blob's bytes, in hex."""
    return sha256(data).hexdigest()


def encode(item: Mapping[str, object]) -> bytes:
    """Encode an object as msgpack. Leave out one-time URLs, passwords and secrets.

    Keys are sorted, so that the bytes of an unchanged item are the same, except in fields with free
    keys such as `vis_config`: those keep Looker's order.
    """
    data = _encode(_sorted(item))
    if any(secret in data for secret in _SECRET_BYTES):
        return _encode(_sorted(_without_secrets(item)))
    return data


def _sorted(value: object) -> object:
    match value:
        case dict():
            fields = cast("dict[str, object]", value)
            return {
                key: each if key in _IN_LOOKERS_ORDER else _sorted(each)
                for key, each in sorted(fields.items())
            }
        case list():
            return [
                _sorted(each) if type(each) not in _PLAIN else each
                for each in cast("list[object]", value)
            ]
        case _:
            return value


def id_of(type_: str, data: bytes) -> object:
    """Return the id that a blob holds, of any type. UNSET: the blob can't be decoded."""
    is_json = _is_json(data)
    try:
        if KINDS[type_].id_field == "name":
            return (_name_of_json(_text(data)) if is_json else _name_of_msgpack(data)).name
        return (_id_of_json(_text(data)) if is_json else _id_of_msgpack(data)).id
    except (msgspec.DecodeError, ValueError, RecursionError, TypeError):
        return msgspec.UNSET


def decode(
    data: bytes, *, nulls_are_real: bool, shape: Shape | None = None
) -> dict[str, object] | CorruptBlob:
    """Decode a blob, msgpack or JSON, into the object that Looker's JSON had.

    A `shape` limits the fields that are decoded, unless the object has an unexpected form.

    `nulls_are_real` is False for LookerVault's files, where null means "null or not returned":
    then drop null values at every depth, except in fields with free keys such as `vis_config`,
    and write times as Looker does, `2025-01-18T16:35:39.392+00:00`.
    """
    if not data:
        return CorruptBlob("the blob is empty", data)
    try:
        of_msgpack, of_json = _decoders(shape or _OBJECT)
        decoded = of_json(_text(data)) if _is_json(data) else of_msgpack(data)
        _check(decoded, takes_times=not nulls_are_real)
        return decoded if nulls_are_real else _tidy(decoded)
    except (msgspec.DecodeError, ValueError, TypeError, RecursionError, _NotJsonError) as error:
        if shape:
            return decode(data, nulls_are_real=nulls_are_real)
        return CorruptBlob(f"the blob can't be decoded: {error}", data)


def _without_secrets(value: object) -> object:
    match value:
        case dict():
            return {
                key: _without_secrets(each)
                for key, each in cast("dict[str, object]", value).items()
                if key not in _SECRETS
            }
        case list():
            return [_without_secrets(each) for each in cast("list[object]", value)]
        case _:
            return value


def _is_json(data: bytes) -> bool:
    """Return whether a blob is JSON: msgpack maps start with other bytes than `{`."""
    return _text(data[:64])[:1] in {b"{", b"["}


def _text(data: bytes) -> bytes:
    return data.removeprefix(_BOM).lstrip(b" \t\r\n")


def _check(value: object, *, takes_times: bool) -> None:
    """Raise _NotJsonError for a value that JSON has no form for, at any depth."""
    level: list[object] = [value]
    for depth in range(_DEEPEST + 1):
        below: list[object] = []
        for each in level:
            kind = type(each)
            if kind in _CONTAINERS and depth == _DEEPEST:
                raise _NotJsonError(f"it is nested deeper than {_DEEPEST} levels")
            if kind is dict:
                held = cast("dict[object, object]", each)
                if not _ONLY_TEXT.issuperset(map(type, held)):
                    raise _NotJsonError("it has a key that is no text, which JSON can't")
                below += held.values()
            elif kind is list:
                below += cast("list[object]", each)
            elif not (takes_times and kind is datetime):
                _check_number(each)
        level = [each for each in below if type(each) not in _ALWAYS_JSON]
        if not level:
            return


def _check_number(value: object) -> None:
    match value:
        case int() if -_SAFE <= value < 2 * _SAFE:
            pass
        case float() if isfinite(value):
            pass
        case int() | float():
            raise _NotJsonError(f"it holds the number {value!r}, which JSON can't")
        case _:
            raise _NotJsonError(f"it holds a {type(value).__name__}, which JSON can't")


def _tidy(value: Mapping[str, object]) -> dict[str, object]:
    out: dict[str, object] = {}
    for key, each in value.items():
        kind = type(each)
        if kind in _PLAIN:
            is_time = kind is str and key[-3:] == "_at"
            out[key] = _as_looker_writes(cast("str", each)) if is_time else each
        elif each is not None:
            out[key] = each if key in FREE_KEYS else _tidy_value(each)
    return out


def _tidy_value(value: object) -> object:
    match value:
        case dict():
            return _tidy(cast("dict[str, object]", value))
        case list():
            return [
                each if type(each) in _PLAIN else _tidy_value(each)
                for each in cast("list[object]", value)
            ]
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds")
        case _:
            return value


def _as_looker_writes(text: str) -> str:
    """Convert msgspec's form of a time (`…39.392000Z`) to Looker's; keep other texts."""
    if not text.endswith("Z") or len(text) < 20 or text[4:5] != "-":
        return text
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds")
    except ValueError:
        return text
