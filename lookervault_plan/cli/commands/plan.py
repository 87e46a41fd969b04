"""`plan`: what apply would change."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import (
    COMMON,
    DEFAULT_STATE,
    LOOKER,
    PLANNING,
    BackupFile,
    Common,
    LookerOptions,
    PlanningOptions,
    StateFile,
)
from lookervault_plan.cli.reports import well_formed


def plan(
    *,
    db_path: BackupFile,
    out: Annotated[Path | None, Parameter(alias="-o", metavar="FILE")] = None,
    report: Annotated[
        tuple[str, ...],
        Parameter(metavar="FORMAT=FILE", show_default=False, validator=well_formed),
    ] = (),
    state: StateFile = DEFAULT_STATE,
    detailed_exitcode: bool = False,
    planning: PlanningOptions = PLANNING,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Show what apply would change.

    Compares a backup with a Looker instance and writes down, item by item, what it takes to make
    them agree. Changes nothing, neither in Looker nor in the state. With --json the plan itself
    goes to stdout.

    Parameters
    ----------
    db_path
        The backup: a file written by `lookervault-plan backup` or by LookerVault.
    out
        Write the plan to this file, for review and for `lookervault-plan apply`.
    report
        Write the plan in another format too: text, markdown, html or json. Can be given several
        times.
    state
        What earlier runs did; it is only read.
    detailed_exitcode
        Exit with 2 if there are changes, 0 if there is nothing to change, 1 on errors.
    planning, looker, common
        Shared options.

    """
    from lookervault_plan.backup.reader import open_backup  # noqa: PLC0415
    from lookervault_plan.cli.app import tool_version  # noqa: PLC0415
    from lookervault_plan.cli.connect import connected  # noqa: PLC0415
    from lookervault_plan.cli.files import check_writable, write_whole  # noqa: PLC0415
    from lookervault_plan.cli.plans import (  # noqa: PLC0415
        refuse_if_strict,
        request_of,
        saved_text,
        show_plan,
    )
    from lookervault_plan.cli.reports import parse, rendered  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.errors import Exit  # noqa: PLC0415
    from lookervault_plan.plan_file import encode  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.plan import make_plan  # noqa: PLC0415

    screen, reports = Screen(common), parse(report)
    for path in [*(one.path for one in reports), *([out] if out else [])]:
        check_writable(path)
    with (
        open_backup(db_path) as backup,
        open_state(state, readonly=True) as remembered,
        connected(looker, screen) as client,
        screen.working(f"Comparing {backup.name} with {client.connection.base_url}"),
    ):
        made = make_plan(backup, client, remembered, request_of(planning, tool_version()))
    document = encode(made)
    for one in reports:
        write_whole(one.path, rendered(made, one.format, verbose=common.verbose).encode())
    if not common.json:
        show_plan(screen, made)
    refuse_if_strict(planning, made)
    if out:
        write_whole(out, document)
        screen.note(saved_text(out, made))
    if common.json:
        screen.write(document)
    return Exit.CHANGES if detailed_exitcode and made.changes_anything else Exit.OK
