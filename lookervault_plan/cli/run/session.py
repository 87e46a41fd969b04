"""Carry out or rehearse a plan: progress, Ctrl-C, reports, summary and exit code."""

import os
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import msgspec

from lookervault_plan.backup.reader import Backup
from lookervault_plan.cli import exit_code, follow_up
from lookervault_plan.cli.clock import new_session_id, now, timestamp
from lookervault_plan.cli.json_lines import own_line
from lookervault_plan.cli.options import ExecutionOptions
from lookervault_plan.cli.progress_display import ProgressDisplay
from lookervault_plan.cli.report_files import ReportFile, write_apply_reports
from lookervault_plan.cli.run.dry_run import show_dry_run
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.signals import interrupted, stopping
from lookervault_plan.cli.state_access import session_state, user_name
from lookervault_plan.errors import refusal
from lookervault_plan.execution.walk import Stop
from lookervault_plan.looker.client import Client
from lookervault_plan.plan_file import Plan
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.outcome import (
    Outcome,
    outcome_text,
    outcome_warnings,
    queue_full_warning,
)
from lookervault_plan.state.place import StatePlace
from lookervault_plan.state.store import State
from lookervault_plan.workflows.apply import apply_plan
from lookervault_plan.workflows.apply_options import ApplyOptions
from lookervault_plan.workflows.apply_report import report_of
from lookervault_plan.workflows.lock import destination_lock
from lookervault_plan.workflows.plan import destination_key

#: How long Looker may still carry out a request that nobody answered, in waits before a first
#: retry: 60 of 2 seconds.
_UNANSWERED_WAITS = 60
#: The same for a request whose connection broke: 10 seconds.
_BROKEN_WAITS = 5


@dataclass(frozen=True, kw_only=True)
class SessionOptions:
    """How a session is run and reported."""

    #: The state database.
    state: StatePlace
    execution: ExecutionOptions
    dry_run: bool = False
    #: What the run was asked to do (see `cli.asked`). Empty: to carry out a saved plan.
    asked: Mapping[str, object] = field(default_factory=dict[str, object])
    #: True: the plan was read from a file or a session, not made by this command.
    plan_is_saved: bool = True
    #: True: items that failed leave exit code 0, as in LookerVault's restore.
    failures_are_ok: bool = False
    #: Files to write what became of each item to.
    reports: tuple[ReportFile, ...] = ()


@contextmanager
def locked_state(
    backup: Backup, client: Client, options: SessionOptions
) -> Generator[State | None]:
    """Hold the destination's lock while a plan is made and applied in one go.

    Otherwise two such runs at once would make the same plan. Give None for a dry run.
    """
    if options.dry_run:
        yield None
        return
    destination = destination_key(client, client.versions())
    timeout = options.execution.lock_timeout
    with (
        session_state(options.state, destination, lock_timeout_seconds=timeout) as state,
        destination_lock(state, destination, _apply_options(backup, client, options)),
    ):
        yield state


def carry_out(
    screen: Screen,
    plan: Plan,
    *,
    backup: Backup,
    client: Client,
    options: SessionOptions,
    locked: State | None = None,
) -> int:
    """Apply a plan, or rehearse it with --dry-run, and show the outcome. Return the exit code.

    `locked` is the state if the caller has opened it and holds the destination's lock.
    """
    check_environment(plan, screen.common.env)
    apply_options = _apply_options(backup, client, options)
    if options.dry_run:
        return show_dry_run(
            screen,
            plan,
            backup=backup,
            client=client,
            state=options.state,
            options=apply_options,
            dlq_ok=options.execution.dlq_ok,
            failures_are_ok=options.failures_are_ok,
        )
    stop, before = Stop(), client.calls
    display = ProgressDisplay(
        screen,
        plan,
        workers=client.workers,
        calls=lambda: client.calls - before,
        is_stopping=lambda: stop.is_asked,
    )
    opened = (
        nullcontext(locked)
        if locked is not None
        else session_state(
            options.state,
            plan.destination.instance,
            lock_timeout_seconds=options.execution.lock_timeout,
        )
    )
    with opened as state:
        with stopping(stop, tell=display.stopping_text, end=screen.restore), display:
            outcome, error = apply_plan(
                plan,
                backup=backup,
                client=client,
                state=state,
                options=apply_options,
                on_event=display.take,
                on_resume=display.count_earlier,
                stop=stop,
            )
        # Those that made the plan in the same run don't count.
        outcome = msgspec.structs.replace(outcome, calls=outcome.calls - before)
        is_interrupted = bool(outcome.left and stop.is_asked and not outcome.dlq_is_full)
        _show_outcome(screen, outcome, names_resume=not is_interrupted)
        if options.reports:
            write_apply_reports(options.reports, report_of(plan, outcome, state))
    if error is not None:
        raise error
    resume = follow_up.command("resume", outcome.session)
    if outcome.dlq_is_full:
        limit = options.execution.max_dlq_size or 0
        screen.note(diagnostic_text(queue_full_warning(outcome, limit=limit, resume=resume)))
    elif is_interrupted:
        raise interrupted(
            f"interrupted; progress is saved, {outcome.left} items are left", resume=resume
        )
    return exit_code.of_apply(
        outcome, dlq_ok=options.execution.dlq_ok, failures_are_ok=options.failures_are_ok
    )


def check_environment(plan: Plan, environment: str | None) -> None:
    """Refuse a plan that was made for another environment, or for none.

    `environment` is that of `--env`. None: the plan's destination alone says where it may go.
    """
    made_for = plan.environment
    if environment is None or environment == made_for:
        return
    if made_for is None:
        what = f"this plan was made without an environment, not for {environment}"
        how = "apply it without --env"
    else:
        what = f"this plan is for the environment {made_for}, not for {environment}"
        how = f"apply it with --env {made_for}"
    raise refusal(
        "plan.environment",
        what,
        detail=f"its destination is {plan.destination.instance}",
        fix=f"make a plan with --env {environment}, or {how}",
    )


def _apply_options(backup: Backup, client: Client, options: SessionOptions) -> ApplyOptions:
    execution = options.execution
    return ApplyOptions(
        session=new_session_id(),
        now=now,
        holder=user_name(),
        host=socket.gethostname(),
        pid=os.getpid(),
        backup_path=str(backup.path.resolve()),
        asked=options.asked,
        plan_is_saved=options.plan_is_saved,
        workers=client.workers,
        checkpoint_interval=execution.checkpoint_interval,
        max_dlq_size=execution.max_dlq_size,
        verify=execution.verify,
        check_content=execution.check_content,
        lock_timeout_seconds=execution.lock_timeout,
        skip_stale=execution.skip_stale,
        unanswered_seconds=_UNANSWERED_WAITS * client.policy.base_seconds,
        broken_connection_seconds=_BROKEN_WAITS * client.policy.base_seconds,
    )


def _show_outcome(screen: Screen, outcome: Outcome, *, names_resume: bool) -> None:
    text = outcome_text(outcome, names_resume=names_resume)
    if screen.common.json:
        first_line = text.plain.partition("\n")[0]
        screen.write(own_line(outcome, first_line, timestamp=timestamp()))
        return
    screen.show(text)
    for warning in outcome_warnings(outcome):
        screen.show(diagnostic_text(warning))
