"""Dashboards: user-defined ones in full, LookML ones for reading.

Source:
    docs/looker-api.md, section 2.1, 3.2, 3.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context, user_name
from lookervault_plan.sandbox.json_fields import Json, Row, maybe, text
from lookervault_plan.sandbox.kinds import Answer, Kind, Reference, Route, Unique, View
from lookervault_plan.sandbox.refusals import RefusedError, invalid, not_found
from lookervault_plan.sandbox.rules import content, elements, filters, folders, layouts, looks
from lookervault_plan.sandbox.rules.durations import milliseconds

BLANK: Final = bodies.blank("Dashboard")
BASE_FIELDS: Final = tuple(bodies.blank("DashboardBase"))


def view(ctx: Context, row: Row) -> Row:
    """Dashboard with its filters, elements and layouts."""
    id_ = text(row, "id")
    made: Row = {
        **BLANK,
        **row,
        **content.shown(ctx, row),
        "can": EVERYTHING_ALLOWED,
        "readonly": False,
        "url": f"/dashboards/{id_}",
        "refresh_interval_to_i": milliseconds(maybe(row, "refresh_interval")),
        "last_updater_name": user_name(ctx.store, maybe(row, "last_updater_id")),
    }
    for table, part_view in PARTS:
        made[table] = _parts(ctx, table, part_view, id_) if ctx.wants(table) else None
    return made


def base_view(ctx: Context, row: Row) -> Row:
    """DashboardBase."""
    made: Row = {
        **row,
        "folder": folders.inside(ctx, maybe(row, "folder_id")),
        "can": EVERYTHING_ALLOWED,
        "readonly": False,
        "refresh_interval_to_i": milliseconds(maybe(row, "refresh_interval")),
    }
    return {name: made.get(name) for name in BASE_FIELDS}


def lookml_view(ctx: Context, id_: str) -> Row:
    """A LookML dashboard; 404 without one."""
    found = ctx.instance.lookml.dashboards().get(id_)
    if found is None:
        raise not_found()
    model, title = found
    return {
        **dict.fromkeys(BASE_FIELDS),
        "id": id_,
        "title": title,
        "readonly": True,
        "hidden": False,
        "folder": folders.inside(ctx, folders.LOOKML),
        "model": {"id": model, "label": model.title()},
        "can": {"show": True, "update": False, "destroy": False},
        "preferred_viewer": "dashboards-next",
    }


def _parts(ctx: Context, table: str, part_view: View, dashboard_id: str) -> Json:
    """The parts; their order means nothing (looker-api.md 5), so it differs from seed to seed."""
    found = ctx.store.where(table, "dashboard_id", dashboard_id)
    if ctx.instance.seed % 2:
        found.reverse()
    return [part_view(ctx, part) for part in found]


PARTS: Final = (
    ("dashboard_filters", filters.view),
    ("dashboard_elements", elements.view),
    ("dashboard_layouts", layouts.view),
)


def _before_create(ctx: Context, given: Row) -> None:
    content.before_create(ctx, given)
    _check_link(ctx, given)
    given["slug"] = maybe(given, "slug") or ctx.instance.slug()


def _before_update(ctx: Context, row: Row, given: Row) -> None:
    content.before_update(ctx, row, given)
    _check_link(ctx, given)
    if "slug" in given and not maybe(given, "slug"):
        _ = given.pop("slug")


def _check_link(ctx: Context, given: Row) -> None:
    link = maybe(given, "lookml_link_id")
    if link is not None and link not in ctx.instance.lookml.dashboards():
        raise invalid("lookml_link_id", "missing", "LookML dashboard not found for lookml_link_id")


def _after_create(ctx: Context, row: Row, _given: Row) -> None:
    """The reply to a create already has one active layout (looker-api.md 3.2)."""
    content.attach_metadata(ctx, row, "dashboard_id")
    layout: Row = {**layouts.DEFAULTS, "id": ctx.store.next_id("dashboard_layouts")}
    layout |= {"dashboard_id": row["id"], "active": True}
    _ = ctx.store.insert("dashboard_layouts", layout)


def _before_delete(ctx: Context, row: Row) -> None:
    """For good, with all parts."""
    id_ = text(row, "id")
    content.forget(ctx, row, "dashboard_id")
    for element in ctx.store.where("dashboard_elements", "dashboard_id", id_):
        elements.remove(ctx, element)
    for table in ("dashboard_filters", "dashboard_layouts"):
        for part in ctx.store.where(table, "dashboard_id", id_):
            ctx.store.delete(table, part)


KIND: Final = Kind(
    table="dashboards",
    path="/dashboards",
    model="Dashboard",
    required=("title", "folder_id"),
    # What the server sets where nothing is said (looker-api.md 5).
    defaults={
        "hidden": False, "deleted": False, "preferred_viewer": "dashboards-next",
        "load_configuration": "cache_run", "enable_viz_full_screen": True,
        "filters_bar_collapsed": False, "filters_location_top": True,
        "crossfilter_enabled": True, "alert_sync_with_dashboard_filter_enabled": False,
        "chat_enabled": False, "preserve_desktop_layout": False,
    },
    references=(Reference("user_id", "users"),),
    unique=(
        content.unique_title("Dashboard"),
        Unique(
            fields=("slug",),
            shown="slug",
            message="Dashboard with this slug already exists.",
            status=409,
        ),
    ),
    indexes=("folder_id", "slug"),
    search={
        "id": "id", "slug": "like", "title": "like", "description": "like", "folder_id": "id",
        "deleted": "flag", "user_id": "id", "view_count": "id", "content_metadata_id": "id",
        "content_favorite_id": "id", "last_viewed_at": "like", "curate": "any",
        "not_owned_by": "any",
    },
    # Not updated_at [spec].
    sorts=(
        "id", "title", "user_id", "created_at", "folder_id", "description", "view_count",
        "favorite_count", "slug", "content_favorite_id", "content_metadata_id", "deleted",
        "deleted_at", "last_viewed_at", "last_accessed_at", "certification_status",
    ),
    stamped=("created_at", "updated_at"),
    view=view,
    sees=content.sees,
    edits=content.edits,
    before_create=_before_create,
    after_create=_after_create,
    before_update=_before_update,
    after_update=content.follow_folder,
    before_delete=_before_delete,
)  # fmt: skip


def _is_lookml(ctx: Context) -> bool:
    return "::" in ctx.params["id"]


def _the_dashboard(ctx: Context) -> Row:
    """By id or, for reading, by slug [observed in gzr]; a LookML dashboard can't be written."""
    if _is_lookml(ctx):
        _ = lookml_view(ctx, ctx.params["id"])
        raise RefusedError(405)
    return operations.the_one(ctx, KIND)


