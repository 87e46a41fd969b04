"""`plan`: read both sides, decide, put the document together, and judge it. Writes nothing."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import cast

import msgspec

from lookervault_plan.backup.reader import Backup
from lookervault_plan.content.folder_paths import ids_at_paths
from lookervault_plan.content.hidden_values import fill_hidden, hides
from lookervault_plan.content.instance_url import comparable_url, origin
from lookervault_plan.content.node import (
    DesiredNode,
    LiveId,
    LiveRef,
    Raw,
    Ref,
    SourceId,
    SourceRef,
)
from lookervault_plan.content.normalise import parts_in
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.table.rows.lookml import MODEL
from lookervault_plan.content.text_links import Instances
from lookervault_plan.errors import Diagnostic, PlanError, failure
from lookervault_plan.looker.client import Client, Versions
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.plan_file import (
    Create,
    Destination,
    Options,
    Plan,
    Selection,
    Source,
    with_id,
)
from lookervault_plan.planning.access_summaries import AccessSummaries
from lookervault_plan.planning.compare.modified_since import Modified
from lookervault_plan.planning.decide import Decisions, Inputs, decide
from lookervault_plan.planning.judge.guards import Limits, judge
from lookervault_plan.planning.looker_behaviour import behaviour_of
from lookervault_plan.planning.match.twins import Known, Match, Matches, Twin, match
from lookervault_plan.planning.not_managed import NotManaged, criteria_of, not_managed
from lookervault_plan.planning.report.links import with_links
from lookervault_plan.planning.report.summary import summarise
from lookervault_plan.planning.three_way import HandEditPolicy
from lookervault_plan.remaps.document import Remaps
from lookervault_plan.selectors.catalogue import Catalogue
from lookervault_plan.selectors.choose import Choice
from lookervault_plan.selectors.evaluate import Picked
from lookervault_plan.state.findings import Answers
from lookervault_plan.state.store import State
from lookervault_plan.workflows.agreed_items import agreed_items
from lookervault_plan.workflows.apply_reads import count_apply_reads
from lookervault_plan.workflows.backup_items import BackupItems
from lookervault_plan.workflows.destination_options import ResolvedOptions, resolve_options
from lookervault_plan.workflows.gone_items import gone_items_note, naming_gone_items
from lookervault_plan.workflows.item_checks import checked_loader, modified_since
from lookervault_plan.workflows.outside_checks import warn_of_fields, warn_of_mentions
from lookervault_plan.workflows.read_destination import read_and_match
from lookervault_plan.workflows.read_rights import read_rights
from lookervault_plan.workflows.select import (
    WordsByItem,
    pick,
    picked_by,
    result_words,
    state_words,
)
from lookervault_plan.workflows.selectable_items import CatalogueBuilder
from lookervault_plan.workflows.state_pairs import state_pairs
from lookervault_plan.workflows.unseen import (
    unseen_in_backup,
    unseen_in_destination,
    unseen_versions,
)


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The options of planning."""

    created_at: str
    tool_version: str
    #: Environment that the options are from (`--env`).
    environment: str | None = None
    source_instance: str | None = None
    options: Options = Options()
    choice: Choice = Choice()
    allow: Sequence[str] = ()
    limits: Limits = Limits()
    remaps: Remaps = Remaps()
    skip_id_mapping: bool = False
    skip_if_modified: bool = False
    skip_validation: bool = False
    #: Take the live value where the backup hides a secret: it stems from a state, not from Looker.
    hidden_are_unknown: bool = False
    #: Ask the destination for the fields of each explore that written queries run on.
    check_fields: bool = False
    #: Address of an instance -> its answers to `doctor --probe`.
    findings: Mapping[str, Answers] = {}
    #: Plan only these of the selected items. None: all of them.
    only: frozenset[SourceRef] | None = None
    #: The snapshot of the backup as it was asked for. None: the latest complete one.
    as_of: str | None = None


class _Ends(msgspec.Struct, frozen=True):
    """The two instances, as the plan and the state know them."""

    versions: Versions
    #: None: the backup does not say
    source: str | None
    source_web_url: str | None
    destination: str
    destination_web_url: str
    same_instance: bool
    #: Looker version that the backup is from. None: the backup does not say
    source_version: str | None
    #: what the state keeps the source's ids under
    source_key: str

    @property
    def instances(self) -> Instances:
        """Whose links in texts are followed."""
        return Instances(
            source=frozenset(url for url in (self.source, self.source_web_url) if url),
            destination=self.destination_web_url,
        )


