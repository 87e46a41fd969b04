"""`plan`: read both sides, decide, put the document together. Writes nothing anywhere."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from lookervault_plan.backup.reader import Backup
from lookervault_plan.content.folder_paths import ids_at_paths
from lookervault_plan.content.instance_url import comparable_url, origin
from lookervault_plan.content.node import Node, Ref, tree_digest
from lookervault_plan.content.table.kinds import KINDS
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
from lookervault_plan.planning.decide import Decisions, Inputs, decide
from lookervault_plan.planning.judge.guards import Limits, judge
from lookervault_plan.planning.match.twins import Known, Match, Twin
from lookervault_plan.planning.report.summary import summarise
from lookervault_plan.remaps.document import Remaps
from lookervault_plan.selectors.choose import Choice
from lookervault_plan.state.store import State
from lookervault_plan.workflows import destination_options as alter
from lookervault_plan.workflows.apply_reads import count_apply_reads
from lookervault_plan.workflows.backup_items import BackupItems
from lookervault_plan.workflows.item_checks import checked_loader, modified_since
from lookervault_plan.workflows.read_destination import read_and_match
from lookervault_plan.workflows.read_rights import read_rights
from lookervault_plan.workflows.select import WordsByItem, pick, result_words, state_words
from lookervault_plan.workflows.selectable_items import CatalogueBuilder


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The planning options (design section 3)."""

    created_at: str
    tool_version: str
    source_instance: str | None = None
    options: Options = Options()
    choice: Choice = Choice()
    allow: Sequence[str] = ()
    limits: Limits = Limits()
    remaps: Remaps = Remaps()
    skip_id_mapping: bool = False
    skip_if_modified: bool = False
    skip_validation: bool = False
    #: nothing but these, whatever is selected
    only: frozenset[Ref] | None = None


def make_plan(backup: Backup, client: Client, state: State, request: Request) -> Plan:
    """Read the backup and the destination and decide on every selected item."""
    versions = client.versions()
    choice, seen = request.choice, CatalogueBuilder() if request.choice.selection else None
    desired = BackupItems(backup, request.remaps.renames, on_item=seen.add if seen else None)
    source = source_instance(backup, request.source_instance)
    web = comparable_url(backup.info.web_url) if backup.info and backup.info.web_url else None
    urls = destination_urls(client, versions)
    same = source is not None and source in urls
    if request.skip_id_mapping and not same:
        raise _ids_differ(source)
    key = source or backup.fingerprint
    destination = destination_key(client, versions)
    catalogue = seen.catalogue(desired.identities | desired.originals) if seen else None
    words: dict[str, Callable[[], WordsByItem | None]] = {
        "result": lambda: result_words(state, key, destination)
    }
    # Before anything is read, unless a criterion asks for what only a plan can tell.
    is_early = catalogue is not None and "state" not in choice.methods
    picked = pick(catalogue, choice, words) if catalogue and is_early else None
    selected = picked.by.keys() if picked else None
    if request.only is not None and "state" not in choice.methods:
        selected = request.only & (desired.identities.keys() if selected is None else selected)
    reader, live = LiveReader(client, desired.separate_fields), LiveItems()
    stored = (
        {}
        if request.skip_id_mapping
        else {Ref(kind, id_): to for (kind, id_), to in state.mappings(key, destination).items()}
    )
    instances = Instances(
        source=frozenset(url for url in (source, web) if url),
        destination=web_url(client, versions),
    )

    def known() -> Known:
        places = ids_at_paths(desired.renamer.places, live.identities.values())
        # A name that the backup has an item for is that item's.
        names = {
            ref: name
            for ref, name in request.remaps.ids_by_name.items()
            if Ref(ref.kind, name) not in desired.identities
        }
        return Known(
            same_instance=same,
            remaps={**places, **names, **request.remaps.ids},
            state=stored,
            places=request.remaps.locations,
        )

    matches = read_and_match(reader, desired, live, known, selected=selected, instances=instances)
    bearing = desired.identities.keys() if selected is None else selected
    applied = state.applied(key, destination)
    digests = {address: (row.desired_digest, row.live_digest) for address, row in applied.items()}
    remembered = {} if request.skip_id_mapping else state.part_mappings(key, destination)
    twins = {ref: found for ref, found in matches.by_ref.items() if ref in bearing}
    _add_bodies(desired, live, twins, reader, same_instance=same, applied=digests)
    altered = alter.resolve_options(
        request.options, desired, live, reader, same_instance=same, selected=bearing
    )
    inputs = Inputs(
        desired=desired.identities,
        live=live.identities,
        selected=bearing,
        matches=matches,
        load_desired=desired.node if request.skip_validation else checked_loader(desired),
        load_live=live.node,
        load_access=lambda ref: live.node(ref) if reader.add_own_access(ref, live) else None,
        same_instance=same,
        owners=request.options.owners,
        recreates=request.options.on_missing == "create",
        schedules=altered.options.schedules == "keep",
        outside=altered.external_names,
        instances=instances,
        known_queries=known_queries(remembered),
        remembered=remembered,
        applied=digests,
        stored=stored,
        explores=live.explores(),
        places=desired.renamer.places,
    )
    changed = modified_since(desired, digests, same_instance=same)
    if request.skip_if_modified:
        inputs = msgspec.structs.replace(inputs, is_modified=changed)
    if catalogue and picked is None:
        words["state"] = lambda: state_words(decide(inputs).actions)
        picked = pick(catalogue, choice, words)
        inputs = msgspec.structs.replace(inputs, selected=picked.by.keys())
    if request.only is not None:
        inputs = msgspec.structs.replace(inputs, selected=request.only & {*inputs.selected})
    decisions = decide(inputs)
    summary = summarise(decisions.actions, decisions.remaps, reads=0)
    reads = count_apply_reads(decisions.actions, live, desired.node, desired.separate_fields)
    summary = msgspec.structs.replace(summary, calls=summary.calls + reads)
    plan = Plan(
        created_at=request.created_at,
        tool_version=request.tool_version,
        source=Source(
            instance=source,
            backup=backup.name,
            fingerprint=backup.fingerprint,
            schema_version=backup.schema_version,
            synced_at=backup.synced_at,
            web_url=web,
        ),
        destination=Destination(
            instance=destination,
            looker_version=versions.looker_release_version,
            web_url=web_url(client, versions),
        ),
        selection=Selection(select=choice.select, exclude=choice.exclude, selector=choice.selector),
        options=msgspec.structs.replace(altered.options, renames=request.remaps.renames),
        summary=summary,
        actions=decisions.actions,
        remaps=decisions.remaps,
        diagnostics=(
            *backup.warnings,
            *_unknown_source(source),
            *(picked.diagnostics if picked else ()),
            *_about(inputs.selected, desired, altered.diagnostics),
            *request.remaps.unused(_used(desired, decisions)),
            *_about(inputs.selected, desired, decisions.diagnostics),
            *changed.warnings(),
        ),
    )
    limits = msgspec.structs.replace(
        request.limits,
        # Only absence has to be proved.
        is_admin=not any(isinstance(each, Create) for each in plan.actions) or reader.is_admin(),
        rights=read_rights(client, live, plan),
        quiet=decisions.quiet,
        source_version=backup.info.looker_version if backup.info else None,
    )
    return with_id(msgspec.structs.replace(plan, guards=judge(plan, limits, request.allow)))


