"""Read the body of an HTTP answer and unpack it, with limits on its size on both sides."""

import zlib
from typing import Protocol

#: A larger body is refused: no list of Looker is that long, and memory has to hold it.
MAX_BODY_BYTES = 256 << 20

_CHUNK_BYTES = 1 << 18
#: Tells zlib to accept gzip and zlib alike.
_ANY_HEADER = zlib.MAX_WBITS | 32
#: What requests ask for. Other packings are not unpacked.
ACCEPTED = "gzip, deflate"


class Answer(Protocol):
    """An answer of urllib3 whose body is still to be read."""

    @property
    def headers(self) -> "Headers": ...

    def read(self, amt: int, decode_content: bool) -> bytes: ...  # noqa: FBT001 — urllib3's

    def close(self) -> None: ...


class Headers(Protocol):
    """Headers by name, in any case."""

    def get(self, name: str, default: str, /) -> str: ...


def read_body(answer: Answer) -> tuple[bytes, str]:
    """Read the body. Return it with what is wrong with it; "" if it is whole.

    Raises urllib3's HTTPError if the connection breaks.
    """
    packing = answer.headers.get("content-encoding", "").strip().lower()
    if packing in {"", "identity"}:
        return _read_plain(answer)
    if packing not in {"gzip", "x-gzip", "deflate"}:
        answer.close()
        return b"", "it is packed in a way that was not asked for"
    return _read_packed(answer)


def _read_plain(answer: Answer) -> tuple[bytes, str]:
    chunks: list[bytes] = []
    size = 0
    while chunk := answer.read(_CHUNK_BYTES, decode_content=False):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            return _too_large(answer)
    return b"".join(chunks), ""


def _read_packed(answer: Answer) -> tuple[bytes, str]:
    unpacker = zlib.decompressobj(_ANY_HEADER)
    chunks: list[bytes] = []
    packed = size = 0
    try:
        while chunk := answer.read(_CHUNK_BYTES, decode_content=False):
            unpacked = unpacker.decompress(chunk, MAX_BODY_BYTES + 1 - size)
            chunks.append(unpacked)
            packed, size = packed + len(chunk), size + len(unpacked)
            if max(packed, size) > MAX_BODY_BYTES:
                return _too_large(answer)
    except zlib.error:
        answer.close()
        return b"", "it can't be unpacked"
    return b"".join(chunks), "" if unpacker.eof else "it ends too early"


def _too_large(answer: Answer) -> tuple[bytes, str]:
    answer.close()
    return b"", f"it is larger than {MAX_BODY_BYTES >> 20} MB"
