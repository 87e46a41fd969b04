"""A session as `apply` and `resume` share it: run, watched, stopped, told."""

import getpass
import os
import shlex
import socket
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from lookervault_plan.cli.connect import new_session, now
from lookervault_plan.cli.envelope import DryRun, NotTaken, PlannedCall, SessionEnd
from lookervault_plan.cli.options import DEFAULT_STATE, ExecutionOptions
from lookervault_plan.cli.progress import ProgressDisplay, tell_json
from lookervault_plan.cli.reports import Report, write_reports
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.signals import interrupted, stopping
from lookervault_plan.errors import Diagnostic, Exit, failure
from lookervault_plan.execution.redact import without_secrets
from lookervault_plan.execution.walk import Stop
from lookervault_plan.plan_file import Plan
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.outcome import apply_summary_text
from lookervault_plan.state.discard_unused import state_discarded_if_unused
from lookervault_plan.state.store import open_state
from lookervault_plan.workflows.apply import ApplyOptions, Outcome, apply_plan
from lookervault_plan.workflows.apply_report import report_of
from lookervault_plan.workflows.dry_run import PlannedCall as Call
from lookervault_plan.workflows.dry_run import rehearse

if TYPE_CHECKING:
    from lookervault_plan.backup.reader import Backup
    from lookervault_plan.looker.client import Client

_SHOWN = 20
_CALLS_SHOWN = 50
#: a request that nobody answered may be carried out for so many first retries' waits: 2 minutes
_SETTLE_WAITS = 60
#: and one whose connection broke for so many: 10 seconds
_LINGER_WAITS = 5
_STOPPING = "Stopping: finishing what is in flight. Ctrl-C again stops at once."


def carry_out(
    screen: Screen,
    plan: Plan,
    *,
    backup: "Backup",
    client: "Client",
    state: Path,
    execution: ExecutionOptions,
    dry_run: bool = False,
    reports: Sequence[Report] = (),
) -> int:
    """Run a session with progress and signals; tell what it came to; the exit code."""
    stop = Stop()
    display = ProgressDisplay(
        screen, plan, workers=client.workers, is_stopping=lambda: stop.is_asked
    )
    options = ApplyOptions(
        session=new_session(),
        now=now,
        holder=_user(),
        host=socket.gethostname(),
        pid=os.getpid(),
        backup_path=str(backup.path.resolve()),
        workers=client.workers,
        checkpoint_interval=execution.checkpoint_interval,
        max_dlq_size=execution.max_dlq_size,
        verify=execution.verify,
        lock_timeout_seconds=execution.lock_timeout,
        skip_stale=execution.skip_stale,
        settle_seconds=_SETTLE_WAITS * client.policy.base_seconds,
        linger_seconds=_LINGER_WAITS * client.policy.base_seconds,
    )
    if dry_run:
        return _rehearse(
            screen,
            plan,
            backup=backup,
            client=client,
            state=state,
            options=options,
            dlq_ok=execution.dlq_ok,
        )
    with state_discarded_if_unused(state) as remembered:
        with stopping(stop, tell=_STOPPING, end=screen.restore), display:
            outcome = apply_plan(
                plan,
                backup=backup,
                client=client,
                state=remembered,
                options=options,
                tell=display.take,
                go_on=display.go_on,
                stop=stop,
            )
        _tell(screen, outcome, dead_letters=remembered.count_dead_letters(outcome.session))
        if reports:
            write_reports(reports, report_of(plan, outcome, remembered))
    if outcome.error is not None:
        raise outcome.error
    if outcome.queue_is_full:
        screen.note(
            diagnostic_text(
                _full(outcome, execution.max_dlq_size or 0, _resume(outcome.session, state))
            )
        )
    elif outcome.left and stop.is_asked:
        raise interrupted(
            f"interrupted; what was done is recorded, {outcome.left} items are left",
            resume=_resume(outcome.session, state),
        )
    if outcome.left or (outcome.is_incomplete and not execution.dlq_ok):
        return Exit.INCOMPLETE
    return Exit.OK


def find_backup(name: str, places: list[Path], given: Path | None) -> Path:
    """The backup that is given, else the first of its name in those places."""
    if given is not None:
        return given
    for place in places:
        if (found := place / name).is_file():
            return found
    looked = " and in ".join(dict.fromkeys(str(place.resolve()) for place in places))
    raise failure(
        "backup.missing",
        f"the backup {name} that the plan was made from is not found",
        detail=f"looked for in {looked}",
        fix="pass it with --db-path",
    )


