"""Changes of rights that a guard must show: rights lost, rights given, folders opened."""

from collections.abc import Iterator

import msgspec
from msgspec import UNSET

from lookervault_plan.content.json_path import head
from lookervault_plan.content.node import Address, Ref
from lookervault_plan.content.table.kinds import KINDS, Kind
from lookervault_plan.content.table.rows.access import ENTRIES, INHERITS, LEVEL, LIST, LOWEST
from lookervault_plan.plan_file import ContentWriting, PartAction, Plan, Update
from lookervault_plan.planning.words import quoted


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """Who has which rights in the destination, by live addresses: `user:7`."""

    #: the API user
    me: Address | None = None
    #: groups that have the Admin role
    admins: frozenset[Address] = frozenset()
    #: groups that have a role
    with_roles: frozenset[Address] = frozenset()
    #: the group that everybody is in
    everybody: Address | None = None


def grants(plan: Plan) -> Iterator[str]:
    """Name the roles that users or groups would get."""
    for action, row, entry in _memberships(plan, "create"):
        if row.is_assignment:
            yield f"{action.type} {quoted(action.name)} for {quoted(entry.title)}"


def lockouts(plan: Plan, rights: Rights) -> Iterator[str]:
    """Name changes that take rights from the API user or an admin, make admins, or open folders."""
    for action, _, entry in _memberships(plan, "delete"):
        if rights.me is not None and entry.to == rights.me:
            yield f"the API user would leave {action.type} {quoted(action.name)}"
        elif _live(action) in rights.admins:
            where = f"{quoted(action.name)}, which has the Admin role"
            yield f"{quoted(entry.title)} would leave {where}"
    for action, _, entry in _memberships(plan, "create"):
        if _live(action) in rights.admins:
            yield f"{quoted(entry.title)} would get the Admin role through {quoted(action.name)}"
    for action in plan.content_writing:
        if rights.me is not None and _live(action) == rights.me and _disables(action):
            yield "the API user would be disabled"
        if isinstance(action, Update):
            yield from _opened(action, rights)


def enables(action: ContentWriting) -> bool:
    """Say whether a live person who can't sign in with a login could then."""
    row = KINDS[action.type].item
    logins = {each.field for each in row.follow_ups if row.can_sign_in}
    return any(
        head(change.path) in logins
        or (
            change.path == row.sign_in_off_field
            and change.before is True
            and change.after is not True
        )
        for change in action.changes
    )


def described_person(action: ContentWriting) -> str:
    """Name a person whose item is written."""
    return f"{action.address} {quoted(action.name)}"


def widened(plan: Plan, rights: Rights) -> Iterator[str]:
    """Name what gives somebody who exists more access to what exists."""
    for action in plan.content_writing:
        if isinstance(action, Update):
            yield from _raised_entries(action)
            yield from _added_rights(action)
    for action, row, entry in _memberships(plan, "create"):
        if entry.to is None or not isinstance(action, Update):
            continue
        if row.is_assignment or _live(action) in rights.with_roles:
            yield f"{action.type} {quoted(action.name)} for {quoted(entry.title)}"


def _raised_entries(action: Update) -> Iterator[str]:
    where = f"{action.type} {quoted(action.name)}"
    for entry in _in(action, ENTRIES, "create"):
        if entry.to is not None:
            yield f"{where} for {quoted(entry.title)}"
    for entry in _in(action, ENTRIES, "update"):
        if any(change.path == LEVEL and change.after != LOWEST for change in entry.changes):
            yield f"{where} for {quoted(entry.title)}, who may only see it now"


def _added_rights(action: Update) -> Iterator[str]:
    """Name the rights that are added to a set."""
    field = KINDS[action.type].item.rights_field
    for change in action.changes if field else ():
        added = change.added if change.path == field else UNSET
        if added:
            yield f"{', '.join(added)} in {action.address} {quoted(action.name)}"


def _live(action: ContentWriting) -> Address | None:
    if not isinstance(action, Update):
        return None
    return Ref(action.type, action.destination_id).address


def _opened(action: ContentWriting, rights: Rights) -> Iterator[str]:
    where = f"{action.type} {quoted(action.name)}"
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
