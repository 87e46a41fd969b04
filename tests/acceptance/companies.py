"""Companies to restore: a tiny one that uses every field, and real links in the generated ones."""

import json
from collections.abc import Callable
from typing import Any

from lookervault_plan.sandbox.looker import Looker

Raw = dict[str, Any]


OVERLAPPING_TABLES = (
    "users",
    "folders",
    "looks",
    "dashboards",
    "dashboard_filters",
    "dashboard_layouts",
    "dashboard_elements",
    "dashboard_layout_components",
    "queries",
)


def overlap_ids(looker: Looker, seed: int) -> None:
    """Let the ids of all types start at nearly the same number, which depends on the seed.

    One id then means another object in every type and on every instance, so that an id copied from
    the source shows up as a wrong reference.
    """
    for number, table in enumerate(OVERLAPPING_TABLES):
        looker.store.counters[table] = 10_000 + 3 * seed + number


class Maker:
    """Makes content through the API; fails if a call fails."""

    def __init__(self, call: Callable[..., tuple[int, Any]]) -> None:
        self._call = call

    def one(self, method: str, path: str, body: Any = None) -> Any:
        status, reply = self._call(method, path, None, body)
        assert status in (200, 204), (status, method, path, reply)
        return reply

    def make(self, path: str, body: Raw) -> str:
        return self.one("POST", path, body)["id"]

    def change(self, path: str, body: Raw) -> None:
        self.one("PATCH", path, body)


def make_people(call: Callable[..., tuple[int, Any]]) -> dict[str, Raw]:
    """Two users with personal folders, the same on every instance; by first name."""
    maker = Maker(call)
    return {
        first: maker.one(
            "POST",
            "/users",
            {
                "first_name": first,
                "last_name": "O'Brien",
                "credentials_email": {"email": f"{first}@Example.com"},
            },
        )
        for first in ("Zoë", "Omar")
    }


def copy_people(source: Callable[..., tuple[int, Any]], to: Callable[..., tuple[int, Any]]) -> None:
    """Users of one instance, on another that lacks them: nothing here restores people."""
    here = {user["email"].casefold() for user in Maker(to).one("GET", "/users") if user["email"]}
    users = Maker(source).one("GET", "/users")
    for user in sorted(users, key=lambda user: int(user["id"])):
        if user["email"] and user["email"].casefold() not in here:
            add_user(to, user)


def add_user(to: Callable[..., tuple[int, Any]], user: Raw) -> None:
    credentials = user.get("credentials_email") or {}
    same = ("first_name", "last_name", "locale", "is_disabled", "models_dir_validated", "ui_state")
    body = {name: user[name] for name in same if user.get(name) is not None}
    if user.get("can_manage_api3_creds"):
        body["can_manage_api3_creds"] = True
    if user.get("home_folder_id") == "1":
        body["home_folder_id"] = "1"
    body["credentials_email"] = {
        "email": credentials.get("email") or user["email"],
        "forced_password_reset_at_next_login": bool(
            credentials.get("forced_password_reset_at_next_login")
        ),
    }
    Maker(to).one("POST", "/users", body)


