"""Changes of rights that need a second look: lost, given, or opened to everybody."""

import msgspec

from lookervault_plan.content.node import Address
from lookervault_plan.plan_file import Action, PartAction, Parts
from lookervault_plan.planning.judge.guards import Limits, judge
from lookervault_plan.planning.judge.rights import Rights, grants, lockouts, widened
from tests.builders import a_change, a_plan, an_action

RIGHTS = Rights(
    me=Address("user:1"),
    admins=frozenset({Address("group:90")}),
    everybody=Address("group:80"),
)


def members(
    address: str, live_id: str, *, add: str | None = None, remove: str | None = None
) -> Action:
    """An update of a group's or role's users."""
    parts = Parts(
        create=(PartAction(key="5", title="Ann", to=add),) if add else (),
        delete=(PartAction(live_id="5", title="Ann", to=remove),) if remove else (),
    )
    return an_action(
        "update", address, name="Sales", destination_id=live_id, parts={"users": parts}
    )


def told(*actions: Action, rights: Rights = RIGHTS) -> list[str]:
    return list(lockouts(a_plan(actions), rights))


def test_the_api_user_who_would_leave_a_group_or_role_is_told():
    assert told(members("group:7", "70", remove="user:1")) == [
        'the API user would leave group "Sales"'
    ]
    assert told(members("role:7", "70", remove="user:1")) == [
        'the API user would leave role "Sales"'
    ]
    assert told(members("group:7", "70", remove="user:2")) == []
    assert told(members("group:7", "70", remove="user:1"), rights=Rights()) == []


def test_whoever_leaves_or_joins_a_group_of_admins_is_told():
    assert told(members("group:7", "90", remove="user:2")) == [
        '"Ann" would leave "Sales", which has the Admin role'
    ]
    assert told(members("group:7", "90", add="user:2")) == [
        '"Ann" would get the Admin role through "Sales"'
    ]
    # The live id decides, not the backup's.
    assert told(members("group:90", "7", add="user:2", remove="user:3")) == []


def test_a_new_group_has_no_admins_to_lose():
    parts = {"users": Parts(create=(PartAction(key="5", to="user:2"),))}

    assert told(an_action("create", "group:90", parts=parts)) == []


def test_the_api_user_who_would_be_disabled_is_told():
    def disabling(live_id: str, value: object, path: str = "is_disabled") -> Action:
        change = a_change(path, not value, value)
        return an_action("update", "user:7", destination_id=live_id, changes=[change])

    assert told(disabling("1", value=True)) == ["the API user would be disabled"]
    assert told(disabling("2", value=True)) == []
    assert told(disabling("1", value=False)) == []
    assert told(disabling("1", value=True, path="can_manage_api3_creds")) == []
    assert told(disabling("1", value=True), rights=Rights()) == []


def opening(collection: str, entry: PartAction, *, is_new: bool = False) -> Action:
    parts = {collection: Parts(create=(entry,)) if is_new else Parts(update=(entry,))}
    return an_action("update", "folder:7", name="Finance", destination_id="70", parts=parts)


def test_a_folder_opened_to_all_users_is_told():
    for is_new in (True, False):
        entry = PartAction(key="e1", to="group:80")
        assert told(opening("entries", entry, is_new=is_new)) == [
            'folder "Finance" would be opened to all users'
        ]
    assert told(opening("entries", PartAction(key="e1", to="group:7"), is_new=True)) == []
    assert told(opening("entries", PartAction(key="e1", to="group:80")), rights=Rights()) == []


def test_a_folder_that_would_inherit_its_access_is_told():
    def inheriting(value: object, path: str = "inherits") -> Action:
        change = a_change(path, not value, value)
        return opening("access", PartAction(key="c1", live_id="c9", changes=(change,)))

    assert told(inheriting(value=True)) == [
        'folder "Finance" would be open to all who see the folder above'
    ]
    assert told(inheriting(value=False)) == []


def test_roles_given_are_listed_and_memberships_of_groups_are_not():
    plan = a_plan([members("role:7", "70", add="user:2"), members("group:7", "70", add="user:2")])

    assert list(grants(plan)) == ['role "Sales" for "Ann"']


def test_the_guards_count_them():
    plan = a_plan(
        [
            an_action("create", "user:3", name="Bob"),
            members("role:7", "90", add="user:2"),
            members("group:7", "90", add="user:2"),
        ]
    )

    guards = {guard.name: guard for guard in judge(plan, Limits(rights=RIGHTS), ())}

    assert guards["users-across"].summary == (
        "1 user of another instance would be created, and 1 role granted"
    )
    assert guards["lockout"].summary == (
        "1 change could lock somebody out, or open content to everybody"
    )


def entry(address: str, change: str, *parts: PartAction) -> Action:
    """An update of a folder's access entries."""
    plan = Parts(create=parts) if change == "create" else Parts(update=parts)
    return an_action("update", address, name="Sales", destination_id="70", parts={"entries": plan})


def test_access_that_existing_people_get_is_listed_and_that_of_new_ones_is_not():
    raised = a_change("permission_type", "view", "edit")
    lowered = a_change("permission_type", "edit", "view")
    actions = [
        entry("folder:7", "create", PartAction(key="5", title="Ann", to="user:2")),
        entry("folder:8", "create", PartAction(key="6", title="New", to=None)),
        entry(
            "folder:9",
            "update",
            PartAction(key="7", title="Bob", changes=(raised,)),
            PartAction(key="8", title="Eve", changes=(lowered,)),
        ),
        members("role:7", "70", add=None),
        an_action("create", "folder:10", name="Fresh"),
        msgspec.structs.replace(members("role:8", "71", add="user:2"), name="Analysts"),
    ]

    assert list(widened(a_plan(actions), RIGHTS)) == [
        'folder "Sales" for "Ann"',
        'folder "Sales" for "Bob", who may only see it now',
        'role "Analysts" for "Ann"',
    ]


def test_only_what_is_added_to_a_set_of_rights_widens_it():
    renamed = an_action(
        "update", "permission_set:3", name="Set", changes=(a_change("name", "Old", "Set"),)
    )

    assert list(widened(a_plan([renamed]), RIGHTS)) == []
