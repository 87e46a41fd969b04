"""What a backup file looks like."""

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
