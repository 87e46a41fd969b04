"""`backup`: save a live instance to a SQLite file, in LookerVault's format with additions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from lookervault_plan.backup.backup_run import BackupRun, BackupWriter, Counts, run_backup
from lookervault_plan.backup.file_format import BackupInfo
from lookervault_plan.content.overrides import PARTIAL_KEY
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.workflows.backup_items import SEPARATE_FIELDS
from lookervault_plan.workflows.plan import destination_key, web_url

#: Content types that a backup holds: all that Looker lists. Explores are part of their models.
BACKED_UP: tuple[str, ...] = tuple(kind for kind in ITEM_KINDS if KINDS[kind].item.listing)


class BackupRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to save, and the facts that the file records."""

    session: str
    #: The time of day, ISO 8601 in UTC.
    now: Callable[[], str]
    tool_version: str
    types: Sequence[str] = ()
    resume: bool = False


class BackupResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup run did, in numbers of items."""

    instance: str
    counts: Counts
    by_type: Mapping[str, int]
    calls: int
    resumed: bool = False


def take_backup(
    client: Client,
    path: Path,
    request: BackupRequest,
    tell: Callable[[str, int], None] = lambda _type, _count: None,
) -> BackupResult:
    """Save the instance. A backup of the same instance is brought up to date.

    `tell` gets the number of items read so far of each content type. With `request.resume`, content
    types that an interrupted run has completed are not read again.
    """
    versions = client.versions()
    info = BackupInfo(
        instance=destination_key(client, versions),
        web_url=web_url(client, versions),
        looker_version=versions.looker_release_version,
        tool_version=request.tool_version,
        written_at=request.now(),
    )
    by_type: dict[str, int] = {}

    def count(type_: str, number: int) -> None:
        by_type[type_] = number
        tell(type_, number)

    with BackupWriter(path) as writer:
        resumed = writer.resume(info) if request.resume else None
        if resumed is None:
            types = tuple(request.types) or BACKED_UP
            writer.begin(
                BackupRun(id=request.session, started_at=request.now(), types=types, info=info)
            )
        else:
            types = resumed.remaining
        counts = run_backup(
            writer,
            _Whole(client),
            types,
            now=request.now,
            tell=count,
            calls=lambda: client.calls,
        )
    return BackupResult(
        instance=info.instance,
        counts=counts,
        by_type=by_type,
        calls=client.calls,
        resumed=resumed is not None,
    )


class _Whole:
    """Reads whole items: Looker's lists, and the fields that these leave out."""

    def __init__(self, client: Client) -> None:
        self.reader: LiveReader = LiveReader(client, SEPARATE_FIELDS)

    def items(self, type_: str) -> Iterable[tuple[str, Mapping[str, object]]]:
        live = LiveItems()
        self.reader.read_kinds([type_], live)
        refs = [ref for ref, identity in live.identities.items() if not identity.trashed]
        self.reader.add_extra_reads(refs, live)
        self.reader.add_bodies(refs, live)
        none: Mapping[str, object] = {sweep.key: [] for sweep in KINDS[type_].item.bulk_reads}
        for ref in refs:
            raw = live.raw(ref)
            if raw is not None:
                partial = live.partial.get(ref)
                yield ref.id, {**none, **raw, **({PARTIAL_KEY: sorted(partial)} if partial else {})}