class _StatePairs(msgspec.Struct, frozen=True):
    """Ids of the destination that the state knows for items of the source."""

    stored: Mapping[SourceRef, LiveId] = {}
    #: Pairs that follow from those of other instances.
    derived: Mapping[SourceRef, LiveId] = {}


class _Read(msgspec.Struct, frozen=True):
    """Everything that was read, and how it was selected and matched."""

    ends: _Ends
    desired: BackupItems
    live: LiveItems
    reader: LiveReader
    matches: Matches
    resolved: ResolvedOptions
    #: None: no selector was given
    catalogue: Catalogue | None
    #: None: no selector was given, or it needs a plan first
    picked: Picked | None
    selected: Collection[SourceRef]
    #: remaps that the state holds
    stored: Mapping[SourceRef, LiveId]
    #: address -> (part kind, source id) -> live id
    remembered: Mapping[str, Mapping[tuple[str, SourceId], LiveId]]
    #: the same for parts that went from the destination to the source
    paired_before: Mapping[str, Mapping[tuple[str, SourceId], LiveId]]
    #: address -> (desired digest, live digest) after the last apply
    applied: Mapping[str, tuple[str, str]]
    #: what [collections] and [ignore] of the config file leave alone
    not_managed: NotManaged


class _Decided(msgspec.Struct, frozen=True):
    """The decisions, and on which items."""

    decisions: Decisions
    selected: Collection[SourceRef]
    picked: Picked | None
    modified: Modified
    access: AccessSummaries


def make_plan(backup: Backup, client: Client, state: State, request: PlanRequest) -> Plan:
    """Read the backup and the destination and decide on every selected item."""
    read = _read(backup, client, state, request)
    decided = _decide(read, request, state)
    plan = _document(read, decided, backup, request)
    return _judge(plan, read, decided, request)


def _ends_of(backup: Backup, client: Client, versions: Versions, request: PlanRequest) -> _Ends:
    source = source_instance(backup, request.source_instance)
    same_instance = source is not None and source in destination_urls(client, versions)
    if request.skip_id_mapping and not same_instance:
        raise _ids_differ(source)
    return _Ends(
        versions=versions,
        source=source,
        source_web_url=(
            comparable_url(backup.info.web_url) if backup.info and backup.info.web_url else None
        ),
        destination=destination_key(client, versions),
        destination_web_url=web_url(client, versions),
        same_instance=same_instance,
        source_version=backup.info.looker_version if backup.info else None,
        source_key=source or backup.fingerprint,
    )


def _read(backup: Backup, client: Client, state: State, request: PlanRequest) -> _Read:
    """Read both sides, select, and match."""
    versions = client.versions()
    choice = request.choice
    needs_catalogue = choice.selection is not None or criteria_of(request.options)
    seen = CatalogueBuilder() if needs_catalogue else None
    desired = BackupItems(backup, request.remaps.renames, on_item=seen.add if seen else None)
    ends = _ends_of(backup, client, versions, request)
    whole = seen.catalogue(desired.identities | desired.originals) if seen else None
    catalogue = whole if choice.selection is not None else None
    # Select before the destination is read, unless the selector asks for what only a plan knows.
    needs_plan = "state" in choice.methods
    picked = None
    if catalogue and not needs_plan:
        with naming_gone_items(backup):
            picked = pick(catalogue, choice, _last_results(state, ends))
    selected = picked.by.keys() if picked else None
    if request.only is not None and not needs_plan:
        every = desired.identities.keys() if selected is None else selected
        selected = _confined(request.only, every, picked)
    reader, live = LiveReader(client, desired.separate_fields), LiveItems()
    pairs = _StatePairs() if request.skip_id_mapping else _pairs_of(state, ends)
    matches = read_and_match(
        reader,
        desired,
        live,
        lambda: _known(desired, live, request.remaps, pairs, ends),
        selected=selected,
        instances=ends.instances,
    )
    selected = desired.identities.keys() if selected is None else selected
    rows = state.applied(ends.source_key, ends.destination)
    applied = {address: (row.desired_digest, row.live_digest) for address, row in rows.items()}
    remembered = (
        {} if request.skip_id_mapping else state.part_mappings(ends.source_key, ends.destination)
    )
    twins = {ref: found for ref, found in matches.by_ref.items() if ref in selected}
    _add_extra_reads(desired, live, twins, reader)
    if _add_members(desired, live, twins, reader):
        matches = match(
            desired.identities,
            live.identities,
            _known(desired, live, request.remaps, pairs, ends),
        )
    resolved = resolve_options(
        request.options,
        desired,
        live,
        reader,
        same_instance=ends.same_instance,
        selected=selected,
    )
    return _Read(
        ends,
        desired,
        live,
        reader,
        matches,
        resolved,
        catalogue,
        picked,
        selected,
        pairs.stored,
        remembered,
        {} if request.skip_id_mapping else _paired_before(state, ends, matches),
        applied,
        not_managed(request.options, lambda criterion: picked_by(criterion, whole)),
    )


