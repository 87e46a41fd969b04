"""What dashboards and looks share: the folder they lie in, the trash, certification, owners.

Source:
    docs/looker-api.md, section 2.1, 2.2; looker-api.md 5 (Trash, Ownership, Slug).
"""

from __future__ import annotations

from typing import Final

from lookervault_plan.sandbox.context import Context, user_name
from lookervault_plan.sandbox.json_fields import Row, maybe, objects, text
from lookervault_plan.sandbox.kinds import Answer, Kind, Unique
from lookervault_plan.sandbox.refusals import RefusedError, invalid, missing, not_found
from lookervault_plan.sandbox.rules import access, folders


def unique_title(word: str) -> Unique:
    """Allow a title once per folder, the trash aside.

    The error's field is a printed Ruby array (looker-api.md 1.2).
    """
    return Unique(
        fields=("folder_id", "title"),
        shown="[:title, :space_id]",
        message=f"{word} with this title already exists.",
        among_live=True,
    )


UNWRITABLE: Final = frozenset(
    {folders.LOOKML, folders.USERS_ROOT, folders.EMBED_SHARED, folders.EMBED_USERS}
)


def sees(ctx: Context, row: Row) -> bool:
    """Content is seen by who sees its folder."""
    return access.folder_level(ctx, maybe(row, "folder_id")) > 0


def edits(ctx: Context, row: Row) -> bool:
    """Content is changed by who may edit its folder."""
    return access.folder_level(ctx, maybe(row, "folder_id")) > 1


def touch_dashboard(ctx: Context, part: Row) -> None:
    """A change of a part may move its dashboard's `updated_at` (looker-api.md 7)."""
    dashboard = _dashboard_of(ctx, part)
    if ctx.instance.behaviour.tiles_move_updated_at and dashboard:
        ctx.store.update("dashboards", dashboard, {"updated_at": ctx.instance.now()})


def _dashboard_of(ctx: Context, part: Row) -> Row:
    layout = ctx.store.get("dashboard_layouts", maybe(part, "dashboard_layout_id"))
    id_ = maybe(part, "dashboard_id") or maybe(layout or {}, "dashboard_id")
    return ctx.store.get("dashboards", id_) or {}


def sees_part(ctx: Context, part: Row) -> bool:
    """A dashboard's parts are seen with it."""
    return sees(ctx, _dashboard_of(ctx, part))


def edits_part(ctx: Context, part: Row) -> bool:
    """And changed by who may change it."""
    return edits(ctx, _dashboard_of(ctx, part))


def check_part(ctx: Context, given: Row) -> None:
    """A new part needs its dashboard, and the right to change it."""
    dashboard = ctx.store.get("dashboards", maybe(given, "dashboard_id"))
    if dashboard is None:
        raise missing("dashboard_id", "dashboard")
    if not edits(ctx, dashboard):
        raise not_found()


def before_create(ctx: Context, given: Row) -> None:
    """Owner, folder and certification of new content."""
    _ = given.pop("folder", None)  # nested objects change nothing [spec]
    _check_folder(ctx, given)
    if not ctx.is_admin or maybe(given, "user_id") is None:
        given["user_id"] = ctx.user_id
    given["last_updater_id"] = ctx.user_id
    _certify(ctx, given)
    if given.get("deleted"):
        _bury(ctx, given)


def before_update(ctx: Context, row: Row, given: Row) -> None:
    """The same for a change, with un-deleting."""
    _ = given.pop("folder", None)
    if "folder_id" in given:
        _check_folder(ctx, given)
    if not ctx.is_admin:
        _ = given.pop("user_id", None)
    _check_owner(ctx, row, given)
    given["last_updater_id"] = ctx.user_id
    _certify(ctx, given)
    if "deleted" in given:
        _move_through_trash(ctx, row, given)


def _check_owner(ctx: Context, row: Row, given: Row) -> None:
    """Looker may not take another owner (looker-api.md 7)."""
    how = ctx.instance.behaviour.owner_by_patch
    if how == "taken" or maybe(given, "user_id") in (None, maybe(row, "user_id")):
        return
    if how == "refused":
        raise invalid("user_id", "invalid", "the owner cannot be changed")
    _ = given.pop("user_id")


