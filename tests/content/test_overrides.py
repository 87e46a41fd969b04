"""Overrides: names that the destination lacks are removed before planning."""

from lookervault_plan.content.external_names import all_external_names
from lookervault_plan.content.node import Json, Ref
from lookervault_plan.content.overrides import (
    PARTIAL_KEY,
    Overrides,
    apply_overrides,
    describe_left_out,
    take_partial,
)
from lookervault_plan.content.table.kinds import KINDS
from tests.planning.objects import a_dashboard

GONE = Overrides(left_out={"lookml_dashboard": ("ecommerce::gone",)})


def test_a_link_to_a_missing_lookml_dashboard_is_removed_from_dashboard_and_tab():
    raw = a_dashboard(lookml_link_id="ecommerce::gone", description="kept")
    raw["dashboard_layouts"][0]["lookml_link_id"] = "ecommerce::gone"

    left_out = list(describe_left_out(all_external_names(KINDS["dashboard"], raw), GONE))
    apply_overrides("dashboard", raw, GONE)

    # of the dashboard and of its tab
    assert [path for path, _ in left_out] == ["lookml_link_id", "lookml_link_id"]
    assert "lookml_link_id" not in raw
    assert "lookml_link_id" not in raw["dashboard_layouts"][0]
    assert raw["description"] == "kept"


def test_a_link_to_an_existing_lookml_dashboard_stays():
    raw = a_dashboard(lookml_link_id="ecommerce::there")

    apply_overrides("dashboard", raw, GONE)

    assert raw["lookml_link_id"] == "ecommerce::there"


def test_the_list_of_partial_collections_is_removed_from_the_object():
    raw: dict[str, Json] = {"id": "1", PARTIAL_KEY: ["alerts"]}

    assert take_partial(raw) == {"alerts"}
    assert take_partial(raw) == set()
    assert raw == {"id": "1"}


def test_a_damaged_list_of_parts_stops_nothing():
    raw = a_dashboard(lookml_link_id="ecommerce::gone")
    raw["dashboard_layouts"] = [None, "text", {"id": "61", "lookml_link_id": "ecommerce::gone"}]

    left_out = list(describe_left_out(all_external_names(KINDS["dashboard"], raw), GONE))
    apply_overrides("dashboard", raw, GONE)

    assert len(left_out) == 2
    assert raw["dashboard_layouts"] == [None, "text", {"id": "61"}]


def test_a_permission_that_the_destination_lacks_is_left_out_of_the_list():
    raw: dict[str, Json] = {"id": "1", "name": "Viewer", "permissions": ["see_looks", "new_one"]}

    apply_overrides("permission_set", raw, Overrides(left_out={"permission": ("new_one",)}))

    assert raw["permissions"] == ["see_looks"]


def test_a_policy_that_is_off_gives_back_the_values_it_replaced_of_item_and_parts():
    alerts: list[Json] = [{"id": "8", "is_disabled": False}, {"id": "9", "is_disabled": True}, None]
    dashboard: dict[str, Json] = {**a_dashboard(), "alerts": alerts}
    schedule: dict[str, Json] = {"id": "5", "enabled": True}
    off = Overrides(policies=frozenset())

    assert apply_overrides("dashboard", dashboard, off) == {
        Ref("alert", "8"): {"is_disabled": False}
    }
    assert alerts[:2] == [{"id": "8", "is_disabled": True}, {"id": "9", "is_disabled": True}]
    assert apply_overrides("scheduled_plan", schedule, off) == {
        Ref("scheduled_plan", "5"): {"enabled": True}
    }
    assert apply_overrides("scheduled_plan", schedule, off) == {}


def test_an_item_of_a_backup_is_never_in_the_trash():
    raw = a_dashboard(deleted=True)

    _ = apply_overrides("dashboard", raw, Overrides())

    assert raw["deleted"] is None