def make_dense(call: Callable[..., tuple[int, Any]], *, host: str) -> None:
    """Every writable field with a value that is not the server's own, and every sort of link."""
    maker = Maker(call)
    people = make_people(call)
    outer = maker.make("/folders", {"name": "Sales / EMEA | 📈", "parent_id": "1"})
    inner = maker.make("/folders", {"name": "Q1", "parent_id": outer})
    own = maker.make("/folders", {"name": "Q1", "parent_id": people["Zoë"]["personal_folder_id"]})
    queries = [maker.make("/queries", _query(number)) for number in range(3)]
    merge = maker.make("/merge_queries", _merge(queries))
    look = maker.make("/looks", _look(inner, queries[0], people["Omar"]["id"]))
    plain = maker.make(
        "/looks",
        {"title": "Churn", "folder_id": own, "query_id": queries[0], "description": "no links"},
    )
    twin = maker.make("/dashboards", {"title": "Revenue", "folder_id": own})
    dashboard = maker.make("/dashboards", _dashboard(inner, people["Zoë"]["id"]))
    layouts = _layouts(maker, dashboard)
    filters = _filters(maker, dashboard)
    tiles = _tiles(
        maker, dashboard, layouts, filters, queries=queries, looks=[look, plain], merge=merge
    )
    _places(maker, layouts)
    # Texts that link to all of it, in a cycle too.
    text = (
        f"See /dashboards/{dashboard}, [looks](/looks/{plain}) and /folders/{own}?x=1;"
        f" {host}/dashboards-next/{twin}, not https://looker.example.org/dashboards/{twin}."
    )
    maker.change(f"/dashboards/{twin}", {"description": text})
    maker.change(f"/dashboards/{dashboard}", {"description": f"Twin: /dashboards/{twin}\n{text}"})
    maker.change(f"/looks/{look}", {"description": text})
    for name in ("title_text", "subtitle_text", "body_text", "note_text"):
        maker.change(f"/dashboard_elements/{tiles['text']}", {name: f"{name}: {text}"})
    maker.change(f"/dashboard_elements/{tiles['untitled']}", {"body_text": text})
    button = {"text": "Go", "href": f"/dashboards/{twin}?Region=EMEA%2C%22a%22", "newTab": True}
    rich = {"rich_content_json": json.dumps(button)}
    maker.change(f"/dashboard_elements/{tiles['button']}", rich)
    maker.change(f"/dashboard_layouts/{layouts[1]}", {"description": f"As in /looks/{look}"})


def _query(number: int) -> Raw:
    return {
        "model": "finance",
        "view": "orders",
        "fields": ["orders.created_date", "orders.count", f"orders.measure_{number}"],
        "pivots": ["orders.status"],
        "fill_fields": ["orders.created_date"],
        "filters": {"orders.created_date": "7 days", "orders.status": "a,b"},
        "filter_expression": "${orders.count} > 3",
        "sorts": ["orders.created_date desc", "orders.count"],
        "limit": "501",
        "column_limit": "51",
        "total": True,
        "row_total": "right",
        "subtotals": ["orders.status"],
        "vis_config": {
            "type": "looker_line",
            "series_colors": {"a": "#1A73E8"},
            "y_axes": [{"label": "", "series": [{"id": "m0"}], "showLabels": None}],
            "empty": [],
        },
        "filter_config": {"orders.status": [{"type": "=", "values": [{"constant": "a"}], "id": 3}]},
        "visible_ui_sections": "data,vis",
        "dynamic_fields": json.dumps([{"table_calculation": "c", "expression": "${a}/${b}"}]),
        "query_timezone": "Europe/Berlin",
    }


def _merge(queries: list[str]) -> Raw:
    fields = [{"field_name": "orders.id", "source_field_name": "events.order_id"}]
    return {
        "source_queries": [
            {"query_id": queries[1], "name": "main", "merge_fields": []},
            {"query_id": queries[2], "name": "second", "merge_fields": fields},
        ],
        "column_limit": "40",
        "limit": "502",
        "dynamic_fields": json.dumps([{"table_calculation": "m", "expression": "1"}]),
        "pivots": ["orders.status"],
        "sorts": ["orders.count desc"],
        "total": True,
        "vis_config": {"type": "looker_column", "stacking": "normal"},
    }


def _look(folder_id: str, query_id: str, user_id: str) -> Raw:
    return {
        "title": "Churn",
        "folder_id": folder_id,
        "query_id": query_id,
        "user_id": user_id,
        "is_run_on_load": True,
        "public": True,
        "certification_metadata": {"certification_status": "certified", "notes": "checked | ✔"},
    }


