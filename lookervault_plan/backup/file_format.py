"""Versions and fixed values of the backup's file format. `schema.sql` holds its tables."""

import msgspec

#: The newest `schema_version` that this program reads, and the one that it writes.
NEWEST_SCHEMA = 4

#: What LookerVault writes for an object that came without an id.
UNKNOWN_ID = "unknown"


class BackupInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The table `backup_info`, which a file written by LookerVault does not have.

    `instance` is the API's URL, `web_url` the URL people open. Times are ISO 8601 in UTC.
    """

    instance: str
    web_url: str = ""
    looker_version: str = ""
    tool_version: str = ""
    written_at: str = ""
