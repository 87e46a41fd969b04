"""Find live items changed since the last apply, or since the backup: `--skip-if-modified`."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from lookervault_plan.content.node import (
    Address,
    DesiredNode,
    Json,
    LiveNode,
    SourceRef,
)
from lookervault_plan.errors import Diagnostic

#: Local time is at most this far ahead of UTC.
_FARTHEST_EAST = timedelta(hours=14)
#: Items that a warning names.
_SHOWN = 5


class Modified:
    """Compares each item to update with the last apply, and collects what can't be compared."""

    def __init__(
        self,
        *,
        same_instance: bool,
        applied: Mapping[str, tuple[str, str]],
        synced_at: Callable[[SourceRef], str | None],
        hides_tile_changes: bool = False,
    ) -> None:
        """`applied` has digests after the last apply; `synced_at` gives an item's backup time.

        `hides_tile_changes`: this Looker's `updated_at` does not tell of changed parts.
        """
        self._hides_tile_changes = hides_tile_changes
        #: Items with parts that were compared by `updated_at` alone.
        self._by_date: set[Address] = set()
        self._same_instance = same_instance
        self._applied = applied
        self._synced_at = synced_at
        self._undated: set[str] = set()
        #: Items whose backup time is unknown.
        self._unknown: set[Address] = set()
        self._is_naive = False

    def __call__(self, desired: DesiredNode, live: LiveNode, live_digest: str) -> bool:
        """Say whether an update would overwrite a change made in the destination."""
        before = self._applied.get(desired.address)
        if before is not None:
            return before[1] != live_digest
        changed = moment(live.raw.get("updated_at"))
        if changed is None:
            self._undated.add(desired.kind)
            return False
        if self._hides_tile_changes and any(desired.parts.values()):
            self._by_date.add(desired.address)
        since = moment(desired.raw.get("updated_at")) if self._same_instance else None
        if since is None:
            text = self._synced_at(desired.ref)
            since = moment(text)
            if since is None:
                self._unknown.add(desired.address)
            elif _is_naive(text):
                self._is_naive = True
                since -= _FARTHEST_EAST
        return since is not None and changed > since

    def warnings(self) -> Iterator[Diagnostic]:
        """Warn of types without dates and of times without offsets."""
        if self._undated:
            yield Diagnostic(
                severity="warning",
                code="modified.no-date",
                summary="--skip-if-modified can't tell for these types: "
                + ", ".join(sorted(self._undated)),
                detail="Looker does not say when they were changed, so they are not skipped",
            )
        if self._by_date:
            yield Diagnostic(
                severity="warning",
                code="modified.tiles",
                summary="--skip-if-modified goes by updated_at, which this Looker does not move "
                "when tiles change",
                detail="tiles may have been changed by hand: " + ", ".join(sorted(self._by_date)),
                fix="look at the changes of these items before you apply the plan",
            )
        if self._unknown:
            shown = sorted(self._unknown)[:_SHOWN]
            more = len(self._unknown) - len(shown)
            yield Diagnostic(
                severity="warning",
                code="modified.no-backup-time",
                summary="--skip-if-modified can't tell for items whose backup has no time",
                detail="not skipped: " + ", ".join(shown) + (f" and {more} more" if more else ""),
            )
        if self._is_naive:
            yield Diagnostic(
                severity="warning",
                code="modified.naive-time",
                summary="the backup's times have no offset: they count as up to 14 hours early",
                detail="more may be skipped as modified than was",
            )


def moment(value: Json) -> datetime | None:
    """Parse a time. One without an offset counts as UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _is_naive(text: str | None) -> bool:
    return text is not None and datetime.fromisoformat(text).tzinfo is None
