"""References that an item can do without: they never decide what becomes of their target first."""

from typing import Any

from tests.planning.objects import (
    SHARED,
    a_dashboard,
    a_folder,
    a_group,
    a_look,
    a_tile,
    a_user,
    by_address,
    plan_of,
)

ROOT = {"folder": [SHARED]}


def an_alert(id_: str, tile: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "dashboard_element_id": tile,
        "owner_id": "3",
        "threshold": 5,
        "comparison_type": "GREATER_THAN",
        "destinations": [{"destination_type": "EMAIL", "email_address": "ann@x.example"}],
        **more,
    }


def a_private_folder(user: str, **more: Any) -> dict[str, Any]:
    entry = {"id": "e1", "content_metadata_id": "c1", "permission_type": "edit", "user_id": user}
    return a_folder("7", access={"id": "c1", "inherits": False, "entries": [entry]}, **more)


def test_a_new_user_and_the_new_home_folder_that_lets_only_them_in_are_both_planned_whole():
    mine = {
        "user": [a_user("3", "ann@x.example", home_folder_id="7")],
        "folder": [SHARED, a_private_folder("3")],
    }

    actions = by_address(plan_of(mine, ROOT))

    assert actions["user:3"].verb == actions["folder:7"].verb == "create"
    assert actions["user:3"].references == actions["folder:7"].references == ()
    assert [entry.key for entry in actions["folder:7"].parts["entries"].create] == ["e1"]
    assert actions["folder:7"].depends_on == ("user:3",)
    assert actions["user:3"].deferred == ("home_folder_id",)


def test_alerts_that_point_to_each_other_s_dashboards_keep_their_links():
    def one(id_: str, tile: str, other: str) -> dict[str, Any]:
        alert = an_alert(f"9{id_}", tile, investigative_content_id=other)
        return a_dashboard(id_, f"D{id_}", "1", tiles=[a_tile(tile)], alerts=[alert])

    mine = {
        "user": [a_user("3", "ann@x.example")],
        "folder": [SHARED],
        "dashboard": [one("42", "70", "43"), one("43", "71", "42")],
    }

    actions = by_address(plan_of(mine, {**ROOT, "user": mine["user"]}))

    first, second = actions["dashboard:42"], actions["dashboard:43"]
    assert first.references == second.references == ()
    assert first.deferred == ("alerts/942:investigative_content_id",)
    assert second.deferred == ("alerts/943:investigative_content_id",)


def test_a_soft_reference_waits_for_its_target_unless_that_closes_a_cycle():
    mine = {"user": [a_user("3", "ann@x.example", home_folder_id="7")]}

    actions = by_address(plan_of({**mine, "folder": [SHARED, a_folder()]}, ROOT))

    assert actions["user:3"].depends_on == ("folder:7",)
    assert actions["user:3"].deferred == ()


def test_a_missing_home_folder_is_left_out_and_the_user_is_made():
    mine = {"user": [a_user("3", "ann@x.example", home_folder_id="404")]}

    decisions = plan_of(mine, ROOT)

    action = by_address(decisions)["user:3"]
    assert action.verb == "create"
    assert [(each.path, each.from_) for each in action.references] == [
        ("home_folder_id", "folder:404")
    ]


def test_a_live_user_keeps_a_home_folder_that_can_t_be_named():
    desired = a_user("3", "ann@x.example", home_folder_id="404", first_name="Ann")
    live = a_user("8", "ann@x.example", home_folder_id="1", first_name="Anne")

    sides = ({"user": [desired]}, {**ROOT, "user": [live]})
    kept = by_address(plan_of(*sides))["user:3"]
    recreated = by_address(plan_of(*sides, recreates=True))["user:3"]

    assert [change.path for change in kept.changes] == ["first_name"]
    assert kept.references == ()
    # If apply has to create the user again, the step must not name the folder.
    assert [each.path for each in recreated.references] == ["home_folder_id"]


def test_a_hard_reference_to_an_item_that_can_t_be_made_blocks():
    decisions = plan_of({"folder": [SHARED, a_folder(parent="404")], "look": [a_look()]}, ROOT)

    assert by_address(decisions)["look:9"].verb == "blocked"


def test_a_link_to_an_item_that_turns_out_to_be_blocked_is_not_waited_for():
    """Looks are decided before dashboards, so this one is thought to be created at first."""
    mine = {
        "folder": [SHARED, a_folder(parent="404")],
        "look": [a_look(folder="1", description="see /dashboards/42")],
        "dashboard": [a_dashboard("42", "A")],
    }

    actions = by_address(plan_of(mine, ROOT))

    assert actions["dashboard:42"].verb == "blocked"
    look = actions["look:9"]
    assert (look.verb, look.depends_on, look.deferred) == ("create", (), ())


def test_the_personal_folder_of_a_new_user_is_new_with_them():
    ann = a_user("3", "ann@x.example", personal_folder_id="30")
    users = a_folder("2", "Users", None, is_users_root=True)
    mine = {
        "user": [ann],
        "folder": [SHARED, users, a_folder("30", "Ann", "2", is_personal=True)],
        "look": [a_look(folder="30")],
    }

    made = by_address(plan_of(mine, {"folder": [SHARED, users]}))["look:9"]
    live_ann = a_user("8", "ann@x.example")
    lost = by_address(plan_of(mine, {"folder": [SHARED, users], "user": [live_ann]}))["look:9"]

    assert (made.verb, made.depends_on) == ("create", ("user:3",))
    assert lost.verb == "blocked"


def test_an_access_entry_for_a_group_of_this_plan_waits_for_it():
    entry = {"id": "e1", "content_metadata_id": "c1", "permission_type": "view", "group_id": "5"}
    folder = a_folder(access={"id": "c1", "inherits": False, "entries": [entry]})

    actions = by_address(plan_of({"group": [a_group("5")], "folder": [SHARED, folder]}, ROOT))

    assert actions["folder:7"].depends_on == ("group:5",)


def test_a_link_to_an_item_that_turns_out_blocked_leaves_the_text_as_it_is():
    """The look is decided before the dashboard, which lacks its folder."""
    text = "see /dashboards/42"
    content = {"folder": [SHARED, a_folder()], "look": [a_look(description=text)]}
    mine = {**content, "dashboard": [a_dashboard(folder="404")]}

    actions = by_address(plan_of(mine, content, same_instance=True))

    assert actions["dashboard:42"].verb == "blocked"
    assert actions["look:9"].verb == "skip"