def _dashboard(folder_id: str, user_id: str) -> Raw:
    return {
        "title": "Revenue",
        "folder_id": folder_id,
        "user_id": user_id,
        "slug": "abcdefghijkmnpqrstuvwx",
        "hidden": True,
        "query_timezone": "Europe/Berlin",
        "refresh_interval": "2 hours 30 minutes",
        "preferred_viewer": "dashboards",
        "certification_metadata": {"certification_status": "certified", "notes": "board deck"},
        "alert_sync_with_dashboard_filter_enabled": True,
        "chat_enabled": True,
        "background_color": "#fafafa",
        "crossfilter_enabled": False,
        "enable_viz_full_screen": False,
        "filters_bar_collapsed": True,
        "filters_location_top": False,
        "load_configuration": "prevent_run",
        "lookml_link_id": "finance::overview",
        "show_filters_bar": False,
        "show_title": False,
        "text_tile_text_color": "#111111",
        "tile_background_color": "#222222",
        "tile_text_color": "#333333",
        "title_color": "#444444",
        "appearance": {
            "page_side_margins": 4,
            "page_background_color": "#ffffff",
            "tile_title_alignment": "left",
            "tile_space_between": 3,
            "tile_background_color": "#eeeeee",
            "tile_shadow": True,
            "key_color": "#1A73E8",
            "modern_vis2026": True,
            "show_dashboard_header": True,
            "show_title": True,
            "show_filters_bar": True,
            "show_filters_toggle": True,
            "show_reload_data_icon": True,
            "show_dashboard_menu": True,
            "show_last_updated_indicator": True,
            "background_opacity": 0.5,
        },
        "layout_granularity": "fine",
        "preserve_desktop_layout": True,
        "style": "modern",
        "download_settings": {
            "format_option": "csv",
            "value_options": "formatted",
            "result_options": "results",
            "limit_options": "custom",
            "rows_limit": 1000,
            "columns_limit": 50,
            "append_excel_metadata": True,
            "include_filters": True,
        },
    }


def _layouts(maker: Maker, dashboard: str) -> list[str]:
    first = maker.one("GET", f"/dashboards/{dashboard}/dashboard_layouts")[0]["id"]
    second = {
        "dashboard_id": dashboard,
        "type": "grid",
        "active": True,
        "column_width": 3,
        "width": 1200,
        "label": "Détails | more",
        "description": "Second tab",
        "order": 2,
        "lookml_link_id": "finance::usage",
    }
    change = {"label": "Main", "order": 1, "description": "First", "width": 900, "column_width": 2}
    maker.change(f"/dashboard_layouts/{first}", change)
    return [first, maker.make("/dashboard_layouts", second)]


def _filters(maker: Maker, dashboard: str) -> list[str]:
    field = {
        "dashboard_id": dashboard,
        "name": "Region",
        "title": "Region",
        "type": "field_filter",
        "model": "finance",
        "explore": "orders",
        "dimension": "orders.region",
        "default_value": "EMEA,APAC",
        "row": 2,
        "allow_multiple_values": False,
        "required": True,
        "ui_config": {"type": "advanced", "options": ["a", "ü"], "nothing": None, "none": []},
    }
    date = {
        "dashboard_id": dashboard,
        "name": "Date / Range",
        "title": "When",
        "type": "date_filter",
        "row": 1,
        "listens_to_filters": ["Region"],
    }
    return [maker.make("/dashboard_filters", body) for body in (field, date)]


