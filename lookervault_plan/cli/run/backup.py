"""Run `backup`: save an instance's content to a file."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from lookervault_plan.cli import follow_up
from lookervault_plan.cli.clock import new_session_id, now
from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.options import ChoosingOptions, Common, LookerOptions
from lookervault_plan.cli.plan_request import choice_of
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.signals import resumable
from lookervault_plan.cli.type_names import singular
from lookervault_plan.cli.version import tool_version
from lookervault_plan.errors import Diagnostic, Exit
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.selectors.choose import Choice
from lookervault_plan.workflows.backup import BackupRequest, BackupResult, take_backup


def backup(
    types: Sequence[str],
    *,
    db_path: Path,
    resume: bool,
    select: tuple[str, ...],
    choosing: ChoosingOptions,
    max_calls: int | None,
    looker: LookerOptions,
    common: Common,
) -> int:
    """Save items of these types, or of all types, and show how many there are."""
    screen = Screen(common)
    is_selection = bool(select or choosing.exclude or choosing.selector)
    request = BackupRequest(
        session=new_session_id(),
        now=now,
        tool_version=tool_version(),
        types=tuple(dict.fromkeys(map(singular, types))),
        resume=resume,
        # A default selector of the file is for plans.
        choice=choice_of(select, choosing) if is_selection else Choice(),
        max_calls=max_calls,
    )
    again = follow_up.command("backup", "--db-path", db_path, "--resume")
    with (
        resumable(again),
        connected(looker, screen) as client,
        screen.counting(f"Reading {client.connection.base_url}") as show_count,
    ):
        result = take_backup(client, db_path, request, show_count)
    screen.answer(result, _summary_text(result, db_path, verbose=common.verbose))
    if result.is_stopped:
        screen.insist(diagnostic_text(_stopped(result, again)))
    for warning in result.unseen:
        screen.insist(diagnostic_text(warning))
    return Exit.INCOMPLETE if result.is_stopped or result.unseen else Exit.OK


def _stopped(result: BackupResult, again: str) -> Diagnostic:
    return Diagnostic(
        severity="warning",
        code="backup.stopped",
        summary=f"stopped after {result.calls:,} calls, as --max-calls says",
        detail="what was read is kept; the snapshot is incomplete, so plans use the one before"
        if result.counts.total
        else "so few calls don't suffice for a single item",
        fix=f"`{again}` goes on" + ("" if result.counts.total else "; give a larger --max-calls"),
    )


def _summary_text(result: BackupResult, path: Path, *, verbose: bool) -> Text:
    counts = result.counts
    changes = [
        f"{number:,} {word}"
        for word, number in (
            ("new", counts.new),
            ("changed", counts.changed),
            ("unchanged", counts.unchanged),
            ("gone", counts.gone),
        )
        if number
    ]
    opening = "Backup complete!"
    if result.is_stopped:
        opening = "Backup stopped."
    elif result.unseen:
        opening = "Backup incomplete: not all could be seen."
    text = Text(
        f"{opening} {counts.total:,} items of {result.instance} in {path}",
        "bold",
        no_wrap=True,
        overflow="ignore",
    )
    _ = text.append(f"\n{', '.join(changes)}." if changes else "", "not bold")
    month = f"{counted(result.calls, 'call')}; nightly that is {result.calls * 30:,} a month."
    _ = text.append(f"\n{month}", "not bold")
    if verbose:
        lines = [f"\n  {name:<18}{number:>8,}" for name, number in result.by_type.items()]
        _ = text.append("".join(lines), "not bold dim")
    return text
