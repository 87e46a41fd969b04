"""What is made anew after an earlier apply: by a plan of that item alone."""

import json

from tests.acceptance.conftest import Serve
from tests.acceptance.drive import Desk, ask


def test_a_board_whose_title_is_another_owners_too(desk: Desk, serve: Serve):
    source, destination = serve(1), serve(2)
    email = {"credentials_email": {"email": "ada@example.com"}}
    ada = ask(source, "POST", "/users", {"first_name": "Ada", **email})["id"]
    mine = ask(source, "POST", "/boards", {"title": "Start here"})["id"]
    hers = ask(source, "POST", "/boards", {"title": "Start here", "user_id": ada})["id"]
    backup = desk.backup(source, "users", "boards")
    _ = desk.restore(destination, backup, "--allow", "users-across")
    users = {row["id"]: row["email"] for row in ask(destination, "GET", "/users")}
    for board in ask(destination, "GET", "/boards"):
        if users[board["user_id"]] == "ada@example.com":
            ask(destination, "DELETE", f"/boards/{board['id']}")

    planned = desk.restore(destination, backup, "--select", f"board:{hers}")

    assert planned.counts == {"create": 1}
    assert len(ask(destination, "GET", "/boards")) == 2
    assert mine != hers
    assert desk.plan(destination, backup).counts == {}


def test_parts_of_an_item_that_is_gone_are_not_taken_for_those_of_its_successor(
    desk: Desk, serve: Serve
):
    """The state still knows the tab of the dashboard that was deleted."""
    source, destination = serve(1), serve(2)
    made = ask(source, "POST", "/dashboards", {"title": "Orders", "folder_id": "1"})
    body = {"dashboard_id": made["id"], "type": "text", "title_text": "Hello"}
    ask(source, "POST", "/dashboard_elements", body)
    backup = desk.backup(source, "folders", "dashboards")
    _ = desk.restore(destination, backup)
    (there,) = ask(destination, "GET", "/dashboards/search")
    ask(destination, "DELETE", f"/dashboards/{there['id']}")
    ask(destination, "POST", "/dashboards", {"title": "Orders", "folder_id": "1"})

    planned = desk.plan(destination, backup)
    report = desk.path / "report.json"
    desk.apply(destination, planned, "--report", f"json={report}")

    assert planned.counts == {"update": 1}
    assert json.loads(report.read_bytes())["untaken"] == []
    (now,) = ask(destination, "GET", "/dashboards/search")
    assert [tile["title_text"] for tile in now["dashboard_elements"]] == ["Hello"]
    assert desk.plan(destination, backup).counts == {}
