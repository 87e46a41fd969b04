"""Read the tables `snapshots` and `content_history`, and compare them with `content_items`."""

import sqlite3
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import cast

import msgspec

from lookervault_plan.backup.item_rows import ItemIndex, ItemKey, ItemRow, as_text
from lookervault_plan.backup.snapshots import Coverage, Snapshot, SnapshotId
from lookervault_plan.backup.stored_times import in_seconds, instant
from lookervault_plan.content.table.kinds import BY_CODE, CODES

_SNAPSHOTS = """
    SELECT id, taken_at, instance, looker_version, items, calls, complete, origin, coverage,
           format_version
    FROM snapshots ORDER BY id
"""
_CURRENT = "SELECT content_type, source_id, digest FROM content_history WHERE to_snapshot IS NULL"
_Row = tuple[int, object, object, object, int, int, int, str, str, int]


def read_snapshots(connection: sqlite3.Connection) -> list[Snapshot]:
    """Read the recorded snapshots, oldest first."""
    return [
        Snapshot(
            id=SnapshotId(id_),
            taken_at=as_text(taken_at),
            instance=as_text(instance),
            looker_version=as_text(looker_version),
            items=items,
            calls=calls,
            complete=bool(complete),
            origin="backup" if origin not in {"file", "elsewhere"} else origin,  # pyright: ignore[reportArgumentType]
            coverage=_coverage(coverage),
            format_version=format_version,
        )
        for (
            id_,
            taken_at,
            instance,
            looker_version,
            items,
            calls,
            complete,
            origin,
            coverage,
            format_version,
        ) in cast("Iterator[_Row]", connection.execute(_SNAPSHOTS))
    ]


def _coverage(text: str) -> Mapping[str, Coverage]:
    try:
        return msgspec.json.decode(text, type=dict[str, Coverage])
    except (msgspec.DecodeError, TypeError):
        return {}  # what is unknown counts as not read


def current_digests(connection: sqlite3.Connection) -> dict[ItemKey, str]:
    """Return the digest of each item's version in the latest snapshot."""
    found = cast("Iterator[tuple[int, object, object]]", connection.execute(_CURRENT))
    return {
        (BY_CODE[number], as_text(id_)): as_text(digest)
        for number, id_, digest in found
        if number in BY_CODE
    }


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """Content that an item had in one or more snapshots in a row."""

    type: str
    id: str
    digest: str
    from_snapshot: SnapshotId
    #: The first snapshot without this version; None: the latest one has it.
    to_snapshot: SnapshotId | None

    @property
    def key(self) -> ItemKey:
        return self.type, self.id


_ALL_VERSIONS = """
    SELECT content_type, source_id, digest, from_snapshot, to_snapshot FROM content_history
"""
_ITEM_VERSIONS = _ALL_VERSIONS + " WHERE content_type = ? AND source_id = ?"


def read_versions(connection: sqlite3.Connection, key: ItemKey | None = None) -> list[Version]:
    """Read the versions of one item, or of all, oldest first."""
    if key is None:
        cursor = connection.execute(_ALL_VERSIONS)
    else:
        cursor = connection.execute(_ITEM_VERSIONS, (CODES[key[0]], key[1]))
    found = cast("Iterator[tuple[int, object, object, int, int | None]]", cursor)
    versions = [
        Version(
            type=BY_CODE[number],
            id=as_text(id_),
            digest=as_text(digest),
            from_snapshot=SnapshotId(begin),
            to_snapshot=None if end is None else SnapshotId(end),
        )
        for number, id_, digest, begin, end in found
        if number in BY_CODE
    ]
    return sorted(versions, key=lambda each: (each.from_snapshot, CODES[each.type], each.id))


_ENDED = """
    SELECT content_type, source_id, max(to_snapshot) FROM content_history
    GROUP BY content_type, source_id HAVING count(*) = count(to_snapshot)
"""


def ended_items(connection: sqlite3.Connection) -> dict[ItemKey, SnapshotId]:
    """Return the items that the latest snapshot lacks, with the first snapshot without them."""
    found = cast("Iterator[tuple[int, object, int]]", connection.execute(_ENDED))
    return {
        (BY_CODE[number], as_text(id_)): SnapshotId(end)
        for number, id_, end in found
        if number in BY_CODE
    }


_FOREIGN_RUN = """
    SELECT 1 FROM extraction_sessions
    WHERE id NOT IN (SELECT session FROM snapshots WHERE session IS NOT NULL)
      AND started_at >= (SELECT taken_at FROM snapshots ORDER BY id DESC LIMIT 1)
    LIMIT 1
"""


def lookervault_has_run(connection: sqlite3.Connection) -> bool:
    """Say whether LookerVault has extracted into the file since the latest snapshot."""
    return connection.execute(_FOREIGN_RUN).fetchone() is not None


class Differences(msgspec.Struct, frozen=True):
    """How `content_items` differs from the latest snapshot."""

    #: Items that another program has added or changed, or whose rows are damaged.
    newer: frozenset[ItemKey] = frozenset()
    #: Items that another program has removed.
    gone: frozenset[ItemKey] = frozenset()

    @property
    def all(self) -> frozenset[ItemKey]:
        return self.newer | self.gone


def differences(items: ItemIndex, current: Mapping[ItemKey, str]) -> Differences:
    """Compare the rows of `content_items` with the digests of the latest snapshot."""
    changed = (key for key, row in items.by_key.items() if current.get(key) != row.digest)
    return Differences(
        frozenset(changed), frozenset(key for key in current if key not in items.by_key)
    )


def latest_sync(items: ItemIndex, keys: frozenset[ItemKey] | None = None) -> str | None:
    """Return the latest `synced_at` of these items, or of all; None if none has one."""
    found = [
        instant(row.synced_at)
        for row in items.rows
        if row.synced_at and (keys is None or row.key in keys)
    ]
    return in_seconds(max(found)) if found else None


def snapshot_of_file(
    items: ItemIndex, *, instance: str, looker_version: str, is_complete: bool
) -> Snapshot | None:
    """Return the first snapshot of a file that has none yet, dated by `synced_at`.

    None: the file holds no items.
    """
    if not items.rows:
        return None
    return Snapshot(
        id=SnapshotId(1),
        taken_at=latest_sync(items) or "1970-01-01T00:00:00Z",
        instance=instance,
        looker_version=looker_version,
        items=len(items.rows),
        complete=is_complete,
        origin="file",
    )


def snapshot_from_elsewhere(items: ItemIndex, found: Differences, last: Snapshot) -> Snapshot:
    """Return the snapshot that holds what another program has written since the last one."""
    at = latest_sync(items, found.newer)
    taken_at = at if at and instant(at) > last.time else last.taken_at
    return Snapshot(
        id=SnapshotId(last.id + 1),
        taken_at=taken_at,
        instance=last.instance,
        looker_version=last.looker_version,
        items=len(items.rows),
        complete=last.complete,
        origin="elsewhere",
    )


def with_unrecorded(
    versions: list[Version],
    *,
    newer: Iterable[ItemRow],
    gone: Container[ItemKey],
    last: Snapshot,
) -> list[Version]:
    """Add the rows of `content_items` that the history does not record yet, as snapshot `last`."""
    added = [
        Version(
            type=row.type,
            id=row.id,
            digest=row.digest,
            from_snapshot=last.id,
            to_snapshot=None,
        )
        for row in newer
    ]
    ended = {each.key for each in added}
    return [
        msgspec.structs.replace(each, to_snapshot=last.id)
        if each.to_snapshot is None and (each.key in ended or each.key in gone)
        else each
        for each in versions
    ] + added
