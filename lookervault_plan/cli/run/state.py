"""Run `state unlock`: remove the lock of a run that is gone."""

from rich.text import Text

from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import change_state, read_state
from lookervault_plan.state.place import StatePlace
from lookervault_plan.state.rows import Lock


def unlock(destination: str | None, *, force: bool, state: StatePlace, common: Common) -> int:
    """Remove the lock of a destination, or all locks of the state."""
    with read_state(state) as remembered:
        locked = [lock.destination for lock in remembered.locks()]
    chosen = locked if destination is None else [destination]
    # A state without locks is not written to.
    removed = _remove(state, chosen, force=force) if locked else []
    Screen(common).answer({"removed": removed}, _text(removed, destination))
    return 0


def _remove(state: StatePlace, destinations: list[str], *, force: bool) -> list[Lock]:
    with change_state(state) as remembered:
        locks = [remembered.unlock(each, force=force) for each in destinations]
    return [lock for lock in locks if lock]


def _text(removed: list[Lock], destination: str | None) -> Text:
    if not removed:
        return Text(f"{destination} is not locked." if destination else "Nothing is locked.")
    lines = (
        f"Removed the lock of {lock.holder} on {lock.host} (since {lock.since}) for "
        f"{lock.destination}."
        for lock in removed
    )
    return Text("\n".join(lines))
