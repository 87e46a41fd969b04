"""What a plan says of items that it can't apply."""

from lookervault_plan.content.node import Node, Ref
from tests.planning.objects import (
    CREATED,
    SHARED,
    a_dashboard,
    a_folder,
    a_look,
    by_address,
    plan_of,
)

ROOT = {"folder": [SHARED]}


def told(decisions, address):
    return next(one for one in decisions.diagnostics if one.address == address)


def test_candidates_are_shown_with_what_tells_them_apart_and_the_line_that_decides():
    ann = {"id": "3", "email": "ann@x", "display_name": "Ann"}
    live = {
        "user": [ann],
        "folder": [SHARED, a_folder("70", "Sales")],
        "dashboard": [
            a_dashboard("8", folder="70", slug="s", user_id="3", updated_at="2025-02-02T08:00:00Z"),
            a_dashboard("9", folder="70", slug="t", created_at="2025-01-01T08:00:00Z"),
        ],
    }
    desired = {"folder": [SHARED, a_folder("7", "Sales")], "dashboard": [a_dashboard(slug="u")]}

    decisions = plan_of(desired, live)

    assert by_address(decisions)["dashboard:42"].reason == (
        "ambiguous: several have the same folder + title"
    )
    found = told(decisions, "dashboard:42")
    what, more = '"KPIs" in Shared/Sales, created', "owner ann@x, slug s"
    assert found.detail.splitlines() == [
        f"in the backup:      dashboard:42 {what} {CREATED}",
        f"in the destination: dashboard:8 {what} {CREATED}, updated 2025-02-02T08:00:00Z, {more}",
        f"in the destination: dashboard:9 {what} 2025-01-01T08:00:00Z, slug t",
    ]
    assert found.fix == ("choose one in remaps.yml:\ndashboard:\n  '42': '8'\n  # or '42': '9'")


def test_the_line_to_paste_decides():
    live = {"folder": [SHARED], "look": [a_look("5", folder="1"), a_look("6", folder="1")]}
    desired = {"folder": [SHARED], "look": [a_look(folder="1")]}

    blocked = plan_of(desired, live)
    decided = plan_of(desired, live, remaps={Ref("look", "9"): "6"})

    assert by_address(blocked)["look:9"].verb == "blocked"
    action = by_address(decided)["look:9"]
    assert (action.verb, action.destination_id, action.matched_by) == ("skip", "6", "remaps.yml")


def test_what_is_blocked_with_an_item_stands_below_it_as_a_tree():
    desired = {
        "folder": [SHARED, a_folder("7", parent="404"), a_folder("8", "Deep", "7")],
        "look": [a_look(folder="8"), a_look("10", "More", "7")],
    }

    decisions = plan_of(desired, ROOT)

    (found,) = decisions.diagnostics
    assert found.address == "folder:7"
    assert "neither the backup nor the destination has folder:404" in found.summary
    assert found.detail.splitlines() == [
        "parent_id points to folder:404",
        "what needs it is blocked with it:",
        '  folder:8 "Deep"',
        '    look:9 "Orders"',
        '  look:10 "More"',
    ]


def test_a_long_tree_is_cut():
    looks = [a_look(str(n), f"L{n}") for n in range(100, 130)]
    decisions = plan_of({"folder": [SHARED, a_folder("7", parent="404")], "look": looks}, ROOT)

    (found,) = decisions.diagnostics
    assert found.detail.splitlines()[-1] == "  and 10 more"


def test_the_selection_that_would_bring_it_in_is_named():
    decisions = plan_of(
        {"folder": [SHARED, a_folder()], "look": [a_look()]}, ROOT, selected={Ref("look", "9")}
    )

    found = told(decisions, "look:9")
    assert 'lacks folder:7 "Sales", and it is not selected' in found.summary
    assert found.fix == "select it too: +look:9"


def test_a_personal_folder_is_missing_with_its_user():
    ann = {"id": "3", "email": "ann@x", "display_name": "Ann", "personal_folder_id": "30"}
    users = a_folder("2", "Users", None, is_users_root=True)
    desired = {
        "user": [ann],
        "folder": [SHARED, users, a_folder("30", "Ann", "2", is_personal=True)],
        "look": [a_look(folder="30")],
    }
    selected = {Ref("look", "9"), Ref("folder", "30")}

    decisions = plan_of(desired, {"folder": [SHARED, users]}, selected=selected)

    found = told(decisions, "look:9")
    assert 'folder:30 "Ann" comes with user:3 "Ann" (ann@x), whom the destination lacks' in (
        found.summary
    )
    assert "under `emails:`" in found.fix
    assert "folder:\n  '30': '<id in the destination>'" in found.fix


