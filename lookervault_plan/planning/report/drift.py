"""Turn a plan that would bring back what was last agreed into a list of hand edits."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from lookervault_plan.content.node import LiveId
from lookervault_plan.plan_file import (
    Action,
    Blocked,
    Change,
    Create,
    Delete,
    PartAction,
    Parts,
    Plan,
    Update,
    parts_of,
)

What: TypeAlias = Literal["changed", "deleted", "unknown"]
#: Not even the id of the live object is known any more.
_GONE = LiveId("")


class Drifted(msgspec.Struct, frozen=True, kw_only=True):
    """An item that is no longer as it was last agreed.

    `action` has what hands did as if a plan had done it: `before` is what was agreed, and new parts
    were made by hand.
    """

    action: Update | Delete | Blocked
    #: unknown: it could not be compared, as the action's reason says
    what: What
    #: Who has last updated it, and when, where Looker says so.
    changed_by: str | None = None
    changed_at: str | None = None


def drifted_items(plan: Plan) -> Iterator[Drifted]:
    """List what hands have changed. `plan` was made from what was last agreed."""
    for action in plan.actions:
        if isinstance(action, Create):
            gone = Delete(
                address=action.address,
                type=action.type,
                name=action.name,
                path=action.path,
                destination_id=_GONE,
                live_digest="",
            )
            yield Drifted(action=gone, what="deleted")
        elif isinstance(action, Blocked):
            yield Drifted(action=action, what="unknown")
        elif (turned := _turned(action)) is not None:
            yield Drifted(action=turned, what="changed")


def _turned(action: Action) -> Update | None:
    """Exchange the sides of an update, or of the parts that a skip names. None: nothing differs."""
    changes = action.changes if isinstance(action, Update) else ()
    changes = tuple(_turned_change(each) for each in changes if not _is_hidden(each))
    parts = {name: _turned_parts(plan) for name, plan in parts_of(action).items()}
    parts = {name: plan for name, plan in parts.items() if plan != Parts()}
    if not changes and not parts:
        return None
    return Update(
        address=action.address,
        type=action.type,
        name=action.name,
        path=action.path,
        links=action.links,
        changes=changes,
        parts=parts,
        content_digest="",
        destination_id=_live_id(action),
        matched_by="state",
        live_digest="",
    )


def _live_id(action: Action) -> LiveId:
    return (None if isinstance(action, Create) else action.destination_id) or _GONE


def _turned_parts(plan: Parts) -> Parts:
    return Parts(
        create=tuple(map(_without_digest, (*plan.delete, *plan.surplus))),
        update=tuple(
            replace(entry, changes=changes)
            for entry in plan.update
            if (changes := tuple(_turned_change(c) for c in entry.changes if not _is_hidden(c)))
        ),
        delete=tuple(replace(entry, changes=(), origin=UNSET) for entry in plan.create),
    )


def _without_digest(entry: PartAction) -> PartAction:
    return replace(entry, live_digest=None, origin=UNSET)


def _is_hidden(change: Change) -> bool:
    """Say whether a change is in secrets alone: they are not remembered, so nobody knows."""
    return change.sensitive and change.added is UNSET


def _turned_change(change: Change) -> Change:
    """Exchange the sides: what was agreed comes before what hands have made of it."""
    return replace(
        change,
        before=change.after,
        after=change.before,
        before_is_cut=change.after_is_cut,
        after_is_cut=change.before_is_cut,
        before_name=change.after_name,
        after_name=change.before_name,
        added=change.removed,
        removed=change.added,
        origin=UNSET,
    )
