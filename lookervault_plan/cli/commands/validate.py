"""`validate`: whether everything is in order, before anything is planned or applied."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lookervault_plan.cli.options import (
    COMMON,
    DEFAULT_STATE,
    LOOKER,
    PLANNING,
    BackupFile,
    Common,
    LookerOptions,
    StateFile,
)

if TYPE_CHECKING:
    from lookervault_plan.backup.reader import Backup
    from lookervault_plan.cli.screen import Screen
    from lookervault_plan.looker.client import Client
    from lookervault_plan.plan_file import Plan
    from lookervault_plan.remaps.document import Remaps
    from lookervault_plan.render.validation import Stage
    from lookervault_plan.selectors.load import Selectors

File = Annotated[Path | None, Parameter(metavar="FILE")]


def validate(
    plan_file: Path | None = None,
    /,
    *,
    db_path: BackupFile | None = None,
    selectors: File = None,
    remaps: File = None,
    offline: bool = False,
    skip_validation: bool = False,
    state: StateFile = DEFAULT_STATE,
    looker: LookerOptions = LOOKER,
    common: Common = COMMON,
) -> int:
    """Check a backup, its companions and the destination.

    In three stages: can the files be read and Looker be reached; is each item of the backup as
    Looker's API takes it; and what does Looker itself say: may the plan be applied, or what would
    one block now? Nothing is written. The exit code is 1 if anything is wrong.

    Parameters
    ----------
    plan_file
        A saved plan. Its backup is looked for beside it and in the working directory.
    db_path
        The backup.
    selectors
        A file of selectors.
    remaps
        A file of remaps.
    offline
        Don't talk to Looker at all.
    skip_validation
        Leave out the second stage.
    state
        What earlier runs did; it is only read.
    looker, common
        Shared options.

    """
    import msgspec  # noqa: PLC0415

    from lookervault_plan.backup.reader import open_backup  # noqa: PLC0415
    from lookervault_plan.cli.connect import connected  # noqa: PLC0415
    from lookervault_plan.cli.plans import read_plan  # noqa: PLC0415
    from lookervault_plan.cli.remaps import read_remaps  # noqa: PLC0415
    from lookervault_plan.cli.screen import Screen  # noqa: PLC0415
    from lookervault_plan.cli.session import find_backup  # noqa: PLC0415
    from lookervault_plan.errors import Exit, failure  # noqa: PLC0415
    from lookervault_plan.render.validation import Stage, stages_text  # noqa: PLC0415
    from lookervault_plan.workflows import validate as work  # noqa: PLC0415

    screen = Screen(common)
    if not (plan_file or db_path or selectors or remaps) and offline:
        raise failure("usage", "there is nothing to validate", fix="name a file, or a plan")
    first = Stage(name="preflight", title="Files and connection" if not offline else "Files")
    second = Stage(name="items", title="Items of the backup")
    third = Stage(name="api", title="Looker's own word", is_skipped=True)
    plan = named = mapped = backup = None
    with ExitStack() as stack:
        with work.noting(first):
            plan = read_plan(plan_file) if plan_file else None
        with work.noting(first):
            named = _selectors(selectors) if selectors else None
        with work.noting(first):
            mapped = read_remaps(remaps) if remaps else None
        with work.noting(first):
            if plan and plan_file:
                db_path = find_backup(plan.source.backup, [plan_file.parent, Path()], db_path)
            backup = stack.enter_context(open_backup(db_path)) if db_path else None
        work.preflight(first, backup=backup, selectors=named, remaps=mapped, plan=plan)
        second.is_skipped = skip_validation or backup is None
        if backup is not None and not skip_validation:
            with screen.working(f"Checking {backup.name}"):
                work.items(second, backup, named)
        if not offline:
            with work.noting(first), connected(looker, screen) as client:
                work.reach(first, client)
                if backup is not None:
                    _ask(screen, third, backup, client, state=state, plan=plan, remaps=mapped)
                    third.is_skipped = False
    stages = (first, second, third)
    is_valid = all(stage.is_valid for stage in stages)
    if common.json:
        told = [msgspec.structs.asdict(stage) | {"is_valid": stage.is_valid} for stage in stages]
        screen.write(msgspec.json.encode({"is_valid": is_valid, "stages": told}) + b"\n")
    else:
        for renderable in stages_text(stages, verbose=common.verbose):
            screen.show(renderable)
    return Exit.OK if is_valid else Exit.ERROR


def _ask(
    screen: "Screen",
    stage: "Stage",
    backup: "Backup",
    client: "Client",
    *,
    state: Path,
    plan: "Plan | None",
    remaps: "Remaps | None",
) -> None:
    import msgspec  # noqa: PLC0415

    from lookervault_plan.cli.app import tool_version  # noqa: PLC0415
    from lookervault_plan.cli.plans import request_of  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.validate import ask_looker  # noqa: PLC0415

    request = msgspec.structs.replace(
        request_of(PLANNING, tool_version()),
        **({"remaps": remaps} if remaps else {}),
        skip_validation=True,  # the second stage has told it all
    )
    with (
        open_state(state, readonly=True) as remembered,
        screen.working(f"Asking {client.connection.base_url}"),
    ):
        ask_looker(
            stage, backup=backup, client=client, state=remembered, plan=plan, request=request
        )


def _selectors(path: Path) -> "Selectors":
    from lookervault_plan.errors import failure  # noqa: PLC0415
    from lookervault_plan.selectors.load import load  # noqa: PLC0415

    try:
        data = path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise failure(
            "selector.unreadable", f"{path} can't be read: {why}", fix="check --selectors"
        ) from error
    return load(data, str(path))
