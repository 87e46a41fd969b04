"""A client that talks HTTP to a sandbox and says in one line what it was told."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import requests

from lookervault_plan.sandbox.server import Sandbox, SandboxProcess

NUMBERS = count(1)


class Client:
    """One logged-in API user of a sandbox."""

    def __init__(
        self, sandbox: Sandbox | SandboxProcess, client_id: str = "", client_secret: str = ""
    ):
        self.sandbox = sandbox
        self.session = requests.Session()
        keys = {
            "client_id": client_id or sandbox.client_id,
            "client_secret": client_secret or sandbox.client_secret,
        }
        reply = self.session.post(f"{sandbox.url}/api/4.0/login", data=keys)
        self.session.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"

    def reply(self, method, path, body=None, **query) -> requests.Response:
        """The bare HTTP response."""
        return self.session.request(
            method, f"{self.sandbox.url}/api/4.0{path}", json=body, params=query
        )

    def ok(self, method, path, body=None, **query) -> Any:
        """JSON of a call that must succeed."""
        reply = self.reply(method, path, body, **query)
        assert reply.status_code in (200, 204), (method, path, reply.status_code, reply.text)
        return reply.json() if reply.content else None

    def no(self, method, path, body=None, **query):
        """Status and, for a 422, field and code of each error."""
        reply = self.reply(method, path, body, **query)
        assert reply.status_code >= 400, (method, path, reply.text)
        assert "documentation_url" in reply.json()
        if reply.status_code != 422:
            return reply.status_code
        return 422, [(one["field"], one["code"]) for one in reply.json()["errors"]]

    def new(self, path, **body) -> str:
        """The id of something made with as little as it takes."""
        return self.ok("POST", path, {**SMALLEST.get(path, lambda _: {})(self), **body})["id"]


SMALLEST = {
    "/folders": lambda _: {"name": name("folder"), "parent_id": "1"},
    "/dashboards": lambda _: {"title": name("dashboard"), "folder_id": "1"},
    "/looks": lambda api: {
        "title": name("look"),
        "folder_id": "1",
        "query_id": api.new("/queries"),
    },
    "/queries": lambda _: {"model": "finance", "view": "orders", "fields": [name("orders.f")]},
    "/groups": lambda _: {"name": name("group")},
    "/users": lambda _: {"first_name": name("user")},
    "/boards": lambda _: {"title": name("board")},
    "/permission_sets": lambda _: {"name": name("set"), "permissions": ["see_looks"]},
    "/model_sets": lambda _: {"name": name("models"), "models": ["finance"]},
    "/roles": lambda api: {
        "name": name("role"),
        "permission_set_id": api.new("/permission_sets"),
        "model_set_id": api.new("/model_sets"),
    },
    "/scheduled_plans": lambda api: {
        "name": name("plan"),
        "dashboard_id": api.new("/dashboards"),
        "crontab": "0 6 * * *",
        "scheduled_plan_destination": [
            {"type": "email", "address": "a@example.com", "format": "wysiwyg_pdf"}
        ],
    },
}


def name(word: str) -> str:
    """A name that no other test of this process has."""
    return f"{word} {next(NUMBERS)}"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One for all tests of a module, which use names of their own."""
    with Sandbox(seed=7) as running:
        yield running


@pytest.fixture
def fresh() -> Iterator[Sandbox]:
    """An empty one for this test alone."""
    with Sandbox(seed=8) as running:
        yield running


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[Client]:
    """The admin."""
    client = Client(sandbox)
    with client.session:
        yield client


@pytest.fixture(scope="module")
def viewer(sandbox: Sandbox) -> Iterator[Client]:
    """Somebody who is no admin."""
    client = Client(sandbox, *sandbox.looker.add_api_user(admin=False, name="Some Body"))
    with client.session:
        yield client
