"""Groups: members, groups in groups, the ones that every instance has.

Source:
    docs/looker-api.md, section 2.8, 3.5. Memberships are idempotent; there is no bulk setter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Json, Row, maybe, text
from lookervault_plan.sandbox.kinds import NOTHING, Answer, Kind, Route, Unique
from lookervault_plan.sandbox.list_filters import PAGING
from lookervault_plan.sandbox.refusals import RefusedError
from lookervault_plan.sandbox.rules import access, membership, roles, users
from lookervault_plan.sandbox.store import Store

BLANK: Final = bodies.blank("Group")
ALL_USERS: Final = access.ALL_USERS
# Made by Looker itself: they cannot be renamed or deleted (looker-api.md 2.8).
BUILT_IN: Final = ("All Users", "Gemini Default Users", "Looker CI Users")


def seed_groups(store: Store) -> None:
    """All Users has id 1 everywhere, the other built-in ones any id."""
    for name in BUILT_IN:
        row: Row = {**KIND.defaults, "name": name, "include_by_default": name == BUILT_IN[0]}
        row["id"] = ALL_USERS if name == BUILT_IN[0] else store.next_id("groups")
        _ = store.insert("groups", row)


def view(ctx: Context, row: Row) -> Row:
    """Group."""
    id_ = text(row, "id")
    everybody = id_ == ALL_USERS
    count = len(ctx.store.table("users")) if everybody else _member_count(ctx.store, id_)
    return {
        **BLANK,
        **row,
        "can": {**EVERYTHING_ALLOWED, "delete": not everybody, "add_to_content_metadata": True},
        "user_count": count,
        "contains_current_user": everybody
        or ctx.store.get("group_users", f"{id_}:{ctx.user_id}") is not None,
    }


def _member_count(store: Store, id_: str) -> int:
    return store.count("group_users", "group_id", id_)


def _hierarchy_view(ctx: Context, row: Row) -> Row:
    """GroupHierarchy: the direct parents and roles."""
    id_ = text(row, "id")
    above = ctx.store.where("group_groups", "member_id", id_)
    given = ctx.store.where("role_groups", "group_id", id_)
    more: Row = {
        "parent_group_ids": [one["group_id"] for one in above],
        "role_ids": [one["role_id"] for one in given],
    }
    return view(ctx, row) | more


def _roles_view(ctx: Context, row: Row) -> Row:
    given = ctx.store.where("role_groups", "group_id", text(row, "id"))
    found = [ctx.find("roles", text(one, "role_id")) for one in given]
    more: Row = {"roles": [roles.view(ctx, role) for role in found]}
    return view(ctx, row) | more


def _sees(ctx: Context, row: Row) -> bool:
    return text(row, "id") in access.groups_of(ctx.store, ctx.user_id)


def _guard(row: Row) -> None:
    if row["name"] in BUILT_IN:
        raise RefusedError(403, f"{text(row, 'name')} is built in")
    if row.get("externally_managed"):
        raise RefusedError(403, f"{text(row, 'name')} is managed elsewhere")


def _before_update(_ctx: Context, row: Row, given: Row) -> None:
    if "name" in given and given["name"] != row["name"]:
        _guard(row)


def _before_delete(ctx: Context, row: Row) -> None:
    _guard(row)
    id_ = text(row, "id")
    for table, field in (
        ("group_users", "group_id"),
        ("group_groups", "group_id"),
        ("group_groups", "member_id"),
        ("role_groups", "group_id"),
        ("content_metadata_access", "group_id"),
    ):
        for member_row in ctx.store.where(table, field, id_):
            ctx.store.delete(table, member_row)


KIND: Final = Kind(
    table="groups",
    path="/groups",
    model="Group",
    required=("name",),
    defaults={
        "can_add_to_content_metadata": True, "externally_managed": False,
        "include_by_default": False,
    },
    unique=(Unique(fields=("name",), shown="name", message="Group name already exists."),),
    indexes=("name",),
    search={
        "id": "id", "ids": "any", "name": "like", "external_group_id": "like",
        "externally_managed": "flag", "externally_orphaned": "any",
        "can_add_to_content_metadata": "flag", "content_metadata_id": "any",
    },
    sorts=("id", "name", "external_group_id"),
    admin_only=403,
    view=view,
    sees=_sees,
    before_update=_before_update,
    before_delete=_before_delete,
)  # fmt: skip


def _list(ctx: Context) -> Answer:
    if "ids" not in ctx.query:
        return operations.listing(ctx, KIND)
    wanted = ctx.query["ids"].split(",")
    found = [row for row in ctx.store.table("groups").values() if row["id"] in wanted]
    return operations.listing(ctx, KIND, found)


def _need_admin(ctx: Context) -> None:
    if not ctx.is_admin:
        raise RefusedError(403)


def _named(ctx: Context, model: str, field: str, table: str) -> Row:
    """The row that a membership's body names; 400 without, 404 for none [spec: no 422]."""
    given = bodies.check(model, ctx.body, strict=ctx.instance.strict)
    if maybe(given, field) is None:
        raise RefusedError(400, f"{field} is required")
    return ctx.find(table, text(given, field))


