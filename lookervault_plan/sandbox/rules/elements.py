"""Tiles of dashboards.

Source:
    docs/looker-api.md, sections 3.2 (step 5) and 3.3.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Json, Row, maybe, objects, rows, text
from lookervault_plan.sandbox.kinds import Answer, Kind, Reference, Route
from lookervault_plan.sandbox.refusals import invalid, missing
from lookervault_plan.sandbox.rules import content, durations, layouts, looks, queries
from lookervault_plan.sandbox.rules.durations import milliseconds

BLANK: Final = bodies.blank("DashboardElement")
BLANK_RESULT_MAKER: Final = bodies.blank("ResultMakerWithIdVisConfigAndDynamicFields")
SOURCES: Final = ("query_id", "look_id", "merge_result_id")
HTML_OF: Final = ("body_text", "note_text", "title_text", "subtitle_text")


def view(ctx: Context, row: Row) -> Row:
    """DashboardElement with its query, look and result maker."""
    made: Row = {**BLANK, **row, "can": EVERYTHING_ALLOWED}
    filterables = made.pop("_filterables", None)
    look = ctx.store.get("looks", maybe(row, "look_id"))
    made["query"] = queries.find(ctx, maybe(row, "query_id"))
    made["look"] = None if look is None else looks.full_view(ctx, look)
    made["refresh_interval_to_i"] = milliseconds(maybe(row, "refresh_interval"))
    made["alert_count"] = ctx.store.count("alerts", "dashboard_element_id", text(row, "id"))
    for name in HTML_OF:
        if row.get(name) is not None:
            made[f"{name}_as_html"] = f"<p>{html.escape(text(row, name), quote=False)}</p>"
    if maybe(row, "result_maker_id") is not None:
        made["result_maker"] = _result_maker(ctx, row, look, filterables)
    return made


def _result_maker(ctx: Context, row: Row, look: Row | None, filterables: Json) -> Row:
    """What runs the tile: the query or merge query, and which filters it listens to."""
    query_id = maybe(row, "query_id") or (None if look is None else maybe(look, "query_id"))
    query = queries.find(ctx, query_id)
    source = query or ctx.store.get("merge_queries", maybe(row, "merge_result_id")) or {}
    return {
        **BLANK_RESULT_MAKER,
        "id": row["result_maker_id"],
        "query_id": query_id,
        "query": query,
        "merge_result_id": row.get("merge_result_id"),
        "filterables": filterables,
        "sorts": source.get("sorts") or [],
        "total": bool(source.get("total")),
        "dynamic_fields": source.get("dynamic_fields"),
        "vis_config": source.get("vis_config"),
    }


def _before_create(ctx: Context, given: Row) -> None:
    content.check_part(ctx, given)
    if maybe(given, "result_maker_id") is not None:
        # Together with a query or look id, or unknown, it is a 422 [observed in gzr 9f731f1];
        # the ids of another tile's result maker mean nothing either.
        raise invalid("result_maker_id", "invalid", "result_maker_id cannot be set")
    if maybe(given, "dashboard_layout_id") is None:
        given["dashboard_layout_id"] = layouts.active_layout(ctx, text(given, "dashboard_id"))["id"]
    _prepare(ctx, {}, given)


def _before_update(ctx: Context, row: Row, given: Row) -> None:
    if given.get("dashboard_id") not in (None, row["dashboard_id"]):
        raise invalid("dashboard_id", "invalid", "an element stays with its dashboard")
    _ = given.pop("dashboard_id", None)
    if given.get("result_maker_id") not in (None, row.get("result_maker_id")):
        raise invalid("result_maker_id", "invalid", "result_maker_id cannot be set")
    _ = given.pop("result_maker_id", None)
    _prepare(ctx, row, given)


def _prepare(ctx: Context, row: Row, given: Row) -> None:
    """Apply the rules of creates and updates. `row` is the tile before the request."""
    durations.check(given)
    _ = given.pop("look", None)
    inline = given.pop("query", None)
    if inline is not None and maybe(given, "query_id") is None:
        if ctx.instance.behaviour.inline_query == "refused":
            raise invalid("query", "invalid", "an element takes query_id")
        if ctx.instance.behaviour.inline_query == "taken":
            given["query_id"] = queries.define(ctx, inline)["id"]
    if "certification_metadata" in given:
        wanted = objects(given, "certification_metadata")
        given["certification_metadata"] = content.certification(ctx, wanted)
    after = {**row, **given}
    sources = [name for name in SOURCES if maybe(after, name) is not None]
    if len(sources) > 1:
        message = f"an element has one source, not {' and '.join(sources)}"
        raise invalid(sources[0], "invalid", message)
    is_asked = not row or any(name in given for name in ("type", *SOURCES))
    if not sources and is_asked:  # a deleted look leaves its tiles without a source
        _check_needs_no_source(after)
    _check_own(ctx, after, "dashboard_layout_id", "dashboard_layouts")
    _check_own(ctx, after, "filter_id", "dashboard_filters")
    _listen(ctx, after, given)


def _check_needs_no_source(after: Row) -> None:
    """Refuse a visualization that has nothing to show."""
    if (maybe(after, "type") or KIND.defaults["type"]) == "vis":
        message = f"a vis element needs one of {', '.join(SOURCES)}"
        raise invalid("query_id", "missing_field", message)


def _check_own(ctx: Context, after: Row, field: str, table: str) -> None:
    """A tab or filter of another dashboard is as good as none."""
    part = ctx.store.get(table, maybe(after, field))
    if maybe(after, field) is not None and (
        part is None or text(part, "dashboard_id") != text(after, "dashboard_id")
    ):
        raise missing(field, table.rstrip("s"))


def _listen(ctx: Context, after: Row, given: Row) -> None:
    """Keep `filterables`; refuse filters that the dashboard lacks (looker-api.md 3.2)."""
    maker = given.pop("result_maker", None)
    if not isinstance(maker, dict) or maker.get("filterables") is None:
        return
    filters = ctx.store.where("dashboard_filters", "dashboard_id", text(after, "dashboard_id"))
    known = {text(one, name) for one in filters for name in ("name", "title")}
    for filterable in rows(maker, "filterables"):
        for listen in rows(filterable, "listen"):
            if text(listen, "dashboard_filter_name") not in known:
                path = "result_maker.filterables.listen.dashboard_filter_name"
                raise missing(path, f"filter {text(listen, 'dashboard_filter_name')}")
    given["_filterables"] = [
        {"model": None, "view": None, "name": None, "listen": [], **one}
        for one in rows(maker, "filterables")
    ]


def _after_create(ctx: Context, row: Row, _given: Row) -> None:
    content.touch_dashboard(ctx, row)
    layouts.place(ctx, row)
    _make_result_maker(ctx, row)


def _after_update(ctx: Context, row: Row, given: Row) -> None:
    content.touch_dashboard(ctx, row)
    if "_filterables" not in given and any(name in given for name in SOURCES):
        row["_filterables"] = None  # another query has other explores to listen with
    if "dashboard_layout_id" in given:
        layouts.unplace(ctx, row)
        if maybe(row, "dashboard_layout_id") is not None:
            layouts.place(ctx, row)
    _make_result_maker(ctx, row)


def _make_result_maker(ctx: Context, row: Row) -> None:
    """Tiles that run something have a result maker; without filterables it makes its own."""
    if all(maybe(row, name) is None for name in SOURCES):
        return
    if maybe(row, "result_maker_id") is None:
        row["result_maker_id"] = ctx.store.next_id("result_makers")
    if row.get("_filterables") is None:
        look = ctx.store.get("looks", maybe(row, "look_id")) or {}
        query_id = maybe(row, "query_id") or maybe(look, "query_id")
        merge = ctx.store.get("merge_queries", maybe(row, "merge_result_id")) or {}
        ids = (
            [query_id]
            if query_id
            else [maybe(s, "query_id") for s in rows(merge, "source_queries")]
        )
        row["_filterables"] = [_filterable(ctx, id_, n) for n, id_ in enumerate(ids)]


def _filterable(ctx: Context, query_id: str | None, n: int) -> Row:
    query = ctx.store.get("queries", query_id) or {}
    name = f"q{n}" if n else None
    return {"model": query.get("model"), "view": query.get("view"), "name": name, "listen": []}


def remove(ctx: Context, element: Row) -> None:
    """Delete a tile with its component and alerts (looker-api.md 3.3)."""
    operations.remove(ctx, KIND, element)


def _before_delete(ctx: Context, row: Row) -> None:
    content.touch_dashboard(ctx, row)
    if ctx.instance.behaviour.tile_takes_component:
        layouts.unplace(ctx, row)
    for alert in ctx.store.where("alerts", "dashboard_element_id", text(row, "id")):
        ctx.store.delete("alerts", alert)


KIND: Final = Kind(
    table="dashboard_elements",
    path="/dashboard_elements",
    model="DashboardElement",
    required=("dashboard_id",),
    defaults={"type": "vis", "title_hidden": False},
    references=(
        Reference("query_id", "queries"),
        Reference("look_id", "looks"),
        Reference("merge_result_id", "merge_queries"),
    ),
    indexes=("dashboard_id", "look_id"),
    search={"dashboard_id": "id", "look_id": "id", "title": "like", "deleted": "flag"},
    sorts=("id", "dashboard_id", "look_id", "title"),
    view=view,
    sees=content.sees_part,
    edits=content.edits_part,
    before_create=_before_create,
    after_create=_after_create,
    before_update=_before_update,
    after_update=_after_update,
    before_delete=_before_delete,
)


def _search(ctx: Context) -> Answer:
    _ = ctx.query.pop("deleted", None)
    return operations.listing(ctx, KIND)


def routes() -> Iterator[Route]:
    """Operations on elements."""
    yield from operations.crud(KIND, "read update delete", fields_on="read update")
    yield Route(
        method="POST",
        path=KIND.path,
        handle=lambda ctx: operations.create(ctx, KIND),
        fields=KIND.model,
        query=frozenset({"apply_filters"}),
        has_body=True,
    )
    yield Route(
        method="GET",
        path="/dashboard_elements/search",
        handle=_search,
        fields="DashboardElement",
        query=frozenset({*KIND.search, "filter_or", "sorts"}),
    )
