"""A small company with readable titles, in two releases: for the demo and for rehearsals."""

from __future__ import annotations

from typing import Final, NamedTuple

from lookervault_plan.sandbox.company.builder import Caller, CompanyBuilder
from lookervault_plan.sandbox.json_fields import Json, Row, rows, text

SHARED: Final = "1"
PEOPLE: Final = (
    ("Maya", "Chen"),
    ("Jonas", "Berg"),
    ("Priya", "Raman"),
    ("Tom", "Okafor"),
    ("Lucia", "Ferrari"),
)
#: Members by their place in PEOPLE.
GROUPS: Final = {"Finance Analysts": (0, 1), "Sales Managers": (2, 3)}
#: Paths below Shared, parents first.
FOLDERS: Final = ("Finance", "Finance/Board Reports", "Sales", "Sales/Regions", "Operations")


class Tile(NamedTuple):
    """A tile with a query of one measure, over a dimension if it has one; or a text."""

    title: str
    explore: str = ""
    measure: str = ""
    dimension: str = ""
    vis: str = "looker_column"
    body: str = ""
    width: int = 12


class Dashboard(NamedTuple):
    """A dashboard with its tiles in reading order."""

    title: str
    folder: str
    tiles: tuple[Tile, ...]
    filters: tuple[str, ...] = ("Region",)


BOARD_SUMMARY: Final = Dashboard(
    title="Board Summary",
    folder="Finance/Board Reports",
    tiles=(
        Tile("Revenue", "orders", "total_revenue", vis="single_value", width=6),
        Tile("Gross Margin", "orders", "gross_margin", vis="single_value", width=6),
        Tile("Open Invoices", "invoices", "count", vis="single_value", width=6),
        Tile("Cash at Hand", "invoices", "cash", vis="single_value", width=6),
        Tile(
            "Revenue by Month", "orders", "total_revenue", "created_month", "looker_line", width=24
        ),
        Tile(
            "How to read this page",
            body="Revenue is net of returns. Ask Finance for details.",
            width=24,
        ),
    ),
)
ORDERS: Final = Dashboard(
    title="Order Fulfilment",
    folder="Operations",
    tiles=(
        Tile("Late Orders", "orders", "late_count", vis="single_value"),
        Tile("Days to Deliver", "orders", "days_to_deliver", "created_week", "looker_line"),
        Tile(
            "Late Orders by Warehouse",
            "order_items",
            "late_count",
            "warehouse",
            "looker_bar",
            width=24,
        ),
    ),
)
SALES: Final = Dashboard(
    title="Sales Overview",
    folder="Sales",
    tiles=(
        Tile("Pipeline", "orders", "pipeline", vis="single_value"),
        Tile("Deals Won", "orders", "won_count", vis="single_value"),
        Tile("Revenue by Region", "orders", "total_revenue", "region", "looker_bar"),
        Tile("Top Customers", "users", "total_revenue", "name", "looker_grid"),
    ),
)
EMEA: Final = Dashboard(
    title="EMEA Pipeline",
    folder="Sales/Regions",
    tiles=(
        Tile("Pipeline by Country", "orders", "pipeline", "country", "looker_bar"),
        Tile("Deals by Stage", "orders", "count", "stage", "looker_funnel"),
    ),
)
QUOTAS: Final = Dashboard(
    title="Quota Attainment",
    folder="Sales",
    tiles=(
        Tile("Attainment", "orders", "attainment", vis="single_value"),
        Tile("Attainment by Manager", "users", "attainment", "manager", "looker_bar"),
    ),
)
#: What the second release changes in Sales Overview: another query, and a new tile.
SALES_NEW: Final = SALES._replace(
    tiles=(
        *SALES.tiles[:2],
        Tile("Revenue by Region", "orders", "net_revenue", "region", "looker_column"),
        SALES.tiles[3],
        Tile("New Customers", "users", "count", "created_month", "looker_line", width=24),
    )
)
RELEASES: Final = {
    1: (BOARD_SUMMARY, ORDERS, SALES, EMEA),
    2: (BOARD_SUMMARY, ORDERS, SALES_NEW, EMEA, QUOTAS),
}
#: Title, folder, explore and measure.
LOOKS: Final = (
    ("Unpaid Invoices", "Finance", "invoices", "unpaid_count"),
    ("Top 20 Customers", "Sales", "users", "total_revenue"),
)


