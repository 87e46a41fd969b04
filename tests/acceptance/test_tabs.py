"""Schedules that render some tabs of a dashboard: the ids of the tabs follow, made or found."""

from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.command_line import Workdir, call_sandbox
from tests.acceptance.conftest import Serve

TYPES = ("folders", "dashboards", "scheduled_plans")


def fill(sandbox: Sandbox) -> tuple[str, str]:
    """A dashboard with two tabs and a plan that renders both: their ids."""
    dashboard = call_sandbox(sandbox, "POST", "/dashboards", {"title": "Orders", "folder_id": "1"})
    first = dashboard["dashboard_layouts"][0]["id"]
    call_sandbox(sandbox, "PATCH", f"/dashboard_layouts/{first}", {"label": "One"})
    tab = {"dashboard_id": dashboard["id"], "type": "newspaper", "label": "Two", "order": 1}
    second = call_sandbox(sandbox, "POST", "/dashboard_layouts", tab)["id"]
    plan = {
        "name": "Daily",
        "dashboard_id": dashboard["id"],
        "crontab": "0 6 * * *",
        "tab_ids": [second, first],
        "scheduled_plan_destination": [
            {"type": "email", "format": "wysiwyg_pdf", "address": "team@example.com"}
        ],
    }
    return dashboard["id"], call_sandbox(sandbox, "POST", "/scheduled_plans", plan)["id"]


def labels(sandbox: Sandbox) -> list[str]:
    """Labels of the tabs that the only plan renders."""
    (plan,) = call_sandbox(sandbox, "GET", "/scheduled_plans", all_users=True)
    (dashboard,) = call_sandbox(sandbox, "GET", "/dashboards/search")
    names = {tab["id"]: tab["label"] for tab in dashboard["dashboard_layouts"]}
    return [names[id_] for id_ in plan["tab_ids"] or ()]


def test_a_tab_that_is_made_anew_is_waited_for(workdir: Workdir, serve: Serve):
    sandbox = serve(1)
    dashboard, schedule = fill(sandbox)
    backup = workdir.backup(sandbox, *TYPES)
    (tab,) = [
        each["id"]
        for each in call_sandbox(sandbox, "GET", f"/dashboards/{dashboard}")["dashboard_layouts"]
        if each["label"] == "Two"
    ]
    call_sandbox(sandbox, "DELETE", f"/scheduled_plans/{schedule}")
    call_sandbox(sandbox, "DELETE", f"/dashboard_layouts/{tab}")

    planned = workdir.plan(sandbox, backup)

    assert planned.counts == {"create": 1, "update": 1}
    needs = planned.actions[f"scheduled_plan:{schedule}"]["depends_on"]
    assert needs == [f"dashboard:{dashboard}"]
    workdir.apply(sandbox, planned)
    assert labels(sandbox) == ["Two", "One"]
    assert workdir.plan(sandbox, backup).counts == {}


def test_a_tab_that_nobody_makes_is_left_out_and_told(workdir: Workdir, serve: Serve):
    sandbox = serve(1)
    dashboard, schedule = fill(sandbox)
    backup = workdir.backup(sandbox, *TYPES)
    layouts = call_sandbox(sandbox, "GET", f"/dashboards/{dashboard}")["dashboard_layouts"]
    (tab,) = [each["id"] for each in layouts if each["label"] == "Two"]
    call_sandbox(sandbox, "DELETE", f"/scheduled_plans/{schedule}")
    call_sandbox(sandbox, "DELETE", f"/dashboard_layouts/{tab}")

    planned = workdir.restore(sandbox, backup, "--select", f"scheduled_plan:{schedule}")

    (action,) = [each for each in planned.actions.values() if each["action"] == "create"]
    assert [each["from"] for each in action["references"]] == [f"dashboard_layout:{tab}"]
    assert labels(sandbox) == ["One"]
