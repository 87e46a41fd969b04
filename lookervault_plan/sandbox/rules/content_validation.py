"""Content validation: which content refers to models, explores and fields that LookML lacks.

Source:
    docs/looker-api.md, section 2.4: `space_ids` limits it to folders. It needs `develop`.
"""

from __future__ import annotations

from collections.abc import Iterator

from lookervault_plan.sandbox.context import Context
from lookervault_plan.sandbox.json_fields import Json, Row, maybe, text, texts
from lookervault_plan.sandbox.kinds import Answer, Route
from lookervault_plan.sandbox.refusals import RefusedError
from lookervault_plan.sandbox.rules import folders


def _errors(ctx: Context, query_id: str | None) -> list[Json]:
    query = ctx.store.get("queries", query_id)
    if query is None:
        return []
    model_name, explore = text(query, "model"), text(query, "view")
    model = ctx.instance.lookml.model(model_name)
    about: Row = {"model_name": model_name, "explore_name": explore, "removable": False}
    if model is None:
        return [{**about, "message": f"Unknown model {model_name}", "field_name": None}]
    if explore not in model.explores:
        return [{**about, "message": f"Unknown explore {explore}", "field_name": None}]
    known = model.fields.get(explore)
    return [
        {**about, "message": f"Unknown field {name}", "field_name": name}
        for name in texts(query, "fields")
        if known is not None and name not in known
    ]


def _broken(ctx: Context, folder_ids: list[str]) -> Iterator[Row]:
    for look in ctx.store.table("looks").values():
        if _is_in(look, folder_ids) and (errors := _errors(ctx, maybe(look, "query_id"))):
            yield {"look": _named(ctx, look), "errors": errors, "id": f"look_{look['id']}"}
    for dashboard in ctx.store.table("dashboards").values():
        if not _is_in(dashboard, folder_ids):
            continue
        for tile in ctx.store.where("dashboard_elements", "dashboard_id", text(dashboard, "id")):
            if errors := _errors(ctx, maybe(tile, "query_id")):
                yield {
                    "dashboard": _named(ctx, dashboard),
                    "dashboard_element": {"id": tile["id"], "title": tile.get("title")},
                    "errors": errors,
                    "id": f"dashboard_element_{tile['id']}",
                }


def _is_in(row: Row, folder_ids: list[str]) -> bool:
    return not row.get("deleted") and (not folder_ids or maybe(row, "folder_id") in folder_ids)


def _named(ctx: Context, row: Row) -> Row:
    folder = folders.inside(ctx, maybe(row, "folder_id"))
    return {"id": row["id"], "title": row["title"], "folder": folder}


def _validate(ctx: Context) -> Answer:
    if not ctx.is_admin:
        raise RefusedError(403)
    asked = ctx.query.get("space_ids", "")
    found: list[Json] = [*_broken(ctx, [id_ for id_ in asked.split(",") if id_])]
    return Answer({"content_with_errors": found, "computation_time": 0.1})


def routes() -> Iterator[Route]:
    """The one operation."""
    yield Route(
        method="GET",
        path="/content_validation",
        handle=_validate,
        query=frozenset({"space_ids", "project_names"}),
    )
