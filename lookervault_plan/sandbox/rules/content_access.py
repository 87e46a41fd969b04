"""Content metadata and access entries as the API shows them.

Source:
    docs/looker-api.md, section 3.5: `inherits: false` first, which copies the inherited entries;
    only then entries of one's own. The required parameter of the lists: without it 404 [docs].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Row, maybe, text
from lookervault_plan.sandbox.kinds import NOTHING, Answer, Kind, Reference, Route
from lookervault_plan.sandbox.refusals import invalid, not_found, taken
from lookervault_plan.sandbox.rules import access

BLANK: Final = bodies.blank("ContentMeta")
ENTRY: Final = bodies.blank("ContentMetaGroupUser")
# content metadata's field -> table and the field of its title
OBJECTS: Final = {
    "folder_id": ("folders", "name"),
    "dashboard_id": ("dashboards", "title"),
    "look_id": ("looks", "title"),
    "homepage_id": ("boards", "title"),
}
CAN_OWN: Final = ("folder_id", "homepage_id")  # only these may stop inheriting
ENTRIES: Final = "content_metadata_access"


def view(ctx: Context, row: Row) -> Row:
    """ContentMeta."""
    made: Row = {**BLANK, **row, "can": EVERYTHING_ALLOWED}
    for field, (table, title) in OBJECTS.items():
        of = ctx.store.get(table, maybe(row, field))
        if of is not None:
            made |= {"name": of.get(title), "slug": of.get("slug")}
    source = access.source_of_access(ctx.store, text(row, "id"))
    made["inheriting_id"] = None if source is None or source is row else source["id"]
    return made


def _sees(ctx: Context, row: Row) -> bool:
    return access.level(ctx, text(row, "id")) > 0


def _edits(ctx: Context, row: Row) -> bool:
    return access.level(ctx, text(row, "id")) > 1


def _before_update(ctx: Context, row: Row, given: Row) -> None:
    wanted = given.get("inherits")
    if wanted is None or wanted == row["inherits"]:
        return
    if all(maybe(row, field) is None for field in CAN_OWN):
        raise invalid("inherits", "invalid", "only folders and boards have access lists")
    if wanted and maybe(row, "parent_id") is None:
        raise invalid("inherits", "invalid", "there is nothing to inherit from")
    own = ctx.store.where(ENTRIES, "content_metadata_id", text(row, "id"))
    if wanted:
        for entry in own:
            ctx.store.delete(ENTRIES, entry)
        return
    source = access.source_of_access(ctx.store, text(row, "id"))
    inherited = [] if source is None else _entries(ctx, text(source, "id"))
    for entry in inherited:
        _ = access.add_entry(
            ctx.store,
            text(row, "id"),
            text(entry, "permission_type"),
            group_id=maybe(entry, "group_id"),
            user_id=maybe(entry, "user_id"),
        )


def _entries(ctx: Context, metadata_id: str) -> list[Row]:
    return ctx.store.where(ENTRIES, "content_metadata_id", metadata_id)


METADATA: Final = Kind(
    table="content_metadata",
    path="/content_metadata",
    model="ContentMeta",
    indexes=("parent_id",),
    view=view,
    sees=_sees,
    edits=_edits,
    before_update=_before_update,
)


def entry_view(_ctx: Context, row: Row) -> Row:
    """ContentMetaGroupUser."""
    return {**ENTRY, **row, "can": EVERYTHING_ALLOWED}


def _edits_entry(ctx: Context, row: Row) -> bool:
    return access.level(ctx, maybe(row, "content_metadata_id")) > 1


def _before_entry(ctx: Context, given: Row) -> None:
    metadata = ctx.store.get("content_metadata", maybe(given, "content_metadata_id"))
    if metadata is None or access.level(ctx, text(metadata, "id")) < 2:
        raise not_found()
    if metadata["inherits"]:
        raise invalid("content_metadata_id", "invalid", "Can't add access when inheriting")
    if (maybe(given, "group_id") is None) == (maybe(given, "user_id") is None):
        raise invalid("group_id", "invalid", "an entry is for a group or for a user")


ACCESS: Final = Kind(
    table=ENTRIES,
    path="/content_metadata_access",
    model="ContentMetaGroupUser",
    required=("content_metadata_id", "permission_type"),
    references=(Reference("group_id", "groups"), Reference("user_id", "users")),
    indexes=("content_metadata_id", "group_id", "user_id"),
    view=entry_view,
    edits=_edits_entry,
    before_create=_before_entry,
)


def _children(ctx: Context) -> Answer:
    if "parent_id" not in ctx.query:
        raise not_found()
    parent = ctx.find("content_metadata", ctx.query["parent_id"])
    found = ctx.store.where("content_metadata", "parent_id", text(parent, "id"))
    return operations.listing(ctx, METADATA, found)


def _list(ctx: Context) -> Answer:
    if "content_metadata_id" not in ctx.query:
        raise not_found()
    metadata = ctx.find("content_metadata", ctx.query["content_metadata_id"])
    if not (ctx.is_admin or _sees(ctx, metadata)):
        raise not_found()
    return operations.listing(ctx, ACCESS, _entries(ctx, text(metadata, "id")))


def _create(ctx: Context) -> Answer:
    """Return an equal entry if one exists. Refuse another level for the same user or group."""
    given = bodies.check(
        ACCESS.model, ctx.body, required=ACCESS.required, strict=ctx.instance.strict
    )
    _before_entry(ctx, given)
    for entry in _entries(ctx, text(given, "content_metadata_id")):
        if all(maybe(entry, name) == maybe(given, name) for name in ("group_id", "user_id")):
            if entry["permission_type"] != given["permission_type"]:
                raise taken("group_id", "Access for this group or user already exists.")
            ctx.refuse_existing_edge(exists=True, message="Access already exists.")
            return Answer(entry_view(ctx, entry))
    return operations.create(ctx, ACCESS)


def _put(ctx: Context) -> Answer:
    row = ctx.find(ENTRIES, ctx.params["id"])
    if not (ctx.is_admin or _edits_entry(ctx, row)):
        raise not_found()
    given = bodies.check(ACCESS.model, ctx.body, strict=ctx.instance.strict)
    for name in ("content_metadata_id", "group_id", "user_id"):
        if name in given and maybe(given, name) != maybe(row, name):
            raise invalid(name, "invalid", "an entry stays with its content and its group or user")
    if maybe(given, "permission_type") is not None:
        ctx.store.update(ENTRIES, row, {"permission_type": given["permission_type"]})
    return Answer(entry_view(ctx, row))


def _delete(ctx: Context) -> Answer:
    row = ctx.find(ENTRIES, ctx.params["id"])
    if not (ctx.is_admin or _edits_entry(ctx, row)):
        raise not_found()
    ctx.store.delete(ENTRIES, row)
    return NOTHING


def routes() -> Iterator[Route]:
    """Operations on content metadata and access."""
    yield from operations.crud(METADATA, "read update", fields_on="read")
    yield Route(
        method="GET",
        path="/content_metadata",
        handle=_children,
        fields="ContentMeta",
        query=frozenset({"parent_id"}),
    )
    path, one = "/content_metadata_access", "/content_metadata_access/{id}"
    yield Route(
        method="GET",
        path=path,
        handle=_list,
        fields="ContentMetaGroupUser",
        query=frozenset({"content_metadata_id"}),
    )
    yield Route(
        method="POST",
        path=path,
        handle=_create,
        query=frozenset({"send_boards_notification_email"}),
        has_body=True,
    )
    yield Route(method="PUT", path=one, handle=_put, has_body=True)
    yield Route(method="DELETE", path=one, handle=_delete)
