"""Read parts that Looker lists for the whole instance, and sort them by their items.

Alerts are such parts: one list for all dashboards, instead of one request per dashboard.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lookervault_plan.content.json_path import find
from lookervault_plan.content.node import Json, LiveRef, Raw
from lookervault_plan.content.table.kinds import BulkRead
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.decode import UNREADABLE, malformed, one_object
from lookervault_plan.looker.errors import ApiError
from lookervault_plan.looker.urls import QueryValue


class BulkParts(NamedTuple):
    """Parts of one kind, by the item they belong to."""

    #: Item -> its parts. An item without parts has an empty list.
    parts: Mapping[LiveRef, Sequence[Json]]
    #: False if the API user may not see all parts: items may then have others.
    is_all: bool


def bulk_read_ids(bulk: BulkRead, raw: Raw) -> tuple[str, ...]:
    """Return the ids by which a part may name this item; none if the item counts no parts."""
    if any(count != 0 for _, count in find(raw, bulk.counts_path)):
        return tuple(str(id_) for _, id_ in find(raw, bulk.item_ids_path))
    return ()


def read_bulk(client: Client, bulk: BulkRead, items: Mapping[LiveRef, Sequence[str]]) -> BulkParts:
    """Read the list once, and sort its parts by the item they belong to.

    `items` maps each item to the ids by which a part names it. If the API user may not see the
    whole list (403), read only what the user may see.

    Raises:
        ApiError, ConnectionFailed: a failed read is an error, never "absent".

    """
    owners = {id_: ref for ref, ids in items.items() for id_ in ids}
    found: dict[LiveRef, list[Json]] = defaultdict(list)
    try:
        listed, is_all = list(_listed(client, bulk, {})), True
    except ApiError as error:
        if error.status != 403 or not bulk.fallback_query:
            raise
        listed, is_all = list(_listed(client, bulk, bulk.fallback_query)), False
    for raw in listed:
        owner = owners.get(str(raw.get(bulk.match_path)))
        if owner is not None:
            found[owner].append(raw)
    return BulkParts({ref: found.get(ref, []) for ref in items}, is_all)


def _listed(client: Client, bulk: BulkRead, instead: Mapping[str, Json]) -> Iterator[Raw]:
    query: dict[str, QueryValue] = {
        name: value
        for name, value in {**bulk.query, **instead}.items()
        if value is None or isinstance(value, (str, int, float, bool))
    }
    for page in client.pages(bulk.path, query, limit=bulk.page_size):
        for each in page:
            try:
                raw = one_object(bytes(each))
            except UNREADABLE as error:
                raise malformed(f"an object of {bulk.path}", error) from error
            yield raw


def is_complete(bulk: BulkRead, raw: Raw, parts: Sequence[Json]) -> bool:
    """Return whether these are all parts that the item counts."""
    counts = [count for _, count in find(raw, bulk.counts_path)]
    known = [count for count in counts if isinstance(count, int)]
    return len(known) == len(counts) and sum(known) == len(parts)
