"""Changes of rights that a guard must show: rights lost, rights given, folders opened."""

from collections.abc import Iterator

import msgspec

from lookervault_plan.content.node import Address, Ref
from lookervault_plan.content.table.kinds import KINDS, Kind
from lookervault_plan.content.table.rows.access import ENTRIES, INHERITS, LIST
from lookervault_plan.plan_file import ContentWriting, PartAction, Plan, Update


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """Who has which rights in the destination, by live addresses: `user:7`."""

    #: the API user
    me: Address | None = None
    #: groups that have the Admin role
    admins: frozenset[Address] = frozenset()
    #: the group that everybody is in
    everybody: Address | None = None


def grants(plan: Plan) -> Iterator[str]:
    """Name the roles that users or groups would get."""
    for action, row, entry in _memberships(plan, "create"):
        if row.is_assignment:
            yield f"{action.type} {action.name!r} for {entry.title!r}"


def lockouts(plan: Plan, rights: Rights) -> Iterator[str]:
    """Name changes that take rights from the API user or an admin, make admins, or open folders."""
    for action, _, entry in _memberships(plan, "delete"):
        if rights.me is not None and entry.to == rights.me:
            yield f"the API user would leave {action.type} {action.name!r}"
        elif _live(action) in rights.admins:
            yield f"{entry.title!r} would leave {action.name!r}, which has the Admin role"
    for action, _, entry in _memberships(plan, "create"):
        if _live(action) in rights.admins:
            yield f"{entry.title!r} would get the Admin role through {action.name!r}"
    for action in plan.content_writing:
        if rights.me is not None and _live(action) == rights.me and _disables(action):
            yield "the API user would be disabled"
        if isinstance(action, Update):
            yield from _opened(action, rights)


def _live(action: ContentWriting) -> Address | None:
    if not isinstance(action, Update):
        return None
    return Ref(action.type, action.destination_id).address


def _opened(action: ContentWriting, rights: Rights) -> Iterator[str]:
    where = f"{action.type} {action.name!r}"
    for entry in _in(action, ENTRIES, "create") + _in(action, ENTRIES, "update"):
        if rights.everybody is not None and entry.to == rights.everybody:
            yield f"{where} would be opened to all users"
    for entry in _in(action, LIST, "update"):
        if any(change.path == INHERITS and change.after is True for change in entry.changes):
            yield f"{where} would be open to all who see the folder above"


def _disables(action: ContentWriting) -> bool:
    flag = KINDS[action.type].item.sign_in_off_field
    return any(change.path == flag and change.after is True for change in action.changes)


def _in(action: ContentWriting, collection: str, what: str) -> tuple[PartAction, ...]:
    parts = action.parts.get(collection)
    found: tuple[PartAction, ...] = getattr(parts, what) if parts else ()
    return found


def _memberships(plan: Plan, what: str) -> Iterator[tuple[ContentWriting, Kind, PartAction]]:
    """List the entries of all memberships and assignments."""
    for action in plan.content_writing:
        for collection in KINDS[action.type].item.collections:
            row = KINDS[collection.kind]
            if row.target_kind:
                for entry in _in(action, collection.name, what):
                    yield action, row, entry
