"""Who has which role: users, groups, and the same from the user's side.

Source:
    docs/looker-api.md, section 3.5: each PUT replaces all; without `direct_association_only`
    groups' roles count too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from lookervault_plan.sandbox import operations
from lookervault_plan.sandbox.context import Context
from lookervault_plan.sandbox.json_fields import Json, text
from lookervault_plan.sandbox.kinds import Answer, Route
from lookervault_plan.sandbox.refusals import RefusedError, missing
from lookervault_plan.sandbox.rules import groups, membership, roles, users


def _groups(ctx: Context) -> Answer:

    member_rows = ctx.store.where(
        "role_groups", "role_id", text(operations.the_one(ctx, roles.ROLE), "id")
    )
    shown = [
        groups.view(ctx, ctx.find("groups", text(member_row, "group_id")))
        for member_row in member_rows
    ]
    return Answer(cast("Json", shown))


def _users(ctx: Context) -> Answer:

    role = operations.the_one(ctx, roles.ROLE)
    direct = ctx.query.get("direct_association_only", "").lower() == "true"
    ids = membership.users_of_role(ctx.store, text(role, "id"), direct=direct)
    return Answer([users.view(ctx, ctx.find("users", id_)) for id_ in ids])


def _wanted(ctx: Context, table: str) -> list[str]:
    """The ids in the body of a PUT: a list, each of something that exists."""
    if not ctx.is_admin:
        raise RefusedError(403)
    if not isinstance(ctx.body, list):
        raise RefusedError(400, "the body must be a list of ids")
    found = [str(id_) for id_ in ctx.body]
    for id_ in found:
        if ctx.store.get(table, id_) is None:
            raise missing("body", f"{table.removesuffix('s')} {id_}")
    return found


def _replace(ctx: Context, table: str, other: str, wanted: list[str]) -> None:
    """PUT replaces all of a role's users or groups (looker-api.md 3.5)."""
    role = operations.the_one(ctx, roles.ROLE)
    before = ctx.store.where(table, "role_id", text(role, "id"))
    if role["id"] == roles.ADMIN and table == "role_users" and not wanted:
        raise RefusedError(403, "an instance needs an admin")
    for member_row in before:
        if text(member_row, other) not in wanted:
            ctx.store.delete(table, member_row)
    for id_ in wanted:
        membership.link(ctx.store, table, **{"role_id": text(role, "id"), other: id_})


def _put_groups(ctx: Context) -> Answer:
    _replace(ctx, "role_groups", "group_id", _wanted(ctx, "groups"))
    return _groups(ctx)


def _put_users(ctx: Context) -> Answer:
    _replace(ctx, "role_users", "user_id", _wanted(ctx, "users"))
    ctx.query["direct_association_only"] = "true"
    return _users(ctx)


def _user_roles(ctx: Context) -> Answer:
    user = ctx.find("users", ctx.params["id"])
    direct = ctx.query.get("direct_association_only", "").lower() == "true"
    find = membership.direct_roles if direct else membership.roles_of_user
    ids = find(ctx.store, text(user, "id"))
    return Answer([roles.view(ctx, ctx.find("roles", str(id_))) for id_ in ids])


def _put_user_roles(ctx: Context) -> Answer:
    user = ctx.find("users", ctx.params["id"])
    wanted, id_ = _wanted(ctx, "roles"), text(user, "id")
    for member_row in ctx.store.where("role_users", "user_id", id_):
        if text(member_row, "role_id") not in wanted:
            if (
                member_row["role_id"] == roles.ADMIN
                and ctx.store.count("role_users", "role_id", roles.ADMIN) == 1
            ):
                raise RefusedError(403, "an instance needs an admin")
            ctx.store.delete("role_users", member_row)
    for role_id in wanted:
        membership.link(ctx.store, "role_users", role_id=role_id, user_id=id_)
    ctx.query["direct_association_only"] = "true"
    return _user_roles(ctx)


def routes() -> Iterator[Route]:
    """Operations on assignments."""
    direct = frozenset({"direct_association_only"})
    one = "/roles/{id}"
    yield Route(method="GET", path=f"{one}/groups", handle=_groups, fields="Group")
    yield Route(method="PUT", path=f"{one}/groups", handle=_put_groups, has_body=True)
    yield Route(method="GET", path=f"{one}/users", handle=_users, fields="User", query=direct)
    yield Route(method="PUT", path=f"{one}/users", handle=_put_users, has_body=True)
    path = "/users/{id}/roles"
    yield Route(method="GET", path=path, handle=_user_roles, fields="Role", query=direct)
    yield Route(method="PUT", path=path, handle=_put_user_roles, fields="Role", has_body=True)
