"""Tiles of the company's dashboards, and where they stand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, cast

from lookervault_plan.sandbox.company.builder import CompanyBuilder
from lookervault_plan.sandbox.json_fields import Json, Row, text

# The sorts of tile in turn; a tile of the same sort follows "twin" so that two are equal.
SORTS: Final = (
    "query", "look", "twin", "twin", "text", "listening", "merge", "button", "untitled",
    "filter", "extension", "everything",
)  # fmt: skip


def make_tiles(
    builder: CompanyBuilder,
    dashboard_id: str,
    layouts: list[str],
    filters: list[Row],
    *,
    start: int,
    count: int,
) -> None:
    """Tiles one after the other, then their places."""
    for n in range(count):
        sort = SORTS[(start + n) % len(SORTS)]
        body = BODIES[sort](builder, filters)
        if not body:
            body = _query_tile(builder, filters)
        body |= {"dashboard_id": dashboard_id, "dashboard_layout_id": layouts[n % len(layouts)]}
        element = builder.one("POST", "/dashboard_elements", body)
        if sort == "query":
            builder.element_ids.append(text(element, "id"))
    for layout_id in layouts:
        _place(builder, layout_id)


def _place(builder: CompanyBuilder, layout_id: str) -> None:
    path = f"/dashboard_layouts/{layout_id}/dashboard_layout_components"
    components = cast("list[Row]", builder.request("GET", path))
    previous = ""
    for n, component in enumerate(sorted(components, key=lambda row: int(text(row, "id")))):
        id_ = text(component, "id")
        change: Row = {"row": n // 2 * 8, "column": n % 2 * 12, "width": 12, "height": 8}
        if n % 4 == 3:
            change |= {"granular_row": n * 80, "granular_column": 120, "group_id": previous}
            change |= {"granular_width": 600, "granular_height": 400}
        if n % 40 == 39:
            change["deleted"] = True
        _ = builder.one("PATCH", f"/dashboard_layout_components/{id_}", change)
        previous = id_


def _query_tile(builder: CompanyBuilder, _filters: list[Row]) -> Row:
    return {
        "type": "vis",
        "title": builder.vocabulary.title(),
        "query_id": builder.pick(builder.query_ids),
        "note_text": "Net of returns, see /dashboards/42",
        "note_state": "collapsed",
        "note_display": "hover",
        "refresh_interval": "30 minutes",
    }


def _look_tile(builder: CompanyBuilder, _filters: list[Row]) -> Row:
    if not builder.look_ids:
        return {}
    return {
        "type": "vis",
        "title": builder.vocabulary.title(),
        "look_id": builder.pick(builder.look_ids),
    }


def _twin(builder: CompanyBuilder, _filters: list[Row]) -> Row:
    return {"type": "vis", "title": "Twins", "query_id": builder.query_ids[0]}


def _listening(builder: CompanyBuilder, filters: list[Row]) -> Row:
    query_id = builder.pick(builder.query_ids)
    query = builder.one("GET", f"/queries/{query_id}", None, fields="model,view")
    listen: list[Json] = [
        {"dashboard_filter_name": text(one, "name"), "field": f"{text(query, 'view')}.region"}
        for one in filters
    ]
    filterable: Row = {"model": query["model"], "view": query["view"], "name": None}
    filterable["listen"] = listen
    return {
        "type": "vis",
        "title": builder.vocabulary.title(),
        "query_id": query_id,
        "result_maker": {"filterables": [filterable]},
    }


def _merge_tile(builder: CompanyBuilder, filters: list[Row]) -> Row:
    if not builder.merge_ids:
        return {}
    id_ = builder.pick(builder.merge_ids)
    merge = builder.one("GET", f"/merge_queries/{id_}")
    sources = cast("list[Row]", merge["source_queries"])
    listen: list[Json] = [
        {"dashboard_filter_name": text(one, "name"), "field": "orders.region"} for one in filters
    ]
    filterables: list[Json] = []
    for n, source in enumerate(sources):
        query = builder.one(
            "GET", f"/queries/{text(source, 'query_id')}", None, fields="model,view"
        )
        filterables.append(
            {
                "model": query["model"],
                "view": query["view"],
                "name": None if n == 0 else f"q{n}",
                "listen": listen if n == 0 else [],
            }
        )
    return {
        "type": "vis",
        "title": builder.vocabulary.title(),
        "merge_result_id": id_,
        "result_maker": {"filterables": filterables},
    }


def _text_tile(builder: CompanyBuilder, _filters: list[Row]) -> Row:
    return {
        "type": "text",
        "title_text": builder.vocabulary.title(),
        "subtitle_text": "as of today",
        "body_text": builder.vocabulary.text() or "—",
    }


def _untitled(builder: CompanyBuilder, _filters: list[Row]) -> Row:
    return {"type": "text", "body_text": f"Details: /looks/9, {builder.vocabulary.colour()}"}


def _button(builder: CompanyBuilder, _filters: list[Row]) -> Row:
    content = {
        "text": builder.vocabulary.title(),
        "href": "/dashboards/42?Region=EMEA",
        "newTab": True,
        "style": "FILLED",
    }
    return {"type": "button", "rich_content_json": json.dumps(content)}


def _filter_tile(_maker: CompanyBuilder, filters: list[Row]) -> Row:
    if not filters:
        return {}
    return {"type": "filter", "title": text(filters[0], "title"), "filter_id": filters[0]["id"]}


def _extension(_maker: CompanyBuilder, _filters: list[Row]) -> Row:
    return {"type": "extension", "title": "Extension", "extension_id": "ext::kpi-card"}


def _everything(builder: CompanyBuilder, filters: list[Row]) -> Row:
    """The settings of tiles that the other sorts leave alone."""
    body = _listening(builder, filters)
    more: Row = {
        "aria_description": "A line that goes up",
        "certification_metadata": {"certification_status": "certified", "notes": "tile"},
        "image_id": "17",
        "title_hidden": True,
    }
    return body | more


BODIES: Final[Mapping[str, Callable[[CompanyBuilder, list[Row]], Row]]] = {
    "query": _query_tile,
    "look": _look_tile,
    "twin": _twin,
    "text": _text_tile,
    "listening": _listening,
    "merge": _merge_tile,
    "button": _button,
    "untitled": _untitled,
    "filter": _filter_tile,
    "extension": _extension,
    "everything": _everything,
}
