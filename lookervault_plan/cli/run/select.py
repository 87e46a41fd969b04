"""Run `select`: list the items of a backup that a selection picks."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Group
from rich.text import Text

from lookervault_plan.backup.reader import Backup
from lookervault_plan.cli.clock import now
from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.open_backup import open_backup
from lookervault_plan.cli.options import ChoosingOptions, Common, LookerOptions
from lookervault_plan.cli.plan_request import choice_of
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import read_state
from lookervault_plan.cli.version import tool_version
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.safe_text import folder_path, quoted, visible
from lookervault_plan.state.place import StatePlace
from lookervault_plan.state.store import State
from lookervault_plan.workflows import select as workflow
from lookervault_plan.workflows.plan import PlanRequest, make_plan
from lookervault_plan.workflows.plan import source_instance as source_of


def select(
    selection: Sequence[str],
    *,
    db_path: Path,
    state: StatePlace,
    source_instance: str | None,
    as_of: str | None,
    choosing: ChoosingOptions,
    looker: LookerOptions,
    common: Common,
) -> int:
    """List the picked items. Looker is only asked if a criterion is `state:`."""
    screen, choice = Screen(common), choice_of(selection, choosing, called="SELECTION")
    with open_backup(db_path, as_of) as backup, read_state(state) as remembered:
        selected = workflow.select(
            backup,
            choice,
            results=lambda: workflow.result_words(
                remembered, source_of(backup, source_instance) or backup.fingerprint
            ),
            states=lambda: _states(backup, remembered, looker, screen, source_instance),
        )
    for diagnostic in selected.diagnostics:
        screen.note(diagnostic_text(diagnostic))
    if common.json:
        screen.write(msgspec.json.format(msgspec.json.encode(selected.lines)) + b"\n")
    else:
        screen.show(Group(_text(selected)))
    return 0


def _states(
    backup: Backup,
    state: State,
    looker: LookerOptions,
    screen: Screen,
    source_instance: str | None,
) -> workflow.WordsByItem:
    """Plan everything, and return the word of `state:` for each item."""
    request = PlanRequest(
        created_at=now(), tool_version=tool_version(), source_instance=source_instance
    )
    with connected(looker, screen) as client:
        return workflow.state_words(make_plan(backup, client, state, request).actions)


def _text(selected: workflow.Selected) -> Text:
    """Show a line for each item, then the number of items."""
    text = Text(no_wrap=True, overflow="ignore")
    width = max((len(visible(line.address)) for line in selected.lines), default=0)
    for line in selected.lines:
        folder = f"{folder_path(line.path)}/" if line.path else ""
        _ = text.append(f"{visible(line.address):<{width}}  ", "bold")
        _ = text.append(f"{folder}{quoted(line.name)}")
        _ = text.append(f"  by {visible(line.by)}\n", "dim")
    blank = "\n" if selected.lines else ""
    return text.append(f"{blank}{counted(len(selected.lines), 'item')} of {selected.of:,}.")
