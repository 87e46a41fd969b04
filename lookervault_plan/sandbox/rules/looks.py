"""Looks.

Source:
    docs/looker-api.md, section 2.2: lists of all looks give `query_id` only; one look, and a
    folder's looks, give the body.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Row, maybe, text
from lookervault_plan.sandbox.kinds import Answer, Kind, Reference, Route
from lookervault_plan.sandbox.refusals import invalid
from lookervault_plan.sandbox.rules import content, queries

BLANK: Final = bodies.blank("Look")


def plain_view(ctx: Context, row: Row) -> Row:
    """Look: without the query's body."""
    id_, query = text(row, "id"), ctx.store.get("queries", maybe(row, "query_id"))
    model = None if query is None else text(query, "model")
    public = {} if not row.get("public") else _public(ctx, row)
    return {
        **BLANK,
        **row,
        **content.shown(ctx, row),
        **public,
        "can": EVERYTHING_ALLOWED,
        "model": None if model is None else {"id": model, "label": model.title()},
        "short_url": f"/looks/{id_}",
        "embed_url": f"/embed/looks/{id_}",
    }


def full_view(ctx: Context, row: Row) -> Row:
    """LookWithQuery."""
    made = plain_view(ctx, row)
    made["query"] = queries.find(ctx, maybe(row, "query_id"))
    made["url"] = made["short_url"]
    return made


def _public(ctx: Context, row: Row) -> Row:
    url = f"{ctx.instance.base_url}/looks/{text(row, 'public_slug')}"
    return {
        "public_url": url,
        "excel_file_url": f"{url}.xlsx",
        "image_embed_url": f"{url}.png",
        "google_spreadsheet_formula": f'=ImportXML("{url}.html", "//tr")',
    }


def _before_create(ctx: Context, given: Row) -> None:
    _take_query(ctx, given)
    if maybe(given, "query_id") is None:
        raise invalid("query_id", "missing_field", "query_id is required")
    content.before_create(ctx, given)
    _publish(ctx, given, None)


def _before_update(ctx: Context, row: Row, given: Row) -> None:
    _take_query(ctx, given)
    content.before_update(ctx, row, given)
    _publish(ctx, given, row)


def _take_query(ctx: Context, given: Row) -> None:
    """A nested query body stands for its id, unless the id is there too."""
    body = given.pop("query", None)
    if body is not None and maybe(given, "query_id") is None:
        given["query_id"] = queries.define(ctx, body)["id"]


def _publish(ctx: Context, given: Row, row: Row | None) -> None:
    if given.get("public") and not (row and row.get("public_slug")):
        given["public_slug"] = ctx.instance.slug()


def _after_create(ctx: Context, row: Row, _given: Row) -> None:
    content.attach_metadata(ctx, row, "look_id")


def _before_delete(ctx: Context, row: Row) -> None:
    """For good, with the tiles that show it."""
    content.forget(ctx, row, "look_id")
    for element in ctx.store.where("dashboard_elements", "look_id", text(row, "id")):
        ctx.store.update("dashboard_elements", element, {"look_id": None})


KIND: Final = Kind(
    table="looks",
    path="/looks",
    model="LookWithQuery",
    required=("title", "folder_id"),
    defaults={"public": False, "is_run_on_load": False, "deleted": False, "description": None},
    references=(Reference("query_id", "queries"), Reference("user_id", "users")),
    unique=(content.unique_title("Look"),),
    indexes=("folder_id", "query_id"),
    search={
        "id": "id", "title": "like", "description": "like", "folder_id": "id", "user_id": "id",
        "view_count": "id", "deleted": "flag", "query_id": "id", "last_viewed_at": "like",
        "content_favorite_id": "id", "curate": "any",
    },
    sorts=(
        "id", "title", "user_id", "created_at", "folder_id", "description", "updated_at",
        "last_updater_id", "view_count", "favorite_count", "content_favorite_id", "deleted",
        "deleted_at", "last_viewed_at", "last_accessed_at", "query_id",
    ),
    stamped=("created_at", "updated_at"),
    view=full_view,
    sees=content.sees,
    edits=content.edits,
    before_create=_before_create,
    after_create=_after_create,
    before_update=_before_update,
    after_update=content.follow_folder,
    before_delete=_before_delete,
)  # fmt: skip


def live(ctx: Context, table: str) -> list[Row]:
    """What is not in the trash."""
    return [row for row in ctx.store.table(table).values() if not row.get("deleted")]


def _list(ctx: Context) -> Answer:
    return operations.listing(ctx, KIND, live(ctx, "looks"), plain_view)


def _search(ctx: Context) -> Answer:
    _ = ctx.query.setdefault("deleted", "false")
    return operations.listing(ctx, KIND, view=plain_view)


def _certify(ctx: Context) -> Answer:
    return content.certified(ctx, KIND, operations.the_one(ctx, KIND))


def routes() -> Iterator[Route]:
    """Operations on looks."""
    yield from operations.crud(KIND, "create read update delete", fields_on="create read update")
    yield Route(method="GET", path="/looks", handle=_list, fields="Look")
    yield Route(
        method="GET",
        path="/looks/search",
        handle=_search,
        fields="Look",
        query=operations.LISTED_WITH_PAGES | frozenset(KIND.search),
    )
    yield Route(method="PATCH", path="/looks/{id}/certification", handle=_certify, has_body=True)