def _paired_before(
    state: State, ends: _Ends, matches: Matches
) -> Mapping[str, Mapping[tuple[str, SourceId], LiveId]]:
    """Turn round the pairs of parts that went from the destination to the source."""
    if ends.same_instance:
        return {}
    back = state.part_mappings(ends.destination, ends.source_key)
    return {
        ref.address: {
            (kind, SourceId(id_)): LiveId(live_id) for (kind, live_id), id_ in parts.items()
        }
        for ref, found in matches.by_ref.items()
        if isinstance(found, Twin) and (parts := back.get(found.live.address))
    }


def _confined(
    only: frozenset[SourceRef], selected: Iterable[SourceRef], picked: Picked | None
) -> frozenset[SourceRef]:
    """Confine a selection to some items, and those that it asks for with them (`+x`, `x+`)."""
    return (only | picked.brought if picked else only) & {*selected}


def _pairs_of(state: State, ends: _Ends) -> _StatePairs:
    """Return the pairs of the state: those of this source, and those that follow from others."""
    stored = state.mappings(ends.source_key, ends.destination)
    rows = [] if ends.same_instance else state.list_mappings()
    every = state_pairs(rows, ends.source_key, ends.destination)
    return _StatePairs(
        {Ref(kind, SourceId(id_)): LiveId(to) for (kind, id_), to in stored.items()},
        {
            Ref(kind, SourceId(id_)): LiveId(to)
            for (kind, id_), to in every.items()
            if (kind, id_) not in stored
        },
    )


def _last_results(state: State, ends: _Ends) -> dict[str, Callable[[], WordsByItem | None]]:
    """Say how each item ended in the last session, for selectors that ask."""
    return {"result": lambda: result_words(state, ends.source_key, ends.destination)}


def readdressed(desired: BackupItems) -> frozenset[SourceRef]:
    """List the people whose email `remaps.yml` changes."""
    return frozenset(
        ref
        for ref, was in desired.originals.items()
        if KINDS[ref.kind].item.can_sign_in and was.keys != desired.identities[ref].keys
    )


def _live_owners(desired: BackupItems, live: LiveItems) -> Mapping[SourceRef, LiveId]:
    """Find the people of the destination who get items of the backup by their email."""
    wanted = desired.renamer.new_owners
    if not wanted:
        return {}
    by_key = {
        (item.kind, item.keys.get(name)): LiveId(item.id)
        for item in live.identities.values()
        if KINDS[item.kind].item.can_sign_in and not item.trashed
        for name in KINDS[item.kind].item.natural_keys[0]
    }
    return {
        ref: id_
        for ref, email in wanted.items()
        if (id_ := by_key.get((ref.kind, email.casefold())))
    }


def _known(
    desired: BackupItems,
    live: LiveItems,
    remaps: Remaps,
    pairs: _StatePairs,
    ends: _Ends,
) -> Known:
    """Collect the pairs of ids that `remaps.yml` and the state give."""
    places = ids_at_paths(desired.renamer.destination_paths, live.identities.values())
    # A name that the backup has an item for is that item's.
    names = {
        ref: name
        for ref, name in remaps.ids_by_name.items()
        if Ref(ref.kind, name) not in desired.identities
    }
    return Known(
        same_instance=ends.same_instance,
        remaps={**places, **names, **_live_owners(desired, live), **remaps.ids},
        former_owners=desired.former_owners,
        state=pairs.stored,
        derived=pairs.derived,
        readdressed=readdressed(desired),
        places=remaps.locations,
    )


