"""Compare two snapshots of a backup, as a plan compares a backup with a live instance."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import cast

import msgspec

from lookervault_plan.backup.item_rows import ItemKey
from lookervault_plan.backup.reader import Backup, CorruptBlob
from lookervault_plan.backup.snapshot_rows import Version
from lookervault_plan.backup.snapshots import Snapshot
from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import SOURCE, LiveId, Raw, Ref, SourceId, SourceRef
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.plan_file import Action, ContentWriting, Delete
from lookervault_plan.planning.decide import Inputs, decide
from lookervault_plan.planning.inputs import path_of
from lookervault_plan.planning.match.twins import Known, match
from lookervault_plan.workflows.backup_items import MALFORMED, BackupItems


def compare_snapshots(backup: Backup, before: Snapshot, after: Snapshot) -> Sequence[Action]:
    """Return what happened to all items from one snapshot to the other, in order of types.

    Leave out what only a plan needs. What a plan does not compare is a skip.
    """
    versions = backup.versions()
    held = dict(_held(versions, before))
    holds = dict(_held(versions, after))
    changed = {key for key in held.keys() | holds.keys() if held.get(key) != holds.get(key)}
    found = [essence(each) for each in changes_between(backup, before, after, changed)]
    ranks = {kind: rank for rank, kind in enumerate(ITEM_KINDS)}
    return sorted(found, key=lambda each: (ranks[each.type], each.path, each.name, each.address))


def essence(action: Action) -> Action:
    """Leave out of an action what only a plan needs: references, and the order of writing."""
    if isinstance(action, ContentWriting):
        return msgspec.structs.replace(action, references=(), deferred=(), interim=())
    return action


def _held(versions: Iterable[Version], snapshot: Snapshot) -> Iterator[tuple[ItemKey, str]]:
    for each in versions:
        end = each.to_snapshot
        if each.from_snapshot <= snapshot.id and (end is None or end > snapshot.id):
            yield each.key, each.digest


def changes_between(
    backup: Backup, before: Snapshot, after: Snapshot, changed: Collection[ItemKey]
) -> Sequence[Action]:
    """Return what happened to these items from one snapshot to the other.

    An item that only `after` has is a create, one that only `before` has a delete. Only these
    items and what they refer to are read.
    """
    older = backup.at(before, _with_needs(backup, before, changed))
    newer = backup.at(after, _with_needs(backup, after, changed))
    return list(_actions(older, newer, changed))


def _actions(older: Backup, newer: Backup, changed: Collection[ItemKey]) -> Iterator[Action]:
    desired, live = BackupItems(newer), _as_live(older)
    known = Known(same_instance=True)
    selected = frozenset(ref for key in changed if (ref := _ref(key)) in desired.identities)
    inputs = Inputs(
        desired=desired.identities,
        live=live.identities,
        selected=selected,
        matches=match(desired.identities, live.identities, known),
        load_desired=desired.node,
        load_live=live.node,
        unreadable=desired.unreadable,
        listed=frozenset(ITEM_KINDS),
        same_instance=True,
        owners=True,
    )
    yield from decide(inputs).actions
    before = msgspec.structs.replace(inputs, desired=BackupItems(older).identities)
    for ref in sorted(map(_ref, changed)):
        if ref in before.desired and ref not in desired.identities:
            item = before.desired[ref]
            yield Delete(
                address=ref.address,
                type=ref.kind,
                name=item.name,
                path=path_of(item, before),
                destination_id=LiveId(ref.id),
                live_digest="",
            )


def _as_live(backup: Backup) -> LiveItems:
    """Hold the items of a snapshot as if they had been read from an instance."""
    live = LiveItems()
    for row in backup.rows():
        raw = backup.load(row.type, row.id)
        if not isinstance(raw, CorruptBlob):
            _ = live.add(row.type, msgspec.json.encode(raw))
    live.listed.update(ITEM_KINDS)
    return live


def _with_needs(
    backup: Backup, snapshot: Snapshot, keys: Collection[ItemKey]
) -> frozenset[ItemKey]:
    """Add the items that these refer to, with the folders above them: comparisons name them."""
    found = set[ItemKey]()
    work = [(key, True) for key in keys]
    while work:
        key, with_all = work.pop()
        if key in found:
            continue
        one = backup.at(snapshot, [key])
        if not one.rows():
            continue
        found.add(key)
        raw = one.load(*key)
        if isinstance(raw, CorruptBlob):
            continue
        try:
            needs = list(_needs(key, cast("Raw", raw), with_all=with_all))
        except MALFORMED:
            continue
        work += [((ref.kind, ref.id), False) for ref in needs]
    return frozenset(found)


def _needs(key: ItemKey, raw: Raw, *, with_all: bool) -> Iterator[SourceRef]:
    """Yield the items that an item refers to: all of them, or those of its natural keys."""
    if with_all:
        for node in normalise(key[0], raw, SOURCE).with_parts():
            yield from (ref for ref in node.refs.values() if ref and KINDS[ref.kind].is_item)
    keys = identify(key[0], raw, SOURCE).keys.values()
    yield from (ref for ref in keys if isinstance(ref, Ref))


def _ref(key: ItemKey) -> SourceRef:
    return Ref(key[0], SourceId(key[1]))
