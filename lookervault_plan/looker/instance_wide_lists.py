"""What Looker lists for all items at once, given to the items that it belongs to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lookervault_plan.content.json_path import find
from lookervault_plan.content.node import Json, Raw, Ref, parse_json
from lookervault_plan.content.table.kinds import BulkRead
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.errors import ApiError
from lookervault_plan.looker.urls import QueryValue


class Swept(NamedTuple):
    """Parts of one kind, by the item they belong to."""

    #: an item that was asked about and has none holds an empty list
    parts: Mapping[Ref, Sequence[Json]]
    #: False: the user may not see all, so items may have more
    is_all: bool


def ids_in(sweep: BulkRead, raw: Raw) -> tuple[str, ...]:
    """The ids by which something may belong to an item; none if it counts none."""
    if any(count != 0 for _, count in find(raw, sweep.counts_path)):
        return tuple(str(id_) for _, id_ in find(raw, sweep.item_ids_path))
    return ()


def swept(client: Client, sweep: BulkRead, items: Mapping[Ref, Sequence[str]]) -> Swept:
    """Read a sweep's list once, and sort its objects by the item they belong to.

    `items` maps each item to the ids by which an object names it.

    Raises:
        ApiError, ConnectionFailed: a failed read is an error, never "absent".

    """
    owners = {id_: ref for ref, ids in items.items() for id_ in ids}
    found: dict[Ref, list[Json]] = defaultdict(list)
    try:
        listed, is_all = list(_listed(client, sweep, {})), True
    except ApiError as error:
        if error.status != 403 or not sweep.fallback_query:
            raise
        listed, is_all = list(_listed(client, sweep, sweep.fallback_query)), False
    for raw in listed:
        owner = owners.get(str(raw.get(sweep.match_path)))
        if owner is not None:
            found[owner].append(raw)
    return Swept({ref: found.get(ref, []) for ref in items}, is_all)


def _listed(client: Client, sweep: BulkRead, instead: Mapping[str, Json]) -> Iterator[Raw]:
    query: dict[str, QueryValue] = {
        name: value
        for name, value in {**sweep.query, **instead}.items()
        if value is None or isinstance(value, (str, int, float, bool))
    }
    for page in client.pages(sweep.path, query, limit=sweep.page_size):
        for each in page:
            raw = parse_json(bytes(each))
            if isinstance(raw, Mapping):
                yield raw
