"""Schedules that render some tabs of a dashboard: the ids of the tabs follow, made or found."""

from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.conftest import Serve
from tests.acceptance.drive import Desk, ask

TYPES = ("folders", "dashboards", "scheduled_plans")


def fill(sandbox: Sandbox) -> tuple[str, str]:
    """A dashboard with two tabs and a plan that renders both: their ids."""
    dashboard = ask(sandbox, "POST", "/dashboards", {"title": "Orders", "folder_id": "1"})
    first = dashboard["dashboard_layouts"][0]["id"]
    ask(sandbox, "PATCH", f"/dashboard_layouts/{first}", {"label": "One"})
    tab = {"dashboard_id": dashboard["id"], "type": "newspaper", "label": "Two", "order": 1}
    second = ask(sandbox, "POST", "/dashboard_layouts", tab)["id"]
    plan = {
        "name": "Daily",
        "dashboard_id": dashboard["id"],
        "crontab": "0 6 * * *",
        "tab_ids": [second, first],
        "scheduled_plan_destination": [
            {"type": "email", "format": "wysiwyg_pdf", "address": "team@example.com"}
        ],
    }
    return dashboard["id"], ask(sandbox, "POST", "/scheduled_plans", plan)["id"]


def labels(sandbox: Sandbox) -> list[str]:
    """Labels of the tabs that the only plan renders."""
    (plan,) = ask(sandbox, "GET", "/scheduled_plans", all_users=True)
    (dashboard,) = ask(sandbox, "GET", "/dashboards/search")
    names = {tab["id"]: tab["label"] for tab in dashboard["dashboard_layouts"]}
    return [names[id_] for id_ in plan["tab_ids"] or ()]


def test_a_tab_that_is_made_anew_is_waited_for(desk: Desk, serve: Serve):
    sandbox = serve(1)
    dashboard, schedule = fill(sandbox)
    backup = desk.backup(sandbox, *TYPES)
    (tab,) = [
        each["id"]
        for each in ask(sandbox, "GET", f"/dashboards/{dashboard}")["dashboard_layouts"]
        if each["label"] == "Two"
    ]
    ask(sandbox, "DELETE", f"/scheduled_plans/{schedule}")
    ask(sandbox, "DELETE", f"/dashboard_layouts/{tab}")

    planned = desk.plan(sandbox, backup)

    assert planned.counts == {"create": 1, "update": 1}
    needs = planned.actions[f"scheduled_plan:{schedule}"]["depends_on"]
    assert needs == [f"dashboard:{dashboard}"]
    desk.apply(sandbox, planned)
    assert labels(sandbox) == ["Two", "One"]
    assert desk.plan(sandbox, backup).counts == {}


def test_a_tab_that_nobody_makes_is_left_out_and_told(desk: Desk, serve: Serve):
    sandbox = serve(1)
    dashboard, schedule = fill(sandbox)
    backup = desk.backup(sandbox, *TYPES)
    layouts = ask(sandbox, "GET", f"/dashboards/{dashboard}")["dashboard_layouts"]
    (tab,) = [each["id"] for each in layouts if each["label"] == "Two"]
    ask(sandbox, "DELETE", f"/scheduled_plans/{schedule}")
    ask(sandbox, "DELETE", f"/dashboard_layouts/{tab}")

    planned = desk.restore(sandbox, backup, "--select", f"scheduled_plan:{schedule}")

    (action,) = [each for each in planned.actions.values() if each["action"] == "create"]
    assert [each["from"] for each in action["references"]] == [f"dashboard_layout:{tab}"]
    assert labels(sandbox) == ["One"]
