"""Read the access lists of folders and boards, one request per list."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from lookervault_plan.content.access_lists import above_path
from lookervault_plan.content.node import Json, LiveId, LiveRef, Raw, Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.table.rows.access import (
    ENTRIES,
    ENTRY_FIELDS,
    ENTRY_KIND,
    INHERITS,
    LEVEL,
    LIST_KIND,
    METADATA_ID,
)
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.decode import object_with, objects_with
from lookervault_plan.looker.errors import ApiError
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.refusals import status_of
from lookervault_plan.looker.urls import api_path

_LISTS, _ENTRIES = KINDS[LIST_KIND].path, KINDS[ENTRY_KIND].path


class AccessListReader:
    """Reads access lists through one client."""

    def __init__(self, client: Client) -> None:
        self.client: Client = client

    def scopes(self, refs: Sequence[LiveRef], live: LiveItems) -> Mapping[str, list[str]]:
        """Group metadata ids by the metadata id of their parent folder; "" if that is unknown."""
        found: dict[str, list[str]] = defaultdict(list)
        for ref in refs:
            raw = live.raw(ref) or {}
            if not raw.get(METADATA_ID):
                continue
            above = live.raw(Ref(ref.kind, LiveId(str(raw.get(above_path(ref.kind) or ""))))) or {}
            found[str(above.get(METADATA_ID) or "")].append(str(raw[METADATA_ID]))
        return found

    def inheriting(self, above: str, ids: Sequence[str]) -> Mapping[str, bool | ApiError]:
        """Read whether each list inherits: in one request for the folder `above`, or one by one.

        A refusal of Looker's is the value of a list that it does not show.
        """
        found: dict[str, bool | ApiError] = {}
        if above and len(ids) > 1:
            found.update(self._inheriting_below(above))
        for id_ in ids:
            if id_ not in found:
                found[id_] = self._inherits(id_)
        return {id_: found[id_] for id_ in ids}

    def _inheriting_below(self, above: str) -> Mapping[str, bool]:
        query = {"parent_id": above, "fields": f"id,{INHERITS}"}
        try:
            listed = self.client.read(_LISTS, objects_with("id", INHERITS), query=query)
        except ApiError as error:
            _ = status_of(error)
            return {}
        return {str(raw.get("id")): bool(raw.get(INHERITS)) for raw in listed}

    def _inherits(self, id_: str) -> bool | ApiError:
        try:
            raw = self.client.read(api_path(_LISTS + "/{id}", id=id_), object_with(INHERITS))
        except ApiError as error:
            _ = status_of(error)
            return error
        return bool(raw.get(INHERITS))

    def access(self, id_: str, *, inherits: bool | ApiError) -> Raw | ApiError:
        """Read an access list in the form of a backup, or return Looker's refusal.

        An inherited list has no `entries`. `inherits` is the value that `inheriting` returned.
        """
        if isinstance(inherits, ApiError):
            return inherits
        if inherits:
            return {"id": id_, INHERITS: True}
        try:
            decode = objects_with("id", LEVEL)
            listed = self.client.read(_ENTRIES, decode, query={METADATA_ID: id_})
        except ApiError as error:
            _ = status_of(error)
            return error
        entries: list[Json] = [{name: raw.get(name) for name in ENTRY_FIELDS} for raw in listed]
        return {"id": id_, INHERITS: False, ENTRIES: entries}
