"""Run `backup forget`, `backup verify` and `backup diff`."""

import shlex
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from lookervault_plan.backup import forget as forgetting
from lookervault_plan.backup import verify as verifying
from lookervault_plan.backup.reader import open_backup
from lookervault_plan.backup.readonly_database import ReadOnlyDatabase
from lookervault_plan.backup.retention import Rules, kept, parse_duration
from lookervault_plan.backup.snapshots import AsOf, Snapshot, parse_as_of
from lookervault_plan.cli.clock import now
from lookervault_plan.cli.options import Common
from lookervault_plan.cli.screen import Screen
from lookervault_plan.errors import Exit, failure
from lookervault_plan.plan_file import Action
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.diagnostics import diagnostic_text
from lookervault_plan.render.plan.action_lines import item_line
from lookervault_plan.render.plan.change_lines import DetailLimits
from lookervault_plan.render.safe_text import visible
from lookervault_plan.render.terminal import indented_tree
from lookervault_plan.workflows.compare_snapshots import compare_snapshots


def forget(
    *,
    db_path: Path,
    keep_last: int,
    keep_daily: int,
    keep_weekly: int,
    keep_monthly: int,
    keep_within: str | None,
    dry_run: bool,
    common: Common,
) -> int:
    """Drop the snapshots that no rule keeps, and show what became of each."""
    screen = Screen(common)
    rules = Rules(
        last=keep_last,
        daily=keep_daily,
        weekly=keep_weekly,
        monthly=keep_monthly,
        within=parse_duration(keep_within) if keep_within else None,
    )
    if rules.are_empty:
        raise failure(
            "usage",
            "no rule says which snapshots to keep",
            fix="give one or more of --keep-last, --keep-daily, --keep-weekly, --keep-monthly, "
            "--keep-within",
        )
    with open_backup(db_path) as backup:
        snapshots = backup.recorded_snapshots
    reasons = kept(snapshots, rules)
    dropped = [each for each in snapshots if each.id not in reasons]
    done = forgetting.Forgotten()
    if dropped and not dry_run:
        with screen.working(f"Dropping {counted(len(dropped), 'snapshot')}"):
            done = forgetting.forget(db_path, [each.id for each in dropped])
    facts = {
        "dry_run": dry_run,
        "kept": [
            {"id": each.id, "taken_at": each.taken_at, "reasons": reasons[each.id]}
            for each in snapshots
            if each.id in reasons
        ],
        "forgotten": [{"id": each.id, "taken_at": each.taken_at} for each in dropped],
        "versions": done.versions,
        "freed_bytes": done.freed_bytes,
    }
    text = Text(no_wrap=True, overflow="ignore")
    for each in snapshots:
        why = f"keep    ({', '.join(reasons[each.id])})" if each.id in reasons else "forget"
        _ = text.append(f"{each.id:>4}  {visible(each.taken_at)}  {why}\n")
    _ = text.append(_forgotten_line(len(dropped), done, dry_run=dry_run), "bold")
    screen.answer(facts, text)
    return Exit.OK


def _forgotten_line(number: int, done: forgetting.Forgotten, *, dry_run: bool) -> str:
    if not number:
        return "\nNothing to forget."
    if dry_run:
        return f"\n{counted(number, 'snapshot')} would be forgotten. Nothing was written."
    return (
        f"\nForgot {counted(number, 'snapshot')} and {counted(done.versions, 'version')} of items; "
        f"the file is {done.freed_bytes / 1e6:,.1f} MB smaller."
    )


def verify(*, db_path: Path, common: Common) -> int:
    """Check the file, and show each damage."""
    screen = Screen(common)
    with open_backup(db_path) as backup:
        number = len(backup.snapshots)
    with (
        closing(ReadOnlyDatabase(db_path)) as database,
        screen.working(f"Checking {db_path.name}"),
    ):
        found = list(verifying.verify(database))
    for each in found if not common.json else ():
        screen.insist(diagnostic_text(each))
    name = visible(db_path.name)
    if found:
        line = Text(f"{name} is damaged: {counted(len(found), 'problem')}.", "bold red")
        fix = f"`lookervault-plan snapshots --db-path {shlex.quote(str(db_path))}` lists snapshots"
        if not common.json:
            screen.insist(Text(f"Items that are not named are whole; {fix} to use with --as-of."))
    else:
        line = Text(f"{name} is whole: {counted(number, 'snapshot')} checked.", "bold green")
    screen.answer({"is_whole": not found, "snapshots": number, "problems": found}, line)
    return Exit.ERROR if found else Exit.OK


def diff(before: str, after: str, *, db_path: Path, common: Common) -> int:
    """Show what changed between two snapshots."""
    screen = Screen(common)
    with open_backup(db_path) as backup, screen.working(f"Comparing snapshots of {backup.name}"):
        older = backup.find_snapshot(_as_of(before, "BEFORE"))
        newer = backup.find_snapshot(_as_of(after, "AFTER"))
        actions = [each for each in compare_snapshots(backup, older, newer) if each.verb != "skip"]
    counts = Counter(each.verb for each in actions)
    facts = {
        "before": older,
        "after": newer,
        "summary": {
            "new": counts["create"],
            "changed": counts["update"] + counts["blocked"],
            "gone": counts["delete"],
        },
        "actions": actions,
    }
    screen.answer(facts, _diff_text(older, newer, actions, width=screen.room, common=common))
    return Exit.OK


def _as_of(text: str, option: str) -> AsOf:
    return parse_as_of(text, datetime.fromisoformat(now()), option=option)


def _diff_text(
    older: Snapshot, newer: Snapshot, actions: Sequence[Action], *, width: int, common: Common
) -> RenderableType:
    room = max(width - 14, 24)
    limits = (
        DetailLimits(width=room, diff_lines=10_000, changes=10_000, parts=10_000)
        if common.verbose
        else DetailLimits(width=room)
    )
    counts = Counter(each.verb for each in actions)
    said = ", ".join(
        f"{counts[verb]:,} {word}"
        for verb, word in (
            ("create", "new"),
            ("update", "changed"),
            ("blocked", "unclear"),
            ("delete", "gone"),
        )
        if counts[verb]
    )
    head = Text(
        f"From {older} to {newer}: {said or 'nothing has changed'}.",
        "bold",
        no_wrap=True,
        overflow="ignore",
    )
    if not actions or common.quiet:
        return head
    return Group(
        indented_tree((item_line(each, limits) for each in actions), indent=0), Text(), head
    )
