"""Scheduled plans and alerts (looker-api.md 2.12, 3.6)."""

import pytest

from tests.sandbox.conftest import name

EMAIL = {"type": "email", "address": "a@example.com", "format": "wysiwyg_pdf"}
BUCKET = {"type": "s3", "address": "s3://b", "format": "csv"}


@pytest.fixture(scope="module")
def body(api):
    return {
        "name": "Plan",
        "dashboard_id": api.new("/dashboards"),
        "crontab": "0 6 * * *",
        "scheduled_plan_destination": [EMAIL],
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"dashboard_id": None}, "dashboard_id"),
        ({"query_id": "1"}, "dashboard_id"),
        ({"dashboard_id": "999999"}, "dashboard_id"),
        ({"crontab": None}, "crontab"),
        ({"datagroup": "finance::close_of_month"}, "crontab"),
        ({"crontab": None, "datagroup": "finance::none"}, "datagroup"),
        ({"crontab": "daily"}, "crontab"),
        ({"scheduled_plan_destination": []}, "scheduled_plan_destination"),
        (
            {"scheduled_plan_destination": [{**EMAIL, "id": "1"}]},
            "scheduled_plan_destination[0].id",
        ),
        (
            {"scheduled_plan_destination": [{**EMAIL, "address": "x"}]},
            "scheduled_plan_destination[0].address",
        ),
        (
            {"scheduled_plan_destination": [BUCKET]},
            "scheduled_plan_destination[0].secret_parameters",
        ),
        ({"enabled": None}, "enabled"),
        ({"user_id": "999999"}, "user_id"),
        ({"tab_ids": ["999999"]}, "tab_ids"),
        ({"title": "x"}, "title"),
    ],
)
def test_a_plan_that_does_not_add_up_is_refused(api, body, change, field):
    status, errors = api.no("POST", "/scheduled_plans", body | change)

    assert (status, [name for name, _ in errors]) == (422, [field])


def test_lookml_dashboards_and_folders_have_plans_too(api, body):
    plan = body | {"dashboard_id": None, "lookml_dashboard_id": "finance::usage"}
    id_ = api.ok("POST", "/scheduled_plans", plan)["id"]
    folder = api.new("/folders")
    inside = api.new("/scheduled_plans", dashboard_id=api.new("/dashboards", folder_id=folder))

    unknown = plan | {"lookml_dashboard_id": "finance::none"}
    assert api.no("POST", "/scheduled_plans", unknown)[1] == [("lookml_dashboard_id", "missing")]
    found = api.ok("GET", "/scheduled_plans/lookml_dashboard/finance::usage")
    assert [row["id"] for row in found] == [id_]
    assert [row["id"] for row in api.ok("GET", f"/scheduled_plans/space/{folder}")] == [inside]


def test_a_looks_plan_says_when_to_send(api, body):
    plan = body | {"dashboard_id": None, "look_id": api.new("/looks")}
    needs = {"require_results": True, "require_no_results": False, "require_change": False}

    assert api.no("POST", "/scheduled_plans", plan)[0] == 422
    assert api.ok("POST", "/scheduled_plans", plan | needs)["require_results"]


def test_destinations_are_replaced_as_a_whole_and_keep_secrets(api, body):
    secret = BUCKET | {"secret_parameters": '{"key": "x"}'}
    plan = api.ok(
        "POST", "/scheduled_plans", body | {"scheduled_plan_destination": [EMAIL, secret]}
    )
    path, field = f"/scheduled_plans/{plan['id']}", "scheduled_plan_destination"

    assert [row["secret_parameters"] for row in plan[field]] == [None, None]
    assert api.ok("PATCH", path, {"name": "Other"})[field] == plan[field]
    for empty in (None, []):
        assert api.no("PATCH", path, {field: empty})[0] == 422
    replaced = api.ok("PATCH", path, {field: [EMAIL]})[field]
    assert len(replaced) == 1
    assert replaced[0]["id"] != plan[field][0]["id"]


def test_a_plan_without_its_secrets_can_wait_disabled(api, body):
    plan = body | {"scheduled_plan_destination": [BUCKET], "enabled": False}
    id_ = api.ok("POST", "/scheduled_plans", plan)["id"]

    assert api.no("PATCH", f"/scheduled_plans/{id_}", {"enabled": True})[0] == 422


def test_lists_show_ones_own_plans_unless_asked_for_all(api, viewer, body):
    mine = api.ok("POST", "/scheduled_plans", body)
    other = api.new("/users")
    theirs = api.ok("POST", "/scheduled_plans", body | {"user_id": other})["id"]
    path = "/scheduled_plans"

    def ids(**query):
        return {row["id"] for row in api.ok("GET", path, **query)}

    assert theirs not in ids()
    assert {mine["id"], theirs} <= ids(all_users="true")
    assert ids(user_id=other) == {theirs}
    found = api.ok("GET", f"{path}/dashboard/{body['dashboard_id']}", all_users="true")
    assert {mine["id"], theirs} <= {row["id"] for row in found}
    assert viewer.ok("GET", path, all_users="true") == []
    assert viewer.no("POST", path, body | {"user_id": other}) == 403
    assert mine["title"] == mine["name"]
    assert mine["user"]["id"] == mine["user_id"]


