"""Folders (looker-api.md 2.5)."""

import pytest

from tests.sandbox.conftest import name


def test_roots_are_known_by_flag_and_id(api):
    folders = {row["id"]: row for row in api.ok("GET", "/folders")}

    assert folders["1"]["is_shared_root"]
    assert folders["1"]["parent_id"] is None
    assert folders["2"]["is_users_root"]
    assert folders["lookml"]["name"] == "LookML Dashboards"
    assert "dashboards" not in folders["1"]


def test_a_folder_needs_a_name_and_a_parent_that_takes_it(api):
    assert api.no("POST", "/folders", {"parent_id": "1"}) == (422, [("name", "missing_field")])
    for parent in (None, "999999", "2", "lookml"):
        assert api.no("POST", "/folders", {"name": "x", "parent_id": parent}) == 404


def test_siblings_have_different_names(api):
    title, parent = name("Sales/EMEA"), api.new("/folders")
    id_ = api.new("/folders", name=title)
    below = api.new("/folders", name=title, parent_id=parent)

    clash = (422, [("name", "already_exists")])
    assert api.no("POST", "/folders", {"name": title, "parent_id": "1"}) == clash
    assert api.no("PATCH", f"/folders/{below}", {"parent_id": "1"}) == clash
    assert api.ok("PATCH", f"/folders/{id_}", {"name": title})["name"] == title


def test_roots_and_personal_folders_stay_as_they_are(api):
    personal = api.ok("GET", "/user")["personal_folder_id"]

    for id_ in ("1", "2", "lookml", personal):
        assert api.no("PATCH", f"/folders/{id_}", {"name": "x"})[0] == 422
        assert api.no("DELETE", f"/folders/{id_}")[0] == 422


def test_a_folder_moves_with_all_below_but_not_into_itself(api):
    top = api.new("/folders")
    below = api.new("/folders", parent_id=top)
    personal = api.ok("GET", "/user")["personal_folder_id"]

    assert api.no("PATCH", f"/folders/{top}", {"parent_id": below})[0] == 422
    assert api.no("PATCH", f"/folders/{top}", {"parent_id": top})[0] == 422
    api.ok("PATCH", f"/folders/{top}", {"parent_id": personal})
    moved = api.ok("GET", f"/folders/{below}")
    assert moved["is_personal_descendant"]
    assert [row["id"] for row in api.ok("GET", f"/folders/{below}/ancestors")] == [
        "2", personal, top,
    ]  # fmt: skip
    assert api.ok("GET", f"/folders/{below}/parent")["child_count"] == 1


def test_deleting_a_folder_deletes_its_content_for_good(api):
    top = api.new("/folders")
    below = api.new("/folders", parent_id=top)
    dashboard, trashed = (api.new("/dashboards", folder_id=below) for _ in range(2))
    api.ok("PATCH", f"/dashboards/{trashed}", {"deleted": True})
    look = api.new("/looks", folder_id=top)
    tile = {"dashboard_id": dashboard, "query_id": api.new("/queries")}
    element = api.ok("POST", "/dashboard_elements", tile)["id"]
    plan = api.new("/scheduled_plans", dashboard_id=dashboard)

    api.ok("DELETE", f"/folders/{top}")

    gone = [
        *(f"/folders/{top}", f"/folders/{below}", f"/dashboards/{dashboard}"),
        *(f"/dashboards/{trashed}", f"/looks/{look}", f"/dashboard_elements/{element}"),
        f"/scheduled_plans/{plan}",
    ]
    assert [api.no("GET", path) for path in gone] == [404] * len(gone)
    assert api.ok("GET", "/dashboards/search", id=trashed, deleted="true") == []


def test_content_of_a_deleted_user_waits_in_the_trash(api):
    user = api.new("/users")
    folder = api.ok("GET", f"/users/{user}")["personal_folder_id"]
    dashboard = api.new("/dashboards", folder_id=folder)

    api.ok("DELETE", f"/users/{user}")

    assert api.ok("GET", f"/dashboards/{dashboard}")["deleted"]
    # Its folder is gone: it comes back in the restoring admin's own (looker-api.md 5, Trash).
    restored = api.ok("PATCH", f"/dashboards/{dashboard}", {"deleted": False})
    assert restored["folder_id"] == api.ok("GET", "/user")["personal_folder_id"]


@pytest.mark.parametrize("kind", ["dashboards", "looks"])
def test_a_folder_lists_its_live_content_in_full(api, kind):
    folder = api.new("/folders")
    kept, gone = (api.new(f"/{kind}", folder_id=folder) for _ in range(2))
    api.ok("PATCH", f"/{kind}/{gone}", {"deleted": True})

    listed = api.ok("GET", f"/folders/{folder}/{kind}")

    assert [row["id"] for row in listed] == [kept]
    assert [row["id"] for row in api.ok("GET", f"/folders/{folder}")[kind]] == [kept]
    assert listed[0].get("query" if kind == "looks" else "dashboard_layouts")
    assert len(api.ok("GET", "/folders/search", id=folder)[0][kind]) == 1


def test_the_lookml_folder_holds_lookml_dashboards(api):
    listed = {row["id"] for row in api.ok("GET", "/folders/lookml/dashboards")}

    assert "finance::overview" in listed
    assert {row["id"] for row in api.ok("GET", "/folders/lookml")["dashboards"]} == listed
    assert api.ok("GET", "/folders/lookml", fields="looks") == {"looks": []}


def test_children_are_paged(api):
    top = api.new("/folders")
    ids = [api.new("/folders", parent_id=top) for _ in range(3)]

    page = api.ok("GET", f"/folders/{top}/children", sorts="id", limit=2, offset=1)

    assert [row["id"] for row in page] == ids[1:]