def _decide(read: _Read, request: PlanRequest, state: State) -> _Decided:
    """Decide on the selected items. Decide twice if the selector asks what a plan says."""
    ends, desired, live, reader = read.ends, read.desired, read.live, read.reader
    behaviour = behaviour_of(_answers(request, ends))
    was_modified = modified_since(
        desired,
        read.applied,
        same_instance=ends.same_instance,
        hides_tile_changes=behaviour.hides_tile_changes,
    )
    inputs = Inputs(
        desired=desired.identities,
        live=live.identities,
        selected=read.selected,
        matches=read.matches,
        brought=read.picked.brought if read.picked else (),
        load_desired=_loader(read, request),
        load_live=live.node,
        complete=_completer(read),
        batch_key=_batch_key(read),
        listed=frozenset(live.listed),
        unreadable=desired.unreadable,
        validates=not request.skip_validation,
        load_access=lambda ref: live.node(ref) if reader.add_own_access(ref, live) else None,
        same_instance=ends.same_instance,
        owners=request.options.owners,
        keeps_surplus=read.resolved.options.surplus == "keep",
        half_made=state.half_made(ends.source_key, ends.destination),
        recreates=request.options.on_missing == "create",
        schedules=read.resolved.options.schedules == "keep",
        outside=read.resolved.external_names,
        instances=ends.instances,
        known_queries=known_queries(read.remembered),
        remembered=read.remembered,
        paired_before=read.paired_before,
        applied=read.applied,
        stored=read.stored,
        explores=live.explores() if MODEL.name in live.listed else None,
        sees_all=reader.is_admin,
        check_fields=request.check_fields,
        places=desired.renamer.destination_paths,
        relocated=desired.renamer.relocated,
        readdressed=readdressed(desired),
        reassigned=desired.renamer.reassigned,
        not_managed=read.not_managed,
        behaviour=behaviour,
        load_base=agreed_items(state, ends.source_key, ends.destination, desired),
        hand_edits=HandEditPolicy(
            hand_edits=request.options.hand_edits, prefer=request.options.prefer
        ),
    )
    if request.skip_if_modified:
        inputs = msgspec.structs.replace(inputs, is_modified=was_modified)
    picked = read.picked
    if read.catalogue and picked is None:
        whole = inputs
        words = _last_results(state, ends) | {"state": lambda: state_words(decide(whole).actions)}
        picked = pick(read.catalogue, request.choice, words)
        inputs = msgspec.structs.replace(inputs, selected=picked.by.keys(), brought=picked.brought)
    if request.only is not None:
        selected = _confined(request.only, inputs.selected, picked)
        inputs = msgspec.structs.replace(inputs, selected=selected)
    return _Decided(decide(inputs), inputs.selected, picked, was_modified, inputs.access)


def _loader(read: _Read, request: PlanRequest) -> Callable[[SourceRef], DesiredNode | Diagnostic]:
    """Make the function that loads desired items."""
    if not request.hidden_are_unknown:
        return read.desired.node if request.skip_validation else checked_loader(read.desired)

    def load(ref: SourceRef) -> DesiredNode | Diagnostic:
        found, original = read.matches.by_ref.get(ref), read.desired.original(ref)
        if original is None or not hides(original) or not isinstance(found, Twin):
            return read.desired.node(ref)
        filled = fill_hidden(original, read.live.raw(found.live))
        return read.desired.node_of(ref, cast("Raw", filled))

    return load


