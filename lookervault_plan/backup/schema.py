"""What a backup file looks like: what names its origin."""

from urllib.parse import urlsplit

import msgspec

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
