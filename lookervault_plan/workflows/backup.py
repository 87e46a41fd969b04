"""`backup`: save a live instance to a SQLite file, in LookerVault's format with additions."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from typing_extensions import override

from lookervault_plan.backup.backup_run import BackupRun, BackupWriter, Counts, run_backup
from lookervault_plan.backup.file_format import BackupInfo
from lookervault_plan.backup.reader import open_backup
from lookervault_plan.content.identity import DesiredIdentity, identify
from lookervault_plan.content.node import LIVE, SOURCE, LiveRef, Raw, SourceRef, same_id
from lookervault_plan.content.overrides import PARTIAL_KEY, UNSEEN_KEY
from lookervault_plan.content.query_refs import incomplete_definitions
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.errors import CallLimitReached
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.selectors.choose import Choice, choose
from lookervault_plan.workflows.backup_items import SEPARATE_FIELDS, BackupItems
from lookervault_plan.workflows.earlier_content import add_known_definitions
from lookervault_plan.workflows.plan import destination_key, web_url
from lookervault_plan.workflows.select import pick
from lookervault_plan.workflows.selectable_items import CatalogueBuilder
from lookervault_plan.workflows.unseen import unseen_by_backup, unseen_in_backup, unseen_versions

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
    #: The items to read; everything else is carried over. Without a selection whole types.
    choice: Choice = Choice()
    #: Stop before more requests than this are made. None: any number.
    max_calls: int | None = None


class BackupResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup run did, in numbers of items."""

    instance: str
    counts: Counts
    by_type: Mapping[str, int]
    calls: int
    resumed: bool = False
    #: True: stopped at `max_calls`. The run can be resumed.
    is_stopped: bool = False
    #: What Looker did not show to the run: warnings that name it.
    unseen: tuple[Diagnostic, ...] = ()


def take_backup(
    client: Client,
    path: Path,
    request: BackupRequest,
    tell: Callable[[str, int], None] = lambda _type, _count: None,
) -> BackupResult:
    """Save the instance. A backup of the same instance is brought up to date.

    `tell` gets the number of items read so far of each content type. With `request.resume`, content
    types that an interrupted run has completed are not read again. Queries whose ids the last
    backup has are never read again.
    """
    client.limit_calls(request.max_calls)
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

    is_stopped = False
    with BackupWriter(path) as writer:
        resumed = writer.resume(info) if request.resume else None
        choice = request.choice
        if resumed is None:
            types = tuple(request.types) or BACKED_UP
            writer.begin(_run_of(request, types, info))
        else:
            types = resumed.remaining
            if resumed.select and choice.selection is None:
                choice = choose(select=resumed.select, exclude=resumed.exclude)
        reader = LiveReader(client, SEPARATE_FIELDS)
        try:
            run_backup(
                writer,
                _Whole(reader, writer.stored)
                if choice.selection is None
                else _Selected(reader, writer.stored, choice),
                types,
                now=request.now,
                tell=count,
                calls=lambda: client.calls,
                selected=choice.selection is not None,
            )
        except CallLimitReached:
            is_stopped = True
        counts = writer.counts
    return BackupResult(
        instance=info.instance,
        counts=counts,
        by_type=by_type,
        calls=client.calls,
        resumed=resumed is not None,
        is_stopped=is_stopped,
        unseen=(
            *unseen_versions(versions, info.instance),
            *(
                unseen_by_backup(reader.refusals)
                if resumed is None
                else _unseen_in(path, resumed.types)
            ),
        ),
    )


def _unseen_in(path: Path, types: Collection[str]) -> Iterator[Diagnostic]:
    """Warn of what the file says that Looker did not show, of these content types."""
    with open_backup(path) as backup:
        desired = BackupItems(backup)
        selected = {ref for ref in desired.identities if ref.kind in types}
        yield from unseen_in_backup(desired.unseen, selected)


def _run_of(request: BackupRequest, types: tuple[str, ...], info: BackupInfo) -> BackupRun:
    return BackupRun(
        id=request.session,
        started_at=request.now(),
        types=types,
        info=info,
        config={"select": request.choice.select, "exclude": request.choice.exclude},
    )


#: Returns an item of a kind and an id as the last backup has it; None if it has none.
Earlier = Callable[[str, str], Mapping[str, object] | None]
#: Items whose definitions are read before any of them is stored.
_AT_ONCE = 100


