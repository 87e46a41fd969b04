"""Take from the last backup what cannot have changed since: the definitions of known queries."""

from collections.abc import Callable, Mapping
from typing import cast

from lookervault_plan.content.json_path import put
from lookervault_plan.content.node import LIVE, Json, LiveRef, Raw
from lookervault_plan.content.query_refs import definitions, incomplete_definitions
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.workflows.backup_items import SEPARATE_FIELDS


def add_known_definitions(
    ref: LiveRef, live: LiveItems, earlier: Callable[[str, str], Mapping[str, object] | None]
) -> None:
    """Put the definitions that an item lacks into it, from the item of the last backup.

    A query or merge query never changes: the same id means the same definition. Looker's list of
    looks leaves out the query and its address; an item with the same query keeps both.

    `earlier` returns the item with that kind and id as the last backup has it, or None.
    """
    if not live.missing_bodies.get(ref) or not (found := earlier(ref.kind, ref.id)):
        return
    raw = cast("dict[str, Json]", live.raw(ref))
    old = cast("Raw", found)
    lacking = {*incomplete_definitions(ref.kind, old, LIVE)}
    held = {
        each.ref: body
        for each in definitions(ref.kind, old, LIVE)
        if (body := each.body) and each.ref not in lacking
    }
    for each in definitions(ref.kind, raw, LIVE):
        if not each.body and (body := held.get(each.ref)):
            put(cast("dict[str, Json]", each.holder), each.reference.body_paths[0], body)
    listing = KINDS[ref.kind].item.listing
    is_whole = all(each.body for each in definitions(ref.kind, raw, LIVE))
    if is_whole and listing and listing.complete_path:
        left_out = {key: value for key, value in old.items() if _is_lookers(key)}
        raw = {**left_out, **raw}
    live.replace(ref, raw)


def _is_lookers(key: str) -> bool:
    """Say whether a field of a backup's item is of Looker's own object, not added by us."""
    return key not in SEPARATE_FIELDS and not key.startswith("_")
