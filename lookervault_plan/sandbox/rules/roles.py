"""Roles.

Source:
    docs/looker-api.md, sections 2.9 and 1.3: the Admin role cannot be changed (405).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lookervault_plan.sandbox import bodies, operations
from lookervault_plan.sandbox.context import EVERYTHING_ALLOWED, Context
from lookervault_plan.sandbox.json_fields import Row, maybe, text
from lookervault_plan.sandbox.kinds import Answer, Kind, Reference, Route, Unique
from lookervault_plan.sandbox.refusals import RefusedError, invalid, taken
from lookervault_plan.sandbox.rules import membership, sets
from lookervault_plan.sandbox.store import Store

BLANK: Final = bodies.blank("Role")
ADMIN: Final = "2"
ROLES: Final = (
    ("1", "User", "5"),
    (ADMIN, "Admin", "1"),
    ("3", "Developer", "2"),
    ("4", "Viewer", "6"),
)


def seed_roles(store: Store) -> None:
    """The roles that every instance has."""
    for id_, name, set_id in ROLES:
        row: Row = {"id": id_, "name": name, "permission_set_id": set_id, "model_set_id": "1"}
        _ = store.insert("roles", row)


def view(ctx: Context, row: Row) -> Row:
    """Role; the ids of its sets can be written and are not read (looker-api.md 2.9)."""
    permission_set = ctx.store.get("permission_sets", maybe(row, "permission_set_id"))
    model_set = ctx.store.get("model_sets", maybe(row, "model_set_id"))
    url = f"{ctx.instance.api_url}/roles/{text(row, 'id')}"
    return {
        **BLANK,
        "id": row["id"],
        "name": row["name"],
        "can": EVERYTHING_ALLOWED,
        "permission_set": None if permission_set is None else sets.set_view(ctx, permission_set),
        "model_set": None if model_set is None else sets.models_view(ctx, model_set),
        "internal": False,
        "url": url,
        "users_url": f"{url}/users",
    }


def _count_view(ctx: Context, row: Row) -> Row:
    count = len(membership.users_of_role(ctx.store, text(row, "id"), direct=False))
    return view(ctx, row) | {"user_count": count}


def _sees(ctx: Context, row: Row) -> bool:
    return row["id"] in membership.roles_of_user(ctx.store, ctx.user_id)


def _check_sets(_ctx: Context, given: Row) -> None:
    """The nested objects change nothing; their ids do (looker-api.md 2.9)."""
    for name in ("permission_set", "model_set"):
        _ = given.pop(name, None)
        if maybe(given, f"{name}_id") is None:
            raise invalid(f"{name}_id", "missing_field", f"{name}_id is required")
    if given.get("name") == "Admin":
        raise taken("name", "Name has already been taken.")


def _before_role_update(_ctx: Context, row: Row, given: Row) -> None:
    if row["id"] == ADMIN:
        raise RefusedError(405)
    for name in ("permission_set", "model_set"):
        _ = given.pop(name, None)


def _before_role_delete(ctx: Context, row: Row) -> None:
    if row["id"] == ADMIN:
        raise RefusedError(405)
    for table in ("role_users", "role_groups"):
        for member_row in ctx.store.where(table, "role_id", text(row, "id")):
            ctx.store.delete(table, member_row)


ROLE: Final = Kind(
    table="roles",
    path="/roles",
    model="Role",
    required=("name",),
    references=(
        Reference("permission_set_id", "permission_sets"),
        Reference("model_set_id", "model_sets"),
    ),
    unique=(Unique(fields=("name",), shown="name", message="Name has already been taken."),),
    indexes=("name",),
    search={
        "id": "id", "name": "like", "built_in": "any", "model_set_ids": "any",
        "permission_set_ids": "any",
    },
    sorts=("id", "name"),
    admin_only=404,
    view=view,
    sees=_sees,
    before_create=_check_sets,
    before_update=_before_role_update,
    before_delete=_before_role_delete,
)  # fmt: skip


def _list(ctx: Context) -> Answer:
    found = list(ctx.store.table("roles").values())
    if "ids" in ctx.query:
        wanted = ctx.query["ids"].split(",")
        found = [row for row in found if row["id"] in wanted]
    return operations.listing(ctx, ROLE, found)


def routes() -> Iterator[Route]:
    """Operations on roles."""
    yield from operations.crud(ROLE, "create read update delete search", fields_on="search")
    yield Route(
        method="GET",
        path="/roles",
        handle=_list,
        fields="Role",
        query=frozenset({"ids", "get_all_support_roles"}),
    )
    yield Route(
        method="GET",
        path="/roles/search/with_user_count",
        handle=lambda ctx: operations.listing(ctx, ROLE, view=_count_view),
        fields="RoleSearch",
        query=operations.LISTED | {"id", "name", "built_in"},
    )