def fill_showcase(call: Caller, *, release: int) -> None:
    """Make the company's content as of its first or second release."""
    builder = CompanyBuilder(call, seed=1)
    folders = _folders(builder)
    for first, last in PEOPLE:
        email: Row = {"email": f"{first}.{last}@example.com".lower()}
        body: Row = {"first_name": first, "last_name": last, "credentials_email": email}
        builder.user_ids.append(builder.make("/users", body))
    for name, members in GROUPS.items():
        group = builder.make("/groups", {"name": name})
        for place in members:
            member: Row = {"user_id": builder.user_ids[place]}
            _ = builder.request("POST", f"/groups/{group}/users", member)
    looks = [_look(builder, folders, *look) for look in LOOKS]
    dashboards = {
        dashboard.title: _dashboard(builder, dashboard, folders[dashboard.folder])
        for dashboard in RELEASES[release]
    }
    _board(builder, dashboards[BOARD_SUMMARY.title], looks)
    _schedule(builder, dashboards[BOARD_SUMMARY.title])


def _folders(builder: CompanyBuilder) -> dict[str, str]:
    made = {"": SHARED}
    for path in FOLDERS:
        parent, _, name = path.rpartition("/")
        made[path] = builder.make("/folders", {"name": name, "parent_id": made[parent]})
    return made


def _query(builder: CompanyBuilder, tile: Tile) -> str:
    fields = [f"{tile.explore}.{name}" for name in (tile.dimension, tile.measure) if name]
    names: list[Json] = [*fields]
    body: Row = {
        "model": "ecommerce",
        "view": tile.explore,
        "fields": names,
        "sorts": [f"{fields[-1]} desc"],
        "limit": "500",
        "vis_config": {"type": tile.vis, "show_value_labels": True},
    }
    return builder.make("/queries", body)


def _look(builder: CompanyBuilder, folders: dict[str, str], *look: str) -> str:
    title, folder, explore, measure = look
    query_id = _query(builder, Tile(title, explore, measure, "name", "looker_grid"))
    body: Row = {"title": title, "folder_id": folders[folder], "query_id": query_id}
    return builder.make("/looks", body)


def _dashboard(builder: CompanyBuilder, dashboard: Dashboard, folder_id: str) -> str:
    # Both releases have the same slugs, as after a promotion.
    slug = f"{dashboard.title.replace(' ', '')}2345678923456789234567"[:22]
    body: Row = {"title": dashboard.title, "folder_id": folder_id, "slug": slug}
    made = builder.one("POST", "/dashboards", body)
    id_, layout_id = text(made, "id"), text(rows(made, "dashboard_layouts")[0], "id")
    for name in dashboard.filters:
        filter_: Row = {"dashboard_id": id_, "name": name, "title": name, "type": "string_filter"}
        _ = builder.request("POST", "/dashboard_filters", filter_)
    row = column = 0
    for tile in dashboard.tiles:
        element: Row = {"dashboard_id": id_, "dashboard_layout_id": layout_id}
        if tile.body:
            element |= {"type": "text", "title_text": tile.title, "body_text": tile.body}
        else:
            element |= {"type": "vis", "title": tile.title, "query_id": _query(builder, tile)}
        element_id = builder.make("/dashboard_elements", element)
        if column + tile.width > 24:
            row, column = row + 6, 0
        _place(builder, layout_id, element_id, row=row, column=column, width=tile.width)
        column += tile.width
    return id_


def _place(
    builder: CompanyBuilder, layout_id: str, element_id: str, *, row: int, column: int, width: int
) -> None:
    layout = builder.one("GET", f"/dashboard_layouts/{layout_id}")
    (component,) = [
        text(one, "id")
        for one in rows(layout, "dashboard_layout_components")
        if one["dashboard_element_id"] == element_id
    ]
    place: Row = {"row": row, "column": column, "width": width, "height": 6}
    _ = builder.request("PATCH", f"/dashboard_layout_components/{component}", place)


def _board(builder: CompanyBuilder, dashboard_id: str, look_ids: list[str]) -> None:
    board_id = builder.make("/boards", {"title": "Monday Review"})
    section_id = builder.make("/board_sections", {"board_id": board_id, "title": "Start here"})
    items: list[Row] = [
        {"dashboard_id": dashboard_id},
        *({"look_id": look_id} for look_id in look_ids),
    ]
    for item in items:
        _ = builder.make("/board_items", {"board_section_id": section_id} | item)


def _schedule(builder: CompanyBuilder, dashboard_id: str) -> None:
    body: Row = {
        "name": "Board Summary on Mondays",
        "dashboard_id": dashboard_id,
        "crontab": "0 8 * * 1",
        "user_id": builder.user_ids[0],
        "scheduled_plan_destination": [
            {"type": "email", "address": "board@example.com", "format": "wysiwyg_pdf"}
        ],
    }
    _ = builder.make("/scheduled_plans", body)
