"""Lookers of other versions: fields that are new, endpoints that are not there yet."""

import pytest

from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.json_fields import Row
from lookervault_plan.sandbox.server import Sandbox
from tests.sandbox.conftest import Client, name

NEWER: Row = {"invented_in_2031": {"by": ["somebody"]}}


@pytest.fixture
def newer(fresh: Sandbox):
    fresh.looker.instance.newer_fields = NEWER
    client = Client(fresh)
    with client.session:
        yield client


def test_a_newer_looker_adds_fields_at_every_depth(newer):
    query = newer.new("/queries", vis_config={"type": "bar"}, filters={"orders.id": "1"})
    id_ = newer.new("/dashboards", appearance={"tile_shadow": True})
    newer.ok("POST", "/dashboard_elements", {"dashboard_id": id_, "query_id": query})

    shown = newer.ok("GET", f"/dashboards/{id_}")

    (tile,) = shown["dashboard_elements"]
    inside = [shown, shown["appearance"], shown["folder"], tile, tile["query"]]
    inside += tile["result_maker"]["filterables"]
    inside += shown["dashboard_layouts"][0]["dashboard_layout_components"]
    assert all(one.items() >= NEWER.items() for one in inside)
    assert tile["query"]["vis_config"] == {"type": "bar"}
    assert tile["query"]["filters"] == {"orders.id": "1"}
    assert all(row.items() >= NEWER.items() for row in newer.ok("GET", "/folders"))


def test_a_newer_looker_takes_its_own_fields_and_no_others(newer):
    id_ = newer.new("/dashboards", **NEWER)

    changed = newer.ok(
        "PATCH", f"/dashboards/{id_}", {"appearance": {"tile_shadow": True, **NEWER}}
    )
    assert changed["appearance"].items() >= NEWER.items()
    assert newer.no("PATCH", f"/dashboards/{id_}", {"other": 1}) == (422, [("other", "unknown")])


def test_an_older_looker_lacks_an_endpoint(fresh):
    fresh.faults.add(Fault(kind="error", path="^/alerts", status=404))
    client = Client(fresh)

    with client.session:
        assert client.no("GET", "/alerts/search") == 404
        assert client.ok("GET", "/dashboards/search") == []


def test_a_key_without_a_role_for_a_model_does_not_see_it(api, sandbox):
    models = api.new("/model_sets", models=["ecommerce"])
    role = api.new("/roles", model_set_id=models)
    limited = Client(sandbox, *sandbox.looker.add_api_user(admin=False, name=name("Limited")))
    body = {"view": "orders", "fields": ["orders.count"]}

    with limited.session:
        me = limited.ok("GET", "/user")["id"]
        assert "finance" in {row["name"] for row in limited.ok("GET", "/lookml_models")}
        api.ok("PUT", f"/users/{me}/roles", [role])

        assert {row["name"] for row in limited.ok("GET", "/lookml_models")} == {"ecommerce"}
        assert limited.no("GET", "/lookml_models/finance") == 404
        assert limited.no("GET", "/lookml_models/finance/explores/orders") == 404
        assert limited.no("POST", "/queries", body | {"model": "finance"}) == 404
        assert limited.ok("POST", "/queries", body | {"model": "ecommerce"})["id"]


@pytest.mark.parametrize("kind", ["dashboards", "looks"])
def test_lists_leave_out_what_a_limited_key_does_not_see(api, viewer, kind):
    personal = api.ok("GET", "/user")["personal_folder_id"]
    hidden, shown = api.new(f"/{kind}", folder_id=personal), api.new(f"/{kind}")

    for path in (f"/{kind}", f"/{kind}/search"):
        listed = {row["id"] for row in viewer.ok("GET", path)}
        assert shown in listed
        assert hidden not in listed
    assert personal not in {row["id"] for row in viewer.ok("GET", "/folders")}


def test_an_older_instance_lacks_endpoints_and_some_are_for_admins():
    with Sandbox(
        seed=5, lacks={"/groups/search/with_hierarchy"}, admin_reads={"/datagroups": 403}
    ) as sandbox:
        limited = Client(sandbox, *sandbox.looker.add_api_user(admin=False, name=name("Limited")))

        assert Client(sandbox).no("GET", "/groups/search/with_hierarchy") == 404
        assert limited.no("GET", "/datagroups") == 403
        assert Client(sandbox).ok("GET", "/groups")
        assert isinstance(Client(sandbox).ok("GET", "/datagroups"), list)
