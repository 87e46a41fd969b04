"""An update keeps what the live object holds and the backup lacks."""

from typing import Any

from lookervault_plan.content.node import Ref
from lookervault_plan.content.normalise import normalise
from lookervault_plan.plan_file import Change, PartAction, Parts, Update
from lookervault_plan.steps.over_live import over_live
from lookervault_plan.steps.recipes import expand
from tests.planning.objects import a_dashboard, a_tile


def bodies(item, live, changes=(), parts=None):
    """Return the request bodies of an update of dashboard 42, laid over the live one, by kind."""
    action = Update(
        address="dashboard:42",
        type="dashboard",
        name="KPIs",
        destination_id="42",
        matched_by="id",
        changes=tuple(Change(path=path) for path in changes),
        parts=parts or {},
        content_digest="",
        live_digest="",
    )
    node = normalise("dashboard", item)
    steps = [over_live(step, node, live) for step in expand(action, node)]
    return {step.kind: dict(step.request.body or {}) for step in steps}


def an_update(key, *paths):
    return Parts(
        update=(
            PartAction(key=key, live_id=key, changes=tuple(Change(path=path) for path in paths)),
        )
    )


def test_keys_of_an_object_that_the_backup_lacks_are_sent_as_they_are():
    item = a_dashboard(id="42", appearance={"page": "white"})
    live = a_dashboard(id="42", appearance={"page": "black", "modern": True})

    assert bodies(item, live, ["appearance.page"]) == {
        "dashboard": {"appearance": {"page": "white", "modern": True}}
    }


def test_null_in_an_object_takes_the_live_value_away():
    item = a_dashboard(id="42", appearance={"page": None})
    live = a_dashboard(id="42", appearance={"page": "black"})

    assert bodies(item, live, ["appearance.page"]) == {"dashboard": {"appearance": {"page": None}}}


def test_siblings_of_a_nested_field_stay():
    item = a_dashboard(id="42", certification_metadata={"certification_status": "certified"})
    live = a_dashboard(
        id="42",
        certification_metadata={
            "certification_status": "revoked",
            "notes": "Why",
            "user_name": "Ann",
        },
    )

    assert bodies(item, live, ["certification_metadata.certification_status"]) == {
        "dashboard": {
            "certification_metadata": {"certification_status": "certified", "notes": "Why"}
        }
    }


def test_filters_of_a_tile_stay_though_its_look_is_another():
    filterables = [{"model": "m", "view": "v", "listen": []}]
    item = a_dashboard(id="42", tiles=[{"id": "7", "type": "vis", "look_id": "9"}])
    live = a_dashboard(
        id="42",
        tiles=[
            {
                "id": "7",
                "type": "vis",
                "look_id": "8",
                "result_maker": {"filterables": filterables, "total": True},
            }
        ],
    )

    found = bodies(item, live, parts={"elements": an_update("7", "look_id")})

    assert found["dashboard_element"] == {"result_maker": {"filterables": filterables}}


def test_a_whole_write_of_an_alert_unsets_nothing_that_the_backup_lacks():
    tiles = [a_tile("7")]
    alert = {
        "id": "3",
        "dashboard_element_id": "7",
        "comparison_type": "GREATER_THAN",
        "threshold": 5,
        "cron": "0 5 * * *",
        "field": {"title": "Orders", "name": "orders.count"},
        "destinations": [{"destination_type": "EMAIL", "email_address": "a@example.com"}],
    }
    more: dict[str, Any] = {"custom_title": "Too many", "owner_id": "4", "enhancements": "NONE"}
    more["time_series_condition_state"] = {"latest_time_series_id": "2025-01-18"}
    item = a_dashboard(id="42", tiles=tiles, alerts=[alert])
    live = a_dashboard(id="42", tiles=tiles, alerts=[{**alert, **more, "cron": "0 6 * * *"}])
    parts = {
        "elements": Parts(keep=(PartAction(key="7", live_id="7"),)),
        "alerts": an_update("3", "cron"),
    }

    found = bodies(item, live, parts=parts)["alert"]

    assert {name: found.get(name) for name in more} == more
    assert found["cron"] == "0 5 * * *"


def test_a_step_on_something_that_is_not_live_stays_as_it_is():
    item = normalise("dashboard", a_dashboard(id="42", appearance={"page": "white"}))
    action = Update(
        address="dashboard:42",
        type="dashboard",
        name="KPIs",
        destination_id="42",
        matched_by="id",
        parts={"elements": an_update("7", "title")},
        content_digest="",
        live_digest="",
    )
    steps = expand(action, item)

    assert [over_live(step, item, {"id": "42"}) for step in steps] == list(steps)
    assert Ref("dashboard", "42") == item.ref


def test_a_part_that_is_no_longer_there_is_sent_as_the_backup_has_it():
    tile = a_tile("70", "New", result_maker={"filterables": [{"model": "m"}]})
    item = a_dashboard(id="42", tiles=[tile])
    parts = {"elements": an_update("70", "title")}

    other = a_dashboard(id="42", tiles=[a_tile("71", "B")])

    assert bodies(item, other, parts=parts) == {"dashboard_element": {"title": "New"}}
