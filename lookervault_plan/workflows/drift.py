"""`drift`: compare the destination with what was last agreed, without a backup."""

from collections.abc import Iterator, Mapping

import msgspec

from lookervault_plan.content.instance_url import origin
from lookervault_plan.content.node import Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import failure
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.plan_file import Options, Plan
from lookervault_plan.planning.compare.modified_since import moment
from lookervault_plan.planning.report.drift import Drifted, drifted_items
from lookervault_plan.remaps.document import Remaps
from lookervault_plan.render.drift import DriftReport
from lookervault_plan.selectors.choose import Choice
from lookervault_plan.state.rows import Base
from lookervault_plan.state.store import State
from lookervault_plan.workflows.agreed_backup import items_as_backup
from lookervault_plan.workflows.agreed_items import NOT_COMPARED
from lookervault_plan.workflows.earlier_remaps import remaps_of, renames_of
from lookervault_plan.workflows.plan import PlanRequest, destination_key, make_plan

#: Fields of dashboards and looks: when they were last updated, and by whom.
_UPDATED, _UPDATER = "updated_at", "last_updater_name"


def find_drift(
    client: Client,
    state: State,
    *,
    choice: Choice,
    created_at: str,
    tool_version: str,
    source_instance: str | None = None,
    options: Options,
) -> DriftReport:
    """Compare the selected items of all sources, or of one. Writes nothing.

    `options` says what is not managed. Applies the renames of the last session.

    Raises:
        PlanError: nothing was ever agreed with this destination.

    """
    destination = destination_key(client, client.versions())
    wanted = origin(source_instance) if source_instance else None
    sources = [
        source
        for source in state.base_sources(destination)
        if origin(source) and wanted in (None, source)
    ]
    if not sources:
        raise failure(
            "drift.nothing-agreed",
            f"the state knows nothing that was applied to {destination}",
            detail="drift compares with what `apply` has last written or found equal",
            fix="apply a plan first; one without changes will do",
        )
    found: list[Drifted] = []
    made_here: Mapping[str, int] = {}
    compared = 0
    for source in sources:
        bases = state.bases(source, destination)
        items = {Ref.parse(address): base.item for address, base in bases.items()}
        with items_as_backup(items, instance=source, at=created_at) as agreed:
            request = PlanRequest(
                created_at=created_at,
                tool_version=tool_version,
                source_instance=source,
                options=options,
                remaps=_remaps_of_last(state, source, destination),
                choice=choice,
                skip_validation=True,
                hidden_are_unknown=True,
                only=frozenset(
                    Ref.parse(address)
                    for address, base in bases.items()
                    if base.digest != NOT_COMPARED
                ),
            )
            plan = make_plan(agreed, client, state, request)
        found += _with_last_updater(plan, bases, client)
        compared += len(plan.actions)
        made_here = made_here or plan.summary.unmanaged
    return DriftReport(
        destination=destination,
        sources=tuple(sources),
        items=tuple(found),
        made_here=made_here,
        compared=compared,
        calls=client.calls,
    )


def _remaps_of_last(state: State, source: str, destination: str) -> Remaps:
    """Return what `remaps.yml` said when something was last agreed."""
    session = state.latest_base_session(source, destination)
    renames = renames_of(state, session) if session else None
    return remaps_of(renames) if renames else Remaps()


def _with_last_updater(plan: Plan, bases: Mapping[str, Base], client: Client) -> Iterator[Drifted]:
    """Say who has updated an item since the last apply, where Looker says so."""
    found = [*drifted_items(plan)]
    refs = {
        item.action.address: Ref(item.action.type, item.action.destination_id)
        for item in found
        if item.what == "changed"
        and item.action.destination_id
        and _UPDATED in KINDS[item.action.type].item.facts
    }
    live = LiveReader(client).read_items([*refs.values()]) if refs else None
    for item in found:
        ref = refs.get(item.action.address)
        raw = (live.raw(ref) if live and ref else None) or {}
        at, since = moment(raw.get(_UPDATED)), moment(bases[item.action.address].at)
        if at is not None and since is not None and at > since:
            who = raw.get(_UPDATER)
            item = msgspec.structs.replace(  # noqa: PLW2901
                item,
                changed_at=str(raw[_UPDATED]),
                changed_by=who if isinstance(who, str) and who else None,
            )
        yield item