def _move_through_trash(ctx: Context, row: Row, given: Row) -> None:
    if given["deleted"]:
        _bury(ctx, given)
    elif row.get("deleted"):
        if not ctx.is_admin:
            raise RefusedError(403)  # un-deleting is an admin action [spec]
        given |= {"deleted_at": None, "deleter_id": None}
        if ctx.store.get("folders", maybe(given, "folder_id") or maybe(row, "folder_id")) is None:
            # Its folder is gone: it lands with who restores it (looker-api.md 5, Trash).
            given["folder_id"] = ctx.user.get("personal_folder_id")


def _bury(ctx: Context, given: Row) -> None:
    given |= {"deleted_at": ctx.instance.now(), "deleter_id": ctx.user_id}


def _check_folder(ctx: Context, given: Row) -> None:
    folder_id = maybe(given, "folder_id")
    if folder_id is None:
        raise invalid("folder_id", "missing_field", "folder_id is required")
    if ctx.store.get("folders", folder_id) is None:
        raise missing("folder_id", "folder")
    if folder_id in UNWRITABLE:
        raise invalid("folder_id", "invalid", "content cannot be saved in this folder")
    if access.folder_level(ctx, folder_id) < 2:
        raise not_found()


def _certify(ctx: Context, given: Row) -> None:
    if "certification_metadata" not in given:
        return
    wanted = objects(given, "certification_metadata")
    given["certification_metadata"] = certification(ctx, wanted)


def certification(ctx: Context, wanted: Row) -> Row | None:
    """Certification as it reads back; none without a status."""
    status = maybe(wanted, "certification_status")
    if status is None:
        return None
    return {
        "certification_status": status,
        "ui_status": status,
        "user_name": user_name(ctx.store, ctx.user_id),
        "notes": maybe(wanted, "notes"),
        "updated_at": ctx.instance.now(),
    }


def shown(ctx: Context, row: Row) -> Row:
    """The computed fields of a dashboard's or look's reply."""
    owner = ctx.store.get("users", maybe(row, "user_id"))
    return {
        "folder": folders.inside(ctx, maybe(row, "folder_id")),
        "user_name": user_name(ctx.store, maybe(row, "user_id")),
        "is_owner_disabled": bool(owner and owner.get("is_disabled")),
        "favorite_count": 0,
        "view_count": 0,
        "usage_count": 0,
    }


def certified(ctx: Context, kind: Kind, row: Row) -> Answer:
    """PATCH …/certification."""
    given = ctx.body if isinstance(ctx.body, dict) else {}
    made = certification(ctx, given)
    ctx.store.update(kind.table, row, {"certification_metadata": made})
    return Answer(kind.view(ctx, row))


def forget(ctx: Context, row: Row, field: str) -> None:
    """What hangs on content that is gone for good: schedules, board items, metadata."""
    id_ = text(row, "id")
    for table in ("scheduled_plans", "board_items"):
        for dependent in ctx.store.where(table, field, id_):
            ctx.store.delete(table, dependent)
    metadata = ctx.store.get("content_metadata", maybe(row, "content_metadata_id"))
    if metadata is not None:
        ctx.store.delete("content_metadata", metadata)


def attach_metadata(ctx: Context, row: Row, of: str) -> None:
    """Give new content its metadata, below its folder's."""
    folder = ctx.find("folders", text(row, "folder_id"))
    row["content_metadata_id"] = access.new_metadata(
        ctx.store, parent_id=maybe(folder, "content_metadata_id"), of=of, id_=text(row, "id")
    )


def follow_folder(ctx: Context, row: Row, given: Row) -> None:
    """Moved content takes its access from the new folder."""
    if "folder_id" not in given:
        return
    folder = ctx.store.get("folders", maybe(row, "folder_id"))
    metadata = ctx.store.get("content_metadata", maybe(row, "content_metadata_id"))
    if folder is not None and metadata is not None:
        moved: Row = {"parent_id": folder["content_metadata_id"]}
        ctx.store.update("content_metadata", metadata, moved)