class _Whole:
    """Reads whole items: Looker's lists, and the fields that these leave out."""

    def __init__(self, reader: LiveReader, earlier: Earlier) -> None:
        self.reader: LiveReader = reader
        self.earlier: Earlier = earlier

    def items(self, type_: str) -> Iterable[tuple[str, Mapping[str, object]]]:
        live = LiveItems()
        self.reader.read_kinds([type_], live)
        return self.whole_items(_not_trashed(live), live)

    def whole_items(
        self, refs: Sequence[LiveRef], live: LiveItems
    ) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Read what the lists leave out.

        Items are yielded by and by, so that a run that is interrupted has not read all of their
        definitions in vain.
        """
        self.reader.add_extra_reads(refs, live)
        for some in _chunks(refs, live):
            for ref in some:
                add_known_definitions(ref, live, self.earlier)
            self.reader.add_bodies([ref for ref in some if live.missing_bodies.get(ref)], live)
            for ref in some:
                raw = live.raw(ref)
                if raw is not None:
                    yield ref.id, self._blob(ref, raw, live)

    def _blob(self, ref: LiveRef, raw: Raw, live: LiveItems) -> Mapping[str, object]:
        """Add what the backup's format holds besides Looker's object."""
        bulk_reads = KINDS[ref.kind].item.bulk_reads
        partial, unseen = live.partial.get(ref, set[str]()), dict(live.unseen.get(ref, {}))
        for bulk in bulk_reads:
            if bulk.key in partial:
                unseen[bulk.key] = f"403 GET {bulk.path}: those of other people"
        for missing in incomplete_definitions(ref.kind, raw, LIVE):
            reasons = (self.reader.hidden.get(each) for each in (missing, ref))
            unseen[missing.address] = next(filter(None, reasons), "its sources are not shown")
        none: Mapping[str, object] = {b.key: [] for b in bulk_reads if b.key not in unseen}
        notes = {PARTIAL_KEY: sorted(partial), UNSEEN_KEY: unseen}
        return {**none, **raw, **{key: note for key, note in notes.items() if note}}


class _Selected(_Whole):
    """Reads the selected items of each type. The first type costs the lists of all types."""

    def __init__(self, reader: LiveReader, earlier: Earlier, choice: Choice) -> None:
        super().__init__(reader, earlier)
        self._choice = choice
        self._live: LiveItems = LiveItems()
        self._picked: frozenset[LiveRef] | None = None

    @override
    def items(self, type_: str) -> Iterable[tuple[str, Mapping[str, object]]]:
        if self._picked is None:
            self._picked = self._pick()
        refs = [ref for ref in _not_trashed(self._live, type_) if ref in self._picked]
        return self.whole_items(refs, self._live)

    def _pick(self) -> frozenset[LiveRef]:
        live = self._live
        self.reader.read_kinds(BACKED_UP, live)
        refs = _not_trashed(live)
        if self._choice.methods & _OF_DEFINITIONS:
            for ref in refs:
                add_known_definitions(ref, live, self.earlier)
            self.reader.add_bodies([ref for ref in refs if live.missing_bodies.get(ref)], live)
        builder = CatalogueBuilder()
        identities: dict[SourceRef, DesiredIdentity] = {}
        for ref in refs:
            if raw := live.raw(ref):
                builder.add(ref.kind, raw)
                identity = identify(ref.kind, raw, SOURCE)
                identities[identity.ref] = identity
        picked = pick(builder.catalogue(identities), self._choice, {})
        return frozenset(same_id(ref) for ref in picked.by)


#: Selection methods that look into the definitions of queries.
_OF_DEFINITIONS = frozenset({"model", "explore"})


def _not_trashed(live: LiveItems, type_: str | None = None) -> list[LiveRef]:
    return [
        ref
        for ref, identity in live.identities.items()
        if not identity.trashed and type_ in {None, ref.kind}
    ]


def _chunks(refs: Sequence[LiveRef], live: LiveItems) -> Iterator[list[LiveRef]]:
    """Split items into chunks; those of one folder stay together, since one list has them all."""
    by_folder: dict[object, list[LiveRef]] = defaultdict(list)
    for ref in refs:
        listing = KINDS[ref.kind].item.listing
        by = listing.complete_by if listing else None
        by_folder[live.identities[ref].keys.get(by) if by else None].append(ref)
    some: list[LiveRef] = []
    for together in by_folder.values():
        is_splittable = len(by_folder) == 1
        for ref in together:
            some.append(ref)
            if is_splittable and len(some) >= _AT_ONCE:
                yield some
                some = []
        if len(some) >= _AT_ONCE:
            yield some
            some = []
    if some:
        yield some
