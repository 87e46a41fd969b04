"""Users, groups, roles, sets (looker-api.md 2.7 to 2.11, 3.5)."""

import pytest

from tests.sandbox.conftest import name


def email():
    return f"{name('u').replace(' ', '')}@Example.com"


def test_a_user_comes_with_a_folder_and_a_group(api):
    address = email()
    body = {"first_name": "Zoë", "last_name": "O'Brien", "credentials_email": {"email": address}}
    made = api.ok("POST", "/users", body)
    folder = api.ok("GET", f"/folders/{made['personal_folder_id']}")

    assert made["group_ids"] == ["1"]
    assert made["email"] == made["credentials_email"]["email"] == address
    assert made["home_folder_id"] == folder["id"]
    assert (folder["name"], folder["is_personal"], folder["parent_id"]) == (
        "Zoë O'Brien",
        True,
        "2",
    )
    api.ok("PATCH", f"/users/{made['id']}", {"first_name": "Zoe"})
    assert api.ok("GET", f"/folders/{folder['id']}")["name"] == "Zoe O'Brien"


def test_addresses_are_unique_whatever_their_case(api):
    address = email()
    api.new("/users", credentials_email={"email": address})
    other = api.new("/users")
    credentials = {"email": address.upper()}

    assert api.no("POST", "/users", {"credentials_email": credentials}) == 409
    path = f"/users/{other}/credentials_email"
    assert api.no("POST", path, credentials) == 409
    assert api.no("PATCH", path, {"email": email()}) == 404
    api.ok("POST", path, {"email": email()})
    assert api.no("PATCH", path, credentials) == (422, [("email", "already_exists")])
    assert api.no("POST", path, {"email": email()}) == 409
    changed = email()
    api.ok("PATCH", path, {"email": changed})
    assert api.ok("GET", f"/users/credential/email/{changed.lower()}")["id"] == other
    api.ok("DELETE", path)
    assert api.no("GET", path) == 404


def test_users_are_searched_and_listed(api):
    group = api.new("/groups")
    ids = [api.new("/users", first_name="Searched") for _ in range(2)]
    api.ok("POST", f"/groups/{group}/users", {"user_id": ids[0]})

    assert [
        row["id"] for row in api.ok("GET", "/users/search", first_name="searched", sorts="id")
    ] == ids
    assert [row["id"] for row in api.ok("GET", "/users/search", group_id=group)] == ids[:1]
    assert [row["id"] for row in api.ok("GET", "/users", ids=ids[1])] == ids[1:]


def test_deleting_a_user_trashes_personal_content_and_drops_schedules(api):
    user = api.ok("POST", "/users", {"first_name": "Gone"})
    dashboard = api.new("/dashboards", folder_id=user["personal_folder_id"])
    plan = api.new("/scheduled_plans", user_id=user["id"])

    api.ok("DELETE", f"/users/{user['id']}")

    assert api.ok("GET", f"/dashboards/{dashboard}")["deleted"]
    assert api.no("GET", f"/scheduled_plans/{plan}") == 404
    assert api.no("DELETE", f"/users/{api.ok('GET', '/user')['id']}") == 403


def test_credentials_must_be_an_address(api):
    user = api.new("/users")
    path = f"/users/{user}/credentials_email"

    assert api.no("POST", path, {"email": "nobody"}) == (422, [("email", "invalid")])
    assert api.no("POST", path, {}) == (422, [("email", "missing_field")])
    assert api.no("DELETE", path) == 404
    made = api.ok("POST", path, {"email": email(), "forced_password_reset_at_next_login": True})
    assert api.ok("GET", path) == made
    assert made["forced_password_reset_at_next_login"]
    assert api.no("GET", "/users/credential/email/nobody@example.com") == 404
    assert api.no("PATCH", f"/users/{api.ok('GET', '/user')['id']}", {"is_disabled": True}) == 403


def test_one_time_links_are_in_a_users_credentials(api):
    """A backup of users holds secrets: nothing may print them."""
    made = api.ok("POST", "/users", {"credentials_email": {"email": email()}})

    assert "/account/setup/" in made["credentials_email"]["account_setup_url"]