def test_another_built_in_folder_is_said_to_be_one():
    embed = a_folder("50", "Embed", "1", is_embed=True)
    decisions = plan_of({"folder": [SHARED, embed], "look": [a_look(folder="50")]}, ROOT)

    found = told(decisions, "look:9")
    assert "no plan makes it: an embed folder is made by signing in" in found.summary


def test_a_remap_that_leads_nowhere_says_where_it_stands():
    ref = Ref("folder", "7")
    decisions = plan_of({"folder": [SHARED, a_folder()]}, ROOT, remaps={ref: "99"}, places={})

    found = told(decisions, "folder:7")
    assert found.code == "remap.dangling"
    assert "maps it to folder:99, which the destination lacks" in found.summary
    assert by_address(decisions)["folder:7"].verb == "create"


def test_a_taken_slug_is_dropped_with_a_warning():
    decisions = plan_of(
        {
            "folder": [SHARED],
            "dashboard": [
                a_dashboard("42", "A", "1", slug="abc"),
                a_dashboard("43", "Z", "1", slug="xyz"),
            ],
        },
        {"folder": [SHARED], "dashboard": [a_dashboard("2", "Z", "1", slug="abc")]},
        state={Ref("dashboard", "43"): "2"},
    )

    action = by_address(decisions)["dashboard:42"]
    assert action.verb == "create"
    assert [(one.path, one.from_, one.to) for one in action.references] == [("slug", "abc", None)]
    assert told(decisions, "dashboard:42").code == "slug.taken"


def test_a_candidate_whose_details_were_not_read_is_shown_by_name_and_place():
    def not_read(_: object) -> Node:
        raise KeyError

    looks = [a_look("5", folder="1"), a_look("6", folder="1")]

    decisions = plan_of(
        {"folder": [SHARED], "look": [a_look(folder="1")]},
        {"folder": [SHARED], "look": looks},
        load_live=not_read,
        selected={Ref("look", "9")},
    )

    found = told(decisions, "look:9")
    assert f'in the destination: look:5 "Orders" in Shared, created {CREATED}' in found.detail


def test_a_folder_that_the_remaps_name_and_nobody_has_is_told():
    decisions = plan_of(
        {"look": [a_look(folder="Shared/Gone")]},
        ROOT,
        places={Ref("folder", "Shared/Gone"): ("Shared", "Gone")},
    )

    found = told(decisions, "look:9")
    assert "the destination has no folder Shared/Gone" in found.summary
    assert "fix `folders:`" in found.fix


def test_an_item_in_a_folder_that_can_t_be_matched_says_so():
    live = [
        SHARED,
        a_folder("70", "Sales"),
        a_folder("7", "Other", created_at="2025-01-01T08:00:00Z"),
    ]

    decisions = plan_of(
        {"folder": [SHARED, a_folder("7", "Sales")], "look": [a_look()]},
        {"folder": live},
        same_instance=True,
        selected={Ref("look", "9")},
    )

    assert 'it can\'t be told which one folder:7 "Sales" is' in told(decisions, "look:9").summary


def test_tabs_that_can_t_be_kept_and_secrets_that_are_lost_are_told():
    schedule = {
        "id": "6",
        "name": "Daily",
        "user_id": "3",
        "dashboard_id": "42",
        "tab_ids": ["999"],
        "scheduled_plan_destination": [{"type": "s3", "format": "csv", "address": "s3://b"}],
    }
    sides = {"folder": [SHARED], "dashboard": [a_dashboard(folder="1")]}
    users = [{"id": "3", "email": "ann@x", "credentials_email": {"email": "ann@x"}}]

    decisions = plan_of(
        {**sides, "user": users, "scheduled_plan": [schedule]}, {**sides, "user": users}
    )

    found = {each.code: each for each in decisions.diagnostics}
    assert 'tab_ids of "Daily" can\'t be kept' in found["value.left-out"].summary
    assert found["value.left-out"].detail == "dashboard_layout:999"
    assert found["secrets.missing"].detail == "destination 1: s3"