def _users(ctx: Context) -> Answer:
    row = operations.the_one(ctx, KIND)
    if row["id"] == ALL_USERS:
        return operations.listing(ctx, users.KIND)
    member_rows = ctx.store.where("group_users", "group_id", text(row, "id"))
    found = [ctx.find("users", text(member_row, "user_id")) for member_row in member_rows]
    return operations.listing(ctx, users.KIND, found)


def _groups(ctx: Context) -> Answer:
    row = operations.the_one(ctx, KIND)
    member_rows = ctx.store.where("group_groups", "group_id", text(row, "id"))
    shown: list[Json] = [
        view(ctx, ctx.find("groups", text(member_row, "member_id"))) for member_row in member_rows
    ]
    return Answer(shown)


def _add_user(ctx: Context) -> Answer:
    _need_admin(ctx)
    row = operations.the_one(ctx, KIND)
    _guard_members(row)
    user = _named(ctx, "GroupIdForGroupUserInclusion", "user_id", "users")
    ends = {"group_id": text(row, "id"), "user_id": text(user, "id")}
    exists = membership.is_linked(ctx.store, "group_users", **ends)
    ctx.refuse_existing_edge(exists=exists, message="The user is already in the group.")
    membership.link(ctx.store, "group_users", **ends)
    return Answer(users.view(ctx, user))


def _add_group(ctx: Context) -> Answer:
    _need_admin(ctx)
    row = operations.the_one(ctx, KIND)
    _guard_members(row)
    member = _named(ctx, "GroupIdForGroupInclusion", "group_id", "groups")
    if text(row, "id") in _all_below(ctx.store, text(member, "id")):
        raise RefusedError(400, "a group cannot hold itself")
    ends = {"group_id": text(row, "id"), "member_id": text(member, "id")}
    exists = membership.is_linked(ctx.store, "group_groups", **ends)
    ctx.refuse_existing_edge(exists=exists, message="The group is already in the group.")
    membership.link(ctx.store, "group_groups", **ends)
    return Answer(view(ctx, member))


def _guard_members(row: Row) -> None:
    """Everybody is in All Users anyway; others' members are managed elsewhere."""
    if row["id"] == ALL_USERS or row.get("externally_managed"):
        raise RefusedError(403, f"members of {text(row, 'name')} cannot be changed")


def _all_below(store: Store, id_: str) -> set[str]:
    found = {id_}
    for member_row in store.where("group_groups", "group_id", id_):
        found |= _all_below(store, text(member_row, "member_id"))
    return found


def _remove(table: str, param: str) -> Callable[[Context], Answer]:
    def handle(ctx: Context) -> Answer:
        _need_admin(ctx)
        row = operations.the_one(ctx, KIND)
        _guard_members(row)
        if not membership.unlink(ctx.store, table, text(row, "id"), ctx.params[param]):
            raise RefusedError(404)
        return NOTHING

    return handle


def _search(view_: Callable[[Context, Row], Row]) -> Callable[[Context], Answer]:
    return lambda ctx: operations.listing(ctx, KIND, view=view_)


def routes() -> Iterator[Route]:
    """Operations on groups."""
    yield from operations.crud(KIND, "create read update delete", fields_on="create read update")
    yield Route(
        method="GET",
        path="/groups",
        handle=_list,
        fields="Group",
        query=PAGING | {"sorts", "ids", "content_metadata_id", "can_add_to_content_metadata"},
    )
    only_listed = {"ids", "content_metadata_id", "can_add_to_content_metadata"}
    for path, view_, model in (
        ("/groups/search", view, "Group"),
        ("/groups/search/with_hierarchy", _hierarchy_view, "GroupHierarchy"),
        ("/groups/search/with_roles", _roles_view, "GroupSearch"),
    ):
        yield Route(
            method="GET",
            path=path,
            handle=_search(view_),
            fields=model,
            query=operations.LISTED | (frozenset(KIND.search) - only_listed),
        )
    paged = PAGING | {"sorts"}
    yield Route(method="GET", path="/groups/{id}/users", handle=_users, fields="User", query=paged)
    yield Route(method="GET", path="/groups/{id}/groups", handle=_groups, fields="Group")
    yield Route(method="POST", path="/groups/{id}/users", handle=_add_user, has_body=True)
    yield Route(method="POST", path="/groups/{id}/groups", handle=_add_group, has_body=True)
    yield Route(
        method="DELETE", path="/groups/{id}/users/{user}", handle=_remove("group_users", "user")
    )
    yield Route(
        method="DELETE",
        path="/groups/{id}/groups/{group}",
        handle=_remove("group_groups", "group"),
    )
