"""Layouts (tabs) of dashboards, and the places of tiles in them.

Source:
    docs/looker-api.md, sections 3.2 (steps 3 and 6) and 3.3: components come and go with their
    tile; no one can make them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Json, Row, maybe, number, objects, text
from lookervault_plan.sandbox.kinds import Answer, Kind, Reference, Route
from lookervault_plan.sandbox.refusals import invalid, missing
from lookervault_plan.sandbox.rules import content

BLANK: Final = bodies.blank("DashboardLayout")
BLANK_COMPONENT: Final = bodies.blank("DashboardLayoutComponent")
DEFAULTS: Final[Row] = {"type": "newspaper", "active": False, "deleted": False, "order": 0}
PLACE: Final = ("row", "column", "width", "height")
COLUMNS, WIDTH, HEIGHT = 24, 8, 6


def view(ctx: Context, row: Row) -> Row:
    """DashboardLayout with its components."""
    dashboard = ctx.store.get("dashboards", maybe(row, "dashboard_id"))
    return {
        **BLANK,
        **row,
        "can": EVERYTHING_ALLOWED,
        "dashboard_title": None if dashboard is None else dashboard["title"],
        "dashboard_layout_components": _components(ctx, row),
    }


def component_view(ctx: Context, row: Row) -> Row:
    """DashboardLayoutComponent."""
    element = ctx.store.get("dashboard_elements", maybe(row, "dashboard_element_id")) or {}
    query = ctx.store.get("queries", maybe(element, "query_id")) or {}
    return {
        **BLANK_COMPONENT,
        **row,
        "can": EVERYTHING_ALLOWED,
        "element_title": maybe(element, "title"),
        "element_title_hidden": bool(element.get("title_hidden")),
        "vis_type": maybe(objects(query, "vis_config"), "type") or maybe(element, "type"),
    }


def _components(ctx: Context, layout: Row) -> Json:
    table, id_ = "dashboard_layout_components", text(layout, "id")
    found = ctx.store.where(table, "dashboard_layout_id", id_)
    return [component_view(ctx, row) for row in found]


def active_layout(ctx: Context, dashboard_id: str) -> Row:
    """The layout that takes tiles for which none is named."""
    found = ctx.store.where("dashboard_layouts", "dashboard_id", dashboard_id)
    return next(row for row in found if row["active"])


def place(ctx: Context, element: Row) -> None:
    """Give a new tile its component: Looker finds the place (looker-api.md 3.2 step 6)."""
    layout_id = text(element, "dashboard_layout_id")
    table = "dashboard_layout_components"
    row, column = _free_place(ctx, layout_id)
    component: Row = {
        "id": ctx.store.next_id(table),
        "dashboard_layout_id": layout_id,
        "dashboard_element_id": element["id"],
        "row": row,
        "column": column,
        "width": WIDTH,
        "height": HEIGHT,
        "deleted": False,
    }
    _ = ctx.store.insert(table, component)


def _free_place(ctx: Context, layout_id: str) -> tuple[int, int]:
    """Right of the newest tile, else below all."""
    table, field = "dashboard_layout_components", "dashboard_layout_id"
    last = ctx.store.newest(table, field, layout_id)
    if last is None:
        return 0, 0
    column = number(last, "column") + number(last, "width")
    if column + WIDTH <= COLUMNS:
        return number(last, "row"), column
    others = ctx.store.where(table, field, layout_id)
    return max(number(one, "row") + number(one, "height") for one in others), 0


def unplace(ctx: Context, element: Row) -> None:
    """Remove a tile's component."""
    table = "dashboard_layout_components"
    for component in ctx.store.where(table, "dashboard_element_id", text(element, "id")):
        ctx.store.delete(table, component)


def _before_create(ctx: Context, given: Row) -> None:
    content.check_part(ctx, given)
    _ = given.setdefault("active", False)


