"""Folders: roots, personal folders, the tree.

Source:
    docs/looker-api.md, section 2.5; flags and fields as in FolderBase [spec].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Row, maybe, text
from lookervault_plan.sandbox.kinds import Answer, Kind, Route, Unique
from lookervault_plan.sandbox.list_filters import PAGING
from lookervault_plan.sandbox.refusals import invalid, not_found
from lookervault_plan.sandbox.rules import access
from lookervault_plan.sandbox.store import Store

SHARED, USERS_ROOT, EMBED_SHARED, EMBED_USERS, LOOKML = "1", "2", "3", "4", "lookml"
BASE: Final = bodies.blank("FolderBase")
FLAGS: Final = (
    "is_embed", "is_embed_shared_root", "is_embed_users_root", "is_personal",
    "is_personal_descendant", "is_shared_root", "is_users_root",
)  # fmt: skip
# id, name, the flags that are true [observed in gzr-ruby, looker_deployer: looker-api.md 2.5]
ROOTS: Final = (
    (SHARED, "Shared", ("is_shared_root",)),
    (USERS_ROOT, "Users", ("is_users_root",)),
    (EMBED_SHARED, "Embed Groups", ("is_embed", "is_embed_shared_root")),
    (EMBED_USERS, "Embed Users", ("is_embed", "is_embed_users_root")),
    (LOOKML, "LookML Dashboards", ()),
)


def seed_roots(store: Store) -> None:
    """The folders that every instance has."""
    for number, (id_, name, flags) in enumerate(ROOTS, start=1):
        metadata: Row = {"id": str(number), "inherits": False, "folder_id": id_}
        _ = store.insert("content_metadata", metadata | {"content_type": "folder"})
        _ = store.insert("folders", _row(id_, name, None, str(number), flags))
    for id_ in ("1", "5"):
        _ = access.add_entry(store, id_, "edit", group_id=access.ALL_USERS, user_id=None)


def add_personal(ctx: Context, user: Row, name: str) -> str:
    """The folder that comes with a user (looker-api.md 2.7); gives its id."""
    id_ = ctx.store.next_id("folders")
    metadata_id = access.new_metadata(ctx.store, parent_id=USERS_ROOT, of="folder_id", id_=id_)
    metadata = ctx.find("content_metadata", metadata_id)
    ctx.store.update("content_metadata", metadata, {"inherits": False})
    _ = access.add_entry(ctx.store, metadata_id, "edit", group_id=None, user_id=text(user, "id"))
    row = _row(id_, name, USERS_ROOT, metadata_id, ("is_personal",))
    row |= {"creator_id": text(user, "id"), "created_at": ctx.instance.birth()}
    return text(ctx.store.insert("folders", row), "id")


def base_view(ctx: Context, row: Row) -> Row:
    """FolderBase."""
    count = ctx.store.count("folders", "parent_id", text(row, "id"))
    return {**BASE, **row, "child_count": count, "can": EVERYTHING_ALLOWED}


def inside(ctx: Context, folder_id: str | None) -> Row | None:
    """FolderBase of the folder something lies in."""
    row = ctx.store.get("folders", folder_id)
    return None if row is None else base_view(ctx, row)


def sees(ctx: Context, row: Row) -> bool:
    """Whether the caller sees the folder; roots are always shown."""
    return "parent_id" not in row or access.level(ctx, maybe(row, "content_metadata_id")) > 0


def subtree(store: Store, folder_id: str) -> Iterator[Row]:
    """All folders below."""
    for child in store.where("folders", "parent_id", folder_id):
        yield child
        yield from subtree(store, text(child, "id"))


def _row(id_: str, name: str, parent_id: str | None, metadata: str, flags: tuple[str, ...]) -> Row:
    row: Row = {"id": id_, "name": name, "content_metadata_id": metadata}
    if parent_id is not None:
        row["parent_id"] = parent_id
    return row | {flag: flag in flags for flag in FLAGS}


def _home(ctx: Context, given: Row) -> Row:
    """The parent that a body names; 404 where nothing may be put [spec for POST /folders]."""
    parent = ctx.store.get("folders", maybe(given, "parent_id"))
    if (
        parent is None
        or text(parent, "id") in {USERS_ROOT, EMBED_SHARED, EMBED_USERS, LOOKML}
        or access.level(ctx, maybe(parent, "content_metadata_id")) < 2
    ):
        raise not_found()
    return parent


def _before_create(ctx: Context, given: Row) -> None:
    if maybe(given, "parent_id") is None and maybe(given, "name") is not None:
        raise not_found()  # [docs: terraform-provider-looker 90]
    parent = _home(ctx, given)
    below_personal = bool(parent["is_personal"] or parent["is_personal_descendant"])
    given |= dict.fromkeys(FLAGS, False)
    given |= {"is_personal_descendant": below_personal, "creator_id": ctx.user_id}


def _after_create(ctx: Context, row: Row, _given: Row) -> None:
    parent = ctx.find("folders", text(row, "parent_id"))
    metadata = access.new_metadata(
        ctx.store,
        parent_id=maybe(parent, "content_metadata_id"),
        of="folder_id",
        id_=text(row, "id"),
    )
    row["content_metadata_id"] = metadata


def check_editable(ctx: Context, row: Row) -> None:
    """Refuse to change roots, personal folders, and folders that the caller may not edit."""
    if "parent_id" not in row or row["is_personal"]:
        raise invalid("id", "invalid", f"folder {text(row, 'name')} cannot be modified")
    if access.level(ctx, maybe(row, "content_metadata_id")) < 2:
        raise not_found()


def _before_update(ctx: Context, row: Row, given: Row) -> None:
    check_editable(ctx, row)
    if "parent_id" not in given:
        return
    parent = _home(ctx, given)
    if text(row, "id") in {text(parent, "id"), *_above(ctx.store, parent)}:
        raise invalid("parent_id", "invalid", "a folder cannot be moved into itself")


def _after_update(ctx: Context, row: Row, given: Row) -> None:
    if "parent_id" not in given:
        return
    parent = ctx.find("folders", text(row, "parent_id"))
    metadata = ctx.find("content_metadata", text(row, "content_metadata_id"))
    moved: Row = {"parent_id": maybe(parent, "content_metadata_id")}
    ctx.store.update("content_metadata", metadata, moved)
    personal = bool(parent["is_personal"] or parent["is_personal_descendant"])
    for one in (row, *subtree(ctx.store, text(row, "id"))):
        one["is_personal_descendant"] = personal


def _above(store: Store, row: Row) -> Iterator[str]:
    parent = store.get("folders", maybe(row, "parent_id"))
    while parent is not None:
        yield text(parent, "id")
        parent = store.get("folders", maybe(parent, "parent_id"))


def trash_content(ctx: Context, folder: Row) -> None:
    """Put the dashboards and looks of one folder in the trash."""
    trash: Row = {"deleted": True, "deleted_at": ctx.instance.now(), "deleter_id": ctx.user_id}
    for table in ("dashboards", "looks"):
        for row in ctx.store.where(table, "folder_id", text(folder, "id")):
            if not row.get("deleted"):
                ctx.store.update(table, row, trash)


def remove(ctx: Context, folder: Row) -> None:
    """Delete one folder with its access entries."""
    metadata_id = text(folder, "content_metadata_id")
    for entry in ctx.store.where("content_metadata_access", "content_metadata_id", metadata_id):
        ctx.store.delete("content_metadata_access", entry)
    metadata = ctx.store.get("content_metadata", metadata_id)
    if metadata is not None:
        ctx.store.delete("content_metadata", metadata)
    ctx.store.delete("folders", folder)


KIND: Final = Kind(
    table="folders",
    path="/folders",
    model="Folder",
    create_model="CreateFolder",
    update_model="UpdateFolder",
    required=("name",),
    unique=(
        Unique(
            fields=("parent_id", "name"),
            shown="name",
            message="Folder with this name already exists.",
        ),
    ),
    indexes=("parent_id",),
    stamped=("created_at",),
    search={
        "id": "id", "name": "like", "parent_id": "id", "creator_id": "id",
        "is_shared_root": "flag", "is_users_root": "flag",
    },
    sorts=("id", "name", "parent_id", "creator_id", "created_at"),
    view=base_view,
    sees=sees,
    before_create=_before_create,
    after_create=_after_create,
    before_update=_before_update,
    after_update=_after_update,
)  # fmt: skip


def _children(ctx: Context) -> Answer:
    row = operations.the_one(ctx, KIND)
    below = ctx.store.where("folders", "parent_id", text(row, "id"))
    return operations.listing(ctx, KIND, below)


def _parent(ctx: Context) -> Answer:
    row = operations.the_one(ctx, KIND)
    return Answer(base_view(ctx, ctx.find("folders", maybe(row, "parent_id"))))


def _ancestors(ctx: Context) -> Answer:
    row = operations.the_one(ctx, KIND)
    above = [ctx.find("folders", id_) for id_ in _above(ctx.store, row)]
    return Answer([base_view(ctx, one) for one in reversed(above)])


def routes() -> Iterator[Route]:
    """Operations on folders."""
    yield from operations.crud(KIND, "create update list", fields_on="list")
    yield Route(
        method="GET",
        path="/folders/{id}/children",
        handle=_children,
        query=PAGING | {"sorts"},
        fields="Folder",
    )
    for name, handle in (("parent", _parent), ("ancestors", _ancestors)):
        yield Route(method="GET", path=f"/folders/{{id}}/{name}", handle=handle, fields="Folder")
