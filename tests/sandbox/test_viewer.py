"""Refusals for a user who is no admin: mostly 404, as if absent (looker-api.md 1.1)."""

import pytest


@pytest.fixture(scope="module")
def hidden(api):
    """The admin's personal folder, and a dashboard in it with one of each part."""
    folder = api.ok("GET", "/user")["personal_folder_id"]
    dashboard = api.new("/dashboards", folder_id=folder)
    layout = api.ok("GET", f"/dashboards/{dashboard}")["dashboard_layouts"][0]["id"]
    field = {"dashboard_id": dashboard, "name": "F", "title": "F", "type": "date_filter"}
    element = api.new("/dashboard_elements", dashboard_id=dashboard, query_id=api.new("/queries"))
    (component,) = api.ok("GET", f"/dashboard_layouts/{layout}/dashboard_layout_components")
    return {
        "folders": folder,
        "dashboards": dashboard,
        "dashboard_layouts": layout,
        "dashboard_filters": api.ok("POST", "/dashboard_filters", field)["id"],
        "dashboard_elements": element,
        "dashboard_layout_components": component["id"],
        "content_metadata": api.ok("GET", f"/folders/{folder}")["content_metadata_id"],
    }


@pytest.mark.parametrize("table", [
    "folders", "dashboards", "dashboard_layouts", "dashboard_filters", "dashboard_elements",
    "dashboard_layout_components", "content_metadata",
])  # fmt: skip
def test_what_is_hidden_is_not_found(viewer, hidden, table):
    path = f"/{table}/{hidden[table]}"

    assert viewer.no("GET", path) == 404
    assert viewer.no("PATCH", path, {}) == 404
    assert viewer.no("DELETE", path) == 404


def test_nothing_is_put_where_one_may_not_look(api, viewer, hidden):
    folder, metadata = hidden["folders"], hidden["content_metadata"]
    (entry,) = api.ok("GET", "/content_metadata_access", content_metadata_id=metadata)
    access = {"content_metadata_id": metadata, "permission_type": "view", "group_id": "1"}

    assert viewer.no("POST", "/folders", {"name": "x", "parent_id": folder}) == 404
    assert viewer.no("POST", "/dashboards", {"title": "x", "folder_id": folder}) == 404
    assert viewer.no("POST", "/content_metadata_access", access) == 404
    assert viewer.no("GET", "/content_metadata_access", content_metadata_id=metadata) == 404
    path = f"/content_metadata_access/{entry['id']}"
    assert viewer.no("PUT", path, {"permission_type": "view"}) == 404
    assert viewer.no("DELETE", path) == 404


def test_owners_are_set_by_admins_alone(api, viewer):
    me, other = viewer.ok("GET", "/user")["id"], api.new("/users")
    path = f"/dashboards/{viewer.new('/dashboards', user_id=other)}"

    assert viewer.ok("GET", path)["user_id"] == me
    assert viewer.ok("PATCH", path, {"user_id": other})["user_id"] == me
    board = viewer.new("/boards", user_id=other)
    assert viewer.ok("PATCH", f"/boards/{board}", {"user_id": other})["user_id"] == me
    assert viewer.no("PATCH", f"/boards/{api.new('/boards')}", {"title": "x"}) == 404


def test_only_admins_take_things_out_of_the_trash(viewer):
    path = f"/dashboards/{viewer.new('/dashboards')}"
    viewer.ok("PATCH", path, {"deleted": True})

    assert viewer.no("PATCH", path, {"deleted": False}) == 403


def test_people_are_the_admins_business(api, viewer):
    user, group = api.new("/users"), api.new("/groups")

    assert viewer.no("PATCH", f"/users/{user}", {"first_name": "x"}) == 403
    assert viewer.no("POST", f"/users/{user}/credentials_email", {"email": "a@b.c"}) == 403
    assert viewer.no("DELETE", f"/users/{user}/credentials_email") == 403
    assert viewer.no("POST", "/groups", {"name": "x"}) == 403
    assert viewer.no("POST", f"/groups/{group}/users", {"user_id": user}) == 403
    assert viewer.no("GET", f"/groups/{group}") == 404
    assert viewer.no("PUT", f"/users/{user}/roles", []) == 403
    # The sets of one's own role, User, are shown.
    assert [row["id"] for row in viewer.ok("GET", "/permission_sets")] == ["5"]
    assert [row["name"] for row in viewer.ok("GET", "/model_sets")] == ["All"]


def test_plans_and_alerts_are_their_owners(api, viewer, hidden):
    plan = api.new("/scheduled_plans")
    alert = {
        "dashboard_element_id": hidden["dashboard_elements"],
        "owner_id": api.ok("GET", "/user")["id"],
        "cron": "0 5 * * *",
        "threshold": 1,
        "comparison_type": "EQUAL_TO",
        "field": {"title": "Count", "name": "orders.count"},
        "destinations": [{"destination_type": "EMAIL", "email_address": "a@example.com"}],
    }
    path = f"/alerts/{api.ok('POST', '/alerts', alert)['id']}"

    assert viewer.no("PATCH", f"/scheduled_plans/{plan}", {"enabled": False}) == 404
    assert viewer.no("POST", "/alerts", alert) == 403
    assert viewer.no("PUT", path, alert) == 404
    alert |= {"owner_id": viewer.ok("GET", "/user")["id"]}
    assert viewer.no("POST", "/alerts", alert) == (422, [("dashboard_element_id", "missing")])
    tile = {"dashboard_id": viewer.new("/dashboards"), "query_id": viewer.new("/queries")}
    shown = viewer.ok("POST", "/dashboard_elements", tile)["id"]
    mine = viewer.ok("POST", "/alerts", alert | {"dashboard_element_id": shown})["id"]
    assert viewer.no("PATCH", f"/alerts/{mine}", {"owner_id": api.ok("GET", "/user")["id"]}) == 403
