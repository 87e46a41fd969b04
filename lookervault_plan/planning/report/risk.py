"""Tell how dangerous an action is, so that reviewers read the dangerous ones first."""

from collections.abc import Iterator
from enum import Enum

from lookervault_plan.content.folder_paths import FOLDER
from lookervault_plan.content.table.kinds import KINDS, Collection, Kind
from lookervault_plan.content.table.rows.access import LIST
from lookervault_plan.plan_file import (
    Action,
    Blocked,
    Change,
    ContentWriting,
    Create,
    Delete,
    Parts,
    Skip,
    Update,
)


class Risk(Enum):
    """The dangers of an action, in reading order. An action counts as the first that fits."""

    BLOCKED = "blocked"
    DELETES = "deletes"
    ACCESS = "access"
    UPDATES = "updates"
    CREATES = "creates"
    NONE = "none"


def risk_of(action: Action) -> Risk:
    """Classify an action.

    Access means who can sign in, see, own, edit or receive something. A membership or an access
    entry that goes counts as access, not as a delete.
    """
    match action:
        case Blocked():
            return Risk.BLOCKED
        case Skip():
            return Risk.NONE
        case Delete():
            return Risk.DELETES
        case Create() | Update():
            return _risk_of_content(action)


def _risk_of_content(action: ContentWriting) -> Risk:
    if any(parts.delete for _, parts in _collections(action, of_access=False)):
        return Risk.DELETES
    if _changes_access(action):
        return Risk.ACCESS
    return Risk.CREATES if isinstance(action, Create) else Risk.UPDATES


def _changes_access(action: ContentWriting) -> bool:
    row = KINDS.get(action.type)
    if row is None:
        return False
    has_assignments = any(KINDS[each.kind].is_assignment for each in row.item.collections)
    if row.item.can_sign_in or row.item.rights_field or has_assignments:
        return True
    if any(
        parts.create or parts.update or parts.delete
        for _, parts in _collections(action, of_access=True)
    ):
        return True
    return isinstance(action, Update) and any(_is_of_access(row, each) for each in action.changes)


def _is_of_access(row: Kind, change: Change) -> bool:
    """Say whether an update changes who owns, sees or receives something.

    An item inherits access from its folder.
    """
    reference = row.find_reference(change.path)
    if reference is not None:
        return reference.policy is not None or reference.kind == FOLDER
    return bool(change.sensitive and change.added)


def _collections(action: ContentWriting, *, of_access: bool) -> Iterator[tuple[Collection, Parts]]:
    row = KINDS.get(action.type)
    for collection in row.item.collections if row else ():
        parts = action.parts.get(collection.name)
        is_of_access = collection.name == LIST or KINDS[collection.kind].dropped_with_target
        if parts is not None and is_of_access is of_access:
            yield collection, parts
