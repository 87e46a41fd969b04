"""Parts of an item: which are created, kept, deleted or left out, and what is said of them."""

from typing import Any

import pytest

from lookervault_plan.content.node import Ref
from tests.planning.objects import (
    SHARED,
    a_component,
    a_dashboard,
    a_folder,
    a_group,
    a_query,
    a_tile,
    a_user,
    by_address,
    plan_of,
)

FOLDERS = [SHARED, a_folder()]
ANN, BOB = a_user("1", "ann@x.example", display_name="Ann"), a_user("2", "bob@x.example")


def planned(kind: str, mine: dict, live: dict | None, others: dict | None = None, **more: Any):
    sides: dict[str, list[dict]] = {"folder": FOLDERS, **(others or {})}
    decisions = plan_of(
        {**sides, kind: [*sides.get(kind, []), mine]},
        {**sides, kind: [*sides.get(kind, []), *([live] if live else [])]},
        same_instance=more.pop("same_instance", True),
        **more,
    )
    return by_address(decisions)[f"{kind}:{mine['id']}"]


def a_role(id_: str = "6", *users: str) -> dict[str, Any]:
    sets = {"permission_set": {"id": "1"}, "model_set": {"id": "1"}}
    return {"id": id_, "name": "Viewer", **sets, "role_users": [{"user_id": id_} for id_ in users]}


@pytest.mark.parametrize(
    ("role_ids", "added"),
    [(["6"], []), ([6], []), (["5"], ["1"]), ([], ["1"]), (None, ["1"])],
)
def test_a_role_that_a_user_has_through_a_group_is_not_given_again(role_ids: Any, added: list[str]):
    """An extract without direct roles lists each user whom a role reaches (`partial`)."""
    sets = {
        "permission_set": [{"id": "1", "name": "Some"}],
        "model_set": [{"id": "1", "name": "Some"}],
    }
    user = {**ANN, "role_ids": role_ids}

    action = planned(
        "role",
        a_role("6", "1"),
        a_role("6"),
        {**sets, "user": [user]},
        partial={Ref("role", "6"): frozenset({"users"})},
    )

    created = [] if action.verb == "skip" else [e.key for e in action.parts["users"].create]
    assert created == added


def test_a_new_role_gets_all_users_that_its_backup_lists():
    sets = {
        "permission_set": [{"id": "1", "name": "Some"}],
        "model_set": [{"id": "1", "name": "Some"}],
    }
    user = {**ANN, "role_ids": ["6"]}

    action = planned(
        "role",
        a_role("6", "1"),
        None,
        {**sets, "user": [user]},
        partial={Ref("role", "6"): frozenset({"users"})},
    )

    assert [entry.key for entry in action.parts["users"].create] == ["1"]


def test_members_have_the_names_of_each_side_s_people_and_the_addresses_of_the_destination():
    mine = a_group("5", group_users=[{"user_id": "1"}])
    live = a_group("50", group_users=[{"user_id": "1"}])
    theirs = [
        a_user("1", "zoe@x.example", display_name="Zoe"),
        a_user("8", "ann@x.example", display_name="Ann B."),
    ]

    decisions = plan_of(
        {"user": [ANN], "group": [mine]},
        {"user": theirs, "group": [live]},
    )

    parts = by_address(decisions)["group:5"].parts["users"]
    assert [(entry.title, entry.to) for entry in parts.create] == [
        ("Ann (ann@x.example)", "user:8")
    ]
    assert [(entry.title, entry.to) for entry in parts.delete] == [
        ("Zoe (zoe@x.example)", "user:1")
    ]


def test_a_member_whom_the_plan_creates_has_no_address_yet():
    decisions = plan_of(
        {"user": [ANN], "group": [a_group("5", group_users=[{"user_id": "1"}])]}, {}
    )

    action = by_address(decisions)["group:5"]
    assert [(entry.title, entry.to) for entry in action.parts["users"].create] == [
        ("Ann (ann@x.example)", None)
    ]
    assert action.depends_on == ("user:1",)


