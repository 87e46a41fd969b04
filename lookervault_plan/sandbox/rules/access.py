"""Content metadata, its access entries, and who may see or edit a folder.

Source:
    docs/looker-api.md, section 3.5: folders and boards may stop inheriting; dashboards and looks
    follow their folder. looker-api.md 1.1: what one may not see or edit answers 404.
"""

from __future__ import annotations

from lookervault_plan.sandbox.context import Context
from lookervault_plan.sandbox.json_fields import Row, maybe, text
from lookervault_plan.sandbox.store import Store

ALL_USERS = "1"
LEVELS = {"view": 1, "edit": 2}


def new_metadata(store: Store, *, parent_id: str | None, of: str, id_: str) -> str:
    """The metadata row of a new folder, board, dashboard or look; gives its id."""
    row: Row = {
        "id": store.next_id("content_metadata"),
        "parent_id": parent_id,
        "inherits": True,
        "content_type": of.removesuffix("_id").replace("homepage", "board"),
        of: id_,
    }
    return text(store.insert("content_metadata", row), "id")


def add_entry(
    store: Store, metadata_id: str, level: str, *, group_id: str | None, user_id: str | None
) -> Row:
    """An own access entry."""
    row: Row = {
        "id": store.next_id("content_metadata_access"),
        "content_metadata_id": metadata_id,
        "permission_type": level,
        "group_id": group_id,
        "user_id": user_id,
    }
    return store.insert("content_metadata_access", row)


def source_of_access(store: Store, metadata_id: str | None) -> Row | None:
    """The nearest metadata upwards that does not inherit: its entries hold."""
    row = store.get("content_metadata", metadata_id)
    while row is not None and row["inherits"]:
        row = store.get("content_metadata", maybe(row, "parent_id"))
    return row


def groups_of(store: Store, user_id: str) -> set[str]:
    """List the groups of a user, and the groups above them."""
    found = {ALL_USERS}
    ahead = [text(row, "group_id") for row in store.where("group_users", "user_id", user_id)]
    while ahead:
        group_id = ahead.pop()
        if group_id not in found:
            found.add(group_id)
            above = store.where("group_groups", "member_id", group_id)
            ahead.extend(text(row, "group_id") for row in above)
    return found


def level(ctx: Context, metadata_id: str | None) -> int:
    """0: not visible, 1: view, 2: edit."""
    if ctx.is_admin:
        return 2
    source = source_of_access(ctx.store, metadata_id)
    if source is None:
        return 0
    groups = groups_of(ctx.store, ctx.user_id)
    entries = ctx.store.where("content_metadata_access", "content_metadata_id", text(source, "id"))
    mine = [
        LEVELS[text(entry, "permission_type")]
        for entry in entries
        if maybe(entry, "user_id") == ctx.user_id or maybe(entry, "group_id") in groups
    ]
    return max(mine, default=0)


def folder_level(ctx: Context, folder_id: str | None) -> int:
    """The same for a folder by its id."""
    if ctx.is_admin:
        return 2
    folder = ctx.store.get("folders", folder_id)
    return 0 if folder is None else level(ctx, maybe(folder, "content_metadata_id"))