@pytest.mark.parametrize("path", ["/groups", "/roles", "/permission_sets", "/model_sets"])
def test_names_are_unique(api, path):
    title = name("Unique")
    api.new(path, name=title)
    other = api.new(path)
    body = {"name": title, "permissions": [], "models": []}
    body |= {"permission_set_id": "2", "model_set_id": "1"}
    wanted = {
        "/groups": ("name",),
        "/roles": ("name", "permission_set_id", "model_set_id"),
        "/permission_sets": ("name", "permissions"),
        "/model_sets": ("name", "models"),
    }[path]

    clash = (422, [("name", "already_exists")])
    assert api.no("POST", path, {field: body[field] for field in wanted}) == clash
    assert api.no("PATCH", f"{path}/{other}", {"name": title}) == clash
    assert api.ok("PATCH", f"{path}/{other}", {"name": name("Else")})["id"] == other
    api.ok("DELETE", f"{path}/{other}")


def test_what_is_built_in_cannot_be_changed(api):
    for path in ("/roles/2", "/permission_sets/1", "/model_sets/1"):
        assert api.no("PATCH", path, {"name": "x"}) == 405
        assert api.no("DELETE", path) == 405
    by_name = {row["name"]: row["id"] for row in api.ok("GET", "/groups")}
    assert by_name["All Users"] == "1"
    for title in ("All Users", "Gemini Default Users", "Looker CI Users"):
        assert api.no("PATCH", f"/groups/{by_name[title]}", {"name": "x"}) == 403
        assert api.no("DELETE", f"/groups/{by_name[title]}") == 403
    assert api.no("POST", "/groups/1/users", {"user_id": "1"}) == 403


def test_memberships_are_made_one_by_one_and_twice_is_once(api):
    group, inner, user = api.new("/groups"), api.new("/groups"), api.new("/users")
    for _ in range(2):
        api.ok("POST", f"/groups/{inner}/users", {"user_id": user})
        api.ok("POST", f"/groups/{group}/groups", {"group_id": inner})

    assert [row["id"] for row in api.ok("GET", f"/groups/{inner}/users", sorts="id")] == [user]
    assert [row["id"] for row in api.ok("GET", f"/groups/{group}/groups")] == [inner]
    (found,) = api.ok("GET", "/groups/search/with_hierarchy", id=inner)
    assert found["parent_group_ids"] == [group]
    assert found["user_count"] == 1
    assert api.no("POST", f"/groups/{inner}/groups", {"group_id": group}) == 400
    assert api.no("POST", f"/groups/{inner}/users", {"user_id": "999999"}) == 404
    assert api.no("POST", f"/groups/{inner}/users", {}) == 400
    api.ok("DELETE", f"/groups/{group}/groups/{inner}")
    api.ok("DELETE", f"/groups/{inner}/users/{user}")
    assert api.no("DELETE", f"/groups/{inner}/users/{user}") == 404


def test_what_goes_removes_its_memberships(api, sandbox):
    group, user, role = api.new("/groups"), api.new("/users"), api.new("/roles")
    api.ok("POST", f"/groups/{group}/users", {"user_id": user})
    api.ok("PUT", f"/roles/{role}/groups", [group])
    api.ok("PUT", f"/roles/{role}/users", [user])

    (with_roles,) = api.ok("GET", "/groups/search/with_roles", id=group)
    assert [row["id"] for row in with_roles["roles"]] == [role]
    (counted,) = api.ok("GET", "/roles/search/with_user_count", id=role)
    assert counted["user_count"] == 1
    api.ok("DELETE", f"/roles/{role}")
    assert api.ok("GET", f"/users/{user}")["role_ids"] == []
    api.ok("DELETE", f"/users/{user}")
    assert api.ok("GET", f"/groups/{group}")["user_count"] == 0
    api.ok("DELETE", f"/groups/{group}")
    tables = ("group_users", "role_users", "role_groups")
    held = [row for name_ in tables for row in sandbox.looker.store.table(name_).values()]
    assert not any({group, user, role} & {str(one) for one in row.values()} for row in held[1:])


def test_lists_can_be_narrowed_by_ids(api):
    group, role = api.new("/groups"), api.new("/roles")

    assert [row["id"] for row in api.ok("GET", "/groups", ids=group)] == [group]
    assert [row["id"] for row in api.ok("GET", "/roles", ids=role)] == [role]
    assert len(api.ok("GET", "/groups/1/users")) == len(api.ok("GET", "/users"))
    found = api.ok("GET", "/permission_sets/search", permissions="administer")
    assert [row["name"] for row in found] == ["Admin"]
    (everything,) = api.ok("GET", "/model_sets/search", name="all")
    assert "finance" in everything["models"]


