"""Memberships, orders, access lists, and what is no content: decided from raw objects."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.node import Ref
from lookervault_plan.plan_file import Parts, is_incomplete
from tests.planning.objects import (
    SHARED,
    a_dashboard,
    a_folder,
    a_group,
    a_user,
    by_address,
    plan_of,
)

FOLDERS = [SHARED, a_folder()]


def a_board(items: list[str], order: list[str], *, id_: str = "3", **more):
    shown = [{"id": item, "board_section_id": "30", "dashboard_id": item} for item in items]
    section = {"id": "30", "title": "Part", "board_items": shown, "item_order": order}
    return {"id": id_, "title": "Start", "board_sections": [section], **more}


def test_members_are_added_and_removed_one_by_one():
    users = [a_user("1", "ann@x.example"), a_user("2", "bob@x.example")]
    mine = a_group("5", group_users=[{"user_id": "1"}])
    live = a_group("5", group_users=[{"user_id": "2"}])

    decisions = plan_of(
        {"user": users, "group": [mine]}, {"user": users, "group": [live]}, same_instance=True
    )

    parts = by_address(decisions)["group:5"].parts["users"]
    assert [entry.to for entry in parts.create] == ["user:1"]
    assert [(entry.live_id, entry.to) for entry in parts.delete] == [("2", "user:2")]


def test_members_of_a_partial_list_only_add():
    users = [a_user("1", "ann@x.example"), a_user("2", "bob@x.example")]
    mine = a_group("5", group_users=[{"user_id": "1"}])
    live = a_group("5", group_users=[{"user_id": "2"}])

    decisions = plan_of(
        {"user": users, "group": [mine]},
        {"user": users, "group": [live]},
        same_instance=True,
        partial={Ref("group", "5"): frozenset({"users"})},
    )

    parts = by_address(decisions)["group:5"].parts["users"]
    assert [entry.key for entry in parts.create] == ["1"]
    assert parts.delete == ()


def test_members_that_looker_does_not_show_are_neither_added_nor_removed():
    users = [a_user("1", "ann@x.example"), a_user("2", "bob@x.example")]
    mine = a_group("5", "Renamed", group_users=[{"user_id": "1"}])
    live = a_group("5", group_users=[{"user_id": "2"}])

    decisions = plan_of(
        {"user": users, "group": [mine]},
        {"user": users, "group": [live]},
        same_instance=True,
        unseen={Ref("group", "5"): frozenset({"users"})},
    )

    action = by_address(decisions)["group:5"]
    assert [change.path for change in action.changes] == ["name"]
    assert action.parts == {}


def test_a_member_that_may_be_among_those_not_shown_is_blocked_by_name():
    users = [a_user(id_, f"{id_}@x.example", display_name=f"User {id_}") for id_ in "123"]
    mine = a_group("5", group_users=[{"user_id": "1"}, {"user_id": "3"}])
    live = a_group("5", group_users=[{"user_id": "1"}, {"user_id": "2"}])

    decisions = plan_of(
        {"user": users, "group": [mine]},
        {"user": users, "group": [live]},
        same_instance=True,
        live_partial={Ref("group", "5"): frozenset({"users"})},
    )

    parts = by_address(decisions)["group:5"].parts["users"]
    assert [(entry.title, entry.reason) for entry in parts.blocked] == [
        ("User 3", "it may be there already: the API user does not see all of them")
    ]
    assert parts.create == ()
    assert [entry.live_id for entry in parts.delete] == ["2"]


def test_a_member_that_is_missing_is_left_out_and_told():
    mine = a_group("5", group_users=[{"user_id": "9"}])

    decisions = plan_of({"group": [mine]}, {})

    action = by_address(decisions)["group:5"]
    assert action.verb == "create"
    assert not is_incomplete(action)
    assert [reference.from_ for reference in action.references] == ["user:9"]


def test_an_order_that_comes_about_by_itself_is_not_written():
    dashboards = [a_dashboard("1", "A"), a_dashboard("2", "B")]
    content = {"folder": FOLDERS, "dashboard": dashboards}
    mine, live = a_board(["1", "2"], ["1", "2"]), a_board(["1"], ["1"])

    decisions = plan_of(
        {**content, "board": [mine]}, {**content, "board": [live]}, same_instance=True
    )

    parts = by_address(decisions)["board:3"].parts
    assert [entry.key for entry in parts["items"].create] == ["2"]
    assert "sections" not in parts or not parts["sections"].update


def test_another_order_is_one_change_of_the_section():
    dashboards = [a_dashboard("1", "A"), a_dashboard("2", "B")]
    content = {"folder": FOLDERS, "dashboard": dashboards}
    mine, live = a_board(["1", "2"], ["2", "1"]), a_board(["1", "2"], ["1", "2"])

    decisions = plan_of(
        {**content, "board": [mine]}, {**content, "board": [live]}, same_instance=True
    )

    parts = by_address(decisions)["board:3"].parts
    change = parts["sections"].update[0].changes[0]
    assert (change.path, change.before, change.after) == ("item_order", ["1", "2"], ["2", "1"])
    assert {entry.key for entry in parts["items"].keep} == {"1", "2"}


def test_a_title_alone_matches_a_board_only_where_no_owner_does():
    users = [a_user("1", "ann@x.example"), a_user("2", "bob@x.example")]
    mine = [
        {"id": "3", "title": "Start", "user_id": "1"},
        {"id": "4", "title": "Start", "user_id": "2"},
    ]
    live = [{"id": "8", "title": "Start", "user_id": "2"}]

    decisions = plan_of({"user": users, "board": mine}, {"user": users, "board": live})

    actions = by_address(decisions)
    assert actions["board:4"].destination_id == "8"
    assert actions["board:3"].verb == "create"


def test_a_missing_connection_blocks_a_model_by_name():
    model = {
        "id": "sales",
        "name": "sales",
        "project_name": "p",
        "allowed_db_connection_names": ["warehouse"],
    }

    decisions = plan_of(
        {"lookml_model": [model]}, {}, outside={"connection": frozenset(), "project": {"p"}}
    )

    action = by_address(decisions)["lookml_model:sales"]
    assert action.verb == "blocked"
    assert "connection warehouse" in action.reason


def test_whether_a_schedule_runs_is_compared_only_if_it_is_to_be_kept():
    users = [a_user("1", "ann@x.example")]
    mine = {"id": "6", "name": "Daily", "user_id": "1", "lookml_dashboard_id": "m::d"}
    sides = (
        {"user": users, "scheduled_plan": [{**mine, "enabled": False}]},
        {"user": users, "scheduled_plan": [{**mine, "enabled": True}]},
    )

    left_alone = plan_of(*sides, same_instance=True, schedules=False)
    compared = plan_of(*sides, same_instance=True, schedules=True)

    assert by_address(left_alone)["scheduled_plan:6"].verb == "skip"
    assert by_address(compared)["scheduled_plan:6"].changes[0].path == "enabled"


def test_a_list_that_is_inherited_again_needs_no_deletes():
    own = {
        "id": "c1",
        "inherits": False,
        "entries": [
            {"id": "e1", "content_metadata_id": "c1", "permission_type": "view", "group_id": "5"}
        ],
    }
    group = [a_group("5")]
    mine = a_folder(access={"id": "c1", "inherits": True})

    decisions = plan_of(
        {"group": group, "folder": [SHARED, mine]},
        {"group": group, "folder": [SHARED, a_folder(access=own)]},
        same_instance=True,
    )

    parts = by_address(decisions)["folder:7"].parts
    assert parts["access"].update[0].changes[0].path == "inherits"
    assert "entries" not in parts


def test_a_membership_is_its_target_whichever_id_an_earlier_run_gave_it():
    """Ann was user 2 there once; now that is Bob, and Ann is user 8."""
    mine = {
        "user": [a_user("1", "ann@x.example")],
        "group": [a_group("5", group_users=[{"user_id": "1"}])],
    }
    live = {
        "user": [a_user("2", "bob@x.example"), a_user("8", "ann@x.example")],
        "group": [a_group("50", group_users=[{"user_id": "2"}])],
    }

    decisions = plan_of(mine, live, remembered={"group:5": {("group_user", "1"): "2"}})

    parts = by_address(decisions)["group:5"].parts["users"]
    assert [entry.to for entry in parts.create] == ["user:8"]
    assert [entry.to for entry in parts.delete] == ["user:2"]


def test_a_membership_of_a_remapped_user_is_not_that_of_the_id_s_old_owner():
    users = [a_user("1", "ann@x.example"), a_user("8", "bob@x.example")]
    group = a_group("5", group_users=[{"user_id": "1"}])

    decisions = plan_of(
        {"user": users[:1], "group": [group]},
        {"user": users, "group": [group]},
        same_instance=True,
        remaps={Ref("user", "1"): "8"},
    )

    parts = by_address(decisions)["group:5"].parts["users"]
    assert [entry.to for entry in parts.create] == ["user:8"]
    assert [entry.to for entry in parts.delete] == ["user:1"]


def test_another_order_of_sections_is_a_change_of_the_board():
    def a_start(order: list[str]) -> dict:
        sections = [{"id": id_, "title": id_, "board_items": []} for id_ in ("30", "31")]
        return {"id": "3", "title": "Start", "board_sections": sections, "section_order": order}

    decisions = plan_of(
        {"board": [a_start(["31", "30"])]}, {"board": [a_start(["30", "31"])]}, same_instance=True
    )

    (change,) = by_address(decisions)["board:3"].changes
    assert (change.path, change.before, change.after) == (
        "section_order",
        ["30", "31"],
        ["31", "30"],
    )


def test_live_members_stay_while_one_that_may_be_them_has_no_target():
    """Ann has another email there; Bob is known to be somebody else."""
    ann, bob = a_user("1", "ann@dev.example", display_name="Ann Lee"), a_user("2", "bob@x.example")
    live_ann = a_user("11", "ann@x.example", display_name="Ann Lee")
    mine = a_group("5", group_users=[{"user_id": "1"}])
    live = a_group("5", group_users=[{"user_id": "11"}, {"user_id": "2"}])

    decisions = plan_of(
        {"user": [ann, bob], "group": [mine]},
        {"user": [live_ann, bob], "group": [live]},
        same_instance=True,
        selected={Ref("group", "5")},
    )

    parts = by_address(decisions)["group:5"].parts["users"]
    (blocked,) = parts.blocked
    assert blocked.reason.startswith("Ann Lee (ann@dev.example) is neither in the destination nor")
    assert "Ann Lee (ann@x.example) may be meant" in blocked.reason
    assert [entry.live_id for entry in parts.delete] == ["2"]


def test_on_another_instance_members_that_no_session_made_stay():
    users = [a_user(str(number), f"{number}@x.example") for number in (1, 2, 3)]
    mine = a_group("5", group_users=[{"user_id": "1"}])
    live = a_group("5", group_users=[{"user_id": "1"}, {"user_id": "2"}, {"user_id": "3"}])

    decisions = plan_of(
        {"user": users, "group": [mine]},
        {"user": users, "group": [live]},
        keeps_surplus=True,
        remembered={"group:5": {("group_user", "2"): "2"}},
    )

    parts = by_address(decisions)["group:5"].parts["users"]
    assert [entry.live_id for entry in parts.delete] == ["2"]
    assert [entry.live_id for entry in parts.surplus] == ["3"]
    assert [
        (note.address, note.summary) for note in decisions.diagnostics if note.severity == "note"
    ] == [("group:5", "1 member made in the destination stays")]


def test_what_the_destination_put_on_a_board_comes_last_in_a_new_order():
    dashboards = [a_dashboard(id_, id_) for id_ in ("1", "2", "3")]
    content = {"folder": FOLDERS, "dashboard": dashboards}
    mine, live = a_board(["1", "2"], ["2", "1"]), a_board(["1", "3", "2"], ["1", "3", "2"])

    decisions = plan_of(
        {**content, "board": [mine]}, {**content, "board": [live]}, keeps_surplus=True
    )

    sections = by_address(decisions)["board:3"].parts["sections"]
    (change,) = sections.update[0].changes
    assert change.after == ["2", "1", "3"]


@given(
    wanted=st.sets(st.integers(1, 6)),
    there=st.sets(st.integers(1, 9)),
    ours=st.sets(st.integers(1, 9)),
    known=st.sets(st.integers(1, 9)),
    keeps=st.booleans(),
)
def test_no_live_member_goes_but_those_that_the_plan_can_account_for(
    wanted: set[int], there: set[int], ours: set[int], known: set[int], keeps: bool
):
    """A member goes only if it is a known person, or nobody wanted is unknown, and it may go."""
    mine = a_group("5", group_users=[{"user_id": f"{one}"} for one in sorted(wanted)])
    live = a_group("5", group_users=[{"user_id": f"{one}"} for one in sorted(there)])
    people = [a_user(f"{one}", f"{one}@x.example") for one in range(1, 10)]
    moved = [
        a_user(f"{one}", f"{one}@{'x' if one in known else 'y'}.example") for one in range(1, 10)
    ]

    decisions = plan_of(
        {"user": people, "group": [mine]},
        {"user": moved, "group": [live]},
        keeps_surplus=keeps,
        selected={Ref("group", "5")},
        remembered={"group:5": {("group_user", f"s{one}"): f"{one}" for one in ours}},
    )

    action = by_address(decisions)["group:5"]
    parts = action.parts.get("users", Parts())
    gone = {int(entry.live_id or 0) for entry in parts.delete}
    unresolved = wanted - known
    assert gone <= there - (wanted & known)
    assert not unresolved or gone <= known
    assert not keeps or gone <= ours
    assert len(parts.blocked) == len(unresolved)


def test_what_a_selection_only_brings_is_left_as_it_is_on_another_instance():
    mine = a_user("1", "ann@x.example", is_disabled=False)
    live = a_user("9", "ann@x.example", is_disabled=True)
    group = a_group("5", group_users=[{"user_id": "1"}])
    everything = {"user": [mine], "group": [group]}
    ann = Ref("user", "1")

    elsewhere = plan_of(everything, {"user": [live]}, brought={ann})
    selected = plan_of(everything, {"user": [live]})

    action = by_address(elsewhere)["user:1"]
    assert (action.verb, action.reason) == ("skip", "only used")
    assert [note.code for note in elsewhere.diagnostics] == ["note.left-out"]
    assert by_address(selected)["user:1"].verb == "update"


def test_what_a_selection_only_brings_is_created_where_it_is_missing():
    decisions = plan_of({"user": [a_user("1", "ann@x.example")]}, {}, brought={Ref("user", "1")})

    assert by_address(decisions)["user:1"].verb == "create"


def test_a_new_email_onto_a_living_person_is_blocked_on_the_same_instance_alone():
    ann = a_user("3", "bob@x.example", display_name="Ann Lee")
    bob = a_user("40", "bob@x.example", display_name="Bob Ray")
    remapped = {Ref("user", "3")}

    here = plan_of({"user": [ann]}, {"user": [bob]}, same_instance=True, readdressed=remapped)
    elsewhere = plan_of({"user": [ann]}, {"user": [bob]}, readdressed=remapped)

    blocked = by_address(here)["user:3"]
    assert blocked.verb == "blocked"
    assert "Ann Lee" in blocked.reason
    assert "Bob Ray (bob@x.example) has that email" in blocked.reason
    assert by_address(elsewhere)["user:3"].destination_id == "40"


def test_items_that_move_into_a_section_get_the_order_of_the_backup():
    """They are moved at once, so that any of them may come first."""
    dashboards = [a_dashboard("1", "A"), a_dashboard("2", "B")]
    content = {"folder": FOLDERS, "dashboard": dashboards}
    live = a_board(["1", "2"], ["1", "2"])
    items = [{"id": item, "board_section_id": "31", "dashboard_id": item} for item in ("1", "2")]
    section = {"id": "31", "title": "New", "board_items": items, "item_order": ["1", "2"]}
    mine = {"id": "3", "title": "Start", "board_sections": [section]}

    decisions = plan_of(
        {**content, "board": [mine]}, {**content, "board": [live]}, same_instance=True
    )

    (new,) = by_address(decisions)["board:3"].parts["sections"].create
    assert "item_order" in [change.path for change in new.changes]


def test_a_member_whose_live_user_lists_the_group_already_is_not_added_to_a_partial_list():
    ann = a_user("1", "ann@x.example", group_ids=["5"])
    bob = a_user("2", "bob@x.example")
    mine = a_group("5", group_users=[{"user_id": "1"}, {"user_id": "2"}])

    decisions = plan_of(
        {"user": [ann, bob], "group": [mine]},
        {"user": [ann, bob], "group": [a_group("5", group_users=[])]},
        same_instance=True,
        selected={Ref("group", "5")},
        partial={Ref("group", "5"): frozenset({"users"})},
    )

    parts = by_address(decisions)["group:5"].parts["users"]
    assert [entry.key for entry in parts.create] == ["2"]