def test_a_member_whom_nobody_knows_any_more_goes_by_his_id():
    mine, live = a_group("5", group_users=[]), a_group("5", group_users=[{"user_id": "9"}])

    action = planned("group", mine, live)

    assert [(e.title, e.to) for e in action.parts["users"].delete] == [("user:9", "user:9")]


def an_alert(id_: str, tile: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "dashboard_element_id": tile,
        "owner_id": "1",
        "threshold": 5,
        "comparison_type": "GREATER_THAN",
        "cron": "0 5 * * *",
        "destinations": [],
        **more,
    }


def with_alert(*alerts: dict, tiles: list[dict] | None = None, **more: Any) -> dict[str, Any]:
    return a_dashboard(tiles=[a_tile("70")] if tiles is None else tiles, alerts=[*alerts], **more)


def test_an_alert_dies_with_its_tile_and_is_not_deleted_once_more():
    mine = with_alert()
    live = with_alert(
        an_alert("90", "71"),
        an_alert("91", "70"),
        tiles=[a_tile("70"), a_tile("71", "Costs", alert_count=1)],
    )

    action = planned("dashboard", mine, live, {"user": [ANN]})

    assert [(e.live_id, e.alerts) for e in action.parts["elements"].delete] == [("71", 1)]
    assert [entry.live_id for entry in action.parts["alerts"].delete] == ["91"]


@pytest.mark.parametrize(("count", "told"), [(2, 2), (None, 0), ("2", 0)])
def test_the_alerts_on_a_tile_to_delete_are_counted_if_looker_says_how_many(count: Any, told: int):
    live = with_alert(tiles=[a_tile("70"), a_tile("71", "Costs", alert_count=count)])

    action = planned("dashboard", with_alert(), live)

    assert [entry.alerts for entry in action.parts["elements"].delete] == [told]


def test_a_field_that_patch_refuses_makes_the_plan_keep_what_it_must_not_change():
    """PUT takes the whole alert: the live owner and the live switch are sent again."""
    mine = with_alert(an_alert("90", "70", cron="0 6 * * *", owner_id="2", is_disabled=True))
    live = with_alert(an_alert("90", "70", is_disabled=False))

    action = planned("dashboard", mine, live, {"user": [ANN, BOB]}, schedules=False)

    (alert,) = action.parts["alerts"].update
    assert [change.path for change in alert.changes] == ["cron"]
    assert alert.kept == {"is_disabled": False, "owner_id": "1"}


def test_an_alert_keeps_a_link_that_can_t_be_translated_if_it_is_written_whole():
    lost = {"investigative_content_id": "404"}
    mine = with_alert(an_alert("90", "70", cron="0 6 * * *", **lost))
    live = with_alert(an_alert("91", "70", investigative_content_id="8"), id_="8")
    sides = {"folder": FOLDERS, "user": [ANN]}

    action = by_address(plan_of({**sides, "dashboard": [mine]}, {**sides, "dashboard": [live]}))[
        "dashboard:42"
    ]

    (alert,) = action.parts["alerts"].update
    assert alert.kept["investigative_content_id"] == "8"
    assert {(each.path, each.from_, each.part) for each in action.references} == {
        ("investigative_content_id", "dashboard:404", "alerts/90")
    }


def test_values_that_hold_secrets_are_not_shown():
    hook = {"destination_type": "WEBHOOK", "email_address": "https://hooks.example/s3cr3t"}
    mine = with_alert(an_alert("90", "70", destinations=[hook]))
    live = with_alert(an_alert("90", "70"))

    action = planned("dashboard", mine, live, {"user": [ANN]})

    (change,) = action.parts["alerts"].update[0].changes
    assert (change.path, change.sensitive) == ("destinations", True)
    assert change.added == ("(sensitive) (WEBHOOK)",)
    assert "s3cr3t" not in repr(action)


def test_a_tile_without_its_merge_query_says_which_one_the_backup_lacks():
    mine = a_dashboard(tiles=[a_tile("70", merge_result_id="abc")])

    action = planned("dashboard", mine, None, same_instance=False)

    (lost,) = action.parts["elements"].blocked
    assert lost.reason == "the backup does not hold merge query abc"


