"""Boards, their sections, and the items in the sections.

Source:
    docs/looker-api.md, sections 2.6 and 3.4. Titles are not unique; `deleted_at` is the trash;
    images can't be read back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context, user_name
from lookervault_plan.sandbox.json_fields import Json, Row, maybe, number, text, texts
from lookervault_plan.sandbox.kinds import Answer, Kind, Reference, Route
from lookervault_plan.sandbox.refusals import invalid, missing
from lookervault_plan.sandbox.rules import access
from lookervault_plan.sandbox.store import Store, ids

BLANK: Final = bodies.blank("Board")
SECTION_BLANK: Final = bodies.blank("BoardSection")
ITEM_BLANK: Final = bodies.blank("BoardItem")
TARGETS: Final = ("dashboard_id", "look_id", "lookml_dashboard_id")
CONTENT: Final = {"dashboard_id": ("dashboards", "/dashboards/"), "look_id": ("looks", "/looks/")}


def view(ctx: Context, row: Row) -> Row:
    """Board with its sections and items."""
    sections = ctx.store.where("board_sections", "board_id", text(row, "id"))
    shown = (
        [section_view(ctx, section) for section in sections] if ctx.wants("board_sections") else []
    )
    return {
        **BLANK,
        **row,
        "can": EVERYTHING_ALLOWED,
        "board_sections": [*shown],
        "section_order": _in_order(texts(row, "section_order"), ids(sections)),
        "primary_homepage": False,
    }


def section_view(ctx: Context, row: Row) -> Row:
    """BoardSection with its items."""
    items = ctx.store.where("board_items", "board_section_id", text(row, "id"))
    order = _in_order(texts(row, "item_order"), ids(items))
    return {
        **SECTION_BLANK,
        **row,
        "can": EVERYTHING_ALLOWED,
        "board_items": [item_view(ctx, item) for item in items],
        "item_order": order,
        "visible_item_order": order,
    }


def item_view(ctx: Context, row: Row) -> Row:
    """BoardItem: the title and link of its content, unless it has its own."""
    made: Row = {**ITEM_BLANK, **row, "can": EVERYTHING_ALLOWED}
    made |= _content(ctx, row)
    for shown, own in (
        ("title", "custom_title"),
        ("description", "custom_description"),
        ("url", "custom_url"),
    ):
        if row.get(f"use_{own}"):
            made[shown] = row.get(own)
    if made.pop("_image", None):
        made["custom_image_url"] = f"/board_items/{text(row, 'id')}/image"
    made["custom_image_data_base64"] = None  # write-only
    return made


def _content(ctx: Context, row: Row) -> Row:
    lookml = maybe(row, "lookml_dashboard_id")
    if lookml is not None:
        _, title = ctx.instance.lookml.dashboards().get(lookml, ("", lookml))
        return {"title": title, "url": f"/dashboards/{lookml}", "location": "LookML Dashboards"}
    for field, (table, path) in CONTENT.items():
        of = ctx.store.get(table, maybe(row, field))
        if of is not None:
            folder = ctx.store.get("folders", maybe(of, "folder_id"))
            return {
                "title": of["title"],
                "description": of.get("description"),
                "url": f"{path}{text(of, 'id')}",
                "location": None if folder is None else folder["name"],
                "content_metadata_id": of.get("content_metadata_id"),
                "content_created_by": user_name(ctx.store, maybe(of, "user_id")),
                "content_updated_at": of.get("updated_at"),
            }
    return {"title": row.get("custom_title"), "url": row.get("custom_url")}


def _in_order(wanted: list[str], there: list[str]) -> Json:
    """List the ids in the order that was set, then those that were added later."""
    kept = [id_ for id_ in wanted if id_ in there]
    return [*kept, *(id_ for id_ in there if id_ not in kept)]


def _check_order(given: Row, field: str, there: list[str]) -> None:
    """Refuse an order that names an id the board lacks."""
    for id_ in texts(given, field):
        if id_ not in there:
            raise missing(field, f"{field.removesuffix('_order')} {id_}")


def sees(ctx: Context, row: Row) -> bool:
    """Whether the caller may see the board."""
    return access.level(ctx, maybe(row, "content_metadata_id")) > 0


def _edits(ctx: Context, row: Row) -> bool:
    return access.level(ctx, maybe(row, "content_metadata_id")) > 1


def _before_create(ctx: Context, given: Row) -> None:
    if not ctx.is_admin or maybe(given, "user_id") is None:
        given["user_id"] = ctx.user_id
    _check_order(given, "section_order", [])


def _after_create(ctx: Context, row: Row, _given: Row) -> None:
    """A board has an access list of its own from the start: its maker, and All Users to view."""
    metadata = access.new_metadata(ctx.store, parent_id=None, of="homepage_id", id_=text(row, "id"))
    ctx.store.update(
        "content_metadata", ctx.find("content_metadata", metadata), {"inherits": False}
    )
    row["content_metadata_id"] = metadata
    _ = access.add_entry(ctx.store, metadata, "edit", group_id=None, user_id=text(row, "user_id"))
    _ = access.add_entry(ctx.store, metadata, "view", group_id=access.ALL_USERS, user_id=None)


def _before_update(ctx: Context, row: Row, given: Row) -> None:
    if not ctx.is_admin:
        _ = given.pop("user_id", None)
    sections = ctx.store.where("board_sections", "board_id", text(row, "id"))
    _check_order(given, "section_order", ids(sections))


def _before_delete(ctx: Context, row: Row) -> None:
    for section in ctx.store.where("board_sections", "board_id", text(row, "id")):
        _empty(ctx.store, section)
        ctx.store.delete("board_sections", section)
    metadata_id = text(row, "content_metadata_id")
    for entry in ctx.store.where("content_metadata_access", "content_metadata_id", metadata_id):
        ctx.store.delete("content_metadata_access", entry)
    ctx.store.delete("content_metadata", ctx.find("content_metadata", metadata_id))


def _empty(store: Store, section: Row) -> None:
    for item in store.where("board_items", "board_section_id", text(section, "id")):
        store.delete("board_items", item)


KIND: Final = Kind(
    table="boards",
    path="/boards",
    model="Board",
    required=("title",),
    references=(Reference("user_id", "users"),),
    search={
        "title": "like", "created_at": "like", "first_name": "any", "last_name": "any",
        "favorited": "any", "creator_id": "any", "permission": "any",
    },
    sorts=("id", "title", "created_at", "updated_at", "user_id"),
    stamped=("created_at", "updated_at"),
    view=view,
    sees=sees,
    edits=_edits,
    before_create=_before_create,
    after_create=_after_create,
    before_update=_before_update,
    before_delete=_before_delete,
)  # fmt: skip


def _before_section_update(ctx: Context, row: Row, given: Row) -> None:
    items = ctx.store.where("board_items", "board_section_id", text(row, "id"))
    _check_order(given, "item_order", ids(items))


def _before_section_create(_ctx: Context, given: Row) -> None:
    _check_order(given, "item_order", [])


def _before_section_delete(ctx: Context, row: Row) -> None:
    _empty(ctx.store, row)


SECTION: Final = Kind(
    table="board_sections",
    path="/board_sections",
    model="BoardSection",
    required=("board_id",),
    references=(Reference("board_id", "boards"),),
    indexes=("board_id",),
    sorts=("id", "title", "board_id"),
    stamped=("created_at", "updated_at"),
    view=section_view,
    before_create=_before_section_create,
    before_update=_before_section_update,
    before_delete=_before_section_delete,
)


def _before_item_create(ctx: Context, given: Row) -> None:
    _check_item(ctx, given)
    if given.get("order") is None:
        id_ = text(given, "board_section_id")
        others = ctx.store.where("board_items", "board_section_id", id_)
        given["order"] = max((number(one, "order") + 1 for one in others), default=0)
    _take_image(given)


def _before_item_update(ctx: Context, row: Row, given: Row) -> None:
    _check_item(ctx, {**row, **given})
    _take_image(given)


def _take_image(given: Row) -> None:
    if given.pop("custom_image_data_base64", None) is not None:
        given["_image"] = True


def _check_item(ctx: Context, after: Row) -> None:
    """One content, or a link of its own."""
    targets = [name for name in TARGETS if maybe(after, name) is not None]
    if len(targets) > 1:
        raise invalid(targets[1], "invalid", f"an item shows one of {', '.join(targets)}")
    if not targets and maybe(after, "custom_url") is None:
        raise invalid("dashboard_id", "missing_field", "an item needs content or a custom_url")
    lookml = maybe(after, "lookml_dashboard_id")
    if lookml is not None and lookml not in ctx.instance.lookml.dashboards():
        raise missing("lookml_dashboard_id", "dashboard")


ITEM: Final = Kind(
    table="board_items",
    path="/board_items",
    model="BoardItem",
    required=("board_section_id",),
    defaults={
        "use_custom_description": False, "use_custom_title": False, "use_custom_url": False,
        "use_custom_image": False,
    },
    references=(
        Reference("board_section_id", "board_sections"),
        Reference("dashboard_id", "dashboards"),
        Reference("look_id", "looks"),
    ),
    indexes=("board_section_id", "dashboard_id", "look_id"),
    search={"board_section_id": "id"},
    sorts=("id", "order", "board_section_id"),
    view=item_view,
    before_create=_before_item_create,
    before_update=_before_item_update,
)  # fmt: skip


def _list(ctx: Context) -> Answer:
    found = [row for row in ctx.store.table("boards").values() if row.get("deleted_at") is None]
    return operations.listing(ctx, KIND, found)


def _search(ctx: Context) -> Answer:
    found = [row for row in ctx.store.table("boards").values() if row.get("deleted_at") is None]
    creator = ctx.query.get("creator_id")
    if creator is not None:
        found = [row for row in found if row["user_id"] == creator]
    return operations.listing(ctx, KIND, found)


def routes() -> Iterator[Route]:
    """Operations on boards, sections and items."""
    for kind in (KIND, SECTION, ITEM):
        yield from operations.crud(
            kind, "create read update delete", fields_on="create read update"
        )
    yield Route(method="GET", path="/boards", handle=_list, fields="Board")
    yield Route(
        method="GET",
        path="/boards/search",
        handle=_search,
        fields="Board",
        query=operations.LISTED_WITH_PAGES | frozenset(KIND.search),
    )
    for kind, query in ((SECTION, frozenset[str]()), (ITEM, frozenset({"board_section_id"}))):
        yield Route(
            method="GET",
            path=kind.path,
            handle=lambda ctx, kind=kind: operations.listing(ctx, kind),
            fields=kind.model,
            query=query | {"sorts"},
        )
