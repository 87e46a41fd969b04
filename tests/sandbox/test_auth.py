"""Login, tokens, and what others than admins see (looker-api.md 1.1)."""

import requests

from lookervault_plan.sandbox.server import Sandbox
from tests.sandbox.conftest import Client


def login(sandbox, **form):
    return requests.post(f"{sandbox.url}/api/4.0/login", data=form)


def test_login_gives_a_token_and_wrong_credentials_are_not_found(sandbox):
    right = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}

    assert login(sandbox, **right).json()["expires_in"] == 3600
    assert login(sandbox, **right | {"client_secret": "x"}).status_code == 404
    as_json = requests.post(f"{sandbox.url}/api/4.0/login", json=right)
    assert as_json.status_code == 400


def test_both_schemes_work_and_unknown_tokens_do_not(sandbox, api):
    url = f"{sandbox.url}/api/4.0/user"
    token = api.session.headers["Authorization"].removeprefix("Bearer ")

    for header, status in (
        (f"Bearer {token}", 200),
        (f"token {token}", 200),
        ("Bearer x", 401),
        ("", 401),
    ):
        assert requests.get(url, headers={"Authorization": header}).status_code == status


def test_logout_ends_the_token(sandbox):
    client = Client(sandbox)
    with client.session:
        assert client.session.delete(f"{sandbox.url}/api/logout").status_code == 204
        assert client.no("GET", "/user") == 401


def test_a_401_points_at_the_docs_and_a_404_at_the_operation(sandbox, api):
    bare = requests.get(f"{sandbox.url}/api/4.0/user").json()
    missing = api.reply("GET", "/dashboards/0").json()

    assert bare["message"] == "Requires authentication."
    assert missing == {
        "message": "Not found",
        "documentation_url": "https://cloud.google.com/looker/docs/r/err/4.0/404/get/dashboards/:id",
    }


def test_session_and_versions_name_the_instance(sandbox, api):
    assert api.ok("GET", "/session")["workspace_id"] == "production"
    assert api.ok("GET", "/versions")["api_server_url"] == sandbox.url


def test_others_than_admins_see_only_what_is_theirs_to_see(api, viewer):
    me = viewer.ok("GET", "/user")
    hidden = api.ok("GET", "/user")["personal_folder_id"]
    secret = api.new("/dashboards", folder_id=hidden)
    shown = api.new("/dashboards")

    seen = {row["id"] for row in viewer.ok("GET", "/dashboards/search")}
    assert shown in seen
    assert secret not in seen
    assert viewer.no("GET", f"/dashboards/{secret}") == 404
    assert viewer.no("PATCH", f"/dashboards/{secret}", {"title": "x"}) == 404
    assert hidden not in {row["id"] for row in viewer.ok("GET", "/folders")}
    assert [row["name"] for row in viewer.ok("GET", "/roles")] == ["User"]
    assert "email" not in viewer.ok("GET", f"/users/{api.ok('GET', '/user')['id']}")
    assert viewer.ok("GET", f"/users/{me['id']}")["email"] == me["email"]


def test_others_than_admins_write_only_what_is_theirs_to_write(api, viewer):
    assert viewer.new("/dashboards")
    assert viewer.no("POST", "/dashboards", {"title": "x", "folder_id": "2"})[0] == 422
    assert viewer.no("POST", "/users", {"first_name": "x"}) == 403
    assert viewer.no("POST", "/roles", {"name": "x"}) == 404
    assert viewer.no("POST", "/lookml_models", {"name": "x"}) == 404
    assert viewer.no("PUT", f"/roles/{api.new('/roles')}/users", []) == 403


def test_a_disabled_user_is_nobody(fresh: Sandbox):
    client_id, secret = fresh.looker.add_api_user()
    admin, other = Client(fresh), Client(fresh, client_id, secret)
    with admin.session, other.session:
        admin.ok("PATCH", f"/users/{other.ok('GET', '/user')['id']}", {"is_disabled": True})

        assert other.no("GET", "/user") == 401
