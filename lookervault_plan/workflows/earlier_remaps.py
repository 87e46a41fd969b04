"""What `remaps.yml` said in an earlier session: its plan carries it."""

from collections.abc import Callable, Mapping

import msgspec

from lookervault_plan.content.node import Raw, SourceRef
from lookervault_plan.content.rename import NO_RENAMES, Renames
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import PlanError
from lookervault_plan.plan_file import Remap
from lookervault_plan.remaps.document import Entry, Remaps
from lookervault_plan.state.store import State
from lookervault_plan.workflows.backup_items import BackupItems

_NAME = "remaps.yml"


def remaps_of(renames: Renames, remaps: tuple[Remap, ...] = ()) -> Remaps:
    """Rebuild the entries of `remaps.yml` that a plan used: names, and ids of items."""
    sections: Mapping[str, Mapping[str, str]] = {
        "emails": renames.emails,
        "folders": renames.folders,
        "owners": renames.owners,
        "recipients": renames.recipients,
        "models": renames.models,
        "explores": renames.explores,
        "connections": renames.connections,
    }
    pairs = [
        (section, old, new) for section, names in sections.items() for old, new in names.items()
    ]
    pairs += [
        (remap.type, remap.source_id, remap.destination_id)
        for remap in remaps
        if remap.matched_by == _NAME and KINDS[remap.type].item.name_section is None
    ]
    return Remaps(_NAME, tuple(Entry(*pair, line, 1) for line, pair in enumerate(pairs, 1)))


class _Options(msgspec.Struct, frozen=True):
    renames: Renames = NO_RENAMES


class _Plan(msgspec.Struct, frozen=True):
    options: _Options = _Options()


_plan = msgspec.json.Decoder(_Plan)


def renames_of(state: State, session: str) -> Renames | None:
    """Read the names that a session's plan changed. None: the state has no such session."""
    try:
        return _plan.decode(state.session_plan(session)).options.renames
    except (PlanError, msgspec.MsgspecError):
        return None


class ItemsByNames:
    """Prepares items of a backup with the names of the session that they are from.

    Where `remaps.yml` has changed since, today's names would make the destination look changed.
    """

    def __init__(self, state: State, desired: BackupItems) -> None:
        self._state = state
        self._desired = desired
        self._by_session: dict[str, BackupItems] = {}
        self._known: list[tuple[Renames, BackupItems]] = [(desired.renamer.renames, desired)]

    def of(self, session: str) -> BackupItems:
        """Return the items with the names of a session; with today's if it is not known."""
        if session not in self._by_session:
            renames = renames_of(self._state, session)
            self._by_session[session] = self._desired if renames is None else self._with(renames)
        return self._by_session[session]

    def _with(self, renames: Renames) -> BackupItems:
        for known, items in self._known:
            if known == renames:
                return items
        items = BackupItems(self._desired.backup, renames)
        items.overrides = self._desired.overrides
        self._known.append((renames, items))
        return items


Loader = Callable[[SourceRef], Raw]
