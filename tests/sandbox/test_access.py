"""Content metadata, access entries, models and explores (looker-api.md 2.3, 2.4, 3.5)."""

from tests.sandbox.conftest import name

ACCESS = "/content_metadata_access"


def metadata_of(api, path):
    return api.ok("GET", path)["content_metadata_id"]


def entries(api, metadata):
    rows = api.ok("GET", ACCESS, content_metadata_id=metadata)
    return {(row["group_id"] or row["user_id"], row["permission_type"]): row["id"] for row in rows}


def test_a_folder_stops_inheriting_with_a_copy_of_what_it_inherited(api):
    folder, group = api.new("/folders"), api.new("/groups")
    metadata = metadata_of(api, f"/folders/{folder}")
    entry = {"content_metadata_id": metadata, "permission_type": "view", "group_id": group}

    assert api.ok("GET", f"/content_metadata/{metadata}")["inheriting_id"] == "1"
    assert entries(api, metadata) == {}
    assert api.no("POST", ACCESS, entry) == (422, [("content_metadata_id", "invalid")])
    api.ok("PATCH", f"/content_metadata/{metadata}", {"inherits": False})
    assert list(entries(api, metadata)) == [("1", "edit")]
    made = api.ok("POST", ACCESS, entry)
    assert api.ok("POST", ACCESS, entry)["id"] == made["id"]
    assert api.no("POST", ACCESS, entry | {"permission_type": "edit"})[0] == 422
    api.ok("PUT", f"{ACCESS}/{made['id']}", {"permission_type": "edit"})
    assert (group, "edit") in entries(api, metadata)
    api.ok("DELETE", f"{ACCESS}/{made['id']}")
    api.ok("PATCH", f"/content_metadata/{metadata}", {"inherits": True})
    assert entries(api, metadata) == {}


def test_an_entry_stays_where_it_is(api):
    metadata = metadata_of(api, f"/boards/{api.new('/boards')}")
    (entry,) = (id_ for (who, _), id_ in entries(api, metadata).items() if who == "1")
    path = f"{ACCESS}/{entry}"

    assert api.no("PUT", path, {"group_id": "2"}) == (422, [("group_id", "invalid")])
    assert api.no("PATCH", f"/content_metadata/{metadata}", {"inherits": True})[0] == 422
    assert (
        api.ok("PATCH", f"/content_metadata/{metadata}", {"inherits": False})["inherits"] is False
    )


def test_entries_are_for_one_group_or_one_user_that_exists(api):
    metadata = metadata_of(api, f"/boards/{api.new('/boards')}")
    entry = {"content_metadata_id": metadata, "permission_type": "view"}

    assert api.no("POST", ACCESS, entry)[0] == 422
    unknown = api.no("POST", ACCESS, entry | {"group_id": "999999"})
    assert unknown == (422, [("group_id", "missing")])
    assert api.no("POST", ACCESS, entry | {"permission_type": "own", "group_id": "1"})[0] == 422
    assert api.no("GET", ACCESS) == 404
    assert api.no("GET", "/content_metadata") == 404


def test_only_folders_and_boards_have_lists_of_their_own(api):
    metadata = metadata_of(api, f"/dashboards/{api.new('/dashboards')}")

    refused = api.no("PATCH", f"/content_metadata/{metadata}", {"inherits": False})
    assert refused == (422, [("inherits", "invalid")])


def test_children_of_a_folder_say_whether_they_inherit(api):
    top = api.new("/folders")
    below = api.new("/folders", parent_id=top)
    dashboard = api.new("/dashboards", folder_id=top)

    rows = api.ok("GET", "/content_metadata", parent_id=metadata_of(api, f"/folders/{top}"))

    assert {(row["folder_id"], row["dashboard_id"], row["inherits"]) for row in rows} == {
        (below, None, True),
        (None, dashboard, True),
    }


def test_access_decides_what_others_see(api, viewer):
    folder, group = api.new("/folders"), api.new("/groups")
    inner = api.new("/groups")
    dashboard = api.new("/dashboards", folder_id=folder)
    metadata = metadata_of(api, f"/folders/{folder}")
    path = f"/dashboards/{dashboard}"

    api.ok("PATCH", f"/content_metadata/{metadata}", {"inherits": False})
    api.ok("DELETE", f"{ACCESS}/{entries(api, metadata)['1', 'edit']}")
    assert viewer.no("GET", path) == 404
    api.ok("POST", f"/groups/{group}/groups", {"group_id": inner})
    api.ok("POST", f"/groups/{inner}/users", {"user_id": viewer.ok("GET", "/user")["id"]})
    entry = {"content_metadata_id": metadata, "permission_type": "view", "group_id": group}
    id_ = api.ok("POST", ACCESS, entry)["id"]
    assert viewer.ok("GET", path)["id"] == dashboard
    assert viewer.no("PATCH", path, {"title": "x"}) == 404
    tile = {"dashboard_id": dashboard, "type": "text"}
    assert viewer.no("POST", "/dashboard_elements", tile) == 404
    api.ok("PUT", f"{ACCESS}/{id_}", {"permission_type": "edit"})
    assert viewer.ok("POST", "/dashboard_elements", tile)


def test_models_are_configured_over_files_connections_and_projects(api):
    path = "/lookml_models"
    body = {"name": name("model"), "project_name": "finance_project"}
    finance = next(row for row in api.ok("GET", path) if row["name"] == "finance")

    assert finance["has_content"]
    assert "orders" in {row["name"] for row in finance["explores"]}
    made = api.ok("POST", path, body | {"allowed_db_connection_names": ["warehouse"]})
    assert not made["has_content"]
    assert made["name"] not in {row["name"] for row in api.ok("GET", path, exclude_empty="true")}
    assert api.no("POST", path, body) == (422, [("name", "already_exists")])
    assert api.no("POST", path, body | {"project_name": "none"})[0] == 422
    wrong = {"allowed_db_connection_names": ["none"]}
    assert api.no("PATCH", f"{path}/finance", wrong)[0] == 422
    assert api.no("PATCH", f"{path}/finance", {"label": "x"}) == (422, [("label", "read_only")])
    api.ok("DELETE", f"{path}/{made['name']}")
    assert api.ok("GET", f"{path}/finance/explores/orders")["model_name"] == "finance"
    assert api.no("GET", f"{path}/finance/explores/none") == 404
    assert api.no("PATCH", f"{path}/finance", {"name": "x"}) == (422, [("name", "invalid")])
    assert api.ok("GET", "/connections/warehouse")["name"] == "warehouse"
    assert api.no("GET", "/connections/none") == 404
    assert "finance_project" in {row["id"] for row in api.ok("GET", "/projects")}
    assert api.ok("GET", "/projects/finance_project")["uses_git"]
    assert {row["name"] for row in api.ok("GET", "/datagroups")} == {"daily_etl", "close_of_month"}
    assert "warehouse" in {row["name"] for row in api.ok("GET", "/connections")}
    assert api.no("GET", "/projects/none") == 404
