"""`history`: find what happened to the items of a backup from snapshot to snapshot."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import cast

import msgspec

from lookervault_plan.backup.item_rows import ItemKey
from lookervault_plan.backup.reader import Backup
from lookervault_plan.backup.snapshot_rows import Version
from lookervault_plan.backup.snapshots import Snapshot, SnapshotId
from lookervault_plan.content.node import Ref, SourceId, SourceRef
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.table.rows.people import USER
from lookervault_plan.errors import failure
from lookervault_plan.plan_file import Action, Blocked, Skip
from lookervault_plan.render.history import Event, Happening
from lookervault_plan.workflows.compare_snapshots import changes_between, essence


class HistoryRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which events to find. None and "" leave a condition out."""

    ref: SourceRef | None = None
    since: datetime | None = None
    until: datetime | None = None
    #: Text that the item holds after the event, in any field or key; case does not matter.
    search: str = ""


def history(backup: Backup, request: HistoryRequest) -> list[Event]:
    """Find events, oldest first.

    The first snapshot has events only if an item or a text is asked for: before it nothing is
    known. Raises PlanError if the backup never held the item.
    """
    key = (request.ref.kind, request.ref.id) if request.ref else None
    versions = backup.versions(key)
    if request.ref and not versions:
        raise failure(
            "history.no-item",
            f"{backup.name} has never held {request.ref.address}",
            address=request.ref.address,
            fix="`lookervault-plan history --db-path FILE --search TEXT` finds items by their text",
        )
    return list(_events(backup, versions, request))


def _events(
    backup: Backup, versions: Sequence[Version], request: HistoryRequest
) -> Iterator[Event]:
    begun: dict[SnapshotId, dict[ItemKey, Version]] = defaultdict(dict)
    ended: dict[SnapshotId, set[ItemKey]] = defaultdict(set)
    for each in versions:
        begun[each.from_snapshot][each.key] = each
        if each.to_snapshot is not None:
            ended[each.to_snapshot].add(each.key)
    before: Snapshot | None = None
    for snapshot in backup.snapshots:
        new, old = begun[snapshot.id], ended[snapshot.id]
        if request.search:
            new = {key: each for key, each in new.items() if _holds(backup, each, request.search)}
            old = set[ItemKey]()
        is_asked_for = before is not None or request.ref is not None or bool(request.search)
        if is_asked_for and _is_in_range(snapshot, request) and (new or old):
            yield from _events_of(backup, before, snapshot, new, old)
        before = snapshot


def _events_of(
    backup: Backup,
    before: Snapshot | None,
    snapshot: Snapshot,
    begun: Mapping[ItemKey, Version],
    ended: set[ItemKey],
) -> Iterator[Event]:
    """Yield the events of one snapshot, in order of type and id."""
    keys = begun.keys() | ended
    actions: dict[str, Action] = {}
    if before is not None:
        actions = {each.address: each for each in changes_between(backup, before, snapshot, keys)}
    held_before = backup.at(before, keys) if before else None
    now = backup.at(snapshot, keys)
    for kind, id_ in sorted(keys, key=lambda key: (list(KINDS).index(key[0]), key[1])):
        address = Ref(kind, SourceId(id_)).address
        version = begun.get((kind, id_))
        happening: Happening = "gone" if version is None else "changed"
        if before is None:
            happening = "first"
        elif version and held_before is not None and held_before.row(kind, id_) is None:
            happening = "new"
        raw = _content(now if version else held_before or now, (kind, id_))
        row = KINDS[kind]
        yield Event(
            address=address,
            type=kind,
            name=next((str(raw[path]) for path in row.label if raw.get(path)), id_),
            happening=happening,
            snapshot=snapshot.id,
            seen_at=snapshot.taken_at,
            to_snapshot=version.to_snapshot if version else None,
            changed_at=_text(raw.get("updated_at")) if version else None,
            changed_by=_updater(backup, snapshot, raw) if version else None,
            action=_shown(actions.get(address)),
        )


def _shown(action: Action | None) -> Action | None:
    """Return the action for people; None if it changes nothing."""
    return None if action is None or isinstance(action, (Skip, Blocked)) else essence(action)


def _updater(backup: Backup, snapshot: Snapshot, raw: Mapping[str, object]) -> str | None:
    """Name who changed an item last, as far as Looker says."""
    if name := _text(raw.get("last_updater_name")):
        return name
    id_ = _text(raw.get("last_updater_id"))
    if id_ is None:
        return None
    user = _content(backup.at(snapshot, [(USER.name, id_)]), (USER.name, id_))
    return _text(user.get("display_name") or user.get("email")) or f"user {id_}"


def _content(backup: Backup, key: ItemKey) -> Mapping[str, object]:
    """Load an item; an empty object if the backup lacks it, or can't read it."""
    found = backup.load(*key) if backup.row(*key) else {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" else None


def _is_in_range(snapshot: Snapshot, request: HistoryRequest) -> bool:
    is_late = request.since is None or snapshot.time >= request.since
    return is_late and (request.until is None or snapshot.time <= request.until)


def _holds(backup: Backup, version: Version, text: str) -> bool:
    """Say whether a version holds a text in any key or value."""
    snapshot = next(each for each in backup.snapshots if each.id == version.from_snapshot)
    found = backup.at(snapshot, [version.key]).load(*version.key)
    return isinstance(found, dict) and _is_within(text.casefold(), found)


def _is_within(text: str, value: object) -> bool:
    match value:
        case dict():
            held = cast("dict[str, object]", value)
            return any(text in key.casefold() or _is_within(text, held[key]) for key in held)
        case list():
            return any(_is_within(text, each) for each in cast("list[object]", value))
        case None:
            return False
        case _:
            return text in str(value).casefold()
