"""Dangers to who may do what: rights lost, rights given, folders opened."""

from collections.abc import Iterator

import msgspec

from lookervault_plan.plan_file import Action, PartAction, Plan


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of rights in the destination, by live ids."""

    #: the API user
    me: str | None = None
    #: groups that have the Admin role
    admin_groups: frozenset[str] = frozenset()
    #: the group that everybody is in
    all_users: str | None = None


def grants(plan: Plan) -> Iterator[str]:
    """Roles that users or groups would get."""
    for action, _, entry in _entries(plan, "create"):
        if action.type == "role":
            yield f"role {action.name!r} for {entry.title!r}"


def lockouts(plan: Plan, rights: Rights) -> Iterator[str]:
    """What takes rights from the API user or an admin, makes admins, or opens a folder."""
    for action, _, entry in _entries(plan, "delete"):
        if rights.me is not None and entry.to == f"user:{rights.me}":
            yield f"the API user would leave {action.type} {action.name!r}"
        elif action.type == "group" and action.destination_id in rights.admin_groups:
            yield f"{entry.title!r} would leave {action.name!r}, which has the Admin role"
    for action, _, entry in _entries(plan, "create"):
        if action.type == "group" and action.destination_id in rights.admin_groups:
            yield f"{entry.title!r} would get the Admin role through {action.name!r}"
    for action in plan.actions:
        if action.type == "user" and action.destination_id == rights.me and _disables(action):
            yield "the API user would be disabled"
        if action.action == "update":
            yield from _opened(action, rights)


def _opened(action: Action, rights: Rights) -> Iterator[str]:
    where = f"{action.type} {action.name!r}"
    for entry in _in(action, "entries", "create") + _in(action, "entries", "update"):
        if rights.all_users is not None and entry.to == f"group:{rights.all_users}":
            yield f"{where} would be opened to all users"
    for entry in _in(action, "access", "update"):
        if any(change.path == "inherits" and change.after is True for change in entry.changes):
            yield f"{where} would be open to all who see the folder above"


def _disables(action: Action) -> bool:
    return any(change.path == "is_disabled" and change.after is True for change in action.changes)


def _in(action: Action, collection: str, what: str) -> tuple[PartAction, ...]:
    parts = action.parts.get(collection)
    found: tuple[PartAction, ...] = getattr(parts, what) if parts else ()
    return found


def _entries(plan: Plan, what: str) -> Iterator[tuple[Action, str, PartAction]]:
    """Entries of all memberships and assignments."""
    for action in plan.actions:
        for name in ("users", "groups"):
            for entry in _in(action, name, what):
                yield action, name, entry
