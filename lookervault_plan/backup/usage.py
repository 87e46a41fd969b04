"""Tell a changed item from one that was only viewed, run, liked or counted anew."""

from typing import cast

import msgspec

from lookervault_plan.backup.blob_codec import FREE_KEYS, encode

#: Fields that Looker updates when content is viewed, run or liked, and counts of what is stored
#: elsewhere. No plan compares them.
USAGE_FIELDS = frozenset(
    (
        "child_count",
        "content_favorite_id",
        "favorite_count",
        "last_accessed_at",
        "last_run_at",
        "last_run_status",
        "last_viewed_at",
        "logged_in_at",
        "next_run_at",
        "sessions",
        "usage_count",
        "user_count",
        "view_count",
    )
)


def differs_in_usage_alone(data: bytes, other: bytes) -> bool:
    """Return whether two blobs of this program differ in usage fields at most."""
    return _without_usage(data) == _without_usage(other)


def _without_usage(data: bytes) -> bytes:
    try:
        item = msgspec.msgpack.decode(data, type=dict[str, object])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return data
    return encode(cast("dict[str, object]", _stripped(item)))


def _stripped(value: object) -> object:
    """Copy a value without the usage fields of its objects. Keep fields with free keys whole."""
    match value:
        case dict():
            return {
                key: each if key in FREE_KEYS else _stripped(each)
                for key, each in cast("dict[str, object]", value).items()
                if key not in USAGE_FIELDS
            }
        case list():
            return [_stripped(each) for each in cast("list[object]", value)]
        case _:
            return value
