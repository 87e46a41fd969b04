"""What people do to content by accident: for the demo and for rehearsals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from lookervault_plan.sandbox.company.builder import Caller, CompanyBuilder
from lookervault_plan.sandbox.json_fields import Row, rows, text


def have_accidents(call: Caller) -> list[str]:
    """Damage up to three dashboards and a folder, and say for each what somebody did."""
    builder = CompanyBuilder(call, seed=1)
    listed = cast("list[Row]", builder.request("GET", "/dashboards/search", sorts="id"))
    accidents = zip(listed, (_lose_a_tile, _overwrite_the_title, _trash), strict=False)
    told = [accident(builder, dashboard) for dashboard, accident in accidents]
    return [*told, *_move_a_folder(builder)]


def _lose_a_tile(builder: CompanyBuilder, dashboard: Row) -> str:
    tiles = [one for one in rows(dashboard, "dashboard_elements") if one["title"]]
    if not tiles:
        return _trash(builder, dashboard)
    _ = builder.request("DELETE", f"/dashboard_elements/{text(tiles[-1], 'id')}")
    return f'deleted the tile "{text(tiles[-1], "title")}" of "{text(dashboard, "title")}"'


def _overwrite_the_title(builder: CompanyBuilder, dashboard: Row) -> str:
    _ = builder.request("PATCH", f"/dashboards/{text(dashboard, 'id')}", {"title": "asdf"})
    return f'renamed "{text(dashboard, "title")}" to "asdf"'


def _trash(builder: CompanyBuilder, dashboard: Row) -> str:
    _ = builder.request("PATCH", f"/dashboards/{text(dashboard, 'id')}", {"deleted": True})
    return f'put "{text(dashboard, "title")}" into the trash'


def _move_a_folder(builder: CompanyBuilder) -> list[str]:
    folders = cast("list[Mapping[str, object]]", builder.request("GET", "/folders"))
    deep = [
        one for one in folders if one["parent_id"] not in (None, "1") and not one["is_personal"]
    ]
    if not deep:
        return []
    _ = builder.request("PATCH", f"/folders/{deep[-1]['id']}", {"parent_id": "1"})
    return [f'moved the folder "{deep[-1]["name"]}" to Shared']
