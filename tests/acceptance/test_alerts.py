"""Alerts on tiles: restored with their dashboards, and quiet elsewhere unless asked otherwise."""

from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.command_line import Workdir, call_sandbox
from tests.acceptance.conftest import Serve

TYPES = ("folders", "dashboards", "users")


def alerts(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [dict(row) for row in call_sandbox(sandbox, "GET", "/alerts/search", all_owners=True)]


def by_title(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    return {row["custom_title"]: row for row in alerts(sandbox)}


def fill(sandbox: Sandbox, *, count: int = 3, disabled: int = 1) -> None:
    """A dashboard with a tile, and alerts on it; the first `disabled` ones are off."""
    folder = call_sandbox(sandbox, "POST", "/folders", {"name": "Ops", "parent_id": "1"})["id"]
    body = {"model": "finance", "view": "orders", "fields": ["orders.count"]}
    query = call_sandbox(sandbox, "POST", "/queries", body)["id"]
    dashboard = call_sandbox(
        sandbox, "POST", "/dashboards", {"title": "Orders", "folder_id": folder}
    )["id"]
    tile = {"dashboard_id": dashboard, "type": "vis", "title": "Count", "query_id": query}
    element = call_sandbox(sandbox, "POST", "/dashboard_elements", tile)["id"]
    email = {"credentials_email": {"email": "ada@example.com"}}
    owner = call_sandbox(sandbox, "POST", "/users", {"first_name": "Ada", **email})["id"]
    for number in range(count):
        alert = {
            "dashboard_element_id": element,
            "owner_id": owner,
            "cron": "0 5 * * *",
            "threshold": number,
            "comparison_type": "GREATER_THAN",
            "field": {"title": "Count", "name": "orders.count"},
            "destinations": [{"destination_type": "EMAIL", "email_address": "on@example.com"}],
            "custom_title": f"Too many {number}",
            "is_disabled": number < disabled,
            "query_id": query,
            "investigative_content_type": "dashboard",
            "investigative_content_id": dashboard,
            "description": f"see /dashboards/{dashboard}",
        }
        _ = call_sandbox(sandbox, "POST", "/alerts", alert)


def guards(planned: Any) -> dict[str, str]:
    return {guard["name"]: guard["summary"] for guard in planned.document["guards"]}


def test_elsewhere_they_are_made_and_send_nothing(workdir: Workdir, serve: Serve):
    source, destination = serve(1), serve(2)
    fill(source)
    backup = workdir.backup(source, *TYPES)

    planned = workdir.restore(destination, backup, "--allow", "users-across")

    made = by_title(destination)
    assert {title: row["is_disabled"] for title, row in made.items()} == {
        "Too many 0": True,
        "Too many 1": True,
        "Too many 2": True,
    }
    dashboard = call_sandbox(destination, "GET", "/dashboards/search", title="Orders")[0]
    (element,) = dashboard["dashboard_elements"]
    users = {row["id"]: row["email"] for row in call_sandbox(destination, "GET", "/users")}
    for row in made.values():
        assert row["dashboard_element_id"] == element["id"]
        assert row["investigative_content_id"] == dashboard["id"]
        assert row["description"] == f"see /dashboards/{dashboard['id']}"
        assert row["query_id"] == element["query_id"]
        assert users[row["owner_id"]] == "ada@example.com"
    # An alert needs its dashboard, which is there before it: nothing is written twice.
    assert planned.actions[f"dashboard:{_id(source)}"]["deferred"] == []
    assert destination.writes()[-1].method == "POST"
    assert workdir.plan(destination, backup).counts == {}


def _id(sandbox: Sandbox) -> str:
    return call_sandbox(sandbox, "GET", "/dashboards/search", title="Orders")[0]["id"]


def test_with_schedules_keep_they_send_and_a_guard_asks(workdir: Workdir, serve: Serve):
    source, destination = serve(1), serve(2)
    fill(source)
    backup = workdir.backup(source, *TYPES)

    planned = workdir.plan(destination, backup, "--schedules", "keep", "--allow", "users-across")
    # One of the three is off in the source.
    assert guards(planned)["schedules-across"].startswith("2 schedules or alerts")
    workdir.apply(destination, planned, code=4)
    allowed = ("--schedules", "keep", "--allow", "users-across", "--allow", "schedules-across")
    _ = workdir.restore(destination, backup, *allowed)

    assert [row["is_disabled"] for row in alerts(destination)].count(True) == 1
    assert workdir.plan(destination, backup, "--schedules", "keep").counts == {}


def test_what_is_off_in_the_source_asks_nobody(workdir: Workdir, serve: Serve):
    source, destination = serve(1), serve(2)
    fill(source, count=2, disabled=2)

    planned = workdir.plan(destination, workdir.backup(source, *TYPES), "--schedules", "keep")

    assert "schedules-across" not in guards(planned)


def test_what_people_switched_on_there_stays_on_when_the_rest_is_rewritten(
    workdir: Workdir, serve: Serve
):
    """PUT takes the whole alert: what the plan does not say must be sent as it is."""
    source, destination = serve(1), serve(2)
    fill(source, count=1)
    _ = workdir.restore(destination, workdir.backup(source, *TYPES), "--allow", "users-across")
    (there,) = alerts(destination)
    me = call_sandbox(destination, "GET", "/user")["id"]
    change = {"is_disabled": False, "owner_id": me}
    _ = call_sandbox(destination, "PATCH", f"/alerts/{there['id']}", change)
    (here,) = alerts(source)
    names = ("owner_id", "threshold", "comparison_type", "field", "destinations")
    body = {name: here[name] for name in (*names, "dashboard_element_id", "custom_title")}
    _ = call_sandbox(source, "PUT", f"/alerts/{here['id']}", {**body, "cron": "0 9 * * *"})
    backup = workdir.backup(source, *TYPES)

    destination.requests.clear()
    _ = workdir.restore(destination, backup)

    (now,) = alerts(destination)
    assert [(each.method, each.path) for each in destination.writes()] == [
        ("PUT", f"/alerts/{there['id']}")
    ]
    assert now["cron"] == "0 9 * * *"
    assert (now["is_disabled"], now["owner_id"], now["description"]) == (False, me, None)
    assert workdir.plan(destination, backup).counts == {}


def test_turning_one_on_again_asks(workdir: Workdir, serve: Serve):
    source = serve(1)
    fill(source)
    backup = workdir.backup(source, *TYPES)
    on = next(row for row in alerts(source) if not row["is_disabled"])
    _ = call_sandbox(source, "PATCH", f"/alerts/{on['id']}", {"is_disabled": True})

    planned = workdir.plan(source, backup)

    assert guards(planned)["schedules-enable"].startswith("1 disabled schedule or alert ")
    workdir.apply(source, planned, code=4)


def test_one_too_many_goes_and_those_of_a_tile_go_with_it(workdir: Workdir, serve: Serve):
    source = serve(1)
    fill(source, count=1)
    backup = workdir.backup(source, *TYPES)
    dashboard = call_sandbox(source, "GET", "/dashboards/search", title="Orders")[0]
    (element,) = dashboard["dashboard_elements"]
    body = {"dashboard_id": dashboard["id"], "type": "vis", "query_id": element["query_id"]}
    tile = call_sandbox(source, "POST", "/dashboard_elements", {**body, "title": "Another"})["id"]
    (alert,) = alerts(source)
    names = ("owner_id", "threshold", "comparison_type", "field", "destinations", "cron")
    other = {name: alert[name] for name in names}
    one = call_sandbox(source, "POST", "/alerts", {**other, "dashboard_element_id": element["id"]})[
        "id"
    ]
    _ = call_sandbox(source, "POST", "/alerts", {**other, "dashboard_element_id": tile})

    planned = workdir.plan(source, backup, "--allow", "part-deletes", "--allow", "alerts-lost")
    assert guards(planned)["alerts-lost"] == (
        "2 alerts would be deleted, alone or with the tiles they belong to"
    )
    source.requests.clear()
    workdir.apply(source, planned)

    assert sorted((each.method, each.path) for each in source.writes()) == [
        ("DELETE", f"/alerts/{one}"),
        ("DELETE", f"/dashboard_elements/{tile}"),
    ]
    assert [row["id"] for row in alerts(source)] == [alert["id"]]


@pytest.mark.parametrize("kind", ["reset_after", "error_after"])
def test_a_lost_reply_makes_no_twin_among_many(workdir: Workdir, serve: Serve, kind: Any):
    """More alerts than a page of the search holds."""
    source, destination = serve(1), serve(2)
    fill(source, count=70)
    backup = workdir.backup(source, *TYPES)
    destination.faults.add(
        Fault(kind=kind, method="POST", path="^/alerts$", status=502, skip=20, count=1)
    )
    destination.faults.add(
        Fault(kind=kind, method="POST", path="^/alerts$", status=502, skip=60, count=2)
    )

    _ = workdir.restore(destination, backup, "--allow", "users-across")

    assert sorted(row["custom_title"] for row in alerts(destination)) == sorted(
        f"Too many {number}" for number in range(70)
    )
    assert workdir.plan(destination, backup).counts == {}


def test_nothing_is_asked_for_where_no_tile_has_one(workdir: Workdir, serve: Serve):
    source = serve(1)
    fill(source, count=0)

    backup = workdir.backup(source, *TYPES)

    assert not [each for each in source.requests if each.path == "/alerts/search"]
    assert workdir.plan(source, backup).counts == {}


def test_an_alert_without_its_owner_is_left_out_and_told(
    workdir: Workdir, serve: Serve, tmp_path: Path
):
    source, destination = serve(1), serve(2)
    fill(source, count=1)
    backup = workdir.backup(source, "folders", "dashboards")

    planned = workdir.plan(destination, backup)

    (action,) = [each for each in planned.actions.values() if each["type"] == "dashboard"]
    (blocked,) = action["parts"]["alerts"]["blocked"]
    assert blocked["title"] == "Too many 0"
    assert "user:" in blocked["reason"]
    workdir.apply(destination, planned, code=3)
    assert alerts(destination) == []


def test_those_of_a_tile_that_vanishes_meanwhile_are_made_anew_with_it(
    workdir: Workdir, serve: Serve
):
    source = serve(1)
    fill(source, count=2)
    backup = workdir.backup(source, *TYPES)
    (element,) = call_sandbox(source, "GET", "/dashboards/search", title="Orders")[0][
        "dashboard_elements"
    ]
    path = f"/dashboard_elements/{element['id']}"
    _ = call_sandbox(source, "PATCH", path, {"title": "Spoilt"})
    planned = workdir.plan(source, backup, "--on-missing", "create")
    answer, gone = source.looker.answer, list[str]()

    def answered(method: str, at: str, *more: Any, **rest: Any) -> Any:
        if method == "PATCH" and at.endswith(path) and not gone:
            gone.append(path)
            _ = call_sandbox(source, "DELETE", path)
        return answer(method, at, *more, **rest)

    source.looker.answer = answered  # pyright: ignore[reportAttributeAccessIssue]
    workdir.apply(source, planned)

    assert gone
    assert sorted(by_title(source)) == ["Too many 0", "Too many 1"]
    assert workdir.plan(source, backup).counts == {}
