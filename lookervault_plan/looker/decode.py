"""Decode the JSON of replies: one object, or a list of objects. Anything else is unreadable.

Every read names its decoder to `Client.read`, which sends the request again if the reply can't be
decoded: a proxy's page, a cut body or an empty one says nothing about what Looker has.
"""

from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TypeVar

import msgspec

from lookervault_plan.content.node import Json, Raw, parse_json
from lookervault_plan.errors import PlanError, failure
from lookervault_plan.looker.http_reply import Reply

__all__ = [
    "UNREADABLE",
    "Decode",
    "WrongShapeError",
    "decoded",
    "identified_object",
    "malformed",
    "object_bytes",
    "object_with",
    "objects_with",
    "one_object",
    "undecoded_objects",
]

T = TypeVar("T")
#: Takes the body of a reply. Raises an error of `UNREADABLE` if it is not as expected.
Decode = Callable[[bytes], T]


class WrongShapeError(ValueError):
    """The body is JSON, but no object, or no list of objects."""


#: What decoding JSON may raise: no JSON, no UTF-8, too deep, or other JSON than expected.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, WrongShapeError)

_CHUNK_BYTES = 64 * 1024
_PAGE_STARTS = (b"<!", b"<html", b"<HTML", b"<?xml")


def decoded(reply: Reply, decode: Decode[T]) -> T:
    """Decode the body of a reply. Raises UnreadableReply."""
    try:
        return decode(reply.body)
    except UNREADABLE as error:
        raise reply.unreadable(_reason(reply.body, error)) from error


def one_object(body: bytes) -> Raw:
    """Decode one object."""
    value = parse_json(body)
    if not isinstance(value, Mapping):
        raise WrongShapeError("it is not an object")
    return value


def object_with(*names: str) -> Decode[Raw]:
    """Make the decoder of one object that has these fields, null or not."""

    def decode(body: bytes) -> Raw:
        return _having(names, one_object(body))

    return decode


def identified_object(body: bytes) -> Raw:
    """Decode one object with an id."""
    return _with_id("id", one_object(body))


def object_bytes(id_field: str) -> Decode[bytes]:
    """Make the decoder that checks one object with an id, and returns it undecoded."""

    def decode(body: bytes) -> bytes:
        _ = _with_id(id_field, one_object(body))
        return body

    return decode


def objects_with(id_field: str, *names: str) -> Decode[list[Raw]]:
    """Make the decoder of a list of objects that have an id, and these fields, null or not."""

    def decode(body: bytes) -> list[Raw]:
        value = parse_json(body)
        if not isinstance(value, list):
            raise WrongShapeError("it is not a list")
        return [_having(names, _with_id(id_field, each)) for each in value]

    return decode


@cache
def undecoded_objects(id_field: str) -> Decode[list[msgspec.Raw]]:
    """Make the decoder that splits a long list into its objects, which have ids.

    The objects are not decoded. Each keeps the memory of the whole list alive.
    """
    identified = msgspec.json.Decoder(msgspec.defstruct("Identified", [(id_field, str | int)]))

    def decode(body: bytes) -> list[msgspec.Raw]:
        _check_utf8(body)
        listed = msgspec.json.decode(body, type=list[msgspec.Raw])
        for each in listed:
            _ = identified.decode(each)
        return listed

    return decode


def _check_utf8(body: bytes) -> None:
    """Raise UnicodeDecodeError if a long body is not UTF-8.

    Decode it in pieces: as one text it may take four times its size.
    """
    if body.isascii():
        return
    decoder = getincrementaldecoder("utf-8")()
    for start in range(0, len(body), _CHUNK_BYTES):
        end = start + _CHUNK_BYTES
        _ = decoder.decode(body[start:end], final=end >= len(body))


def _with_id(id_field: str, value: Json) -> Raw:
    if not isinstance(value, Mapping) or not value.get(id_field):
        raise WrongShapeError(f"it holds something without {id_field}")
    return value


def _having(names: Sequence[str], value: Raw) -> Raw:
    for name in names:
        if name not in value:
            raise WrongShapeError(f"it holds something without {name}")
    return value


def malformed(what: str, error: Exception) -> PlanError:
    """Make the error for a live object that is not of Looker's form, without quoting it."""
    return failure(
        "looker.reply",
        f"{what} of the destination can't be read",
        detail=f"it is not of the form of Looker's API ({type(error).__name__})",
        fix="try again later; if it stays, look at it in Looker",
    )


def _reason(body: bytes, error: Exception) -> str:
    """Say what is wrong with a body, without quoting it: it may hold secrets."""
    start = body[:100].lstrip()
    if not start:
        return "it is empty"
    if start.startswith(_PAGE_STARTS):
        return "it is a web page"
    match error:
        case RecursionError():
            return "its JSON is nested too deeply"
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case msgspec.ValidationError():
            return "it is JSON of another form"
        case _:
            return str(error)