def test_roles_read_their_sets_and_not_the_ids(api):
    role = api.ok("GET", f"/roles/{api.new('/roles')}")

    assert (role["permission_set_id"], role["model_set_id"]) == (None, None)
    assert role["permission_set"]["permissions"] == ["access_data", "see_looks"]
    path = f"/permission_sets/{role['permission_set']['id']}"
    assert api.no("DELETE", path) == 400  # in use
    body = {"name": name("x"), "permission_set_id": "999999", "model_set_id": "1"}
    assert api.no("POST", "/roles", body) == (422, [("permission_set_id", "missing")])
    nested = {"name": name("x"), "permission_set": {"name": "x"}, "model_set_id": "1"}
    assert api.no("POST", "/roles", nested) == (422, [("permission_set_id", "missing_field")])


def test_permissions_come_with_what_they_imply(api):
    made = api.ok("POST", "/permission_sets", {"name": name("x"), "permissions": ["save_content"]})

    assert made["permissions"] == [
        "access_data", "save_content", "save_dashboards", "save_looks", "see_looks",
    ]  # fmt: skip
    unknown = {"name": name("x"), "permissions": ["fly"]}
    assert api.no("POST", "/permission_sets", unknown) == (422, [("permissions", "invalid")])
    assert {"permission", "parent"} <= set(api.ok("GET", "/permissions")[0])


def test_put_replaces_who_has_a_role(api):
    role, group = api.new("/roles"), api.new("/groups")
    one, two = api.new("/users"), api.new("/users")
    api.ok("POST", f"/groups/{group}/users", {"user_id": two})
    path = f"/roles/{role}"
    api.ok("PUT", f"{path}/users", [one, two])

    assert [row["id"] for row in api.ok("PUT", f"{path}/users", [one])] == [one]
    assert [row["id"] for row in api.ok("PUT", f"{path}/groups", [group])] == [group]
    assert {row["id"] for row in api.ok("GET", f"{path}/users")} == {one, two}
    direct = api.ok("GET", f"{path}/users", direct_association_only="true", fields="id")
    assert direct == [{"id": one}]
    assert role in api.ok("GET", f"/users/{two}")["role_ids"]
    assert api.ok("GET", f"/users/{two}/roles", direct_association_only="true") == []
    assert api.no("PUT", f"{path}/users", ["999999"])[0] == 422
    assert api.no("PUT", f"{path}/users", {"ids": []}) == 400


def test_a_users_roles_are_replaced_but_an_admin_stays(api):
    user, role = api.new("/users"), api.new("/roles")

    assert [row["id"] for row in api.ok("PUT", f"/users/{user}/roles", [role])] == [role]
    assert api.ok("PUT", f"/users/{user}/roles", []) == []
    assert api.no("PUT", "/roles/2/users", []) == 403
    assert api.no("PUT", f"/users/{api.ok('GET', '/user')['id']}/roles", [role]) == 403


def test_embed_users_and_service_accounts_are_users_of_their_own_kind(fresh):
    embed = fresh.looker.add_embed_user("shop-17")
    account = fresh.looker.add_service_account("loader")
    users = {row["id"]: row for row in fresh.looker.call("GET", "/users")[1]}

    assert users[embed]["credentials_embed"][0]["external_user_id"] == "shop-17"
    folder = fresh.looker.call("GET", f"/folders/{users[embed]['personal_folder_id']}")[1]
    assert (folder["is_embed"], folder["parent_id"]) == (True, "4")
    assert users[account]["service_account_name"] == "loader"


def test_external_groups_are_managed_elsewhere(fresh):
    id_ = fresh.looker.add_external_group("LDAP staff", "cn=staff")
    _, user = fresh.looker.call("GET", "/user")

    shown = fresh.looker.call("GET", f"/groups/{id_}")[1]
    assert shown["externally_managed"]
    body = {"user_id": user["id"]}
    assert fresh.looker.call("POST", f"/groups/{id_}/users", body=body)[0] == 403
    assert fresh.looker.call("PATCH", f"/groups/{id_}", body={"name": "x"})[0] == 403
