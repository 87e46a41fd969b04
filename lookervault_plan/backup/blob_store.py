"""Keep each version of an item once, compressed, under the digest of its bytes.

Items are small and much alike, so zlib starts from a dictionary: objects of each type without their
values. It is part of the format. A better one needs a new file, a new digest and a new codec.
"""

import zlib
from functools import cache
from importlib.resources import files
from typing import Protocol

import msgspec

from lookervault_plan.backup.blob_codec import digest, encode

#: zlib with dictionary 1. Plain `zlib` is read too.
_WITH_DICTIONARY = "zlib-1"
#: Suffix of the codec of a blob that LookerVault wrote: its nulls may mean "not returned".
_LOOKERVAULTS = "+lookervault"
_DICTIONARY_DIGEST = "1f6598a3f0118f283f32fb4073236b5264c5a1781e49ea6ce938b150f5c6761f"

#: Codec of blobs as `blob_codec.encode` makes them, and of LookerVault's.
OURS = _WITH_DICTIONARY
LOOKERVAULTS = _WITH_DICTIONARY + _LOOKERVAULTS

#: More takes more time than it saves bytes.
_LEVEL = 1
#: Larger than any item of Looker's.
_MOST_BYTES = 1 << 30


def pack(data: bytes) -> bytes:
    """Compress a blob."""
    packer = _packer().copy()
    return packer.compress(data) + packer.flush()


def nulls_are_real(codec: object) -> bool:
    """Say whether a null in the blob is Looker's own."""
    return isinstance(codec, str) and not codec.endswith(_LOOKERVAULTS)


def unpack(codec: object, data: object, wanted: str) -> bytes | str:
    """Return the blob with the digest `wanted`, or the reason why it can't be had."""
    if codec is None or not isinstance(data, bytes):
        return "its stored version is missing from the file"
    match str(codec).removesuffix(_LOOKERVAULTS):
        case "zlib":
            unpacker = zlib.decompressobj()
        case "zlib-1":
            unpacker = zlib.decompressobj(zdict=_dictionary())
        case _:
            return f"its stored version is packed with {codec!r}, which this program does not know"
    try:
        blob = unpacker.decompress(data, _MOST_BYTES)
    except zlib.error as error:
        return f"its stored version is damaged: {error}"
    if digest(blob) != wanted:
        return "its stored version is damaged: its bytes don't have the recorded digest"
    return blob


class _Packer(Protocol):
    def copy(self) -> "_Packer": ...
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


@cache
def _packer() -> _Packer:
    """Return a packer that has taken in the dictionary. Copies of it cost less than new ones."""
    return zlib.compressobj(
        _LEVEL,
        zlib.DEFLATED,
        zlib.MAX_WBITS,
        zlib.DEF_MEM_LEVEL,
        zlib.Z_DEFAULT_STRATEGY,
        _dictionary(),
    )


@cache
def _dictionary() -> bytes:
    text = files("lookervault_plan.backup").joinpath("blob_dictionary_1.json").read_bytes()
    objects = msgspec.json.decode(text, type=list[dict[str, object]])
    data = b"".join(map(encode, objects))
    if digest(data) != _DICTIONARY_DIGEST:
        raise AssertionError("the dictionary of stored blobs must never change")
    return data
