"""Memberships: who is in which group, and which roles follow from that.

Source:
    docs/looker-api.md, section 3.5; that a user's `role_ids` include those of its groups is
    inferred there, and taken as true here, so that a client must ask for direct associations where
    it means them.
"""

from __future__ import annotations

from lookervault_plan.sandbox.json_fields import Json, text
from lookervault_plan.sandbox.rules import access
from lookervault_plan.sandbox.store import Store

INDEXES = {
    "group_users": ("group_id", "user_id"),
    "group_groups": ("group_id", "member_id"),
    "role_users": ("role_id", "user_id"),
    "role_groups": ("role_id", "group_id"),
    "api_users": ("user_id",),
}


def link(store: Store, table: str, **ends: str) -> None:
    """Add a membership, unless it exists."""
    id_ = ":".join(ends.values())
    if store.get(table, id_) is None:
        _ = store.insert(table, {"id": id_, **ends})


def is_linked(store: Store, table: str, **ends: str) -> bool:
    """Return whether a membership exists."""
    return store.get(table, ":".join(ends.values())) is not None


def unlink(store: Store, table: str, *ends: str) -> bool:
    """Remove a membership; return whether it existed."""
    row = store.get(table, ":".join(ends))
    if row is not None:
        store.delete(table, row)
    return row is not None


def groups_of_user(store: Store, user_id: str) -> list[Json]:
    """Direct groups and All Users."""
    direct = store.where("group_users", "user_id", user_id)
    return [access.ALL_USERS, *(text(row, "group_id") for row in direct)]


def direct_roles(store: Store, user_id: str) -> list[str]:
    """Roles given to the user itself."""
    return [text(row, "role_id") for row in store.where("role_users", "user_id", user_id)]


def roles_of_user(store: Store, user_id: str) -> list[Json]:
    """List the roles of a user, then those of all groups of the user."""
    found = dict.fromkeys(direct_roles(store, user_id))
    if store.table("role_groups"):
        for group_id in sorted(access.groups_of(store, user_id)):
            rows = store.where("role_groups", "group_id", group_id)
            found |= dict.fromkeys(text(row, "role_id") for row in rows)
    return list(found)


def users_of_role(store: Store, role_id: str, *, direct: bool) -> list[str]:
    """Users that have a role: given to them, or through a group."""
    found = [
        text(member_row, "user_id") for member_row in store.where("role_users", "role_id", role_id)
    ]
    if direct:
        return found
    groups = {
        text(member_row, "group_id")
        for member_row in store.where("role_groups", "role_id", role_id)
    }
    through = [id_ for id_ in store.table("users") if groups & access.groups_of(store, id_)]
    return list(dict.fromkeys(found + through))
