"""Turn the planning options into what the plan workflow takes."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from lookervault_plan.cli.clock import now
from lookervault_plan.cli.config_file import GuardSettings, read_config_file
from lookervault_plan.cli.input_files import read_remaps, read_selectors
from lookervault_plan.cli.options import ChoosingOptions, PlanningOptions
from lookervault_plan.cli.version import tool_version
from lookervault_plan.plan_file import Options
from lookervault_plan.planning.judge.guards import Limits
from lookervault_plan.selectors.choose import DEFAULT_FILE, Choice, choose
from lookervault_plan.state.findings import read_findings
from lookervault_plan.state.place import StatePlace
from lookervault_plan.workflows.plan import PlanRequest


def request_of(
    planning: PlanningOptions, environment: str | None, state: StatePlace
) -> PlanRequest:
    """Make the request for a plan. `environment` is that of `--env`.

    Answers of `doctor --probe` lie beside the state.

    Raise PlanError if remaps or selectors are malformed.
    """
    file = read_config_file(os.environ)
    return PlanRequest(
        created_at=now(),
        tool_version=tool_version(),
        environment=environment,
        findings=read_findings(state.beside),
        source_instance=planning.source_instance,
        options=msgspec.structs.replace(
            not_managed_options(),
            owners=planning.owners,
            schedules=planning.schedules,
            surplus=planning.surplus,
            on_missing=planning.on_missing or "fail",
            hand_edits=planning.hand_edits or "revert",
            prefer=planning.prefer,
        ),
        choice=choice_of(planning.select, planning),
        allow=planning.allow,
        limits=_limits(file.guards, planning.max_calls),
        remaps=read_remaps(planning.remaps),
        skip_id_mapping=planning.skip_id_mapping,
        skip_if_modified=planning.skip_if_modified,
        skip_validation=planning.skip_validation,
        check_fields=planning.check_fields,
        as_of=planning.as_of,
    )


def not_managed_options() -> Options:
    """Take [collections] and [ignore] from the config file."""
    file = read_config_file(os.environ)
    return Options(add_only=tuple(sorted(file.collections)), ignore=file.ignore)


def choice_of(
    select: Sequence[str], choosing: ChoosingOptions, *, called: str = "--select"
) -> Choice:
    """Parse the options that select items. Raise PlanError with the place of an error.

    `called` names the option or argument that holds `select`, for error texts.
    """
    path = choosing.selectors
    if path is None and Path(DEFAULT_FILE).is_file():
        path = Path(DEFAULT_FILE)
    return choose(
        select=select,
        exclude=choosing.exclude,
        selector=choosing.selector,
        file=read_selectors(path) if path else None,
        allow_empty=choosing.allow_empty,
        option=called,
    )


def _limits(guards: GuardSettings, max_calls: int | None) -> Limits:
    """Take the thresholds of guards from the config file, else their defaults."""
    default = Limits()
    share, at_least = guards.updates_share, guards.updates_share_at_least
    return Limits(
        updates_share=default.updates_share if share is None else share,
        updates_share_at_least=default.updates_share_at_least if at_least is None else at_least,
        max_calls=max_calls,
    )
