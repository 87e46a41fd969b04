"""Filters of dashboards.

Source:
    docs/looker-api.md, section 3.2 step 2; empty texts stay empty texts, as in real exports
    (looker-api.md 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Row, maybe, number, text
from lookervault_plan.sandbox.kinds import Kind, Reference, Route, Unique
from lookervault_plan.sandbox.refusals import invalid
from lookervault_plan.sandbox.rules import content

BLANK: Final = bodies.blank("DashboardFilter")
FIELD_FILTERS: Final = frozenset({"field", "field_filter"})


def view(_ctx: Context, row: Row) -> Row:
    """DashboardFilter; empty texts stay empty texts, as in real exports (looker-api.md 5)."""
    made: Row = {**BLANK, **row, "can": EVERYTHING_ALLOWED}
    if maybe(row, "dimension"):
        dimension = text(row, "dimension")
        made["field"] = {
            "name": dimension,
            "view": dimension.partition(".")[0],
            "type": "string",
            "category": "dimension",
            "suggestable": True,
        }
    return made


def _before_create(ctx: Context, given: Row) -> None:
    content.check_part(ctx, given)
    _check_filter(given)
    if given.get("row") is None:
        id_ = text(given, "dashboard_id")
        others = ctx.store.where("dashboard_filters", "dashboard_id", id_)
        given["row"] = max((number(one, "row") + 1 for one in others), default=0)


def _before_update(_ctx: Context, row: Row, given: Row) -> None:
    _check_filter({**row, **given})


def _check_filter(after: Row) -> None:
    """`model`, `explore` and `dimension` are required if the type is field [spec]."""
    if text(after, "type") in FIELD_FILTERS:
        for name in ("model", "explore", "dimension"):
            if not maybe(after, name):
                raise invalid(name, "missing_field", f"{name} is required for a field filter")


def _before_delete(ctx: Context, row: Row) -> None:
    """A tile that shows the filter loses it."""
    for element in ctx.store.where("dashboard_elements", "dashboard_id", text(row, "dashboard_id")):
        if element.get("filter_id") == row["id"]:
            ctx.store.update("dashboard_elements", element, {"filter_id": None})


KIND: Final = Kind(
    table="dashboard_filters",
    path="/dashboard_filters",
    model="DashboardFilter",
    create_model="CreateDashboardFilter",
    required=("dashboard_id", "name", "title", "type"),
    defaults={
        "model": "", "explore": "", "dimension": "", "default_value": "",
        "listens_to_filters": [], "allow_multiple_values": True, "required": False,
    },
    references=(Reference("dashboard_id", "dashboards"),),
    unique=(
        Unique(
            fields=("dashboard_id", "title"),
            shown="title",
            message="Filter with this title already exists.",  # [observed in lmanage]
        ),
    ),
    indexes=("dashboard_id",),
    view=view,
    sees=content.sees_part,
    edits=content.edits_part,
    before_create=_before_create,
    before_update=_before_update,
    before_delete=_before_delete,
)  # fmt: skip


def routes() -> Iterator[Route]:
    """Operations on filters."""
    yield from operations.crud(KIND, "create read update delete", fields_on="create read update")
