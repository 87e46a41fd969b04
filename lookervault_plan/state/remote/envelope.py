"""The format of a state in a store: a line of JSON about it, and the database, compressed."""

import zlib

import msgspec

from lookervault_plan.errors import PlanError, failure

_FORMAT = 1
#: 1 of 9. Higher levels take twice the time for a tenth less.
_LEVEL = 1


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What the first line says."""

    format: int = _FORMAT
    destination: str
    #: Token of the lock under which it was put.
    token: str
    #: Number of the put under that lock, from 1.
    number: int
    #: Bytes of the database, uncompressed.
    size: int


def pack(header: Header, database: bytes) -> bytes:
    return msgspec.json.encode(header) + b"\n" + zlib.compress(database, _LEVEL)


def read_header(data: bytes, url: str) -> Header:
    """Return the first line alone. Raises PlanError for anything else."""
    try:
        header = msgspec.json.decode(data.partition(b"\n")[0], type=Header)
    except msgspec.DecodeError as error:
        raise _damaged(url, str(error)) from error
    if header.format > _FORMAT:
        raise _too_new(url)
    return header


def unpack(data: bytes, url: str) -> bytes:
    """Return the database. Raises PlanError for anything else."""
    header = read_header(data, url)
    try:
        inflater = zlib.decompressobj()
        database = inflater.decompress(data.partition(b"\n")[2], header.size + 1)
    except zlib.error as error:
        raise _damaged(url, str(error)) from error
    if len(database) != header.size or not inflater.eof:
        raise _damaged(url, f"{len(database)} bytes of {header.size}")
    return database


def _damaged(url: str, why: str) -> PlanError:
    return failure(
        "state.damaged",
        f"the state at {url} is damaged: {why}",
        fix="move it aside or delete it there; planning again costs nothing but resuming and the "
        "dead letters",
    )


def _too_new(url: str) -> PlanError:
    return failure(
        "state.too-new",
        f"the state at {url} was put there by a newer lookervault-plan",
        fix="upgrade lookervault-plan",
    )
