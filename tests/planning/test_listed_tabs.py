"""Schedules that list the tabs of a dashboard by id."""

from typing import Any

from lookervault_plan.content.node import Ref
from tests.planning.objects import (
    SHARED,
    a_component,
    a_dashboard,
    a_folder,
    a_tile,
    a_user,
    by_address,
    plan_of,
)

USERS = [a_user("3", "ann@x.example")]
FOLDERS = [SHARED, a_folder()]


def tabbed(id_: str, *tabs: tuple[str, str]) -> dict[str, Any]:
    """A dashboard with tabs of these ids and titles."""
    raw = a_dashboard(id_, "KPIs")
    raw["dashboard_layouts"] = [
        {"id": tab, "dashboard_id": id_, "type": "newspaper", "active": not n, "label": label}
        | {"dashboard_layout_components": []}
        for n, (tab, label) in enumerate(tabs)
    ]
    return raw


def a_schedule(id_: str, dashboard: str, *tabs: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "name": "Daily",
        "user_id": "3",
        "dashboard_id": dashboard,
        "tab_ids": list(tabs),
        **more,
    }


def planned(mine: list[dict[str, Any]], live: list[dict[str, Any]], **more: Any) -> tuple[Any, Any]:
    """Decide on a dashboard and a schedule of it: (decisions, the schedule's action)."""
    decisions = plan_of(
        {"folder": FOLDERS, "user": USERS, "dashboard": mine[:1], "scheduled_plan": mine[1:]},
        {"folder": FOLDERS, "user": USERS, "dashboard": live[:1], "scheduled_plan": live[1:]},
        **more,
    )
    return decisions, by_address(decisions)["scheduled_plan:6"]


MINE = tabbed("42", ("60", "First"), ("61", "Second"))
LIVE = tabbed("8", ("600", "First"), ("601", "Second"))


def test_equal_tabs_of_two_instances_are_equal_whatever_their_ids():
    decisions, action = planned(
        [MINE, a_schedule("6", "42", "60", "61")], [LIVE, a_schedule("66", "8", "600", "601")]
    )

    assert action.verb == "skip"
    tabs = [(r.source_id, r.destination_id) for r in decisions.remaps if r.type.endswith("layout")]
    assert tabs == [("60", "600"), ("61", "601")]


def test_another_list_of_tabs_is_told_in_live_ids():
    _, action = planned(
        [MINE, a_schedule("6", "42", "61")], [LIVE, a_schedule("66", "8", "600", "601")]
    )

    (change,) = action.changes
    assert (change.path, change.before, change.after) == ("tab_ids", ["600", "601"], ["601"])
    assert (change.added, change.removed) == ((), ("600",))


def test_the_schedule_of_a_new_tab_waits_for_its_dashboard():
    _, action = planned([MINE, a_schedule("6", "42", "61")], [tabbed("8", ("600", "First"))])

    assert action.verb == "create"
    assert action.depends_on == ("dashboard:42",)
    assert action.references == ()


def test_a_tab_that_will_not_be_there_is_left_out_of_a_new_schedule_and_named():
    """The dashboard is not selected, so that its second tab is not created."""
    decisions, action = planned(
        [MINE, a_schedule("6", "42", "60", "61")],
        [tabbed("8", ("600", "First"))],
        selected={Ref("scheduled_plan", "6")},
    )

    assert action.verb == "create"
    assert [(each.path, each.from_) for each in action.references] == [
        ("tab_ids[1]", "dashboard_layout:61")
    ]
    assert "value.left-out" in {each.code for each in decisions.diagnostics}


def test_a_live_schedule_keeps_its_tabs_if_one_of_the_backup_s_can_t_be_named():
    _, action = planned(
        [MINE, a_schedule("6", "42", "60", "61", name="Daily", crontab="0 5 * * *")],
        [tabbed("8", ("600", "First")), a_schedule("66", "8", "600", crontab="0 6 * * *")],
        selected={Ref("scheduled_plan", "6")},
    )

    assert [change.path for change in action.changes] == ["crontab"]


def test_the_tabs_of_a_dashboard_that_is_changed_too_are_those_it_has():
    mine = tabbed("42", ("60", "First"), ("61", "Second"))
    mine["dashboard_elements"] = [a_tile("70", layout="61")]
    mine["dashboard_layouts"][1]["dashboard_layout_components"] = [
        a_component("c70", "70", layout="61")
    ]

    _, action = planned(
        [mine, a_schedule("6", "42", "60", "61")], [LIVE, a_schedule("66", "8", "600", "601")]
    )

    assert action.verb == "skip"
