"""Read who has which rights in the destination, for the guards."""

from lookervault_plan.content.json_path import find
from lookervault_plan.content.node import Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.table.rows.people import ADMIN, GROUP, ROLE, USER, is_everybody
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.plan_file import Plan
from lookervault_plan.planning.judge.rights import Rights

#: Kinds with memberships: groups have members, roles are assigned.
MEMBERSHIP_KINDS = frozenset(
    row.name
    for row in KINDS.values()
    if any(KINDS[each.kind].target_kind for each in row.item.collections)
)
#: These kinds, and the kinds of their members.
PEOPLE_KINDS = MEMBERSHIP_KINDS | {row.target_kind for row in KINDS.values() if row.target_kind}

#: The field of a group that lists its roles.
_ROLES_OF_GROUP = next(
    each.listed_by.field
    for each in ROLE.item.collections
    if each.listed_by and each.listed_by.kind == GROUP.name
)


def read_rights(reader: LiveReader, live: LiveItems, plan: Plan) -> Rights:
    """Return the rights that guards ask about. Sends one request if the plan writes people.

    A group whose roles Looker does not show may have any: it counts as one with all of them.
    """
    bears_on_people = any(each.type in PEOPLE_KINDS for each in plan.writing)
    admin = {ref.id for ref in live.of_kind(ROLE.name) if live.identities[ref].name == ADMIN}
    groups = {ref: live.raw(ref) or {} for ref in live.of_kind(GROUP.name)}
    me = reader.api_user() if bears_on_people else None
    return Rights(
        me=Ref(USER.name, str(me["id"])).address if me else None,
        admins=frozenset(
            ref.address
            for ref, raw in groups.items()
            if _ROLES_OF_GROUP not in raw
            or admin & {str(id_) for _, id_ in find(raw, f"{_ROLES_OF_GROUP}[]")}
        ),
        with_roles=frozenset(
            ref.address
            for ref, raw in groups.items()
            if _ROLES_OF_GROUP not in raw or raw[_ROLES_OF_GROUP]
        ),
        everybody=next(
            (ref.address for ref, raw in groups.items() if is_everybody(ref.kind, raw.get("name"))),
            None,
        ),
    )
