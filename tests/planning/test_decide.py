"""What becomes of an item: decided from raw objects of both sides."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.node import Ref
from lookervault_plan.content.text_links import Instances
from lookervault_plan.errors import Diagnostic
from lookervault_plan.plan_file import ContentWriting, needs_of
from tests.planning.objects import (
    SHARED,
    a_component,
    a_dashboard,
    a_folder,
    a_group,
    a_look,
    a_query,
    a_tile,
    by_address,
    plan_of,
)

ROOT = {"folder": [SHARED]}


def test_into_an_empty_instance_all_is_created_parents_first():
    decisions = plan_of(
        {
            "folder": [SHARED, a_folder("8", "Deep", "7"), a_folder("7", "Sales")],
            "look": [a_look()],
            "dashboard": [a_dashboard(tiles=[a_tile(look_id="9")])],
        },
        ROOT,
    )

    order = [action.address for action in decisions.actions if isinstance(action, ContentWriting)]
    assert order == ["folder:7", "folder:8", "look:9", "dashboard:42"]
    assert by_address(decisions)["dashboard:42"].depends_on == ("folder:7", "look:9")


def test_equal_content_is_left_alone():
    content = {
        "folder": [SHARED, a_folder()],
        "dashboard": [a_dashboard(tiles=[a_tile(query=a_query(), query_id="900")])],
    }

    decisions = plan_of(content, content, same_instance=True)

    assert {action.verb for action in decisions.actions} == {"skip"}


def test_null_empty_and_absent_are_equal():
    desired = a_dashboard(description=None, appearance={}, tiles=[a_tile(body_text="")])
    live = a_dashboard(description="", appearance=None, tiles=[a_tile(body_text=None)])
    folders = [SHARED, a_folder()]

    decisions = plan_of(
        {"folder": folders, "dashboard": [desired]},
        {"folder": folders, "dashboard": [live]},
        same_instance=True,
    )

    assert by_address(decisions)["dashboard:42"].verb == "skip"


def test_what_the_backup_does_not_hold_is_left_alone():
    desired = a_dashboard()
    del desired["dashboard_elements"], desired["dashboard_filters"], desired["dashboard_layouts"]
    live = a_dashboard(description="kept", tiles=[a_tile()])
    folders = [SHARED, a_folder()]

    decisions = plan_of(
        {"folder": folders, "dashboard": [desired]},
        {"folder": folders, "dashboard": [live]},
        same_instance=True,
    )

    assert by_address(decisions)["dashboard:42"].verb == "skip"


def test_only_what_differs_is_changed():
    folders = [SHARED, a_folder()]
    tiles = [a_tile("70", "Revenue"), a_tile("71", "Costs", note_text="old")]
    damaged = [a_tile("70", "Revenue"), a_tile("71", "Costs", note_text="new")]
    decisions = plan_of(
        {"folder": folders, "dashboard": [a_dashboard(tiles=tiles)]},
        {"folder": folders, "dashboard": [a_dashboard(title="KPI", tiles=damaged)]},
        same_instance=True,
    )

    action = by_address(decisions)["dashboard:42"]
    assert [(c.path, c.before, c.after) for c in action.changes] == [("title", "KPI", "KPIs")]
    (tile,) = action.parts["elements"].update
    assert (tile.key, tile.live_id) == ("71", "71")
    assert [(c.path, c.before, c.after) for c in tile.changes] == [("note_text", "new", "old")]
    assert "filters" not in action.parts or not action.parts["filters"].create


def test_a_deleted_tile_comes_back_and_a_strange_one_goes():
    folders = [SHARED, a_folder()]
    mine = [a_component("c70", "70", 0), a_component("c71", "71", 4)]
    theirs = [a_component("c70", "70", 0), a_component("c99", "99", 8)]
    desired = a_dashboard(tiles=[a_tile("70"), a_tile("71", "B")], components=mine)
    live = a_dashboard(tiles=[a_tile("70"), a_tile("99", "C")], components=theirs)
    decisions = plan_of(
        {"folder": folders, "dashboard": [desired]},
        {"folder": folders, "dashboard": [live]},
        same_instance=True,
    )

    elements = by_address(decisions)["dashboard:42"].parts["elements"]
    assert [part.key for part in elements.create] == ["71"]
    assert [part.live_id for part in elements.delete] == ["99"]
    components = by_address(decisions)["dashboard:42"].parts["components"]
    assert [part.key for part in components.create] == ["c71"]
    assert not components.delete


def test_two_equal_tiles_pair_in_reading_order():
    folders = [SHARED, a_folder()]
    desired = [a_tile("70", "Same"), a_tile("71", "Same")]
    live = [a_tile("800", "Same"), a_tile("801", "Same")]
    places = [a_component("c1", "70", 0), a_component("c2", "71", 4)]
    live_places = [a_component("d1", "800", 0), a_component("d2", "801", 4)]
    decisions = plan_of(
        {"folder": folders, "dashboard": [a_dashboard(tiles=desired, components=places)]},
        {"folder": folders, "dashboard": [a_dashboard(tiles=live, components=live_places)]},
    )

    assert by_address(decisions)["dashboard:42"].verb == "skip"


def test_equal_queries_of_two_instances_are_equal_whatever_their_ids():
    folders = [SHARED, a_folder()]
    mine = a_query("900", limit="500", pivots=[], slug="a", client_id="a")
    theirs = a_query("17", limit=500, pivots=None, slug="b", client_id="b")

    decisions = plan_of(
        {"folder": folders, "look": [a_look(query=mine)]},
        {"folder": folders, "look": [a_look("3", query=theirs)]},
    )

    assert by_address(decisions)["look:9"].verb == "skip"


def test_a_changed_query_is_told_field_by_field():
    folders = [SHARED, a_folder()]
    decisions = plan_of(
        {"folder": folders, "look": [a_look(query=a_query(sorts=["orders.count desc"]))]},
        {"folder": folders, "look": [a_look("3", query=a_query("17"))]},
    )

    (change,) = by_address(decisions)["look:9"].changes
    assert change.path == "query.sorts"
    assert change.after == ["orders.count desc"]


def test_a_look_without_its_query_is_blocked_and_says_what_helps():
    decisions = plan_of(
        {"folder": [SHARED, a_folder()], "look": [a_look(query=None)]}, {"folder": [SHARED]}
    )

    assert by_address(decisions)["look:9"].verb == "blocked"
    (told,) = [d for d in decisions.diagnostics if d.address == "look:9"]
    assert "backup" in told.fix


def test_on_the_same_instance_a_query_id_is_enough():
    folders = [SHARED, a_folder()]
    decisions = plan_of(
        {"folder": folders, "look": [a_look(query=None)]}, {"folder": folders}, same_instance=True
    )

    assert by_address(decisions)["look:9"].verb == "create"


def test_a_merge_tile_without_a_body_is_left_out_by_name_and_the_rest_is_planned():
    tiles = [a_tile("70", "Good"), a_tile("71", "Merged", merge_result_id="abc")]
    decisions = plan_of(
        {"folder": [SHARED], "dashboard": [a_dashboard(folder="1", tiles=tiles)]}, ROOT
    )

    action = by_address(decisions)["dashboard:42"]
    assert action.verb == "create"
    assert [part.title for part in action.parts["elements"].blocked] == ["Merged"]
    assert [part.key for part in action.parts["elements"].create] == ["70"]
    assert [part.key for part in action.parts["components"].create] == ["c70"]


def test_what_needs_a_blocked_item_is_blocked_with_it():
    decisions = plan_of(
        {
            "folder": [SHARED, a_folder("7", parent="404"), a_folder("8", "Deep", "7")],
            "look": [a_look(folder="8")],
        },
        ROOT,
    )

    assert {a.address for a in decisions.actions if a.verb == "blocked"} == {
        "folder:7",
        "folder:8",
        "look:9",
    }


def test_what_is_not_selected_is_named_and_not_pulled_in():
    decisions = plan_of(
        {"folder": [SHARED, a_folder()], "dashboard": [a_dashboard()]},
        ROOT,
        selected={Ref("dashboard", "42")},
    )

    assert [action.verb for action in decisions.actions] == ["blocked"]
    assert decisions.diagnostics[0].fix == "select it too: +dashboard:42"


def test_links_in_text_follow_and_links_to_each_other_are_deferred():
    link = "see [it](/dashboards/{}) and /looks/9 and https://other.example.com/dashboards/43"
    decisions = plan_of(
        {
            "folder": [SHARED],
            "dashboard": [
                a_dashboard("42", "A", "1", tiles=[a_tile(body_text=link.format(43))]),
                a_dashboard("43", "B", "1", description="back to /dashboards/42"),
                a_dashboard("44", "C", "1", description="only /dashboards/42"),
            ],
        },
        ROOT,
        instances=Instances(),
    )

    actions = by_address(decisions)
    assert actions["dashboard:42"].deferred == ("elements/70:body_text",)
    assert actions["dashboard:43"].deferred == ("description",)
    assert actions["dashboard:44"].deferred == ()
    assert actions["dashboard:44"].depends_on == ("dashboard:42",)


def test_a_taken_slug_is_dropped_with_a_warning():
    decisions = plan_of(
        {"folder": [SHARED, a_folder()], "dashboard": [a_dashboard("42", "A", "7", slug="abc")]},
        {
            "folder": [SHARED, a_folder("70")],
            "dashboard": [
                a_dashboard("1", "A", "70", slug="xyz"),
                a_dashboard("2", "Z", "70", slug="abc"),
            ],
        },
    )

    # one by slug, another by title: never guessed between
    assert by_address(decisions)["dashboard:42"].verb == "blocked"


def test_remaps_are_listed_and_new_ones_marked():
    folders = [SHARED, a_folder("7", "Sales"), a_folder("8", "Ops")]
    live = [SHARED, a_folder("70", "Sales"), a_folder("80", "Ops")]
    decisions = plan_of({"folder": folders}, {"folder": live}, state={Ref("folder", "7"): "70"})

    assert [(r.source_id, r.destination_id, r.new) for r in decisions.remaps] == [
        ("7", "70", False),
        ("8", "80", True),
    ]


def test_a_slip_of_folders_that_contain_each_other_blocks_both():
    decisions = plan_of(
        {"folder": [SHARED, a_folder("7", "A", "8"), a_folder("8", "B", "7")]}, ROOT
    )

    assert {a.verb for a in decisions.actions if a.address != "folder:1"} == {"blocked"}


trees = st.lists(st.integers(0, 5), max_size=8)


@given(trees, st.randoms())
def test_every_create_comes_after_its_parent_and_the_plan_is_deterministic(parents, random):
    folders = [
        a_folder(str(10 + i), f"f{i}", str(10 + parent) if parent < i else "1")
        for i, parent in enumerate(parents)
    ]
    shuffled = list(folders)
    random.shuffle(shuffled)

    plans = [plan_of({"folder": [SHARED, *order]}, ROOT) for order in (folders, shuffled)]

    assert msgspec.json.encode(plans[0]) == msgspec.json.encode(plans[1])
    seen = set()
    for action in plans[0].actions:
        assert set(needs_of(action)) <= seen
        seen.add(action.address)


def test_an_item_that_can_t_be_read_is_blocked_with_the_reason():
    broken = Diagnostic(code="backup.corrupt", summary="its blob is no JSON")

    decisions = plan_of(
        {"folder": [SHARED, a_folder()], "look": [a_look()]},
        ROOT,
        unreadable={Ref("folder", "7"): broken},
    )

    actions = by_address(decisions)
    assert (actions["folder:7"].verb, actions["folder:7"].reason) == (
        "blocked",
        "its blob is no JSON",
    )
    assert actions["look:9"].verb == "blocked"


def test_an_item_whose_twin_looker_made_itself_is_left_alone():
    decisions = plan_of(
        {"group": [a_group("5", "Team")]},
        {"group": [a_group("8", "Team", externally_managed=True)]},
    )

    action = by_address(decisions)["group:5"]
    assert (action.verb, action.reason) == ("skip", "built-in, a group managed outside Looker")


def test_a_new_item_that_looker_would_refuse_is_blocked_with_the_reason():
    sides: Any = ({"folder": [SHARED], "look": [a_look(folder="1", title="")]}, ROOT)

    checked = plan_of(*sides, validates=True)
    unchecked = plan_of(*sides, validates=False)

    assert by_address(checked)["look:9"].verb == "blocked"
    (told,) = [each for each in checked.diagnostics if each.address == "look:9"]
    assert told.code == "backup.invalid"
    assert by_address(unchecked)["look:9"].verb == "create"


def test_nothing_is_left_out_of_an_update_that_would_create_its_item_again_whole():
    folders = [SHARED, a_folder()]
    sides: Any = (
        {"folder": folders, "look": [a_look(description="new", user_id=None)]},
        {"folder": folders, "look": [a_look()]},
    )

    action = by_address(plan_of(*sides, same_instance=True, recreates=True))["look:9"]

    assert (action.verb, action.references) == ("update", ())