def test_an_image_that_the_destination_lacks_is_left_out_of_the_tile_and_named():
    mine = a_dashboard(tiles=[a_tile("70", image_id="5"), a_tile("71", "B")])

    action = planned("dashboard", mine, None, same_instance=False)

    assert [entry.key for entry in action.parts["elements"].create] == ["70", "71"]
    assert [(each.path, each.part) for each in action.references] == [("image_id", "elements/70")]


def test_a_part_that_refers_to_an_unchanged_part_keeps_it_in_the_plan():
    """A changed component names its tile; the step needs the tile's live id."""
    mine = a_dashboard(tiles=[a_tile("70")], components=[a_component("c70", "70", 4)])
    live = a_dashboard(tiles=[a_tile("70")], components=[a_component("c70", "70", 0)])

    action = planned("dashboard", mine, live)

    assert [change.path for change in action.parts["components"].update[0].changes] == ["row"]
    assert "elements" not in action.parts or not action.parts["elements"].update


def test_a_new_tile_s_component_is_new_with_it_and_an_orphan_is_not():
    mine = a_dashboard(
        tiles=[a_tile("70"), a_tile("71", "B")],
        components=[a_component("c70", "70"), a_component("c71", "71", 4), a_component("c9", "9")],
    )
    live = a_dashboard(tiles=[a_tile("70")], components=[a_component("c70", "70")])

    action = planned("dashboard", mine, live)

    assert [entry.key for entry in action.parts["components"].create] == ["c71"]


def an_access(*entries: dict, inherits: bool) -> dict[str, Any]:
    return {"id": "c1", "inherits": inherits, "entries": list(entries)}


def test_a_new_folder_that_inherits_gets_no_list_and_one_that_does_not_gets_its_own():
    entry = {"id": "e1", "content_metadata_id": "c1", "permission_type": "view", "group_id": "5"}
    group = {"group": [a_group("5")]}

    inheriting = planned("folder", a_folder("9", "N", access=an_access(inherits=True)), None, group)
    own = planned(
        "folder", a_folder("9", "N", access=an_access(entry, inherits=False)), None, group
    )

    assert "access" not in inheriting.parts
    assert [entry.key for entry in own.parts["access"].create] == ["c1"]
    assert [(entry.key, entry.to) for entry in own.parts["entries"].create] == [("e1", "group:5")]


def test_an_existing_item_never_gets_a_second_access_list():
    mine = a_folder("9", "N", access=an_access(inherits=False))
    live = a_folder("9", "N")

    action = planned("folder", mine, live)

    assert action.verb == "skip"


def test_only_the_section_whose_order_changes_is_written():
    def a_board(order: list[str]) -> dict[str, Any]:
        items = [{"id": i, "board_section_id": "30", "dashboard_id": i} for i in ("1", "2")]
        first = {"id": "30", "title": "Part", "board_items": items, "item_order": order}
        other = {"id": "31", "title": "Other", "board_items": [], "item_order": []}
        return {"id": "3", "title": "Start", "board_sections": [first, other]}

    mine, live = a_board(["2", "1"]), a_board(["1", "2"])
    mine["board_sections"][1]["title"] = live["board_sections"][1]["title"] = "Other"
    mine["board_sections"][1]["description"] = "new"
    dashboards = {"dashboard": [a_dashboard("1", "A"), a_dashboard("2", "B")]}

    action = planned("board", mine, live, dashboards)

    changes = {e.key: [c.path for c in e.changes] for e in action.parts["sections"].update}
    assert changes == {"30": ["item_order"], "31": ["description"]}


def test_many_differences_inside_one_value_are_one_change():
    vis = {f"k{number:02}": number for number in range(20)}
    mine = a_dashboard(tiles=[a_tile("70", query_id="900", query=a_query(vis_config=vis))])
    other = {key: value + 1 for key, value in vis.items()}
    live = a_dashboard(tiles=[a_tile("70", query_id="901", query=a_query("901", vis_config=other))])

    action = planned("dashboard", mine, live)

    (change,) = action.parts["elements"].update[0].changes
    assert (change.path, change.before, change.after) == ("query.vis_config", other, vis)