def _keep_one_active(ctx: Context, row: Row, given: Row) -> None:
    if not given.get("active"):
        return
    for other in ctx.store.where("dashboard_layouts", "dashboard_id", text(row, "dashboard_id")):
        if other is not row and other["active"]:
            ctx.store.update("dashboard_layouts", other, {"active": False})


def _before_update(_ctx: Context, row: Row, given: Row) -> None:
    if given.get("dashboard_id") not in (None, row["dashboard_id"]):
        raise invalid("dashboard_id", "invalid", "a layout stays with its dashboard")
    _ = given.pop("dashboard_id", None)
    if given.get("active") is False and row["active"]:
        raise invalid("active", "invalid", "one layout must be active")


def _before_delete(ctx: Context, row: Row) -> None:
    if row["active"]:
        raise invalid("id", "invalid", "the active layout cannot be deleted")  # looker-api.md 3.3
    for element in ctx.store.where("dashboard_elements", "dashboard_id", text(row, "dashboard_id")):
        if element["dashboard_layout_id"] == row["id"]:
            unplace(ctx, element)
            ctx.store.update("dashboard_elements", element, {"dashboard_layout_id": None})


KIND: Final = Kind(
    table="dashboard_layouts",
    path="/dashboard_layouts",
    model="DashboardLayout",
    required=("dashboard_id",),
    defaults=DEFAULTS,
    references=(Reference("dashboard_id", "dashboards"),),
    indexes=("dashboard_id",),
    view=view,
    sees=content.sees_part,
    edits=content.edits_part,
    before_create=_before_create,
    after_create=_keep_one_active,
    before_update=_before_update,
    after_update=_keep_one_active,
    before_delete=_before_delete,
)


def _before_component_update(ctx: Context, row: Row, given: Row) -> None:
    if given.get("dashboard_element_id") not in (None, row["dashboard_element_id"]):
        raise invalid("dashboard_element_id", "invalid", "a component stays with its element")
    _ = given.pop("dashboard_element_id", None)
    element = ctx.find("dashboard_elements", text(row, "dashboard_element_id"))
    layout = ctx.store.get("dashboard_layouts", maybe(given, "dashboard_layout_id"))
    if layout is not None and layout["dashboard_id"] != element["dashboard_id"]:
        raise missing("dashboard_layout_id", "dashboard_layout")
    for name in PLACE:
        if given.get(name, 0) is None:
            del given[name]  # a null keeps the place that the component has


def _after_component_update(ctx: Context, row: Row, given: Row) -> None:
    if "dashboard_layout_id" in given:
        element = ctx.find("dashboard_elements", text(row, "dashboard_element_id"))
        moved: Row = {"dashboard_layout_id": row["dashboard_layout_id"]}
        ctx.store.update("dashboard_elements", element, moved)


COMPONENT: Final = Kind(
    table="dashboard_layout_components",
    path="/dashboard_layout_components",
    model="DashboardLayoutComponent",
    required=("dashboard_layout_id",),
    references=(
        Reference("dashboard_layout_id", "dashboard_layouts"),
        Reference("dashboard_element_id", "dashboard_elements"),
        Reference("group_id", "dashboard_layout_components"),
    ),
    indexes=("dashboard_layout_id", "dashboard_element_id"),
    view=component_view,
    sees=content.sees_part,
    edits=content.edits_part,
    before_update=_before_component_update,
    after_update=_after_component_update,
)


def _list_components(ctx: Context) -> Answer:
    return Answer(_components(ctx, operations.the_one(ctx, KIND)))


def routes() -> Iterator[Route]:
    """Operations on layouts and components; there is no POST or DELETE of a component."""
    yield from operations.crud(KIND, "create read update delete", fields_on="create read update")
    yield from operations.crud(COMPONENT, "read update", fields_on="read update")
    yield Route(
        method="GET",
        path="/dashboard_layouts/{id}/dashboard_layout_components",
        handle=_list_components,
        fields="DashboardLayoutComponent",
    )
