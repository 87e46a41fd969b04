"""Read what a backup file says of itself: its schema, its source, its last run."""

from collections.abc import Iterator
from typing import cast

import msgspec

from lookervault_plan.backup.file_format import NEWEST_SCHEMA, BackupInfo
from lookervault_plan.backup.readonly_database import ReadOnlyDatabase
from lookervault_plan.errors import failure

_NEEDED = frozenset(
    {"id", "content_type", "name", "created_at", "updated_at", "synced_at", "deleted_at"}
    | {"content_data"}
)
_SESSION = """
    SELECT status, error_count FROM extraction_sessions ORDER BY started_at DESC, rowid DESC LIMIT 1
"""
_OTHER_FILE = "give a file written by `lookervault-plan backup` or by LookerVault with --db-path"


def schema_version(database: ReadOnlyDatabase, names: frozenset[str]) -> int:
    """Return the newest version in the file's table, else the one its columns have.

    A new file of LookerVault's has rows for 3 and 4, an upgraded one up to three rows.
    """
    execute = database.connection.execute
    if "content_items" not in names:
        raise failure(
            "backup.no-content",
            f"{database.path} is a SQLite database, but not a backup: "
            "it has no table content_items",
            fix=_OTHER_FILE,
        )
    info = execute("PRAGMA table_info(content_items)")
    keys = {  # column name -> place in the primary key, 0 for none
        name: key
        for _, name, _, _, _, key in cast("Iterator[tuple[int, str, str, int, str, int]]", info)
    }
    if missing := _NEEDED - keys.keys():
        raise failure(
            "backup.columns",
            f"{database.path} is not a backup that this version reads: content_items has no "
            + ", ".join(sorted(missing)),
            fix=_OTHER_FILE,
        )
    version: object = None
    if "schema_version" in names:
        newest = execute("SELECT MAX(version) FROM schema_version")
        ((version,),) = cast("Iterator[tuple[object]]", newest)
    if not isinstance(version, int):
        version = NEWEST_SCHEMA if keys["content_type"] else 2 if "folder_id" in keys else 1
    if version > NEWEST_SCHEMA:
        raise failure(
            "backup.too-new",
            f"{database.path} has schema version {version}; "
            f"this program reads versions 1 to {NEWEST_SCHEMA}",
            fix="upgrade lookervault-plan, or make the backup with an older LookerVault",
        )
    return version


def read_info(database: ReadOnlyDatabase, names: frozenset[str]) -> BackupInfo | None:
    if "backup_info" not in names:
        return None
    found = database.connection.execute("SELECT key, value FROM backup_info")
    named = {str(key): str(value) for key, value in cast("Iterator[tuple[object, object]]", found)}
    return msgspec.convert({"instance": ""} | named, BackupInfo)


def last_session(database: ReadOnlyDatabase, names: frozenset[str]) -> tuple[str, int | None]:
    """Return the status of the last run, and the number of errors that no item names."""
    if "extraction_sessions" not in names:
        return "completed", 0
    found = cast("Iterator[tuple[str, int | None]]", database.connection.execute(_SESSION))
    status, errors = next(found, ("completed", 0))
    # Our own backups name what they lack in the items (`overrides.UNSEEN_KEY`).
    return status, 0 if "backup_info" in names else errors