def test_a_schedule_that_lacks_secrets_is_off_only_if_what_lacks_them_is_written():
    def a_schedule(id_: str, bucket: str, **more: Any) -> dict[str, Any]:
        to = {"type": "s3", "format": "csv", "address": bucket}
        return {
            "id": id_,
            "name": "Daily",
            "user_id": "1",
            "lookml_dashboard_id": "m::d",
            "enabled": True,
            "scheduled_plan_destination": [to],
            **more,
        }

    def changed(bucket: str) -> list[str]:
        action = planned(
            "scheduled_plan",
            a_schedule("6", bucket, enabled=False, crontab="0 5 * * *"),
            a_schedule("6", "s3://old", crontab="0 6 * * *"),
            {"user": [ANN]},
        )
        return [change.path for change in action.changes]

    assert changed("s3://old") == ["crontab"]
    assert changed("s3://new") == ["enabled", "crontab", "scheduled_plan_destination"]


def test_a_new_user_gets_the_role_that_an_extract_lists_for_them():
    sets = {
        "permission_set": [{"id": "1", "name": "Some"}],
        "model_set": [{"id": "1", "name": "Some"}],
    }

    decisions = plan_of(
        {**sets, "user": [ANN], "role": [a_role("6", "1")]},
        {**sets, "role": [a_role("6")]},
        same_instance=True,
        partial={Ref("role", "6"): frozenset({"users"})},
    )

    action = by_address(decisions)["role:6"]
    assert [entry.key for entry in action.parts["users"].create] == ["1"]
    assert action.depends_on == ("user:1",)


def test_a_component_without_a_layout_places_its_tile_all_the_same():
    place = a_component("c70", "70", 4)
    del place["dashboard_layout_id"]
    moved = a_component("c80", "80", 4)
    mine = a_dashboard(tiles=[a_tile("70", None, note_text="a")], components=[place])
    live = a_dashboard("8", tiles=[a_tile("80", None, note_text="b")], components=[moved])

    action = planned("dashboard", mine, live, same_instance=False)

    assert [entry.live_id for entry in action.parts["elements"].update] == ["80"]
    assert action.parts["elements"].create == ()


def a_listener(name: str) -> dict[str, Any]:
    listen = [{"dashboard_filter_name": name, "field": "orders.state"}]
    return {"filterables": [{"model": "ecommerce", "view": "orders", "listen": listen}]}


STATE = {"id": "1", "name": "State", "title": "State", "type": "string_filter"}


def a_listening_tile(*names: str, **more: Any) -> dict[str, Any]:
    listen = [{"dashboard_filter_name": name, "field": "orders.state"} for name in names]
    maker = {"filterables": [{"model": "ecommerce", "view": "orders", "listen": listen}]}
    return a_tile("71", "Listening", query_id="900", query=a_query(), result_maker=maker, **more)


def lost(action: Any) -> list[tuple[str, str | None]]:
    return [(one.from_, one.part) for one in action.references if one.path == "listens_to"]


def test_a_new_tile_is_made_without_listening_to_a_filter_the_dashboard_lacks():
    mine = a_dashboard(tiles=[a_listening_tile("State", "Region")], filters=[STATE])

    action = planned("dashboard", mine, None, same_instance=False, validates=True)

    assert [part.title for part in action.parts["elements"].create] == ["Listening"]
    assert lost(action) == [("dashboard_filter:Region", "elements/71")]


def test_a_live_tile_listens_to_what_its_dashboard_has():
    mine = a_dashboard(tiles=[a_listening_tile("State", "Region")], filters=[STATE])
    live = a_dashboard(tiles=[a_listening_tile()], filters=[STATE])

    action = planned("dashboard", mine, live, validates=True)

    (tile,) = action.parts["elements"].update
    assert "Region" not in str(tile.changes)
    assert lost(action) == [("dashboard_filter:Region", "elements/71")]


