"""Trouble on demand."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from tests.sandbox.conftest import Client, name

BODY = {"title": "Fault", "folder_id": "1"}


@pytest.fixture
def at(fresh: Sandbox):
    client = Client(fresh)
    with client.session:
        yield client


def titles(sandbox):
    return [row["title"] for row in sandbox.looker.store.table("dashboards").values()]


def test_resets_before_and_after_the_commit_look_alike(fresh, at):
    before = Fault(kind="reset_before", method="POST", count=1)
    after = Fault(kind="reset_after", method="POST", count=1)
    for fault, there in ((before, []), (after, ["Fault"])):
        fresh.faults.add(fault)
        with pytest.raises(requests.ConnectionError):
            at.reply("POST", "/dashboards", BODY)
        assert titles(fresh) == there
    assert [(r.status, r.fault) for r in fresh.writes()] == [
        (0, "reset_before"), (200, "reset_after"),
    ]  # fmt: skip


def test_a_late_commit_lands_after_the_client_gave_up(fresh, at):
    fresh.faults.add(Fault(kind="late_commit", seconds=0.15, count=1))

    with pytest.raises(requests.ConnectionError):
        at.reply("POST", "/dashboards", BODY)
    assert titles(fresh) == []
    fresh.wait_until_idle()
    assert titles(fresh) == ["Fault"]


def test_slow_replies_are_committed_at_once_and_slow_commits_are_not(fresh, at):
    url = f"{fresh.url}/api/4.0/dashboards"
    reply = Fault(kind="slow_reply", seconds=0.3, count=1)
    commit = Fault(kind="slow", seconds=0.3, count=1)
    for fault, title, there in ((reply, "A", ["A"]), (commit, "B", ["A"])):
        fresh.faults.add(fault)
        with pytest.raises(requests.ReadTimeout):
            at.session.post(url, json=BODY | {"title": title}, timeout=0.1)
        assert titles(fresh) == there
    fresh.wait_until_idle()
    assert titles(fresh) == ["A", "B"]


def test_errors_come_as_json_or_as_a_proxys_page(fresh, at):
    fresh.faults.add(Fault(kind="error", status=503, count=1))
    fresh.faults.add(Fault(kind="error", status=502, html=True, count=1))
    fresh.faults.add(Fault(kind="error_after", status=504, count=1))

    replies = [at.reply("POST", "/dashboards", BODY) for _ in range(3)]

    assert [reply.status_code for reply in replies] == [503, 502, 504]
    assert replies[0].json()["message"] == "Service Unavailable"
    assert replies[1].headers["Content-Type"] == "text/html"
    assert titles(fresh) == ["Fault"]


def test_too_many_requests_say_when_to_come_back(fresh, at):
    fresh.faults.add(Fault(kind="too_many", seconds=2, count=1))
    fresh.faults.add(Fault(kind="too_many", seconds=2, as_date=True, count=1))

    assert at.reply("GET", "/user").headers["Retry-After"] == "2"
    assert at.reply("GET", "/user").headers["Retry-After"].endswith("GMT")
    fresh.faults.requests_per_second = 3
    statuses = [at.reply("GET", "/user").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]


def test_tokens_end_after_a_time_a_count_or_on_demand(fresh):
    fresh.faults.token_requests = 2
    with Client(fresh).session as session:
        url = f"{fresh.url}/api/4.0/user"
        assert [session.get(url).status_code for _ in range(3)] == [200, 200, 401]
    fresh.faults.token_requests, fresh.faults.token_seconds = None, 0.1
    with Client(fresh).session as session:
        assert session.get(url).status_code == 200
        time.sleep(0.12)
        assert session.get(url).status_code == 401
    fresh.faults.clear()
    client = Client(fresh)
    with client.session:
        fresh.faults.add(Fault(kind="expire_token", path="^/user$", count=1))
        assert client.no("GET", "/user") == 401
    client = Client(fresh)
    with client.session:
        fresh.expire_tokens()
        assert client.no("GET", "/user") == 401


def test_a_fault_hits_only_what_it_names_and_only_so_often(fresh, at):
    rule = Fault(kind="error", method="POST|PATCH", path="^/looks", skip=1, count=1)
    fresh.faults.add(rule)
    path, body = "/looks", BODY | {"query_id": at.new("/queries")}

    statuses = [at.reply("POST", path, body | {"title": name("x")}).status_code for _ in range(4)]

    assert statuses == [200, 503, 200, 200]
    assert at.reply("GET", path).status_code == 200


def test_shares_are_drawn_from_the_seed():
    def statuses():
        with Sandbox(seed=5) as sandbox:
            sandbox.faults.add(Fault(kind="error", share=0.5))
            client = Client(sandbox)
            with client.session:
                return [client.reply("GET", "/session").status_code for _ in range(12)]

    first = statuses()

    assert set(first) == {200, 503}
    assert statuses() == first


def test_fields_can_be_ignored_without_a_word(fresh, at):
    user = at.new("/users")
    fresh.faults.ignore_fields = {"dashboard": ["user_id"]}

    made = at.ok("POST", "/dashboards", BODY | {"user_id": user})

    assert made["user_id"] != user


def test_latency_does_not_hold_up_others(fresh, at):
    fresh.faults.latency_seconds = 0.1
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: at.reply("GET", "/session"), range(8)))

    assert time.monotonic() - started < 0.5


def test_tiles_of_one_dashboard_made_at_once_are_noted(fresh, at):
    one, two = at.new("/dashboards"), at.new("/dashboards")
    fresh.faults.latency_seconds = 0.05

    def make(dashboard_id):
        return at.ok("POST", "/dashboard_elements", {"dashboard_id": dashboard_id, "type": "text"})

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(make, (one, two)))
        assert fresh.looker.overlaps == []
        list(pool.map(make, (one, one)))
    assert [overlap.dashboard_id for overlap in fresh.looker.overlaps] == [one]


def test_the_log_tells_what_was_asked(fresh, at):
    fresh.requests.clear()
    at.ok("POST", "/dashboards", BODY)
    at.ok("GET", "/dashboards/search", title="fault", limit=1)
    at.no("GET", "/nothing")

    first, second, third = fresh.requests
    assert (first.method, first.path, first.body, first.status) == (
        "POST",
        "/dashboards",
        BODY,
        200,
    )
    assert second.query == {"title": "fault", "limit": "1"}
    assert third.status == 404
    assert first.started <= first.ended <= second.started
    assert first.user == fresh.looker.admin_id
    assert [request.path for request in fresh.writes()] == ["/dashboards"]


def test_a_spoiled_reply_is_200_whether_or_not_the_request_was_carried_out(fresh, at):
    bodies = {
        "html": b"<!DOCTYPE", "cut": b'{"id"', "null": b"null", "empty": b"", "shape": b'["ok"]',
    }  # fmt: skip
    for body, begins in bodies.items():
        for kind, there in (("spoil", []), ("spoil_after", [body])):
            fresh.faults.add(Fault(kind=kind, method="POST", count=1, body=body))
            reply = at.reply("POST", "/dashboards", {"title": body, "folder_id": "1"})
            assert (reply.status_code, reply.content[: len(begins)]) == (200, begins)
            assert [title for title in titles(fresh) if title == body] == there


def test_an_edge_that_exists_is_refused_where_the_instance_refuses_it(fresh, at):
    group = at.new("/groups", name="Group")
    user = at.new("/users", first_name="Ann")
    where = f"/groups/{group}/users"
    again = [at.reply("POST", where, {"user_id": user}).status_code for _ in range(2)]
    fresh.faults.edge_exists_status = 409
    assert [*again, at.reply("POST", where, {"user_id": user}).status_code] == [200, 200, 409]
