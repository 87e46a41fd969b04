"""Read the access lists of folders and boards, one request per list."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from lookervault_plan.content.access_lists import above_path
from lookervault_plan.content.node import Json, LiveId, LiveRef, Raw, Ref, parse_json
from lookervault_plan.content.table.rows.access import ENTRIES, ENTRY_FIELDS, INHERITS, METADATA_ID
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.pages import raw_items
from lookervault_plan.looker.urls import api_path


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

    def inheriting(self, above: str, ids: Sequence[str]) -> Mapping[str, bool]:
        """Read whether each list inherits: in one request for the folder `above`, or one by one."""
        if above and len(ids) > 1:
            query = {"parent_id": above, "fields": f"id,{INHERITS}"}
            listed = raw_items(self.client.read("/content_metadata", query=query).body)
            found = {
                str(raw.get("id")): bool(raw.get(INHERITS))
                for each in listed
                if isinstance(raw := parse_json(bytes(each)), Mapping)
            }
        else:
            found = {}
        for id_ in ids:
            if id_ not in found:
                reply = self.client.read(api_path("/content_metadata/{id}", id=id_))
                raw = parse_json(reply.body)
                found[id_] = isinstance(raw, Mapping) and bool(raw.get(INHERITS))
        return {id_: found[id_] for id_ in ids}

    def access(self, id_: str, *, inherits: bool) -> Raw:
        """Read an access list in the form of a backup. An inherited list has no `entries`."""
        if inherits:
            return {"id": id_, INHERITS: True}
        reply = self.client.read("/content_metadata_access", query={METADATA_ID: id_})
        entries: list[Json] = [
            {name: raw.get(name) for name in ENTRY_FIELDS}
            for each in raw_items(reply.body)
            if isinstance(raw := parse_json(bytes(each)), Mapping)
        ]
        return {"id": id_, INHERITS: False, ENTRIES: entries}