def test_a_live_tile_that_listens_to_a_lost_filter_already_is_unchanged():
    mine = a_dashboard(tiles=[a_listening_tile("Region")], filters=[])

    assert planned("dashboard", mine, mine, validates=True).verb == "skip"


def test_only_the_lost_listener_keeps_a_tile_from_being_equal():
    mine = a_dashboard(tiles=[a_listening_tile("State", "Region")], filters=[STATE])
    live = a_dashboard(tiles=[a_listening_tile("State")], filters=[STATE])

    decisions = plan_of(
        {"folder": [SHARED, a_folder()], "dashboard": [mine]},
        {"folder": [SHARED, a_folder()], "dashboard": [live]},
        same_instance=True,
        validates=True,
    )

    assert by_address(decisions)["dashboard:42"].verb == "skip"
    (warning,) = [one for one in decisions.diagnostics if one.code == "value.left-out"]
    assert warning.summary == (
        'tile "Listening" of "KPIs" listens to "Region", and there is no such filter'
    )


def test_a_filter_that_listens_to_a_lost_one_is_named_and_written():
    mine = a_dashboard(filters=[{**STATE, "listens_to_filters": ["Country"]}])

    decisions = plan_of(
        {"folder": [SHARED, a_folder()], "dashboard": [mine]},
        {"folder": [SHARED, a_folder()]},
        validates=True,
    )

    action = by_address(decisions)["dashboard:42"]
    assert (len(action.parts["filters"].create), lost(action)) == (1, [])
    assert [one.code for one in decisions.diagnostics] == ["filter.missing"]


def two_tabs(id_: str, *tiles: dict[str, Any], keep_second: bool = True) -> dict[str, Any]:
    """A dashboard with two tabs, or without the second one."""
    raw = a_dashboard(id_, tiles=[tile for tile in tiles if tile], components=[])
    first = raw["dashboard_layouts"][0] | {"label": "First"}
    second = {**first, "id": "61", "label": "Second", "active": False, "order": 1}
    return raw | {"dashboard_layouts": [first, second] if keep_second else [first]}


@pytest.mark.parametrize(
    ("live_tile", "goes"), [({}, True), (a_tile("99", "Theirs", layout="61"), False)]
)
def test_a_tab_stays_in_which_the_destination_s_people_made_a_tile(
    live_tile: dict[str, Any], goes: bool
):
    mine, live = two_tabs("42", keep_second=False), two_tabs("8", live_tile)

    decisions = plan_of(
        {"folder": [SHARED, a_folder()], "dashboard": [mine]},
        {"folder": [SHARED, a_folder()], "dashboard": [live]},
        keeps_surplus=True,
        remembered={"dashboard:42": {("dashboard_layout", "61"): "61"}},
    )

    tabs = by_address(decisions)["dashboard:42"].parts.get("layouts")
    assert [tab.title for tab in (tabs.delete if tabs else ())] == (["Second"] if goes else [])
    notes = [one.summary for one in decisions.diagnostics if one.code == "note.surplus"]
    is_told = 'tab "Second" stays: "Theirs", made in the destination, is in it' in notes
    assert is_told != goes


def test_parts_that_went_the_other_way_are_pairs_and_nobody_s_surplus():
    mine = a_dashboard(tiles=[a_tile("70", None, body_text="a", type="text")])
    live = a_dashboard(
        "8",
        tiles=[
            a_tile("80", None, body_text="x", type="text", dashboard_layout_id=None),
            a_tile("81", None, body_text="y", type="text", dashboard_layout_id=None),
        ],
        components=[],
    )
    back = {("dashboard_element", "70"): "80", ("dashboard_element", "71"): "81"}

    action = planned(
        "dashboard",
        mine,
        live,
        same_instance=False,
        keeps_surplus=True,
        paired_before={"dashboard:42": back},
    )

    elements = action.parts["elements"]
    assert [part.live_id for part in elements.update] == ["80"]
    assert (elements.create, elements.delete) == ((), ())
    assert [part.live_id for part in elements.surplus] == ["81"]
