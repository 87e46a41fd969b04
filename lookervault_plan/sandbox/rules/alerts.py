"""Alerts on tiles.

Source:
    docs/looker-api.md, section 3.6: PUT is the whole alert, PATCH a few fields; they die with their
    tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import Context, user_name
from lookervault_plan.sandbox.json_fields import Row, maybe, objects, rows, text
from lookervault_plan.sandbox.kinds import Answer, Kind, Reference, Route
from lookervault_plan.sandbox.refusals import RefusedError, invalid, missing, not_found
from lookervault_plan.sandbox.rules import content
from lookervault_plan.sandbox.rules.elements import SOURCES
from lookervault_plan.sandbox.rules.schedules import CRON

BLANK: Final = bodies.blank("Alert")
# What a destination of each type needs.
ADDRESS: Final = {"EMAIL": "email_address", "ACTION_HUB": "action_hub_integration_id"}


def view(ctx: Context, row: Row) -> Row:
    """Alert."""
    content = ctx.store.get("dashboards", maybe(row, "investigative_content_id"))
    return {
        **BLANK,
        **row,
        "followed": row["owner_id"] == ctx.user_id,
        "followable": bool(row.get("is_public")),
        "investigative_content_title": None if content is None else content["title"],
        "owner_display_name": user_name(ctx.store, maybe(row, "owner_id")),
    }


def _mine(ctx: Context, row: Row) -> bool:
    return row["owner_id"] == ctx.user_id


def _check(ctx: Context, after: Row) -> None:
    if not CRON.fullmatch(text(after, "cron")):
        raise invalid("cron", "invalid", "cron needs five fields")
    if not rows(after, "destinations"):
        raise invalid("destinations", "missing_field", "an alert needs a destination")
    for n, one in enumerate(rows(after, "destinations")):
        field = ADDRESS.get(text(one, "destination_type"), "destination_type")
        if not maybe(one, field):
            raise invalid(f"destinations[{n}].{field}", "missing_field", f"{field} is required")
    for name in ("title", "name"):
        if not maybe(objects(after, "field"), name):
            raise invalid(f"field.{name}", "missing_field", f"{name} is required")
    for n, one in enumerate(rows(after, "applied_dashboard_filters")):
        if not maybe(one, "filter_title"):  # lmanage leaves such filters out (looker-api.md 3.6)
            path = f"applied_dashboard_filters[{n}].filter_title"
            raise invalid(path, "missing_field", "filter_title is required")
    _check_place(ctx, after)


def _check_place(ctx: Context, after: Row) -> None:
    """On a tile that runs a query, or on one of a LookML dashboard."""
    element_id, lookml = maybe(after, "dashboard_element_id"), maybe(after, "lookml_dashboard_id")
    if element_id is None:
        if lookml is None or maybe(after, "lookml_link_id") is None:
            raise invalid("dashboard_element_id", "missing_field", "an alert needs a tile")
        if lookml not in ctx.instance.lookml.dashboards():
            raise missing("lookml_dashboard_id", "dashboard")
        return
    element = ctx.store.get("dashboard_elements", element_id)
    if element is None or not (ctx.is_admin or content.sees_part(ctx, element)):
        raise missing("dashboard_element_id", "dashboard_element")
    if all(maybe(element, name) is None for name in SOURCES):
        raise invalid("dashboard_element_id", "invalid", "the tile has no query")


def _before_create(ctx: Context, given: Row) -> None:
    owner = maybe(given, "owner_id")
    if owner != ctx.user_id and not ctx.is_admin:
        raise RefusedError(403)
    _check(ctx, given)


def _before_update(ctx: Context, _row: Row, given: Row) -> None:
    owner = maybe(given, "owner_id")
    if owner is not None and owner != ctx.user_id and not ctx.is_admin:
        raise RefusedError(403)


KIND: Final = Kind(
    table="alerts",
    path="/alerts",
    model="Alert",
    update_model="AlertPatch",
    required=bodies.models()["Alert"].required,
    defaults={
        "is_disabled": False, "is_public": False, "show_custom_url": False,
        "enhancements": "NONE", "applied_dashboard_filters": [],
    },
    references=(
        Reference("owner_id", "users"),
        Reference("dashboard_element_id", "dashboard_elements"),
        Reference("query_id", "queries"),
        Reference("investigative_content_id", "dashboards"),
    ),
    indexes=("dashboard_element_id", "owner_id"),
    view=view,
    sees=_mine,
    before_create=_before_create,
    before_update=_before_update,
)  # fmt: skip
PUT: Final = KIND.required


def _put(ctx: Context) -> Answer:
    """Replace the whole alert: a field that the body lacks is unset."""
    row = operations.the_one(ctx, KIND)
    if not (ctx.is_admin or _mine(ctx, row)):
        raise not_found()
    given = bodies.check("Alert", ctx.body, required=PUT, strict=ctx.instance.strict)
    _check(ctx, given)
    operations.check_references(ctx, KIND, given)
    blank: Row = dict.fromkeys(bodies.writable("Alert"))
    kept = {name: value for name, value in given.items() if value is not None}
    ctx.store.update("alerts", row, {**blank, **KIND.defaults, **kept})
    return Answer(view(ctx, row))


def _search(ctx: Context) -> Answer:
    """One's own, or all owners' for an admin; 403 for others who ask (looker-api.md 3.6)."""
    found = list(ctx.store.table("alerts").values())
    if ctx.query.get("all_owners", "").lower() == "true":
        if not ctx.is_admin:
            raise RefusedError(403)
    else:
        found = [row for row in found if _mine(ctx, row)]
    disabled = ctx.query.get("disabled")
    if disabled is not None:
        found = [row for row in found if bool(row["is_disabled"]) == (disabled.lower() == "true")]
    # There is no `sorts`; pages hang together all the same.
    ctx.query["sorts"] = "id"
    return operations.listing(ctx, KIND, found)


def routes() -> Iterator[Route]:
    """Operations on alerts."""
    yield from operations.crud(KIND, "create read update delete")
    yield Route(method="PUT", path="/alerts/{id}", handle=_put, has_body=True)
    yield Route(
        method="GET",
        path="/alerts/search",
        handle=_search,
        fields="Alert",
        query=frozenset(
            {"limit", "offset", "group_by", "disabled", "frequency", "condition_met",
             "last_run_start", "last_run_end", "all_owners"}
        ),
    )  # fmt: skip