def _tiles(
    maker: Maker,
    dashboard: str,
    layouts: list[str],
    filters: list[str],
    *,
    queries: list[str],
    looks: list[str],
    merge: str,
) -> dict[str, str]:
    listen = [
        {"dashboard_filter_name": "Region", "field": "orders.region"},
        {"dashboard_filter_name": "Date / Range", "field": "orders.created_date"},
    ]
    listening = {"model": "finance", "view": "orders", "name": "main", "listen": listen}
    bodies: dict[str, Raw] = {
        "everything": {
            "type": "vis",
            "title": "All",
            "title_hidden": True,
            "query_id": queries[0],
            "note_text": "a note",
            "note_state": "collapsed",
            "note_display": "hover",
            "refresh_interval": "30 minutes",
            "aria_description": "A line that goes up",
            "image_id": "17",
            "certification_metadata": {"certification_status": "certified", "notes": "tile"},
            "result_maker": {"filterables": [listening]},
        },
        "twin": {"type": "vis", "title": "Twins", "query_id": queries[1]},
        "other twin": {"type": "vis", "title": "Twins", "query_id": queries[1]},
        "look": {"type": "vis", "title": "A look", "look_id": looks[0]},
        "other look": {"type": "vis", "title": "A look", "look_id": looks[1]},
        "merge": {
            "type": "vis",
            "title": "Merged",
            "merge_result_id": merge,
            "result_maker": {"filterables": [listening, {**listening, "name": "q1", "listen": []}]},
        },
        "text": {"type": "text", "title_text": "-", "subtitle_text": "-", "body_text": "-"},
        "untitled": {"type": "text", "body_text": "-"},
        "button": {"type": "button", "rich_content_json": "{}"},
        "filter": {"type": "filter", "title": "Region", "filter_id": filters[0]},
        "extension": {"type": "extension", "title": "Ext", "extension_id": "ext::kpi-card"},
    }
    return {
        name: maker.make(
            "/dashboard_elements",
            {**body, "dashboard_id": dashboard, "dashboard_layout_id": layouts[number % 3 == 2]},
        )
        for number, (name, body) in enumerate(bodies.items())
    }


def _places(maker: Maker, layouts: list[str]) -> None:
    """Places that Looker would not choose; one of them away, some in a group."""
    for layout in layouts:
        path = f"/dashboard_layouts/{layout}/dashboard_layout_components"
        places = sorted(maker.one("GET", path), key=lambda place: int(place["id"]))
        for number, place in enumerate(places):
            change: Raw = {"row": number * 7, "column": 2, "width": 11, "height": 7}
            if number:
                change |= {"granular_row": number * 70, "granular_column": 12}
                change |= {"granular_width": 600, "granular_height": 400}
                change["group_id"] = places[0]["id"]
            if number == len(places) - 1:
                change["deleted"] = True
            maker.change(f"/dashboard_layout_components/{place['id']}", change)


def link_up(call: Callable[..., tuple[int, Any]], *, count: int = 12) -> None:
    """Links between the first dashboards, looks and folders of a generated company."""
    maker = Maker(call)

    def by_id(path: str) -> list[Raw]:
        rows = [row for row in maker.one("GET", path) if row["id"].isdigit()]
        return sorted(rows, key=lambda row: int(row["id"]))

    dashboards = by_id("/dashboards/search")[:count]
    looks = by_id("/looks/search")[:count]
    folders = [row for row in by_id("/folders") if int(row["id"]) > 100 and not row["is_personal"]]
    for number, dashboard in enumerate(dashboards):
        following = dashboards[(number + 1) % len(dashboards)]["id"]
        text = f"/dashboards/{following}, /folders/{folders[number % len(folders)]['id']}"
        if looks:
            text += f", /looks/{looks[number % len(looks)]['id']}?a=b"
        maker.change(f"/dashboards/{dashboard['id']}", {"description": text})
        elements = [row for row in dashboard["dashboard_elements"] if row["query_id"]]
        for element in sorted(elements, key=lambda row: int(row["id"]))[:2]:
            maker.change(f"/dashboard_elements/{element['id']}", {"note_text": text})
    for number, look in enumerate(looks):
        text = f"/dashboards/{dashboards[number % len(dashboards)]['id']}"
        maker.change(f"/looks/{look['id']}", {"description": text})
