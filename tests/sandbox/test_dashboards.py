"""Titles, slugs, trash, owners and LookML of dashboards and looks (looker-api.md 2.1, 2.2)."""

import pytest

from tests.sandbox.conftest import name

TITLE = "[:title, :space_id]"  # a printed Ruby array (looker-api.md 1.2)


@pytest.mark.parametrize("kind", ["dashboards", "looks"])
def test_a_title_is_unique_in_its_folder_among_what_is_live(api, kind):
    path, folder, title = f"/{kind}", api.new("/folders"), name("Title")
    first = api.new(path, title=title)
    second = api.new(path, title=title, folder_id=folder)
    body = {"title": title, "folder_id": "1"}
    body |= {"query_id": api.new("/queries")} if kind == "looks" else {}
    clash = (422, [(TITLE, "already_exists")])

    assert api.no("POST", path, body) == clash
    assert api.no("PATCH", f"{path}/{second}", {"folder_id": "1"}) == clash
    api.ok("PATCH", f"{path}/{first}", {"deleted": True})
    third = api.ok("POST", path, body)["id"]
    assert api.no("PATCH", f"{path}/{first}", {"deleted": False}) == clash
    api.ok("PATCH", f"{path}/{third}", {"title": name("Other")})
    assert api.ok("PATCH", f"{path}/{first}", {"deleted": False})["deleted_at"] is None


@pytest.mark.parametrize("kind", ["dashboards", "looks"])
def test_folders_and_owners_must_exist(api, kind):
    body = {"title": name("x"), "folder_id": "1"}
    body |= {"query_id": api.new("/queries")} if kind == "looks" else {}

    def refused(**change):
        return api.no("POST", f"/{kind}", body | change)

    assert refused(folder_id="999999") == (422, [("folder_id", "missing")])
    assert refused(folder_id=None) == (422, [("folder_id", "missing_field")])
    assert refused(user_id="999999") == (422, [("user_id", "missing")])
    assert refused(folder_id="lookml") == (422, [("folder_id", "invalid")])
    assert refused(folder_id="2") == (422, [("folder_id", "invalid")])


def test_a_slug_is_unique_even_in_the_trash(api):
    slug = "abcdefghij0123456789AB"
    api.ok("PATCH", f"/dashboards/{api.new('/dashboards', slug=slug)}", {"deleted": True})

    taken = {"title": name("x"), "folder_id": "1", "slug": slug}
    assert api.no("POST", "/dashboards", taken) == 409
    other = api.new("/dashboards")
    refused = api.no("PATCH", f"/dashboards/{other}", {"slug": slug})
    assert refused == (422, [("slug", "already_exists")])
    assert len(api.ok("PATCH", f"/dashboards/{other}", {"slug": None})["slug"]) == 22


def test_the_trash_is_a_search_of_its_own(api):
    title = name("Trash")
    id_ = api.new("/dashboards", title=title)
    trashed = api.ok("PATCH", f"/dashboards/{id_}", {"deleted": True})

    assert trashed["deleted_at"]
    assert trashed["deleter_id"] == api.ok("GET", "/user")["id"]
    assert api.ok("GET", "/dashboards/search", title=title) == []
    found = api.ok("GET", "/dashboards/search", title=title, deleted="true")
    assert [row["id"] for row in found] == [id_]
    assert id_ not in {row["id"] for row in api.ok("GET", "/dashboards")}


def test_delete_is_for_good_and_takes_everything_along(api, sandbox):
    id_ = api.new("/dashboards")
    api.new("/dashboard_elements", dashboard_id=id_, type="text")
    api.new("/scheduled_plans", dashboard_id=id_)
    tables = ("dashboard_elements", "dashboard_layouts", "dashboard_layout_components")
    before = {t: len(sandbox.looker.store.table(t)) for t in (*tables, "scheduled_plans")}

    api.ok("DELETE", f"/dashboards/{id_}")

    assert api.no("GET", f"/dashboards/{id_}") == 404
    assert {t: len(sandbox.looker.store.table(t)) for t in before} == {
        t: n - 1 for t, n in before.items()
    }


def test_a_change_answers_with_the_whole_dashboard(api):
    id_ = api.new("/dashboards")
    api.new("/dashboard_elements", dashboard_id=id_, type="text")

    changed = api.ok("PATCH", f"/dashboards/{id_}", {"hidden": True})

    assert changed["hidden"]
    assert len(changed["dashboard_elements"]) == 1
    assert api.ok("PATCH", f"/dashboards/{id_}", {})["hidden"]


