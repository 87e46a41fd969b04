"""Run `history`: show what happened to the items of a backup."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from lookervault_plan.backup.reader import Backup, open_backup
from lookervault_plan.backup.snapshots import parse_as_of
from lookervault_plan.cli.clock import now
from lookervault_plan.cli.options import Common
from lookervault_plan.cli.output_files import write_whole
from lookervault_plan.cli.report_files import TEXT_WIDTH, as_json, as_text, report_files
from lookervault_plan.cli.screen import Screen
from lookervault_plan.cli.type_names import singular
from lookervault_plan.content.node import Ref, SourceId, SourceRef
from lookervault_plan.errors import failure
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.history import (
    Event,
    history_html,
    history_markdown,
    history_text,
    version_rows,
)
from lookervault_plan.workflows import history as workflow


def history(
    address: str | None,
    *,
    db_path: Path,
    search: str | None,
    since: str | None,
    until: str | None,
    report: tuple[str, ...],
    common: Common,
) -> int:
    """Show the events, oldest first, and write them to files."""
    screen, reports = Screen(common), report_files(report)
    ref = _ref_of(address) if address else None
    with open_backup(db_path) as backup, screen.working(f"Reading {backup.name}"):
        request = workflow.HistoryRequest(
            ref=ref,
            since=_time(since, "--since", backup),
            until=_time(until, "--until", backup),
            search=search or "",
        )
        events, warnings = workflow.history(backup, request), backup.warnings
    for warning in warnings:
        screen.note(diagnostic_text(warning))
    for one in reports:
        write_whole(one.path, _document(events, one.format, of_one=ref is not None).encode())
    shown = history_text(events, of_one=ref is not None, width=screen.room, verbose=common.verbose)
    screen.answer(version_rows(events), shown)
    return 0


def _document(events: Sequence[Event], format_: str, *, of_one: bool) -> str:
    match format_:
        case "html":
            return history_html(events, of_one=of_one)
        case "markdown":
            return history_markdown(events, of_one=of_one)
        case "json":
            return as_json(version_rows(events))
        case _:
            return as_text(history_text(events, of_one=of_one, width=TEXT_WIDTH, verbose=True))


def _time(text: str | None, option: str, backup: Backup) -> datetime | None:
    """Parse `--since` or `--until`. A snapshot's id means the time when it was taken."""
    if text is None:
        return None
    found = parse_as_of(
        text,
        datetime.fromisoformat(now()),
        option=option,
        day_begins=option == "--since",
    )
    if isinstance(found, datetime):
        return found
    snapshot = next((each for each in backup.snapshots if each.id == found), None)
    if snapshot is None:
        raise failure(
            "as-of.none",
            f"{backup.name} has no snapshot {found}",
            fix="`lookervault-plan snapshots --db-path FILE` lists the snapshots",
        )
    return snapshot.time


def _ref_of(address: str) -> SourceRef:
    type_, colon, id_ = address.partition(":")
    try:
        if colon and id_:
            return Ref(singular(type_), SourceId(id_))
        why = "write TYPE:ID, as in dashboard:42"
    except ValueError as error:
        why = str(error)
    raise failure("usage", f"{address} is not an address", fix=why)