def _read(ctx: Context) -> Answer:
    if _is_lookml(ctx):
        return Answer(lookml_view(ctx, ctx.params["id"]))
    by_slug = ctx.store.where("dashboards", "slug", ctx.params["id"])
    if by_slug:
        ctx.params["id"] = text(by_slug[0], "id")
    return operations.read(ctx, KIND)


def _update(ctx: Context) -> Answer:
    _ = _the_dashboard(ctx)
    return operations.update(ctx, KIND)


def _delete(ctx: Context) -> Answer:
    _ = _the_dashboard(ctx)
    return operations.delete(ctx, KIND)


def _list(ctx: Context) -> Answer:
    """Unpaged, live, LookML dashboards too (looker-api.md 2.1)."""
    own = operations.listing(ctx, KIND, looks.live(ctx, "dashboards"), base_view).body
    lookml: list[Json] = [lookml_view(ctx, id_) for id_ in ctx.instance.lookml.dashboards()]
    return Answer([*(own if isinstance(own, list) else []), *lookml])


def _search(ctx: Context) -> Answer:
    """Search user-defined ones, without the trash unless deleted=true (looker-api.md 2.1, 5)."""
    _ = ctx.query.setdefault("deleted", "false")
    return operations.listing(ctx, KIND)


def _move(ctx: Context) -> Answer:
    ctx.body = {"folder_id": ctx.query.get("folder_id")}
    return _update(ctx)


def _certify(ctx: Context) -> Answer:
    return content.certified(ctx, KIND, _the_dashboard(ctx))


def _part_list(table: str, part_view: View) -> Route:
    def handle(ctx: Context) -> Answer:
        row = operations.the_one(ctx, KIND)
        return Answer(_parts(ctx, table, part_view, text(row, "id")))

    model = {"dashboard_filters": "DashboardFilter", "dashboard_elements": "DashboardElement"}
    return Route(
        method="GET",
        path=f"/dashboards/{{id}}/{table}",
        handle=handle,
        fields=model.get(table, "DashboardLayout"),
    )


def routes() -> Iterator[Route]:
    """Operations on dashboards."""
    yield from operations.crud(KIND, "create")
    one = "/dashboards/{id}"
    yield Route(method="GET", path=one, handle=_read, fields="Dashboard")
    yield Route(method="PATCH", path=one, handle=_update, has_body=True)
    yield Route(method="DELETE", path=one, handle=_delete)
    yield Route(method="GET", path="/dashboards", handle=_list, fields="DashboardBase")
    yield Route(
        method="GET",
        path="/dashboards/search",
        handle=_search,
        fields="Dashboard",
        query=operations.LISTED_WITH_PAGES | frozenset(KIND.search),
    )
    yield Route(method="PATCH", path=f"{one}/move", handle=_move, query=frozenset({"folder_id"}))
    yield Route(method="PATCH", path=f"{one}/certification", handle=_certify, has_body=True)
    for table, part_view in PARTS:
        yield _part_list(table, part_view)
