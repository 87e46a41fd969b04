"""What a backup holds as of one of its snapshots, and the warnings about it."""

import shlex
from collections.abc import Iterator

import msgspec

from lookervault_plan.backup.item_rows import ItemIndex
from lookervault_plan.backup.snapshot_rows import Differences
from lookervault_plan.backup.snapshots import Snapshot, default_snapshot
from lookervault_plan.errors import Diagnostic


class Contents(msgspec.Struct, frozen=True):
    """The snapshots of the file, the chosen one, and its rows."""

    snapshots: tuple[Snapshot, ...]
    #: None: the file holds nothing.
    snapshot: Snapshot | None
    index: ItemIndex
    #: The rows of `content_items`: those of the last snapshot.
    latest: ItemIndex
    differences: Differences


def warnings_of(
    name: str, contents: Contents, session: tuple[str, int | None]
) -> Iterator[Diagnostic]:
    chosen, found = contents.snapshot, contents.differences
    if chosen is None or chosen is contents.snapshots[-1]:
        yield from _session_warnings(name, *session)
    elif not chosen.complete:
        yield _unfinished(
            name,
            f"{chosen} in {name} did not finish",
            "items that it did not reach are as in the snapshot before it",
        )
    elif chosen == default_snapshot(contents.snapshots):
        last = contents.snapshots[-1]
        yield _unfinished(
            name,
            f"the last backup into {name} did not finish ({last}), so {chosen} is used",
            f"`--as-of {last.id}` uses what the unfinished one has read",
        )
    if found.all and chosen is contents.snapshots[-1]:
        recorded = contents.snapshots[-2]
        yield Diagnostic(
            severity="warning",
            code="backup.elsewhere",
            summary=f"{len(found.all):,} items of {name} are not as its latest snapshot has them",
            detail="another program has written into the file, or it is damaged; "
            f"what the file holds counts as newer than {recorded}",
            fix=f"`--as-of {recorded.id}` uses the snapshot",
        )
    for number, count in sorted(contents.index.unknown.items(), key=str):
        yield Diagnostic(
            severity="warning",
            code="backup.unknown-type",
            summary=f"rows of unknown content type {number} are ignored: {count}",
        )


def _session_warnings(name: str, status: str, errors: int | None) -> Iterator[Diagnostic]:
    if status != "completed":
        yield _unfinished(
            name,
            f"the last backup into {name} did not finish ({status})",
            "items that it did not reach are missing, or older than the rest",
        )
    elif errors:
        yield Diagnostic(
            severity="warning",
            code="backup.errors",
            summary=f"the last backup into {name} had errors: {errors}",
            detail="items may be missing",
            fix="run the backup again",
        )


def _unfinished(name: str, summary: str, detail: str) -> Diagnostic:
    return Diagnostic(
        severity="warning",
        code="backup.unfinished",
        summary=summary,
        detail=detail,
        fix="run the backup again; "
        f"`lookervault-plan backup --db-path {shlex.quote(name)} --resume` resumes its own",
    )