def _document(read: _Read, decided: _Decided, backup: Backup, request: PlanRequest) -> Plan:
    """Put the plan together, without its guards."""
    ends, desired, decisions = read.ends, read.desired, decided.decisions
    summary = summarise(decisions.actions, decisions.remaps, reads=0)
    reads = count_apply_reads(
        decisions.actions, read.live, desired.node, desired.separate_fields, decided.access
    )
    choice, picked = request.choice, decided.picked
    return Plan(
        created_at=request.created_at,
        tool_version=request.tool_version,
        source=Source(
            instance=ends.source,
            backup=backup.name,
            fingerprint=backup.fingerprint,
            schema_version=backup.schema_version,
            synced_at=backup.synced_at,
            web_url=ends.source_web_url,
            snapshot=backup.snapshot.id if backup.snapshot else None,
            as_of=request.as_of,
        ),
        destination=Destination(
            instance=ends.destination,
            looker_version=ends.versions.looker_release_version,
            web_url=ends.destination_web_url,
        ),
        environment=request.environment,
        selection=Selection(select=choice.select, exclude=choice.exclude, selector=choice.selector),
        options=msgspec.structs.replace(
            read.resolved.options,
            renames=request.remaps.renames,
            unbound=decisions.unbound,
            findings=_answers(request, ends),
        ),
        summary=msgspec.structs.replace(
            summary,
            calls=summary.calls + reads,
            unmanaged=decisions.unmanaged,
            not_managed=decisions.not_managed,
        ),
        actions=tuple(
            with_links(
                decisions.actions,
                source_url=ends.source_web_url or ends.source,
                destination_url=ends.destination_web_url,
            )
        ),
        remaps=decisions.remaps,
        diagnostics=(
            *backup.warnings,
            *_outdated(request.findings.get(ends.destination), ends),
            *gone_items_note(backup),
            *_unknown_source(ends.source),
            *(picked.diagnostics if picked else ()),
            *_about(decided.selected, desired, read.resolved.diagnostics),
            *request.remaps.unused(_used(desired, decisions)),
            *request.remaps.lost_owners(
                email
                for ref, email in desired.renamer.new_owners.items()
                if not isinstance(read.matches.by_ref.get(ref), Twin)
            ),
            *request.remaps.effects(desired.renamer.effects),
            *_about(decided.selected, desired, decisions.diagnostics),
            *decided.modified.warnings(),
            *warn_of_mentions(read.reader, decisions.mentioned),
            *warn_of_fields(read.reader.client, decisions.fields_used),
        ),
    )


def _answers(request: PlanRequest, ends: _Ends) -> Mapping[str, str]:
    """Return what `doctor --probe` has found out about the destination."""
    found = request.findings.get(ends.destination)
    return found.answers if found else {}


def _outdated(found: Answers | None, ends: _Ends) -> Iterator[Diagnostic]:
    """Warn of answers that another version of Looker gave."""
    version = ends.versions.looker_release_version
    if found and found.answers and found.looker_version not in ("", version):
        yield Diagnostic(
            severity="warning",
            code="doctor.outdated",
            summary=f"what doctor --probe found out is from Looker {found.looker_version}, "
            f"and this is {version}",
            detail="the plan goes by it all the same",
            fix="ask again with `lookervault-plan doctor --probe --folder ID`",
        )


def _judge(plan: Plan, read: _Read, decided: _Decided, request: PlanRequest) -> Plan:
    """Add the guards that trip, warnings of what was not seen, and the plan's id."""
    creates = any(isinstance(each, Create) for each in plan.actions)
    limits = msgspec.structs.replace(
        request.limits,
        # Only creates rely on what the API user can't see.
        is_admin=not creates or read.reader.is_admin(),
        rights=read_rights(read.reader, read.live, plan),
        not_sending=decided.decisions.not_sending,
        source_version=read.ends.source_version,
    )
    unseen = (
        *unseen_in_backup(read.desired.unseen, {*decided.selected}),
        *unseen_versions(read.ends.versions, read.ends.destination),
        *unseen_in_destination(read.reader.refusals),
    )
    return with_id(
        msgspec.structs.replace(
            plan,
            guards=judge(plan, limits, request.allow),
            diagnostics=(*plan.diagnostics, *unseen),
        )
    )


def _add_extra_reads(
    desired: BackupItems, live: LiveItems, matches: Mapping[SourceRef, Match], reader: LiveReader
) -> None:
    """Read the lists and access lists that Looker keeps apart from the items they belong to."""
    reader.add_extra_reads(
        [
            found.live
            for ref, found in matches.items()
            if isinstance(found, Twin)
            and found.live in live.identities
            and not desired.identities[ref].built_in
        ],
        live,
    )


def _completer(read: _Read) -> Callable[[Sequence[LiveRef]], Collection[LiveRef]]:
    """Make the function that fetches query bodies where ids can't settle the comparison."""
    desired, live, same_instance = read.desired, read.live, read.ends.same_instance

    def complete(refs: Sequence[LiveRef]) -> Collection[LiveRef]:
        wanted = [
            ref
            for ref in refs
            if (lacking := live.missing_bodies.get(ref))
            and not (same_instance and desired.definitions.issuperset(lacking))
        ]
        read.reader.add_bodies(wanted, live)
        return wanted

    return complete


def _batch_key(read: _Read) -> Callable[[SourceRef], str]:
    """Make the function that tells which items one list of Looker's completes."""

    def key(ref: SourceRef) -> str:
        found, listing = read.matches.by_ref.get(ref), KINDS[ref.kind].item.listing
        if isinstance(found, Twin) and listing and listing.complete_by:
            scope = read.live.identities[found.live].keys.get(listing.complete_by)
            if isinstance(scope, Ref):
                return scope.id
        return ref.id

    return key


