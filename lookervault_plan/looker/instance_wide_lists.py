"""What Looker lists for all items at once, given to the items that it belongs to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from lookervault_plan.content.json_path import find
from lookervault_plan.content.node import Json, Raw, Ref, parse_json
from lookervault_plan.content.overrides import ONLY_ADDS
from lookervault_plan.content.table.kinds import Sweep
from lookervault_plan.looker.client import Client, QueryValue
from lookervault_plan.looker.errors import ApiError


def ids_in(sweep: Sweep, raw: Raw) -> tuple[str, ...]:
    """The ids by which something may belong to an item; none if it counts none."""
    if any(count != 0 for _, count in find(raw, sweep.counts)):
        return tuple(str(id_) for _, id_ in find(raw, sweep.ids))
    return ()


def swept(client: Client, sweep: Sweep, items: Mapping[Ref, Sequence[str]]) -> Mapping[Ref, Raw]:
    """What is to be kept in each of these items: all that belongs to it, and whether that is all.

    Items are given with the ids by which something may belong to them.

    Raises:
        ApiError, ConnectionFailed: a failed read is an error, never "absent".

    """
    owners = {id_: ref for ref, ids in items.items() for id_ in ids}
    found: dict[Ref, list[Json]] = defaultdict(list)
    try:
        listed, is_all = list(_listed(client, sweep, {})), True
    except ApiError as error:
        if error.status != 403 or not sweep.modest:
            raise
        listed, is_all = list(_listed(client, sweep, sweep.modest)), False
    for raw in listed:
        owner = owners.get(str(raw.get(sweep.by)))
        if owner is not None:
            found[owner].append(raw)
    partly: Raw = {} if is_all else {ONLY_ADDS: [sweep.key]}
    return {ref: {sweep.key: found.get(ref, []), **partly} for ref in items}


def _listed(client: Client, sweep: Sweep, instead: Mapping[str, Json]) -> Iterator[Raw]:
    query: dict[str, QueryValue] = {
        name: value
        for name, value in {**sweep.query, **instead}.items()
        if value is None or isinstance(value, (str, int, float, bool))
    }
    for page in client.pages(sweep.path, query, limit=sweep.limit):
        for each in page:
            raw = parse_json(bytes(each))
            if isinstance(raw, Mapping):
                yield raw
