"""Plans as commands meet them: made, read from a file, shown."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from lookervault_plan.cli import config
from lookervault_plan.cli.commands.select import choice_of
from lookervault_plan.cli.connect import now
from lookervault_plan.cli.options import PlanningOptions
from lookervault_plan.cli.screen import Screen
from lookervault_plan.errors import failure
from lookervault_plan.plan_file import Options, Plan, decode
from lookervault_plan.render.plan.text import plan_text
from lookervault_plan.render.summary_lines import counts_line, headline

if TYPE_CHECKING:
    from lookervault_plan.backup.reader import Backup
    from lookervault_plan.content.node import Ref
    from lookervault_plan.looker.client import Client
    from lookervault_plan.workflows.plan import Request


def read_plan(path: Path) -> Plan:
    """A saved plan; raises PlanError if it is missing, cut off, edited or of another version."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise failure(
            "plan.missing",
            f"there is no plan file {path}",
            fix="make one with `lookervault-plan plan --db-path FILE --out " + f"{path}`",
        ) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise failure(
            "plan.unreadable", f"{path} can't be read: {why}", fix="check the path"
        ) from error
    return decode(data, name=path.name)


def request_of(planning: PlanningOptions, tool_version: str) -> "Request":
    """The planning options as the workflow takes them."""
    from lookervault_plan.cli.remaps import read_remaps  # noqa: PLC0415
    from lookervault_plan.planning.judge.guards import Limits  # noqa: PLC0415
    from lookervault_plan.workflows.plan import Request  # noqa: PLC0415

    guards, usual = config.read(os.environ).guards, Limits()
    at_least = guards.updates_share_at_least
    return Request(
        created_at=now(),
        tool_version=tool_version,
        source_instance=planning.source_instance,
        options=Options(
            owners=planning.owners,
            schedules=planning.schedules,
            on_missing=planning.on_missing or "fail",
        ),
        choice=choice_of(planning.select, planning),
        allow=planning.allow,
        limits=Limits(
            updates_share=usual.updates_share
            if guards.updates_share is None
            else guards.updates_share,
            updates_share_at_least=usual.updates_share_at_least if at_least is None else at_least,
            max_calls=planning.max_calls,
        ),
        remaps=read_remaps(planning.remaps),
        skip_id_mapping=planning.skip_id_mapping,
        skip_if_modified=planning.skip_if_modified,
        skip_validation=planning.skip_validation,
    )


def made_now(
    screen: Screen,
    backup: "Backup",
    client: "Client",
    state: Path,
    planning: PlanningOptions,
    *,
    only: "frozenset[Ref] | None" = None,
) -> Plan:
    """A plan made now, and shown. The state is only read: saying no leaves no trace."""
    from lookervault_plan.cli.app import tool_version  # noqa: PLC0415
    from lookervault_plan.state.store import open_state  # noqa: PLC0415
    from lookervault_plan.workflows.plan import make_plan  # noqa: PLC0415

    request = msgspec.structs.replace(request_of(planning, tool_version()), only=only)
    with (
        open_state(state, readonly=True) as remembered,
        screen.working(f"Comparing {backup.name} with {client.connection.base_url}"),
    ):
        plan = make_plan(backup, client, remembered, request)
    if not screen.common.json:
        show_plan(screen, plan)
    refuse_if_strict(planning, plan)
    return plan


def show_plan(screen: Screen, plan: Plan) -> None:
    """On stdout: in full, or with --quiet the two summary lines."""
    if screen.common.quiet:
        screen.show(Text(f"{headline(plan)}\n{counts_line(plan)}", no_wrap=True, overflow="ignore"))
    else:
        screen.show(plan_text(plan, verbose=screen.common.verbose, width=screen.room))


def refuse_if_strict(planning: PlanningOptions, plan: Plan) -> None:
    """With --strict, raise if anything is blocked or there is a warning."""
    if not planning.strict:
        return
    blocked = plan.summary.blocked
    warnings = sum(one.severity == "warning" for one in plan.diagnostics)
    if blocked or warnings:
        raise failure(
            "plan.strict",
            f"the plan has {blocked} blocked and {warnings} warnings, and --strict was given",
            detail="no plan file was written",
            fix="mend what is listed, or plan without --strict",
        )


def saved_text(path: Path, plan: Plan) -> Text:
    """Where the plan is now, and what to do with it."""
    if not plan.changes_anything:
        return Text(f"\nThe plan is in {path}.")
    return Text.assemble(
        f"\nThe plan is in {path}. Once it is reviewed, this carries out exactly that:\n",
        (f"  lookervault-plan apply {shlex.quote(str(path))}", "cyan"),
    )
