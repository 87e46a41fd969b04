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


def unpack(data: bytes, url: str) -> tuple[Header, bytes]:
    """Return the header and the database. Raises PlanError for anything else."""
    line, _, rest = data.partition(b"\n")
    try:
        header = msgspec.json.decode(line, type=Header)
        if header.format > _FORMAT:
            raise _too_new(url)
        inflater = zlib.decompressobj()
        database = inflater.decompress(rest, header.size + 1)
    except (msgspec.DecodeError, zlib.error) as error:
        raise _damaged(url, str(error)) from error
    if len(database) != header.size:
        raise _damaged(url, f"{len(database)} bytes instead of {header.size}")
    return header, database


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
