"""`doctor`: say what an API key and this Looker can do. Reads only."""

from collections.abc import Mapping

import msgspec

from lookervault_plan.content.access_lists import has_access_list
from lookervault_plan.content.node import LiveRef, Raw
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS, Kind
from lookervault_plan.errors import PlanError
from lookervault_plan.looker.access_lists import AccessListReader
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.errors import ApiError
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.render.examination import Answer, Examination, KindReport
from lookervault_plan.workflows.backup_items import SEPARATE_FIELDS


def examine(client: Client) -> Examination:
    """Ask Looker what the key can list, read and write, and what that costs.

    Lists every content type and reads one item of each whole. Raise PlanError if Looker can't be
    reached.
    """
    versions = client.versions()
    reader = LiveReader(client, SEPARATE_FIELDS)
    me = reader.api_user() or {}
    is_admin = reader.is_admin()
    permissions = _permissions(client, me)
    kinds = tuple(
        _examined(client, KINDS[kind], None if is_admin else frozenset(permissions))
        for kind in ITEM_KINDS
        if KINDS[kind].item.listing
    )
    refused = [one for each in kinds for one in each.refused]
    missing = sorted({one.partition(" GET ")[2] for one in refused if one.startswith("404 ")})
    return Examination(
        instance=client.connection.base_url,
        looker_version=versions.looker_release_version,
        user=str(me.get("display_name") or me.get("email") or ""),
        user_id=str(me.get("id") or ""),
        is_admin=is_admin,
        permissions=permissions,
        kinds=kinds,
        missing_endpoints=tuple(missing),
        # a login and the versions come before all
        backup_calls=2 + sum(each.backup_calls for each in kinds),
        plan_calls=2 + sum(each.plan_calls for each in kinds),
        calls=client.calls,
    )


def _examined(client: Client, row: Kind, permissions: frozenset[str] | None) -> KindReport:
    """Examine one content type. `permissions` are the user's; None: an admin's, who has all."""
    reader, live = LiveReader(client, SEPARATE_FIELDS), LiveItems()
    before = client.calls
    try:
        reader.read_identities([row.name], live)
    except PlanError as error:
        listing = row.item.listing
        status = "403" if error.diagnostic.code == "looker.forbidden" else "404"
        return KindReport(
            type=row.name,
            listed=None,
            read_whole="no",
            written="no",
            refused=(f"{status} GET {listing.path if listing else row.path}",),
            needs=(listing.needs,) if listing and listing.needs else (),
        )
    pages = client.calls - before
    own = [ref for ref, each in live.identities.items() if not each.built_in and not each.trashed]
    sample = _sample(reader, own)
    plan_calls = pages + _reads_per_item(client, row, own, live)
    refusals, listing = reader.refusals, row.item.listing
    needs = {each.needs for each in refusals if each.needs}
    # Without the permission a list shows less than there is, and no refusal.
    lacking = listing.needs if listing and permissions is not None else ""
    is_cut = bool(lacking) and lacking not in (permissions or ())
    if is_cut:
        needs.add(lacking)
    return KindReport(
        type=row.name,
        listed=sum(not each.trashed for each in live.identities.values()),
        read_whole="no" if refusals or is_cut else ("yes" if sample or not own else "unknown"),
        written=_written(row, sample, is_admin=permissions is None),
        refused=tuple(sorted({each.reason for each in refusals})),
        needs=tuple(sorted(needs)),
        backup_calls=plan_calls + _whole_reads(row, own, live),
        plan_calls=plan_calls,
    )


def _sample(reader: LiveReader, own: list[LiveRef]) -> Raw | None:
    """Read one item with its parts and queries. None: the key sees none."""
    if not own:
        return None
    found = reader.read_items(own[:1])
    reader.add_bodies(list(found.identities), found)
    return found.raw(own[0])


def _written(row: Kind, sample: Raw | None, *, is_admin: bool) -> Answer:
    """Say whether the key can change items, by what Looker says of one of them."""
    if not (row.creatable or row.updatable):
        return "no"
    if is_admin:
        return "yes"
    can = sample.get("can") if sample else None
    if not isinstance(can, Mapping) or "update" not in can:
        return "unknown"
    return "yes" if can["update"] else "no"


def _reads_per_item(client: Client, row: Kind, own: list[LiveRef], live: LiveItems) -> int:
    """Count the requests for what lists leave out: members, access lists, alerts."""
    calls = len(own) * len(row.item.per_item_reads)
    if has_access_list(row.name):
        # one for each folder with others below it; the entries of a list that doesn't inherit
        calls += len(AccessListReader(client).scopes(own, live))
    return calls + len(row.item.bulk_reads) * bool(own)


def _whole_reads(row: Kind, own: list[LiveRef], live: LiveItems) -> int:
    """Count the requests for the definitions that a list leaves out."""
    listing = row.item.listing
    if listing is None or listing.complete_path is None:
        return 0
    by = listing.complete_by or ""
    return len({live.identities[ref].keys.get(by) for ref in own})


def _permissions(client: Client, me: Raw) -> tuple[str, ...]:
    """Collect the permissions of the user's roles; none if Looker does not show them."""
    ids = me.get("role_ids")
    if not ids or not isinstance(ids, list):
        return ()
    try:
        roles = client.read("/roles", _roles.decode, query={"ids": [str(id_) for id_ in ids]})
    except ApiError:
        return ()
    sets = (role.permission_set for role in roles)
    return tuple(sorted({name for each in sets if each for name in each.permissions or ()}))


class _PermissionSet(msgspec.Struct):
    permissions: list[str] | None = None


class _Role(msgspec.Struct):
    permission_set: _PermissionSet | None = None


_roles = msgspec.json.Decoder(list[_Role])
