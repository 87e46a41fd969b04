"""What is made anew after an earlier apply: by a plan of that item alone."""

import json

from tests.acceptance.command_line import Workdir, call_sandbox
from tests.acceptance.conftest import Serve


def test_a_board_whose_title_is_another_owners_too(workdir: Workdir, serve: Serve):
    source, destination = serve(1), serve(2)
    email = {"credentials_email": {"email": "ada@example.com"}}
    ada = call_sandbox(source, "POST", "/users", {"first_name": "Ada", **email})["id"]
    mine = call_sandbox(source, "POST", "/boards", {"title": "Start here"})["id"]
    hers = call_sandbox(source, "POST", "/boards", {"title": "Start here", "user_id": ada})["id"]
    backup = workdir.backup(source, "users", "boards")
    _ = workdir.restore(destination, backup, "--allow", "users-across")
    users = {row["id"]: row["email"] for row in call_sandbox(destination, "GET", "/users")}
    for board in call_sandbox(destination, "GET", "/boards"):
        if users[board["user_id"]] == "ada@example.com":
            call_sandbox(destination, "DELETE", f"/boards/{board['id']}")

    planned = workdir.restore(destination, backup, "--select", f"board:{hers}")

    assert planned.counts == {"create": 1}
    assert len(call_sandbox(destination, "GET", "/boards")) == 2
    assert mine != hers
    assert workdir.plan(destination, backup).counts == {}


def test_parts_of_an_item_that_is_gone_are_not_taken_for_those_of_its_successor(
    workdir: Workdir, serve: Serve
):
    """The state still knows the tab of the dashboard that was deleted."""
    source, destination = serve(1), serve(2)
    made = call_sandbox(source, "POST", "/dashboards", {"title": "Orders", "folder_id": "1"})
    body = {"dashboard_id": made["id"], "type": "text", "title_text": "Hello"}
    call_sandbox(source, "POST", "/dashboard_elements", body)
    backup = workdir.backup(source, "folders", "dashboards")
    _ = workdir.restore(destination, backup)
    (there,) = call_sandbox(destination, "GET", "/dashboards/search")
    call_sandbox(destination, "DELETE", f"/dashboards/{there['id']}")
    call_sandbox(destination, "POST", "/dashboards", {"title": "Orders", "folder_id": "1"})

    planned = workdir.plan(destination, backup, "--allow", "hand-edits")
    report = workdir.path / "report.json"
    workdir.apply(destination, planned, "--report", f"json={report}")

    assert planned.counts == {"update": 1}
    assert json.loads(report.read_bytes())["not_stored"] == []
    (now,) = call_sandbox(destination, "GET", "/dashboards/search")
    assert [tile["title_text"] for tile in now["dashboard_elements"]] == ["Hello"]
    assert workdir.plan(destination, backup).counts == {}
