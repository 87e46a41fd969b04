"""What the destination does not know is left out, and the rest stays."""

from lookervault_plan.content.node import Json
from lookervault_plan.content.overrides import (
    PARTIAL_KEY,
    Adjustments,
    adjust,
    all_outside_names,
    left_out_names,
    take_partial,
)
from lookervault_plan.content.table.kinds import KINDS
from tests.planning.objects import a_dashboard

GONE = Adjustments(left_out={"lookml_dashboard": ("ecommerce::gone",)})


def test_a_link_to_a_lookml_dashboard_that_is_not_there_is_dropped_not_the_dashboard():
    raw = a_dashboard(lookml_link_id="ecommerce::gone", description="kept")
    raw["dashboard_layouts"][0]["lookml_link_id"] = "ecommerce::gone"

    told = list(left_out_names(all_outside_names(KINDS["dashboard"], raw), GONE))
    adjust("dashboard", raw, GONE)

    # of the dashboard and of its tab
    assert [path for path, _ in told] == ["lookml_link_id", "lookml_link_id"]
    assert "lookml_link_id" not in raw
    assert "lookml_link_id" not in raw["dashboard_layouts"][0]
    assert raw["description"] == "kept"


def test_a_link_that_the_destination_knows_stays():
    raw = a_dashboard(lookml_link_id="ecommerce::there")

    adjust("dashboard", raw, GONE)

    assert raw["lookml_link_id"] == "ecommerce::there"


def test_the_backup_s_own_mark_is_taken_out_of_the_object():
    raw: dict[str, Json] = {"id": "1", PARTIAL_KEY: ["alerts"]}

    assert take_partial(raw) == {"alerts"}
    assert take_partial(raw) == set()
    assert raw == {"id": "1"}


def test_a_damaged_list_of_parts_stops_nothing():
    raw = a_dashboard(lookml_link_id="ecommerce::gone")
    raw["dashboard_layouts"] = [None, "text", {"id": "61", "lookml_link_id": "ecommerce::gone"}]

    told = list(left_out_names(all_outside_names(KINDS["dashboard"], raw), GONE))
    adjust("dashboard", raw, GONE)

    assert len(told) == 2
    assert raw["dashboard_layouts"] == [None, "text", {"id": "61"}]


def test_a_permission_that_the_destination_lacks_is_left_out_of_the_list():
    raw: dict[str, Json] = {"id": "1", "name": "Viewer", "permissions": ["see_looks", "new_one"]}

    adjust("permission_set", raw, Adjustments(left_out={"permission": ("new_one",)}))

    assert raw["permissions"] == ["see_looks"]
