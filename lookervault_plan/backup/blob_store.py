"""Keep each version of an item once, compressed, under the digest of its bytes."""

import zlib

from lookervault_plan.backup.blob_codec import digest

#: Blobs as `blob_codec.encode` makes them.
OURS = "zlib"
#: Blobs that LookerVault wrote: their nulls may mean "not returned".
LOOKERVAULTS = "zlib+lookervault"

_LEVEL = 6


def pack(data: bytes) -> bytes:
    """Compress a blob."""
    return zlib.compress(data, _LEVEL)


def unpack(codec: object, data: object, wanted: str) -> bytes | str:
    """Return the blob with the digest `wanted`, or the reason why it can't be had."""
    if codec is None or not isinstance(data, bytes):
        return "its stored version is missing from the file"
    if codec not in {OURS, LOOKERVAULTS}:
        return f"its stored version is packed with {codec!r}, which this program does not know"
    try:
        # A damaged stream must not unpack to gigabytes.
        unpacker = zlib.decompressobj()
        blob = unpacker.decompress(data, _MOST_BYTES)
    except zlib.error as error:
        return f"its stored version is damaged: {error}"
    if digest(blob) != wanted:
        return "its stored version is damaged: its bytes don't have the recorded digest"
    return blob


#: Larger than any item of Looker's.
_MOST_BYTES = 1 << 30