def _add_members(
    desired: BackupItems, live: LiveItems, matches: Mapping[SourceRef, Match], reader: LiveReader
) -> bool:
    """Read live members that were not read, to tell who they are. Return whether any was."""
    missing = {
        ref
        for desired_ref, found in matches.items()
        if isinstance(found, Twin) and desired_ref in desired.identities
        for ref in _members(live, found.live)
        if ref not in live.identities
    }
    return bool(missing) and reader.add_people(sorted(missing), live)


def _members(live: LiveItems, ref: LiveRef) -> Iterator[LiveRef]:
    """List the people and groups that a live item has as members or in its access list."""
    lists = [
        (each.path, KINDS[each.kind])
        for each in KINDS[ref.kind].item.collections
        if KINDS[each.kind].dropped_with_target
    ]
    raw = live.raw(ref) if lists else None
    for path, row in lists if raw else ():
        for part in parts_in(raw or {}, path):
            for reference in row.refs:
                if KINDS[reference.kind].is_item and (id_ := part.get(reference.path)):
                    yield Ref(reference.kind, LiveId(str(id_)))


def _about(
    selected: Collection[SourceRef], desired: BackupItems, diagnostics: Iterable[Diagnostic]
) -> Iterator[Diagnostic]:
    """What there is to tell of selected items, and of no item in particular."""
    for each in diagnostics:
        ref = Ref.parse(each.address or "")
        if ref in selected or ref not in desired.identities:
            yield each


def _used(desired: BackupItems, decisions: Decisions) -> set[tuple[str, str]]:
    """Entries of `remaps.yml` that the backup has a use for, by section and old name."""
    refs = decisions.used | desired.identities.keys()
    return desired.renamer.used | {(ref.kind, ref.id) for ref in refs}


def known_queries(
    remembered: Mapping[str, Mapping[tuple[str, SourceId], LiveId]],
) -> Mapping[str, LiveId]:
    """Live ids of definitions that earlier runs created, by content key."""
    return {
        key: id_
        for parts in remembered.values()
        for (kind, key), id_ in parts.items()
        if kind in KINDS and KINDS[kind].content_addressed
    }


def source_instance(backup: Backup, told: str | None) -> str | None:
    """Scheme, host and port of the backup's instance: as told, as recorded, or as its URLs say."""
    if told and origin(told) is None:
        raise failure(
            "source.invalid",
            f"--source-instance {told!r} is not the address of an instance",
            fix="give it whole, as in https://looker.example.com",
        )
    if told:
        return origin(told)
    if backup.info and backup.info.instance:
        return comparable_url(backup.info.instance)
    return next(iter(backup.instance_hints()), None)


def links_of(plan: Plan) -> Instances:
    """Whose links in text are followed, as the plan's own matching followed them."""
    source = plan.source
    return Instances(
        source=frozenset(url for url in (source.instance, source.web_url) if url),
        destination=plan.destination.web_url,
    )


def destination_urls(client: Client, versions: Versions) -> frozenset[str]:
    """Every address the destination is known by."""
    named = (versions.api_server_url, versions.web_server_url, client.connection.base_url)
    return frozenset(comparable_url(url) for url in named if url)


def web_url(client: Client, versions: Versions) -> str:
    """The address that people use."""
    return comparable_url(versions.web_server_url or client.connection.base_url)


def destination_key(client: Client, versions: Versions) -> str:
    """The one address that the state and the plan know the destination by."""
    return comparable_url(versions.api_server_url or client.connection.base_url)


def _ids_differ(source: str | None) -> PlanError:
    return failure(
        "mappings.needed",
        "--skip-id-mapping is for restoring to the instance that the backup is from",
        detail=f"the backup is from {source or 'an unknown instance'}, where ids are other ones",
        fix="leave it out" + ("" if source else ", or pass --source-instance URL"),
    )


def _unknown_source(source: str | None) -> tuple[Diagnostic, ...]:
    if source is not None:
        return ()
    return (
        Diagnostic(
            severity="warning",
            code="source.unknown",
            summary="the backup does not say which instance it is from",
            detail="items are matched by natural keys, and ids are remembered for this backup only",
            fix="pass --source-instance URL",
        ),
    )
