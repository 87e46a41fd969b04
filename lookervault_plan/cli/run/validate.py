"""Run `validate`: check files, items and the destination, in three stages."""

from contextlib import ExitStack
from pathlib import Path

import msgspec

from lookervault_plan.backup.reader import Backup
from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.input_files import find_backup, read_plan, read_remaps, read_selectors
from lookervault_plan.cli.open_backup import open_backup, open_backup_of
from lookervault_plan.cli.options import PLANNING, Common, LookerOptions
from lookervault_plan.cli.plan_request import request_of
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import destination_of, read_state
from lookervault_plan.errors import Exit, failure
from lookervault_plan.looker.client import Client
from lookervault_plan.plan_file import Plan
from lookervault_plan.remaps.document import Remaps
from lookervault_plan.render.validation import Stage, stages_text
from lookervault_plan.state.place import StatePlace
from lookervault_plan.workflows import validate as workflow


def validate(
    plan_file: Path | None,
    *,
    db_path: Path | None,
    selectors: Path | None,
    remaps: Path | None,
    as_of: str | None,
    offline: bool,
    skip_validation: bool,
    state: StatePlace,
    looker: LookerOptions,
    common: Common,
) -> int:
    """Run the stages and show what each found; return 1 if anything is wrong."""
    screen = Screen(common)
    if not (plan_file or db_path or selectors or remaps) and offline:
        raise failure("usage", "there is nothing to validate", fix="name a file, or a plan")
    if plan_file and as_of:
        raise failure(
            "usage",
            "--as-of goes with a backup, not with a saved plan, which has its own snapshot",
            fix="leave it out, or validate the backup with --db-path",
        )
    files = Stage(name="preflight", title="Files and connection" if not offline else "Files")
    items = Stage(name="items", title="Items of the backup")
    api = Stage(name="api", title="Destination check", is_skipped=True)
    plan = named = mapped = backup = None
    with ExitStack() as stack:
        with workflow.noting(files):
            plan = read_plan(plan_file) if plan_file else None
        with workflow.noting(files):
            named = read_selectors(selectors) if selectors else None
        with workflow.noting(files):
            mapped = read_remaps(remaps) if remaps else None
        with workflow.noting(files):
            if plan and plan_file:
                db_path = find_backup(plan.source.backup, [plan_file.parent, Path()], db_path)
            if db_path:
                opened = open_backup_of(plan, db_path) if plan else open_backup(db_path, as_of)
                backup = stack.enter_context(opened)
        workflow.check_files(files, backup=backup, selectors=named, remaps=mapped, plan=plan)
        items.is_skipped = skip_validation or backup is None
        if backup is not None and not skip_validation:
            with screen.working(f"Checking {backup.name}"):
                workflow.check_items(items, backup, named)
        if not offline:
            with workflow.noting(files), connected(looker, screen) as client:
                workflow.check_connection(files, client)
                if backup is not None:
                    _check_with_looker(
                        screen,
                        api,
                        backup,
                        client,
                        state=state,
                        plan=plan,
                        remaps=mapped,
                        skip_validation=skip_validation,
                    )
                    before = (*files.diagnostics, *items.diagnostics)
                    told = {(one.code, one.address) for one in before}
                    api.diagnostics = [
                        one for one in api.diagnostics if (one.code, one.address) not in told
                    ]
                    api.is_skipped = False
    return _show(screen, (files, items, api))


def _check_with_looker(
    screen: Screen,
    stage: Stage,
    backup: Backup,
    client: Client,
    *,
    state: StatePlace,
    plan: Plan | None,
    remaps: Remaps | None,
    skip_validation: bool,
) -> None:
    request = msgspec.structs.replace(
        request_of(PLANNING, screen.common.env, state),
        **({"remaps": remaps} if remaps else {}),
        skip_validation=skip_validation,
    )
    with (
        read_state(state, destination_of(state, client)) as remembered,
        screen.working(f"Asking {client.connection.base_url}"),
    ):
        workflow.check_with_looker(
            stage, backup=backup, client=client, state=remembered, plan=plan, request=request
        )


def _show(screen: Screen, stages: tuple[Stage, ...]) -> int:
    is_valid = all(stage.is_valid for stage in stages)
    if screen.common.json:
        facts = [msgspec.structs.asdict(stage) | {"is_valid": stage.is_valid} for stage in stages]
        screen.write(msgspec.json.encode({"is_valid": is_valid, "stages": facts}) + b"\n")
    else:
        for renderable in stages_text(stages, verbose=screen.common.verbose):
            screen.show(renderable)
    return Exit.OK if is_valid else Exit.ERROR