def _add_bodies(
    desired: BackupItems,
    live: LiveItems,
    matches: Mapping[Ref, Match],
    reader: LiveReader,
    *,
    same_instance: bool,
    applied: Mapping[str, tuple[str, str]],
) -> None:
    """Fetch what lists leave out: query bodies only where ids can't settle the comparison."""
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
    wanted: list[Ref] = []
    for ref, found in matches.items():
        if not isinstance(found, Twin) or ref not in desired.identities:
            continue
        lacking = live.missing_bodies.get(found.live)
        if not lacking or (same_instance and desired.definitions.issuperset(lacking)):
            continue
        digests = applied.get(ref.address)
        if digests is None or not _is_applied(desired.node(ref), live.node(found.live), digests):
            wanted.append(found.live)
    reader.add_bodies(wanted, live)


def _about(
    selected: Collection[Ref], desired: BackupItems, diagnostics: Iterable[Diagnostic]
) -> Iterator[Diagnostic]:
    """What there is to tell of selected items, and of no item in particular."""
    for each in diagnostics:
        ref = Ref.parse(each.address or "")
        if ref in selected or ref not in desired.identities:
            yield each


def _is_applied(mine: Node | Diagnostic, theirs: Node, digests: tuple[str, str]) -> bool:
    """Whether neither side has changed since the last apply."""
    if isinstance(mine, Diagnostic):
        return False
    return digests == (tree_digest(mine), tree_digest(theirs))


def _used(desired: BackupItems, decisions: Decisions) -> set[tuple[str, str]]:
    """Entries of `remaps.yml` that the backup has a use for, by section and old name."""
    refs = decisions.used | desired.identities.keys()
    return desired.renamer.used | {(ref.kind, ref.id) for ref in refs}


def known_queries(
    remembered: Mapping[str, Mapping[tuple[str, str], str]],
) -> Mapping[str, str]:
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
