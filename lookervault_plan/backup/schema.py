"""What a backup file looks like: content type numbers, and what names its origin."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

import msgspec

#: LookerVault's numbers in `content_items.content_type`: part of the format, whatever this
#: program can restore; the keys are the twelve content types.
CONTENT_TYPES: Mapping[str, int] = MappingProxyType(
    {
        "dashboard": 1,
        "look": 2,
        "lookml_model": 3,
        "explore": 4,
        "folder": 5,
        "board": 6,
        "user": 7,
        "group": 8,
        "role": 9,
        "permission_set": 10,
        "model_set": 11,
        "scheduled_plan": 12,
    }
)
#: The same, the other way round.
TYPE_NAMES: Mapping[int, str] = MappingProxyType(
    {number: name for name, number in CONTENT_TYPES.items()}
)

#: The newest `schema_version` that this program reads, and the one that it writes.
NEWEST_SCHEMA = 4

#: What LookerVault writes for an object that came without an id.
UNKNOWN_ID = "unknown"


class BackupInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Our own `backup_info` table; a file written by LookerVault has none.

    `instance` is the API's URL, `web_url` the one people use; times are ISO 8601 UTC.
    """

    instance: str
    web_url: str = ""
    looker_version: str = ""
    tool_version: str = ""
    written_at: str = ""


def true_id_field(type_: str) -> str:
    """The field of an object that holds its id: models are known by name."""
    return "name" if type_ == "lookml_model" else "id"


def origin(url: str) -> str | None:
    """`scheme://host:port` of an absolute URL in lower case, the port as written; else None."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
