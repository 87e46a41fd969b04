"""`select`: what a selection picks; and the options by which commands choose items."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import (
    CHOOSING,
    COMMON,
    DEFAULT_STATE,
    LOOKER,
    BackupFile,
    ChoosingOptions,
    Common,
    LookerOptions,
    StateFile,
)

if TYPE_CHECKING:
    from rich.text import Text

    from lookervault_plan.backup.reader import Backup
    from lookervault_plan.cli.screen import Screen
    from lookervault_plan.selectors.choose import Choice
    from lookervault_plan.state.store import State
    from lookervault_plan.workflows.select import Selected, Words


def select(
    *selection: Annotated[str, Parameter(show_default=False)],
    db_path: BackupFile,
    state: StateFile = DEFAULT_STATE,
    source_instance: Annotated[str | None, Parameter(metavar="URL")] = None,
    choosing: ChoosingOptions = CHOOSING,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Show what a selection picks of a backup.

    Without touching Looker, unless a criterion asks for its state. Each item is listed with the
    criterion that picked it; with --json as an array of objects.

    Parameters
    ----------
    selection
        As in "folder:Shared/Finance/** +dashboard:42". A space is
        union, a comma intersection; a plus before or behind a
        criterion adds what the items need, or what needs them.
        Methods: type, id, folder, title, name, slug, owner, model,
        explore, board, updated_after, updated_before, group, role,
        state, result, selector.
    db_path
        The backup: a file written by `lookervault-plan backup` or by LookerVault.
    state
        What earlier runs did, for `result:`; it is only read.
    source_instance
        The instance that the backup comes from, where the backup does not say or says it wrong.
    choosing, looker, common
        Shared options.

    """
    from lookervault_plan.backup.reader import open_backup  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.plan import source_instance as source_of  # noqa: PLC0415
    from lookervault_plan.workflows.select import results_of  # noqa: PLC0415
    from lookervault_plan.workflows.select import select as selected  # noqa: PLC0415

    screen, choice = Screen(common), choice_of(selection, choosing, called="SELECTION")
    with open_backup(db_path) as backup, open_state(state, readonly=True) as remembered:
        found = selected(
            backup,
            choice,
            results=lambda: results_of(
                remembered, source_of(backup, source_instance) or backup.fingerprint
            ),
            states=lambda: _states(backup, remembered, looker, screen, source_instance),
        )
    _show(screen, found)
    return 0


def choice_of(
    select: Sequence[str], choosing: ChoosingOptions, *, called: str = "--select"
) -> "Choice":
    """The options as selections; raises PlanError with the place of what is wrong."""
    from lookervault_plan.selectors.choose import DEFAULT_FILE, choose  # noqa: PLC0415
    from lookervault_plan.selectors.load import load  # noqa: PLC0415

    path = choosing.selectors
    if path is None and Path(DEFAULT_FILE).is_file():
        path = Path(DEFAULT_FILE)
    return choose(
        select=select,
        exclude=choosing.exclude,
        selector=choosing.selector,
        file=load(_read(path), str(path)) if path else None,
        allow_empty=choosing.allow_empty,
        called=called,
    )


def _read(path: Path) -> bytes:
    from lookervault_plan.errors import failure  # noqa: PLC0415

    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise failure(
            "selector.unreadable", f"{path} can't be read: {why}", fix="check --selectors"
        ) from error


def _states(
    backup: "Backup",
    state: "State",
    looker: LookerOptions,
    screen: "Screen",
    source_instance: str | None,
) -> "Words":
    """What a plan over everything would say of each item."""
    from lookervault_plan.cli.app import tool_version  # noqa: PLC0415
    from lookervault_plan.cli.connect import connected, now  # noqa: PLC0415
    from lookervault_plan.workflows.plan import Request, make_plan  # noqa: PLC0415
    from lookervault_plan.workflows.select import states_of  # noqa: PLC0415

    request = Request(
        created_at=now(), tool_version=tool_version(), source_instance=source_instance
    )
    with connected(looker, screen) as client:
        return states_of(make_plan(backup, client, state, request).actions)


def _show(screen: "Screen", found: "Selected") -> None:
    import msgspec  # noqa: PLC0415
    from rich.console import Group  # noqa: PLC0415

    from lookervault_plan.render.diagnostics import diagnostic_text  # noqa: PLC0415

    for diagnostic in found.diagnostics:
        screen.note(diagnostic_text(diagnostic))
    if screen.common.json:
        screen.write(msgspec.json.format(msgspec.json.encode(found.lines)) + b"\n")
    else:
        screen.show(Group(_listed(found)))


def _listed(found: "Selected") -> "Text":
    """A line for each item, and how many there are."""
    from rich.text import Text  # noqa: PLC0415

    from lookervault_plan.render.amounts import counted  # noqa: PLC0415
    from lookervault_plan.render.safe_text import folder_path, quoted, visible  # noqa: PLC0415

    text = Text(no_wrap=True, overflow="ignore")
    width = max((len(visible(line.address)) for line in found.lines), default=0)
    for line in found.lines:
        way = f"{folder_path(line.path)}/" if line.path else ""
        _ = text.append(f"{visible(line.address):<{width}}  ", "bold")
        _ = text.append(f"{way}{quoted(line.name)}")
        _ = text.append(f"  by {visible(line.by)}\n", "dim")
    blank = "\n" if found.lines else ""
    return text.append(f"{blank}{counted(len(found.lines), 'item')} of {found.of:,}.")
