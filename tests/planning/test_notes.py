"""Notes: what a plan compares and does not write, leaves out, or sees only in the destination."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.node import Ref
from lookervault_plan.content.overrides import Overrides
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS
from lookervault_plan.errors import Diagnostic
from lookervault_plan.planning.decide import Decisions
from tests.planning.objects import SHARED, a_dashboard, a_folder, a_look, a_tile, plan_of

FOLDERS = [SHARED, a_folder()]


def notes(decisions: Decisions, code: str = "") -> list[str]:
    return [
        one.summary
        for one in decisions.diagnostics
        if one.severity == "note" and code in {"", one.code}
    ]


def a_user(id_: str = "3", email: str | None = "ann@example.com", **more: Any) -> dict:
    login = {"credentials_email": {"email": email}} if email else {}
    return {"id": id_, "display_name": "Ann", "email": email, "is_disabled": False, **login, **more}


def test_equal_sides_make_no_note():
    both = {"folder": FOLDERS, "dashboard": [a_dashboard()], "user": [a_user()]}

    assert notes(plan_of(both, both, same_instance=True)) == []


def test_a_field_that_only_a_create_sends_is_noted_with_both_values():
    decisions = plan_of(
        {"user": [a_user()], "dashboard": [a_dashboard(slug="A")], "folder": FOLDERS},
        {
            "user": [a_user(email="lee@example.com")],
            "dashboard": [a_dashboard(slug="B")],
            "folder": FOLDERS,
        },
        same_instance=True,
    )

    assert all(action.verb == "skip" for action in decisions.actions)
    assert notes(decisions) == [
        (
            'credentials_email.email of "Ann" differs and is not written: '
            '"ann@example.com" in the backup, "lee@example.com" in the destination; '
            "only a create sends it"
        ),
        (
            'slug of "KPIs" differs and is not written: '
            '"A" in the backup, "B" in the destination; only a create sends it'
        ),
    ]


def test_owners_are_noted_by_name_and_equal_differences_share_a_note():
    users = [a_user("3"), a_user("4", "bob@example.com", display_name="Bob")]
    decisions = plan_of(
        {
            "user": users,
            "folder": FOLDERS,
            "look": [a_look(user_id="3"), a_look("10", "B", user_id="3")],
        },
        {
            "user": users,
            "folder": FOLDERS,
            "look": [a_look(user_id="4"), a_look("10", "B", user_id="4")],
        },
        same_instance=True,
    )

    assert notes(decisions) == [
        (
            'user_id of 2 looks differs and is not written: user "Ann" (ann@example.com) in the '
            'backup, user "Bob" (bob@example.com) in the destination; --owners writes it'
        )
    ]
    (note,) = [one for one in decisions.diagnostics if one.severity == "note"]
    assert note.detail == 'look:10: "B"\nlook:9: "Orders"'
    owners = plan_of(
        {"user": users, "folder": FOLDERS, "look": [a_look(user_id="3")]},
        {"user": users, "folder": FOLDERS, "look": [a_look(user_id="4")]},
        same_instance=True,
        owners=True,
    )
    assert notes(owners) == []


def test_a_switch_that_the_options_leave_alone_is_noted_with_the_backups_own_value():
    source = {"id": "5", "name": "Daily", "look_id": "9", "enabled": True, "crontab": "0 6 * * *"}
    world = {"folder": FOLDERS, "look": [a_look()]}
    live = {**source, "enabled": False}

    decisions = plan_of(
        {**world, "scheduled_plan": [source]},
        {**world, "scheduled_plan": [live]},
        same_instance=True,
        schedules=False,
        overrides=Overrides(policies=frozenset()),
    )

    assert notes(decisions) == [
        (
            'enabled of "Daily" differs and is not written: true in the backup, false in the '
            "destination; --schedules keep writes it"
        )
    ]


def test_an_alert_that_differs_in_its_owner_is_noted_as_a_part():
    users = [a_user("3"), a_user("4", "bob@example.com", display_name="Bob")]

    def world(owner: str) -> dict[str, list[dict]]:
        alert = {"id": "8", "custom_title": "Low", "dashboard_element_id": "70", "owner_id": owner}
        dashboard = a_dashboard(tiles=[a_tile()], alerts=[alert])
        return {"user": users, "folder": FOLDERS, "dashboard": [dashboard]}

    (note,) = notes(plan_of(world("3"), world("4"), same_instance=True))

    assert note.startswith(
        'owner_id of alert "Low" of "KPIs" differs and is not written: user "Ann"'
    )


def test_an_sso_person_who_is_disabled_on_one_side_is_noted():
    decisions = plan_of(
        {"user": [a_user(email=None)]},
        {"user": [a_user(email=None, is_disabled=True)]},
        same_instance=True,
    )

    assert notes(decisions) == [
        (
            'is_disabled of "Ann" differs and is not written: false in the backup, true in the '
            "destination; a user without email credentials is made by signing in"
        )
    ]


def test_a_soft_reference_without_its_target_is_noted_where_nothing_is_written():
    decisions = plan_of(
        {"user": [a_user(home_folder_id="99")], "folder": FOLDERS},
        {"user": [a_user(home_folder_id="7")], "folder": FOLDERS},
        same_instance=True,
    )

    assert notes(decisions) == [
        'home_folder_id of "Ann" is left as it is: the destination lacks folder:99'
    ]


def roles(ids: list[str]) -> dict[str, list[dict]]:
    sets = {"permission_set": [{"id": "1", "name": "Look", "permissions": []}]}
    models = {"model_set": [{"id": "1", "name": "Shop", "models": []}]}
    role: dict[str, Any] = {
        "id": "5",
        "name": "Analysts",
        "permission_set_id": "1",
        "model_set_id": "1",
    }
    role["permission_set"] = {"id": "1"}
    return {**sets, **models, "role": [role], "user": [a_user(role_ids=ids)]}


def test_a_membership_of_an_unselected_role_is_noted_whichever_side_has_it():
    ann = {Ref("user", "3")}

    gone = plan_of(roles(["5"]), roles([]), same_instance=True, selected=ann)
    added = plan_of(roles([]), roles(["5"]), same_instance=True, selected=ann)
    equal = plan_of(roles(["5"]), roles(["5"]), same_instance=True, selected=ann)

    assert notes(gone) == [
        (
            'role "Analysts" has user "Ann" (ann@example.com) in the backup alone; '
            "that is not written, since role 5 is not selected"
        )
    ]
    assert notes(added) == [
        (
            'role "Analysts" has user "Ann" (ann@example.com) in the destination alone; '
            "that is not written, since role 5 is not selected"
        )
    ]
    assert notes(equal) == []


def test_items_that_only_the_destination_has_are_counted_by_type():
    live = {
        "folder": FOLDERS,
        "look": [a_look(), a_look("10", "New"), a_look("11", "Gone", deleted=True)],
        "dashboard": [a_dashboard()],
        "scheduled_plan": [],
    }

    decisions = plan_of({"folder": FOLDERS, "look": [a_look()]}, live, same_instance=True)

    assert decisions.unmanaged == {"look": 1}
    assert notes(decisions) == ["only the destination has 1 look"]
    assert [one.detail for one in decisions.diagnostics] == ['look:10 "New"']


def test_types_that_were_not_listed_are_named_not_counted():
    decisions = plan_of(
        {"folder": FOLDERS, "look": [a_look()]},
        {"folder": FOLDERS, "look": [a_look(), a_look("10", "New")]},
        same_instance=True,
        listed=frozenset({"folder"}),
    )

    assert decisions.unmanaged == {}
    (note,) = notes(decisions, "note.not-seen")
    assert note.startswith("other looks of the destination were not compared")


def a_schedule(**more: Any) -> dict:
    daily = {"id": "5", "name": "Daily", "user_id": "3", "look_id": "9", "enabled": True}
    return {**daily, "crontab": "0 6 * * *", **more}


def silent(user: dict, live_user: dict, **more: Any) -> list[str]:
    world = {"folder": FOLDERS, "look": [a_look()]}
    decisions = plan_of(
        {**world, "user": [user], "scheduled_plan": [a_schedule()]},
        {**world, "user": [live_user]},
        same_instance=True,
        **more,
    )
    return [one.summary for one in decisions.diagnostics if one.code == "owner.disabled"]


def test_a_schedule_that_is_to_send_is_named_if_its_owner_will_be_disabled():
    said = ['"Daily" will not send: its owner "Ann" (ann@example.com) is disabled']
    off = a_user(is_disabled=True)
    rest = {Ref("scheduled_plan", "5")}

    assert silent(off, off) == said
    assert silent(a_user(), off, selected=rest) == said
    assert silent(a_user(), off) == []  # the plan enables her
    assert silent(off, a_user(), selected=rest) == []


def test_a_disabled_schedule_needs_no_owner_who_can_sign_in():
    world = {"folder": FOLDERS, "look": [a_look()], "user": [a_user(is_disabled=True)]}

    decisions = plan_of({**world, "scheduled_plan": [a_schedule(enabled=False)]}, world)

    assert [one for one in decisions.diagnostics if one.code == "owner.disabled"] == []


def test_new_people_are_listed_as_to_invite():
    decisions = plan_of({"user": [a_user()]}, {})

    (note,) = [one for one in decisions.diagnostics if one.code == "note.to-invite"]
    assert note.summary.startswith("to invite: 1 new user;")
    assert note.detail == 'user "Ann" (ann@example.com)'


#: Kinds whose fields the test below changes one at a time, and an object of each.
_OBJECTS: dict[str, Any] = {
    "user": a_user(first_name="A", last_name="B", locale="en", can_manage_api3_creds=False),
    "look": a_look(user_id="3", description="x", public=False, is_run_on_load=True),
    "dashboard": a_dashboard(user_id="3", description="x", hidden=False, refresh_interval="1 day"),
    "group": {"id": "6", "name": "G", "can_add_to_content_metadata": False},
    "scheduled_plan": {
        "id": "5",
        "name": "Daily",
        "user_id": "3",
        "look_id": "9",
        "enabled": True,
        "crontab": "0 6 * * *",
    },
}


@given(data=st.data())
def test_without_changes_and_notes_every_writable_value_is_equal(data: st.DataObject):
    """Whichever writable value of the destination another hand changes."""
    desired = {
        "folder": FOLDERS,
        **{kind: [raw] for kind, raw in _OBJECTS.items()},
    }
    desired["user"] = [*desired["user"], a_user("4", "bob@example.com", display_name="Bob")]
    live = copy.deepcopy(desired)
    kind = data.draw(st.sampled_from(sorted(_OBJECTS)))
    raw = live[kind][0]
    row = KINDS[kind]
    paths = [f.path for f in row.fields if f.path in raw and isinstance(raw[f.path], (str, bool))]
    paths += [ref.path for ref in row.refs if raw.get(ref.path) and ref.policy]
    path = data.draw(st.sampled_from(sorted(paths)))
    value = raw[path]
    raw[path] = (
        not value if isinstance(value, bool) else ("4" if path == "user_id" else f"{value}!")
    )

    decisions = plan_of(
        desired,
        live,
        same_instance=True,
        owners=data.draw(st.booleans()),
        schedules=data.draw(st.booleans()),
    )

    is_all_skipped = all(action.verb == "skip" for action in decisions.actions)
    assert not is_all_skipped or notes(decisions), (kind, path)


def test_every_type_is_either_counted_or_said_not_to_be():
    assert {kind for kind in ITEM_KINDS if not KINDS[kind].item.listing} == {"explore"}


def test_an_owner_that_only_one_side_names_is_noted():
    users = [a_user()]

    decisions = plan_of(
        {"user": users, "folder": FOLDERS, "look": [a_look(user_id=None)]},
        {"user": users, "folder": FOLDERS, "look": [a_look(user_id="3")]},
        same_instance=True,
    )

    assert [note for note in notes(decisions) if "user_id" in note]


def test_a_null_that_says_nothing_is_noted_if_the_destination_has_a_value():
    def planned(viewer: str | None) -> list[str]:
        mine = a_dashboard(preferred_viewer=None, hidden=None)
        live = a_dashboard(preferred_viewer=viewer, hidden=False)
        return notes(
            plan_of(
                {"folder": FOLDERS, "dashboard": [mine]},
                {"folder": FOLDERS, "dashboard": [live]},
                same_instance=True,
            )
        )

    assert planned(None) == []
    assert planned("dashboards-next") == [
        (
            'preferred_viewer of "KPIs" differs and is not written: null in the backup, '
            '"dashboards-next" in the destination; '
            "Looker keeps a value of its own in place of null"
        )
    ]


def test_somebody_who_signs_in_another_way_gets_no_login():
    def planned(**live: Any) -> Any:
        theirs = {**a_user(email=None), **live}
        return plan_of({"user": [a_user()]}, {"user": [theirs]}, same_instance=True).actions[0]

    assert planned(credentials_saml=None).verb == "update"
    assert planned(credentials_saml={"logged_in_at": ""}).verb == "skip"


def warned(schedule: dict, live: dict, people: list[dict], **more: Any) -> list[str]:
    world = {"folder": FOLDERS, "look": [a_look()], "user": people}
    decisions = plan_of(
        {**world, "scheduled_plan": [schedule]},
        {**world, "scheduled_plan": [live]},
        same_instance=True,
        **more,
    )
    return [one.summary for one in decisions.diagnostics if one.code == "owner.disabled"]


def test_the_owner_that_a_live_schedule_keeps_is_the_one_that_counts():
    people = [a_user(), a_user("4", "bob@example.com", display_name="Bob", is_disabled=True)]
    live = a_schedule(user_id="4", crontab="0 7 * * *")

    said = ['"Daily" will not send: its owner "Bob" (bob@example.com) is disabled']
    assert warned(a_schedule(), live, people) == said
    assert warned(a_schedule(), live, people, owners=True) == []


def test_an_owner_without_a_name_is_named_by_address_and_an_unreadable_one_is_not_judged():
    nobody = {"id": "3", "is_disabled": True}
    live = a_schedule(crontab="0 7 * * *")
    broken = Diagnostic(code="backup.corrupt", summary="user:3 can't be read from the backup")

    assert warned(a_schedule(), live, [nobody]) == [
        '"Daily" will not send: its owner user:3 is disabled'
    ]
    unread = {Ref("user", "3"): broken}
    people = [a_user(is_disabled=True)]
    assert warned(a_schedule(), live, people, owners=True, unreadable=unread) == []


def test_a_role_that_the_destination_alone_knows_and_was_not_read_makes_no_note():
    desired, live = roles([]), roles(["5", "6"])
    everybody = {Ref("user", "3"), Ref("role", "5")}

    assert notes(plan_of(desired, live, same_instance=True, selected=everybody)) == []