def test_the_server_fills_in_what_is_left_out(api):
    made = api.ok("GET", f"/dashboards/{api.new('/dashboards', refresh_interval='2 hours')}")

    assert made["preferred_viewer"] == "dashboards-next"
    assert made["load_configuration"] == "cache_run"
    assert made["refresh_interval_to_i"] == 7_200_000
    assert made["folder"]["is_shared_root"]
    assert made["user_id"] == api.ok("GET", "/user")["id"]
    assert made["created_at"] <= made["updated_at"]


def test_lists_differ_in_what_they_hold(api):
    id_ = api.new("/dashboards")

    everything = {row["id"]: row for row in api.ok("GET", "/dashboards")}
    assert everything["finance::overview"]["readonly"]
    assert "dashboard_elements" not in everything[id_]
    searched = {row["id"]: row for row in api.ok("GET", "/dashboards/search")}
    assert "finance::overview" not in searched
    assert searched[id_]["dashboard_layouts"]
    slug = searched[id_]["slug"]
    assert api.ok("GET", f"/dashboards/{slug}")["id"] == id_


def test_lookml_dashboards_are_for_reading(api):
    path = "/dashboards/finance%3A%3Aoverview"

    assert api.ok("GET", path)["title"] == "Finance Overview"
    assert api.no("PATCH", path, {"title": "x"}) == 405
    assert api.no("DELETE", path) == 405
    assert api.no("GET", "/dashboards/finance::none") == 404
    linked = {"title": name("x"), "folder_id": "1", "lookml_link_id": "finance::none"}
    assert api.no("POST", "/dashboards", linked) == (422, [("lookml_link_id", "missing")])


def test_a_dashboard_moves_and_is_certified(api):
    id_, folder = api.new("/dashboards"), api.new("/folders")

    assert api.ok("PATCH", f"/dashboards/{id_}/move", folder_id=folder)["folder_id"] == folder
    body = {"certification_status": "certified", "notes": "fine"}
    certified = api.ok("PATCH", f"/dashboards/{id_}/certification", body)
    assert certified["certification_metadata"]["notes"] == "fine"


def test_looks_come_with_their_query_only_one_by_one_and_by_folder(api):
    query = api.new("/queries")
    id_ = api.new("/looks", query_id=query, public=True)

    one = api.ok("GET", f"/looks/{id_}")
    assert one["query"]["id"] == query
    assert one["model"]["id"] == "finance"
    assert one["public_slug"]
    listed = next(row for row in api.ok("GET", "/looks") if row["id"] == id_)
    assert listed["query_id"] == query
    assert "query" not in listed
    assert "query" not in api.ok("GET", "/looks/search", id=id_)[0]
    assert api.ok("GET", "/looks/search", query_id=query)[0]["id"] == id_


def test_a_look_is_certified_and_loses_it_again(api):
    path = f"/looks/{api.new('/looks')}"

    body = {"certification_status": "certified"}
    certified = api.ok("PATCH", f"{path}/certification", body)["certification_metadata"]
    assert certified["user_name"] == "Sandbox Admin"
    cleared = api.ok("PATCH", path, {"certification_metadata": {"certification_status": None}})
    assert cleared["certification_metadata"] is None


def test_something_may_be_made_in_the_trash(api):
    assert api.ok("GET", f"/dashboards/{api.new('/dashboards', deleted=True)}")["deleted_at"]


def test_a_look_needs_a_query_that_exists(api):
    body = {"title": name("x"), "folder_id": "1"}

    assert api.no("POST", "/looks", body) == (422, [("query_id", "missing_field")])
    unknown = api.no("POST", "/looks", body | {"query_id": "999999"})
    assert unknown == (422, [("query_id", "missing")])
    inline = api.ok("POST", "/looks", body | {"query": {"model": "finance", "view": "orders"}})
    assert inline["query"]["view"] == "orders"


def test_nested_lists_come_in_no_particular_order(api, fresh):
    """Two instances give a dashboard's parts in different orders (looker-api.md 5)."""
    orders = []
    for looker in (api.sandbox.looker, fresh.looker):
        _, made = looker.call("POST", "/dashboards", body={"title": "Order", "folder_id": "1"})
        for title in "ab":
            body = {"dashboard_id": made["id"], "type": "text", "title": title}
            looker.call("POST", "/dashboard_elements", body=body)
        _, shown = looker.call("GET", f"/dashboards/{made['id']}")
        orders.append([row["title"] for row in shown["dashboard_elements"]])

    assert sorted(orders) == [["a", "b"], ["b", "a"]]
