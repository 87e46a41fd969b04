"""Folders with their content: the operations that need folders, dashboards and looks together.

Source:
    docs/looker-api.md, sections 2.1, 2.2 and 2.5: a folder's dashboards come in full, and its looks
    with their queries.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import operations
from lookervault_plan.sandbox.context import Context
from lookervault_plan.sandbox.json_fields import Json, Row, text
from lookervault_plan.sandbox.kinds import NOTHING, Answer, Route
from lookervault_plan.sandbox.rules import dashboards, folders, looks

SEARCH: Final = operations.LISTED_WITH_PAGES | frozenset(folders.KIND.search)


def view(ctx: Context, row: Row) -> Row:
    """Build a Folder: a FolderBase with the lists of its dashboards and looks."""
    made = folders.base_view(ctx, row)
    if ctx.wants("dashboards"):
        found = [dashboards.base_view(ctx, one) for one in _live(ctx, "dashboards", row)]
        if row["id"] == folders.LOOKML:
            ids = ctx.instance.lookml.dashboards()
            found.extend(dashboards.lookml_view(ctx, id_) for id_ in ids)
        listed: list[Json] = [*found]
        made["dashboards"] = listed
    if ctx.wants("looks"):
        made["looks"] = [looks.plain_view(ctx, one) for one in _live(ctx, "looks", row)]
    return made


def _live(ctx: Context, table: str, folder: Row) -> list[Row]:
    found = ctx.store.where(table, "folder_id", text(folder, "id"))
    return [row for row in found if not row.get("deleted")]


def _read(ctx: Context) -> Answer:
    return Answer(view(ctx, operations.the_one(ctx, folders.KIND)))


def _search(ctx: Context) -> Answer:
    return operations.listing(ctx, folders.KIND, view=view)


def _dashboards(ctx: Context) -> Answer:
    folder = operations.the_one(ctx, folders.KIND)
    found = _live(ctx, "dashboards", folder)
    if folder["id"] == folders.LOOKML:
        ids = ctx.instance.lookml.dashboards()
        return Answer([dashboards.lookml_view(ctx, id_) for id_ in ids])
    return operations.listing(ctx, dashboards.KIND, found)


def _looks(ctx: Context) -> Answer:
    folder = operations.the_one(ctx, folders.KIND)
    return operations.listing(ctx, looks.KIND, _live(ctx, "looks", folder))


def _delete(ctx: Context) -> Answer:
    """Delete a folder for good, with its subfolders and their content (looker-api.md 2.5)."""
    folder = operations.the_one(ctx, folders.KIND)
    folders.check_editable(ctx, folder)
    for one in [*folders.subtree(ctx.store, text(folder, "id")), folder]:
        for kind in (dashboards.KIND, looks.KIND):
            for row in ctx.store.where(kind.table, "folder_id", text(one, "id")):
                operations.remove(ctx, kind, row)
        folders.remove(ctx, one)
    return NOTHING


def routes() -> Iterator[Route]:
    """Operations on folders with their content."""
    one = "/folders/{id}"
    yield Route(method="DELETE", path=one, handle=_delete)
    yield Route(method="GET", path=one, handle=_read, fields="Folder")
    yield Route(method="GET", path="/folders/search", handle=_search, fields="Folder", query=SEARCH)
    yield Route(method="GET", path=f"{one}/dashboards", handle=_dashboards, fields="Dashboard")
    yield Route(method="GET", path=f"{one}/looks", handle=_looks, fields="LookWithQuery")
