"""Run `backup`: save an instance's content to a file."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from lookervault_plan.cli import follow_up
from lookervault_plan.cli.clock import new_session_id, now
from lookervault_plan.cli.connect import connected
from lookervault_plan.cli.options import Common, LookerOptions
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.signals import resumable
from lookervault_plan.cli.type_names import singular
from lookervault_plan.cli.version import tool_version
from lookervault_plan.workflows.backup import BackupRequest, BackupResult, take_backup


def backup(
    types: Sequence[str], *, db_path: Path, resume: bool, looker: LookerOptions, common: Common
) -> int:
    """Save items of these types, or of all types, and show how many there are."""
    screen = Screen(common)
    request = BackupRequest(
        session=new_session_id(),
        now=now,
        tool_version=tool_version(),
        types=tuple(dict.fromkeys(map(singular, types))),
        resume=resume,
    )
    again = follow_up.command("backup", "--db-path", db_path, "--resume")
    with (
        resumable(again),
        connected(looker, screen) as client,
        screen.counting(f"Reading {client.connection.base_url}") as show_count,
    ):
        result = take_backup(client, db_path, request, show_count)
    screen.answer(result, _summary_text(result, db_path, verbose=common.verbose))
    return 0


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
    text = Text(
        f"Backup complete! {counts.total:,} items of {result.instance} in {path}",
        "bold",
        no_wrap=True,
        overflow="ignore",
    )
    _ = text.append(f"\n{', '.join(changes)}." if changes else "", "not bold")
    if verbose:
        lines = [f"\n  {name:<18}{number:>8,}" for name, number in result.by_type.items()]
        _ = text.append("".join(lines), "not bold dim")
    return text