def _tell(screen: Screen, outcome: Outcome, *, dead_letters: int) -> None:
    text = apply_summary_text(
        is_complete=outcome.is_complete,
        imported=outcome.imported,
        added=outcome.added,
        changed=outcome.changed,
        destroyed=outcome.destroyed,
        failed=outcome.failed,
        blocked=outcome.blocked,
        stale=len(outcome.stale),
        not_tried=outcome.not_tried + outcome.left,
        dead_letters=dead_letters,
        session=outcome.session,
    )
    if not screen.common.json:
        screen.show(text)
        if outcome.stale:
            screen.show(diagnostic_text(_stale(outcome.stale, outcome.stale_details)))
        if outcome.untaken:
            screen.show(diagnostic_text(_untaken(outcome)))
        if outcome.unlinked:
            screen.show(diagnostic_text(_unlinked(outcome)))
        return
    told = SessionEnd(
        session=outcome.session,
        imported=outcome.imported,
        added=outcome.added,
        changed=outcome.changed,
        destroyed=outcome.destroyed,
        failed=outcome.failed,
        blocked=outcome.blocked,
        not_tried=outcome.not_tried,
        left=outcome.left,
        calls=outcome.calls,
        queue_is_full=outcome.queue_is_full,
        dead_letters=dead_letters,
        stale=outcome.stale,
        stale_details=outcome.stale_details,
        untaken=tuple(
            NotTaken(
                address=one.address,
                part=one.part,
                path=one.path,
                sent=without_secrets(one.sent),
                got=without_secrets(one.got),
            )
            for one in outcome.untaken
        ),
        unlinked={str(address): ends for address, ends in outcome.unlinked.items()},
    )
    tell_json(screen, told, text.plain.partition("\n")[0])


def _first(lines: list[str]) -> str:
    """As many as there is room for, and how many more there are."""
    more = [f"… and {len(lines) - _SHOWN:,} more"] if lines[_SHOWN:] else []
    return "\n".join(lines[:_SHOWN] + more)


def _untaken(outcome: Outcome) -> Diagnostic:
    lines = [
        f"{one.address}{f' {one.part}' if one.part else ''}: {one.path or 'all of it'}"
        for one in outcome.untaken
    ]
    return Diagnostic(
        severity="warning",
        code="apply.untaken",
        summary=f"Looker did not take all values as they were sent: {len(lines):,}",
        detail=_first(lines),
        fix="this is remembered, and not tried again and again",
    )


def _unlinked(outcome: Outcome) -> Diagnostic:
    lines = [f"{address}: {', '.join(ends)}" for address, ends in sorted(outcome.unlinked.items())]
    return Diagnostic(
        severity="warning",
        code="apply.unlinked",
        summary=f"links to items that failed were left as they were: {len(lines):,}",
        detail=_first(lines),
        fix="once those are there, plan and apply again",
    )


def _full(outcome: Outcome, limit: int, resume: str) -> Diagnostic:
    have = "has" if outcome.failed == 1 else "have"
    failed = f"{counted(outcome.failed, 'item')} {have} failed"
    if outcome.not_tried:
        failed += f", {counted(outcome.not_tried, 'item')} with them"
    if outcome.blocked:
        failed += f", {outcome.blocked:,} blocked"
    fix = "`lookervault-plan dlq list` shows what failed"
    return Diagnostic(
        severity="warning",
        code="apply.queue-full",
        summary=f"{'stopped: ' * bool(outcome.left)}{failed}; --max-dlq-size allows {limit:,}",
        detail=f"left: {counted(outcome.left, 'item')}" if outcome.left else "no items are left",
        fix=f"{fix}; `{resume}` goes on with the rest" if outcome.left else fix,
    )


def _stale(addresses: Sequence[str], details: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        severity="warning",
        code="apply.stale",
        summary=f"left out, since the destination has changed since the plan: {len(addresses):,}",
        detail="\n".join([", ".join(addresses[:_SHOWN]), *details[:_SHOWN]]),
        fix="make a new plan, which takes these changes into account",
    )


def _rehearse(
    screen: Screen,
    plan: Plan,
    *,
    backup: "Backup",
    client: "Client",
    state: Path,
    options: ApplyOptions,
    dlq_ok: bool,
) -> int:
    """Check and read; tell what would be sent."""
    with open_state(state, readonly=True) as remembered:
        found = rehearse(plan, backup=backup, client=client, state=remembered, options=options)
    methods = Counter(call.method for call in found.calls)
    stale = tuple(sorted(found.stale.addresses))
    by_method = ", ".join(f"{number:,} {method}" for method, number in methods.items())
    line = f"Dry run: apply would send {len(found.calls):,} requests"
    line += f" ({by_method}), its own checks aside. Nothing was written." if by_method else "."
    if screen.common.json:
        for call in found.calls:
            text = f"{call.address}: {call.method} {call.path}"
            tell_json(screen, _planned(call), text)
        told = DryRun(calls=len(found.calls), by_method=methods, stale=stale, blocked=found.blocked)
        tell_json(screen, told, line)
    else:
        shown = found.calls if screen.common.verbose else found.calls[:_CALLS_SHOWN]
        for call in shown:
            screen.show(Text(f"  {call.method:<6} {call.path}  {call.step}", no_wrap=True))
        if rest := len(found.calls) - len(shown):
            screen.show(Text(f"  … and {rest:,} more; -v shows all", "dim"))
        screen.show(Text(line, "bold"))
        if stale:
            screen.show(diagnostic_text(_stale(stale, found.stale.details)))
    return Exit.INCOMPLETE if (stale or found.blocked) and not dlq_ok else Exit.OK


def _planned(call: Call) -> PlannedCall:
    return PlannedCall(address=call.address, step=call.step, method=call.method, path=call.path)


def _resume(session: str, state: Path) -> str:
    where = "" if state == DEFAULT_STATE else f" --state {shlex.quote(str(state))}"
    return f"lookervault-plan resume {session}{where}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return f"user {os.getuid()}"
