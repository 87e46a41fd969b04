"""Dashboards of the company, without their tiles."""

from __future__ import annotations

from lookervault_plan.sandbox.company import tiles
from lookervault_plan.sandbox.company.builder import CompanyBuilder
from lookervault_plan.sandbox.json_fields import Json, Row, rows, text

TWICE = "One title in two folders"
# Every setting of a dashboard with a value that is not the server's own.
SETTINGS: Row = {
    "alert_sync_with_dashboard_filter_enabled": True,
    "appearance": {
        "page_side_margins": 4,
        "page_background_color": "#ffffff",
        "tile_title_alignment": "left",
        "tile_space_between": 3,
        "tile_background_color": "#eeeeee",
        "tile_shadow": True,
        "key_color": "#1A73E8",
    },
    "background_color": "#fafafa",
    "certification_metadata": {"certification_status": "certified", "notes": "board deck"},
    "chat_enabled": True,
    "crossfilter_enabled": False,
    "download_settings": {"format_option": "csv", "rows_limit": 1000, "include_filters": True},
    "enable_viz_full_screen": False,
    "filters_bar_collapsed": True,
    "filters_location_top": False,
    "hidden": True,
    "layout_granularity": "fine",
    "load_configuration": "prevent_run",
    "lookml_link_id": "finance::overview",
    "preferred_viewer": "dashboards",
    "preserve_desktop_layout": True,
    "query_timezone": "Europe/Berlin",
    "refresh_interval": "2 hours 30 minutes",
    "show_filters_bar": False,
    "show_title": False,
    "style": "modern",
    "text_tile_text_color": "#111111",
    "tile_background_color": "#222222",
    "tile_text_color": "#333333",
    "title_color": "#444444",
}


def make_dashboards(builder: CompanyBuilder, count: int, tiles_each: int | None) -> None:
    """Dashboards in all folders, some in personal ones, a few in the trash."""
    for n in range(count):
        dashboard = builder.one("POST", "/dashboards", _body(builder, n))
        id_ = text(dashboard, "id")
        layout_ids = _layouts(builder, n, id_, rows(dashboard, "dashboard_layouts"))
        filters = _filters(builder, n, id_)
        size = builder.vocabulary.random.randint(3, 9) if tiles_each is None else tiles_each
        # The first has one of everything.
        size = max(size, len(tiles.SORTS)) if n == 0 else size
        tiles.make_tiles(builder, id_, layout_ids, filters, start=n, count=size)
        if n % 25 == 24:
            _ = builder.one("PATCH", f"/dashboards/{id_}", {"deleted": True})
            continue
        builder.dashboard_ids.append(id_)
        if len(layout_ids) > 1:
            builder.tab_ids[id_] = layout_ids


def _body(builder: CompanyBuilder, n: int) -> Row:
    words = builder.vocabulary
    body: Row = {
        "title": words.title(),
        "description": words.text(),
        "folder_id": builder.pick(builder.folder_ids),
    }
    if n < 2 and len(builder.folder_ids) > 1:
        body |= {"title": TWICE, "folder_id": builder.folder_ids[n]}
    if n % 4 == 0:
        body["slug"] = "".join(words.random.choices("abcdefghijkmnpqrstuvwxyz23456789", k=22))
    if n % 6 == 0:
        body |= SETTINGS
    if n % 3 == 0 and builder.user_ids:
        body["user_id"] = builder.pick(builder.user_ids)
    if n % 12 == 7 and builder.personal_ids:
        body["folder_id"] = builder.pick(builder.personal_ids)
    return body


def _layouts(builder: CompanyBuilder, n: int, id_: str, given: list[Row]) -> list[str]:
    """Some dashboards have tabs: the default layout gets a label, others are added."""
    first = text(given[0], "id")
    if n % 5:
        return [first]
    change: Row = {"label": "Main", "order": 1, "description": "First tab"}
    _ = builder.one("PATCH", f"/dashboard_layouts/{first}", change)
    more: Row = {
        "dashboard_id": id_,
        "label": "Détails | more",
        "description": "See /looks/9",
        "order": 2,
        "type": "newspaper",
    }
    if n % 10 == 0:
        more |= {"active": n % 20 == 0, "column_width": 3, "width": 1200, "type": "grid"}
        more["lookml_link_id"] = "finance::usage"
    return [first, builder.make("/dashboard_layouts", more)]


def _filters(builder: CompanyBuilder, n: int, id_: str) -> list[Row]:
    """Filters of four types; the third depends on the first two."""
    count = (4, 0, 2, 1)[n % 4]
    made: list[Row] = []
    sorts: list[Row] = [
        {
            "type": "field_filter",
            "model": "finance",
            "explore": "orders",
            "dimension": "orders.region",
            "default_value": "EMEA,APAC",
            "ui_config": {"type": "advanced", "display": "popover", "options": ["a", "ü"]},
            "allow_multiple_values": False,
            "required": True,
        },
        {"type": "date_filter", "default_value": "7 days"},
        {"type": "string_filter"},
        {"type": "number_filter", "default_value": ">=3"},
    ]
    for row in range(count):
        name = f"{('Region', 'Date / Range', 'State', 'Größe')[row]}"
        body: Row = {"dashboard_id": id_, "name": name, "title": name, "row": row} | sorts[row]
        if row == 2:
            listened: list[Json] = [text(one, "name") for one in made]
            body["listens_to_filters"] = listened
        made.append(builder.one("POST", "/dashboard_filters", body))
    return made
