"""Point at items of earlier snapshots that the latest snapshot of a backup lacks."""

import shlex
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from lookervault_plan.backup.reader import Backup
from lookervault_plan.backup.snapshots import Snapshot
from lookervault_plan.content.node import Ref, SourceId
from lookervault_plan.content.table.kinds import ITEM_KINDS
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.render.amounts import counted

#: Gone items that are named; the others are counted.
_NAMED = 10


def gone_items_note(backup: Backup) -> Iterator[Diagnostic]:
    """Note the items that are gone from the latest snapshot, the latest gone first."""
    gone = _by_address(backup)
    if not gone:
        return
    counts = Counter(address.partition(":")[0] for address, _ in gone)
    kinds = [counted(counts[kind], kind.replace("_", " ")) for kind in ITEM_KINDS if counts[kind]]
    what = " and ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))
    lines = [f"{address}, last in {snapshot}" for address, snapshot in gone[:_NAMED]]
    if len(gone) > _NAMED:
        lines.append(f"and {len(gone) - _NAMED:,} more")
    address, snapshot = gone[0]
    verb = "is" if len(gone) == 1 else "are"
    yield Diagnostic(
        severity="note",
        code="note.gone",
        summary=f"{what} {verb} gone from the latest snapshot: "
        f"--as-of {snapshot.id} still has {address}",
        detail="\n".join(lines),
        fix=f"`lookervault-plan plan --db-path {shlex.quote(backup.name)} --as-of {snapshot.id}"
        f" --select {shlex.quote(address)}` plans to bring it back",
    )


@contextmanager
def naming_gone_items(backup: Backup) -> Generator[None]:
    """Add to an error of a selection which snapshot still had the item that it names."""
    try:
        yield
    except PlanError as error:
        found = error.diagnostic
        had = next((one for one in _by_address(backup) if one[0] in found.summary), None)
        if had is None:
            raise
        address, snapshot = had
        detail = f"{snapshot} still had {address}"
        raise PlanError(
            msgspec.structs.replace(
                found,
                detail=f"{found.detail}; {detail}" if found.detail else detail,
                fix=f"add --as-of {snapshot.id}",
            )
        ) from error


def _by_address(backup: Backup) -> Sequence[tuple[str, Snapshot]]:
    gone = backup.gone_items()
    return [
        (Ref(kind, SourceId(id_)).address, had)
        for (kind, id_), had in sorted(gone.items(), key=lambda one: -one[1].id)
    ]