def test_the_old_name_of_filters_still_works(api, body):
    plan = api.ok("POST", "/scheduled_plans", body | {"dashboard_filters": "?a=1"})

    assert plan["filters_string"] == plan["dashboard_filters"] == "?a=1"


@pytest.fixture
def alert(api):
    element = api.ok(
        "POST",
        "/dashboard_elements",
        {"dashboard_id": api.new("/dashboards"), "query_id": api.new("/queries")},
    )
    return {
        "dashboard_element_id": element["id"],
        "owner_id": api.ok("GET", "/user")["id"],
        "cron": "0 5 * * *",
        "threshold": 1,
        "comparison_type": "GREATER_THAN",
        "field": {"title": "Count", "name": "orders.count"},
        "destinations": [{"destination_type": "EMAIL", "email_address": "a@example.com"}],
        "custom_title": name("Alert"),
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"owner_id": None}, "owner_id"),
        ({"owner_id": "999999"}, "owner_id"),
        ({"comparison_type": "MORE"}, "comparison_type"),
        ({"cron": "x"}, "cron"),
        ({"destinations": []}, "destinations"),
        ({"destinations": [{"destination_type": "EMAIL"}]}, "destinations[0].email_address"),
        ({"field": {"title": "x"}}, "field.name"),
        ({"dashboard_element_id": "999999"}, "dashboard_element_id"),
        ({"dashboard_element_id": None}, "dashboard_element_id"),
        ({"investigative_content_id": "999999"}, "investigative_content_id"),
        (
            {
                "applied_dashboard_filters": [
                    {"filter_title": "", "field_name": "a", "filter_value": "b"}
                ]
            },
            "applied_dashboard_filters[0].filter_title",
        ),
    ],
)
def test_an_alert_that_does_not_add_up_is_refused(api, alert, change, field):
    status, errors = api.no("POST", "/alerts", alert | change)

    assert (status, [name for name, _ in errors]) == (422, [field])


def test_an_alert_is_patched_in_part_and_put_as_a_whole(api, alert):
    id_ = api.ok("POST", "/alerts", alert)["id"]
    path = f"/alerts/{id_}"

    assert api.ok("PATCH", path, {"is_disabled": True})["is_disabled"]
    assert api.no("PATCH", path, {"cron": "0 6 * * *"}) == (422, [("cron", "unknown")])
    whole = api.ok("PUT", path, {k: v for k, v in alert.items() if k != "custom_title"})
    assert (whole["custom_title"], whole["is_disabled"]) == (None, False)
    assert api.no("PUT", path, {"cron": "0 6 * * *"})[0] == 422


def test_an_alert_may_stand_on_a_lookml_dashboard(api, alert):
    place = {"dashboard_element_id": None, "lookml_link_id": "tile"}
    made = api.ok("POST", "/alerts", alert | place | {"lookml_dashboard_id": "finance::usage"})
    unknown = alert | place | {"lookml_dashboard_id": "finance::none"}

    assert made["dashboard_element_id"] is None
    assert api.no("POST", "/alerts", unknown) == (422, [("lookml_dashboard_id", "missing")])
    api.ok("PATCH", f"/alerts/{made['id']}", {"is_disabled": True})
    disabled = {row["id"] for row in api.ok("GET", "/alerts/search", disabled="true")}
    assert made["id"] in disabled


def test_alerts_die_with_their_tile(api, alert):
    id_ = api.ok("POST", "/alerts", alert)["id"]
    element = f"/dashboard_elements/{alert['dashboard_element_id']}"

    assert api.ok("GET", element)["alert_count"] == 1
    api.ok("DELETE", element)
    assert api.no("GET", f"/alerts/{id_}") == 404


def test_a_text_tile_takes_no_alert(api, alert):
    text = {"dashboard_id": api.new("/dashboards"), "type": "text"}
    element = api.ok("POST", "/dashboard_elements", text)["id"]

    assert api.no("POST", "/alerts", alert | {"dashboard_element_id": element})[0] == 422


def test_all_owners_alerts_are_for_admins(api, viewer, alert):
    mine = api.ok("POST", "/alerts", alert)["id"]
    theirs = api.ok("POST", "/alerts", alert | {"owner_id": api.new("/users")})["id"]

    def ids(**query):
        return {row["id"] for row in api.ok("GET", "/alerts/search", **query)}

    assert mine in ids()
    assert theirs not in ids()
    assert {mine, theirs} <= ids(all_owners="true")
    assert len(ids(all_owners="true", limit=1)) == 1
    assert viewer.no("GET", "/alerts/search", all_owners="true") == 403
