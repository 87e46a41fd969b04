"""Backup objects and the actions that create them; every argument has a default."""

from collections.abc import Mapping, Sequence
from typing import Any

from lookervault_plan.content.node import Address, Node
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import (
    Action,
    Change,
    Create,
    Delete,
    Destination,
    Options,
    PartAction,
    Parts,
    Plan,
    PlanReference,
    Remap,
    Selection,
    Source,
    Summary,
    Update,
)

Raw = dict[str, Any]


def a_query(id_: str = "900", view: str = "orders") -> Raw:
    return {
        "id": id_,
        "model": "finance",
        "view": view,
        "fields": [f"{view}.count"],
        "limit": "500",
    }


def a_merge(id_: str, *queries: Raw) -> Raw:
    sources = [{"name": f"q{n}", "query_id": q["id"], "query": q} for n, q in enumerate(queries)]
    return {"id": id_, "limit": "500", "source_queries": sources}


def a_filter(id_: str = "5", name: str = "Region") -> Raw:
    return {"id": id_, "name": name, "title": name, "type": "string_filter", "row": 0}


def a_tile(id_: str = "70", title: str = "Revenue", *, layout: str = "60", **more: Any) -> Raw:
    query = more.pop("query", None)
    body = {"query_id": query["id"], "query": query} if query else {}
    return {
        "id": id_,
        "type": "vis" if query else "text",
        "title": title,
        "dashboard_layout_id": layout,
        **body,
        **more,
    }


def a_component(id_: str, tile: str, *, row: int = 0, layout: str = "60", **more: Any) -> Raw:
    place = {"row": row, "column": 0, "width": 12, "height": 4}
    return {
        "id": id_,
        "dashboard_layout_id": layout,
        "dashboard_element_id": tile,
        **place,
        **more,
    }


def a_layout(id_: str = "60", *components: Raw, active: bool = True, label: str = "Tab") -> Raw:
    return {
        "id": id_,
        "type": "newspaper",
        "active": active,
        "label": label,
        "dashboard_layout_components": list(components),
    }


def a_dashboard(
    id_: str = "42",
    *,
    title: str = "Revenue",
    folder: str = "7",
    filters: Sequence[Raw] = (),
    tiles: Sequence[Raw] = (),
    layouts: Sequence[Raw] | None = None,
    **more: Any,
) -> Raw:
    return {
        "id": id_,
        "title": title,
        "folder_id": folder,
        "deleted": False,
        "dashboard_filters": list(filters),
        "dashboard_elements": list(tiles),
        "dashboard_layouts": [a_layout()] if layouts is None else list(layouts),
        **more,
    }


def tiled(number: int, id_: str = "42", **more: Any) -> Raw:
    """A dashboard of so many text tiles below each other, in one layout."""
    tiles = [a_tile(str(70 + n), f"Tile {n}") for n in range(number)]
    components = [a_component(str(80 + n), str(70 + n), row=4 * n) for n in range(number)]
    return a_dashboard(id_, tiles=tiles, layouts=[a_layout("60", *components)], **more)


def a_look(id_: str = "9", title: str = "Orders", *, folder: str = "7", **more: Any) -> Raw:
    query = more.pop("query", a_query())
    return {
        "id": id_,
        "title": title,
        "folder_id": folder,
        "query_id": query["id"],
        "query": query,
        **more,
    }


def a_folder(id_: str = "7", name: str = "Sales", *, parent: str = "1") -> Raw:
    return {"id": id_, "name": name, "parent_id": parent}


def creating(kind: str, raw: Raw, **more: Any) -> Create:
    """The action that creates an object with all its parts."""
    node = normalise(kind, raw)
    return Create(
        address=node.address,
        type=kind,
        name=node.name,
        parts={
            name: Parts(create=tuple(PartAction(key=part.id, title=part.name) for part in parts))
            for name, parts in node.parts.items()
            if parts
        },
        content_digest="c" * 32,
        **more,
    )


def updating(kind: str, raw: Raw, to: str, *, live_digest: str = "d" * 32, **more: Any) -> Update:
    node = normalise(kind, raw)
    return Update(
        address=node.address,
        type=kind,
        name=node.name,
        destination_id=to,
        matched_by="id",
        content_digest="c" * 32,
        live_digest=live_digest,
        **more,
    )


def deleting(kind: str, raw: Raw, live_id: str) -> Delete:
    node = normalise(kind, raw)
    return Delete(
        address=node.address,
        type=kind,
        name=node.name,
        destination_id=live_id,
        live_digest="d" * 32,
    )


def changes(*paths: str) -> tuple[Change, ...]:
    return tuple(Change(path=path, before="old", after="new") for path in paths)


def a_plan(
    *actions: Action,
    remaps: Mapping[str, str] | None = None,
    same_instance: bool = False,
    **more: Any,
) -> Plan:
    return Plan(
        created_at="2026-01-01T00:00:00Z",
        tool_version="0",
        source=Source(
            instance="https://dev", backup="b.db", fingerprint="f", schema_version=4, synced_at=None
        ),
        destination=Destination(instance="https://prod", looker_version="26"),
        selection=Selection(),
        options=Options(same_instance=same_instance),
        summary=Summary(),
        actions=actions,
        remaps=tuple(
            Remap(
                type=address.partition(":")[0],
                source_id=address.partition(":")[2],
                destination_id=to,
                matched_by="name",
            )
            for address, to in (remaps or {}).items()
        ),
        **more,
    )


def loader(*objects: tuple[str, Raw]) -> Any:
    """A backup that holds these objects."""
    nodes: dict[str, Node] = {}
    for kind, raw in objects:
        node = normalise(kind, raw)
        nodes[node.address] = node
    return lambda ref: nodes[ref.address]


__all__ = ["KINDS", "Address", "PlanReference"]
