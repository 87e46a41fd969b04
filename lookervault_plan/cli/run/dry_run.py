"""Show the requests that an apply would send, for `--dry-run`."""

from collections import Counter

from rich.text import Text

from lookervault_plan.backup.reader import Backup
from lookervault_plan.cli import exit_code
from lookervault_plan.cli.clock import timestamp
from lookervault_plan.cli.json_lines import DryRun, own_line
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.state_access import read_state
from lookervault_plan.looker.client import Client
from lookervault_plan.plan_file import Plan
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.outcome import stale_warning
from lookervault_plan.state.place import StatePlace
from lookervault_plan.workflows.apply_options import ApplyOptions
from lookervault_plan.workflows.dry_run import Rehearsal, rehearse

_CALLS_SHOWN = 50


def show_dry_run(
    screen: Screen,
    plan: Plan,
    *,
    backup: Backup,
    client: Client,
    state: StatePlace,
    options: ApplyOptions,
    dlq_ok: bool,
    failures_are_ok: bool = False,
) -> int:
    """Check and read as apply does, write nothing, and show the requests. Return the exit code."""
    with read_state(state, plan.destination.instance) as open_:
        rehearsal = rehearse(plan, backup=backup, client=client, state=open_, options=options)
    if screen.common.json:
        _write_lines(screen, rehearsal)
    else:
        _show(screen, rehearsal)
    is_stale = bool(rehearsal.stale.addresses) and not failures_are_ok
    has_failures = is_stale or bool(rehearsal.blocked)
    return exit_code.of_failures(has_failures, dlq_ok=dlq_ok)


def _write_lines(screen: Screen, rehearsal: Rehearsal) -> None:
    for call in rehearsal.calls:
        text = f"{call.address}: {call.method} {call.path}"
        screen.write(own_line(call, text, timestamp=timestamp()))
    total = DryRun(
        calls=len(rehearsal.calls),
        by_method=_by_method(rehearsal),
        stale=tuple(sorted(rehearsal.stale.addresses)),
        blocked=rehearsal.blocked,
    )
    screen.write(own_line(total, _headline(rehearsal), timestamp=timestamp()))


def _show(screen: Screen, rehearsal: Rehearsal) -> None:
    calls = rehearsal.calls
    shown = calls if screen.common.verbose else calls[:_CALLS_SHOWN]
    for call in shown:
        screen.show(Text(f"  {call.method:<6} {call.path}  {call.step}", no_wrap=True))
    if rest := len(calls) - len(shown):
        screen.show(Text(f"  … and {rest:,} more; -v shows all", "dim"))
    screen.show(Text(_headline(rehearsal), "bold"))
    for address in rehearsal.in_cycles:
        screen.show(Text(f"Apply would not write {address}: its steps wait for each other."))
    if stale := sorted(rehearsal.stale.addresses):
        screen.show(diagnostic_text(stale_warning(stale, rehearsal.stale.details)))


def _headline(rehearsal: Rehearsal) -> str:
    by_method = ", ".join(
        f"{number:,} {method}" for method, number in _by_method(rehearsal).items()
    )
    line = f"Dry run: apply would send {len(rehearsal.calls):,} requests"
    if not by_method:
        return f"{line}."
    return f"{line} ({by_method}), its own checks aside. Nothing was written."


def _by_method(rehearsal: Rehearsal) -> Counter[str]:
    return Counter(call.method for call in rehearsal.calls)
