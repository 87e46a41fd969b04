"""The client against a server that misbehaves on demand."""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import msgspec
import pytest

from lookervault_plan.errors import PlanError
from lookervault_plan.looker.client import Client, ClientEvent
from lookervault_plan.looker.decode import one_object
from lookervault_plan.looker.errors import (
    ApiError,
    AuthenticationFailed,
    ConnectionFailed,
    UnreadableReply,
)
from lookervault_plan.looker.login import Token
from lookervault_plan.looker.rate_limit import RateLimiter
from lookervault_plan.looker.retry import RetryPolicy
from lookervault_plan.looker.settings import Connection
from lookervault_plan.looker.urls import Query, api_path, encode_query
from tests.looker.stub import Answer, Request, Stub, not_found, rows

FAST = RetryPolicy(base_seconds=0.001, max_seconds=0.004)


@contextmanager
def a_client(
    stub: Stub, *, workers: int = 8, events: list[ClientEvent] | None = None, **changes: object
) -> Generator[Client]:
    client = Client(
        stub.connection(**changes),
        workers=workers,
        policy=FAST,
        limiter=RateLimiter(pause_seconds=0.001),
        on_event=None if events is None else events.append,
    )
    with client:
        yield client


def in_turn(*answers: Answer) -> Callable[[Request], Answer]:
    """Each once; the last for ever."""
    left = list(answers)

    def answer(_: Request) -> Answer:
        return left.pop(0) if len(left) > 1 else left[0]

    return answer


def ids(pages: Iterator[list[msgspec.Raw]]) -> list[str]:
    return [msgspec.json.decode(item)["id"] for page in pages for item in page]


# One request


def test_a_reply_keeps_status_headers_and_bytes():
    with (
        Stub(lambda _: Answer({"id": "7"}, headers={"X-Total-Count": "107"})) as stub,
        a_client(stub) as client,
    ):
        reply = client.request("GET", "/users")

    assert reply.status == 200
    assert reply.headers["x-total-count"] == "107"
    assert reply.body == b'{"id": "7"}'
    assert reply.json() == {"id": "7"}
    assert reply.json(dict[str, str]) == {"id": "7"}


def test_a_reply_without_a_body_is_a_reply():
    with Stub(lambda _: Answer(status=204)) as stub, a_client(stub) as client:
        reply = client.request("DELETE", "/looks/1")

    assert (reply.status, reply.body) == (204, b"")


def test_what_is_sent_is_what_looker_reads():
    with Stub(lambda _: Answer({})) as stub, a_client(stub) as client:
        _ = client.request(
            "PATCH",
            api_path("/dashboards/{id}", id="model::a name/ü"),
            query={"fields": ["id", "folder(id,name)"], "all": True, "n": 3, "not": None},
            body={"title": "Ü", "slug": None},
        )
        _ = client.request("POST", "/queries", body=b'{"a":1}')
        _ = client.request("PUT", "/roles/3/groups", body=["1", "2"])
        _ = client.request("GET", "/looks")
    patch, post, put, get = stub.requests

    assert patch.method == "PATCH"
    assert patch.path == "/dashboards/model%3A%3Aa%20name%2F%C3%BC"
    assert patch.query == {"fields": "id,folder(id,name)", "all": "true", "n": "3"}
    assert patch.headers["content-type"] == "application/json"
    assert patch.headers["x-looker-appid"] == "PY SDK lookervault-plan"
    assert msgspec.json.decode(patch.body) == {"title": "Ü", "slug": None}
    assert (post.body, put.body, get.body) == (b'{"a":1}', b'["1","2"]', b"")


@pytest.mark.parametrize(
    ("id_", "quoted"),
    [("42", "42"), (7, "7"), ("a/b", "a%2Fb"), ("..", "%2E%2E"), ("a%3Ab", "a%253Ab")],
)
def test_an_id_stays_one_segment_of_the_path(id_: str | int, quoted: str):
    assert api_path("/looks/{id}/x", id=id_) == f"/looks/{quoted}/x"


def test_an_empty_id_is_a_bug_and_not_the_whole_collection():
    with pytest.raises(ValueError, match="empty id"):
        _ = api_path("/dashboards/{id}", id="")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"a": None, "b": False, "c": 0}, "b=false&c=0"),
        ({"title": "a b&c+d%"}, "title=a%20b%26c%2Bd%25"),
        ({"ids": [1, 2], "fields": ("id", "name")}, "ids=1,2&fields=id,name"),
    ],
)
def test_a_query_is_encoded_as_looker_reads_it(query: Query, text: str):
    assert encode_query(query) == text


def test_an_error_keeps_status_headers_and_what_looker_said():
    body = {
        "message": "Validation Failed",
        "errors": [
            {
                "field": "[:title, :space_id]",
                "code": "already_exists",
                "message": "Dashboard with this title already exists.",
            }
        ],
    }
    with (
        Stub(lambda _: Answer(body, 422, {"X-Some": "thing"})) as stub,
        a_client(stub) as client,
        pytest.raises(ApiError) as caught,
    ):
        _ = client.request("POST", "/dashboards", body={})
    error = caught.value

    assert (error.status, error.method, error.path) == (422, "POST", "/dashboards")
    assert error.headers["x-some"] == "thing"
    assert error.already_exists
    assert str(error) == (
        "422 POST /dashboards: Validation Failed; Dashboard with this title already exists."
    )


def test_a_redirect_is_an_error_and_is_not_followed():
    with (
        Stub(lambda _: Answer(status=301, headers={"Location": "https://x.example/y"})) as stub,
        a_client(stub) as client,
        pytest.raises(ApiError) as caught,
    ):
        _ = client.request("POST", "/looks", body={})

    assert caught.value.status == 301
    assert len(stub.requests) == 1


def test_a_body_that_is_not_json_is_told_as_such():
    page = b"<html><title>Welcome</title></html>"
    with (
        Stub(lambda _: Answer(page, headers={"Content-Type": "text/html"})) as stub,
        a_client(stub) as client,
        pytest.raises(UnreadableReply) as caught,
    ):
        _ = client.request("GET", "/versions").json()

    assert caught.value.diagnostic.code == "looker.reply"
    assert "text/html" in caught.value.diagnostic.detail


# No answer


def test_a_reset_may_have_been_received():
    with (
        Stub(lambda _: Answer(is_reset=True)) as stub,
        a_client(stub) as client,
        pytest.raises(ConnectionFailed) as caught,
    ):
        _ = client.request("POST", "/looks", body={})

    assert (caught.value.kind, caught.value.sent) == ("reset", True)


def test_half_an_answer_is_a_reset():
    with (
        Stub(lambda _: Answer({"id": "1"}, is_cut=True)) as stub,
        a_client(stub) as client,
        pytest.raises(ConnectionFailed) as caught,
    ):
        _ = client.request("POST", "/looks", body={})

    assert (caught.value.kind, caught.value.sent) == ("reset", True)


def test_a_late_answer_may_have_been_received():
    with (
        Stub(lambda _: Answer({}, wait_seconds=0.3)) as stub,
        a_client(stub, timeout=0.1) as client,
        pytest.raises(ConnectionFailed) as caught,
    ):
        _ = client.request("POST", "/looks", body={})

    assert (caught.value.kind, caught.value.sent) == ("timeout", True)


def test_a_refused_connection_was_not_received():
    with Stub() as stub:
        connection = stub.connection()
    with Client(connection) as client, pytest.raises(ConnectionFailed) as caught:
        _ = client.request("POST", "/looks", body={})

    assert (caught.value.kind, caught.value.sent) == ("refused", False)


def test_a_lost_login_leaves_the_request_unsent():
    with (
        Stub(login=lambda _: Answer(is_reset=True)) as stub,
        a_client(stub) as client,
        pytest.raises(ConnectionFailed) as caught,
    ):
        _ = client.request("POST", "/looks", body={})

    assert (caught.value.kind, caught.value.sent) == ("reset", False)


def test_an_unavailable_login_can_be_tried_again():
    with (
        Stub(login=lambda _: Answer({"message": "x"}, 503)) as stub,
        a_client(stub) as client,
        pytest.raises(ApiError) as caught,
    ):
        _ = client.request("POST", "/looks", body={})

    assert caught.value.at_login
    assert caught.value.path == "/login"


def test_a_closed_client_says_so():
    with Stub(lambda _: Answer({})) as stub:
        with a_client(stub) as client:
            _ = client.read("/x", one_object)
        with pytest.raises(ConnectionFailed) as caught:
            _ = client.request("GET", "/x")

    assert (caught.value.kind, caught.value.sent) == ("closed", False)


# Login


def test_sixteen_threads_starting_cold_log_in_once_over_so_many_connections():
    with (
        Stub(lambda _: Answer({}, wait_seconds=0.005)) as stub,
        a_client(stub, workers=4) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        replies = list(pool.map(lambda _: client.request("GET", "/x"), range(64)))

    assert all(reply.status == 200 for reply in replies)
    assert stub.logins == 1
    assert stub.connections <= 4
    assert client.calls == 65


def test_a_dead_token_costs_one_login_however_many_threads_hold_it():
    with (
        Stub(lambda _: Answer({}, wait_seconds=0.01)) as stub,
        a_client(stub, workers=16) as client,
    ):
        _ = client.request("GET", "/x")
        stub.live_tokens.clear()
        with ThreadPoolExecutor(16) as pool:
            replies = list(pool.map(lambda _: client.request("GET", "/x"), range(32)))

    assert all(reply.status == 200 for reply in replies)
    assert stub.logins == 2


def test_a_token_is_renewed_before_it_expires_and_not_at_each_call():
    with Stub(lambda _: Answer({}), expires_in=1) as stub, a_client(stub) as client:
        for _ in range(5):
            _ = client.request("GET", "/x")
        before = stub.logins
        # The stub's tokens live on: the client has to know by itself.
        client._login._clock = lambda: time.monotonic() + 60
        _ = client.request("GET", "/x")

    assert (before, stub.logins) == (1, 2)
    assert len(stub.requests) == 6


def test_a_token_without_a_lifetime_serves_until_looker_says_no():
    with Stub(lambda _: Answer({}), expires_in=None) as stub, a_client(stub) as client:
        for _ in range(3):
            _ = client.request("GET", "/x")

    assert stub.logins == 1


def test_only_a_fresh_token_that_is_refused_ends_it():
    events: list[ClientEvent] = []
    with (
        Stub(lambda _: Answer({"message": "Requires authentication."}, 401)) as stub,
        a_client(stub, events=events) as client,
        pytest.raises(AuthenticationFailed) as caught,
    ):
        _ = client.read("/x", one_object)

    assert caught.value.diagnostic.code == "looker.auth"
    assert stub.logins == 1
    assert [event.kind for event in events] == ["login"]


def test_a_fresh_token_that_others_have_used_up_is_replaced_again():
    with Stub(lambda _: Answer({})) as stub, a_client(stub) as client:
        _ = client.request("GET", "/x")
        stub.live_tokens.clear()
        # Between the login of this request and the request itself, someone else was let in.
        log_in = client._login.replace

        def used_up(dead: str) -> Token:
            client._login.replace = log_in
            fresh = log_in(dead)
            _ = client.request("GET", "/y")
            stub.live_tokens.clear()
            return fresh

        client._login.replace = used_up
        _ = client.request("GET", "/x")

    assert stub.logins == 3


def test_a_wrong_secret_is_tried_once_by_all_threads_together():
    with Stub() as stub, a_client(stub, client_secret="wrong-one") as client:
        with ThreadPoolExecutor(8) as pool:
            failures = [pool.submit(client.read, "/x", one_object) for _ in range(8)]
        errors = [future.exception() for future in failures]

    assert all(isinstance(error, AuthenticationFailed) for error in errors)
    assert stub.logins == 1
    error = errors[0]
    assert isinstance(error, PlanError)
    assert "wrong-one" not in f"{error.diagnostic} {error!r} {error.__cause__!r}"
    assert "client id and secret in the test" in error.diagnostic.fix


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html><title>404 Not Found</title></html>", 404, {"Content-Type": "text/html"}),
        Answer(b"<html>hello</html>", 200, {"Content-Type": "text/html"}),
        Answer({"hello": "you"}),
        Answer(None, 302, {"Location": "https://login.example/?secret=1"}),
        Answer(b"", 405),
    ],
)
def test_a_login_that_is_not_lookers_means_a_wrong_url(answer: Answer):
    with (
        Stub(login=lambda _: answer) as stub,
        a_client(stub) as client,
        pytest.raises(PlanError) as caught,
    ):
        _ = client.read("/versions", one_object)

    assert caught.value.diagnostic.code == "looker.url"
    assert stub.url in caught.value.diagnostic.summary
    assert "secret" not in caught.value.diagnostic.detail


def test_two_instances_in_one_process_keep_their_credentials(monkeypatch: pytest.MonkeyPatch):
    with (
        Stub(lambda _: Answer({"id": "1"}), client_id="first") as first,
        Stub(lambda _: Answer({"id": "2"}), client_id="second") as second,
        a_client(first) as one,
        a_client(second) as two,
    ):
        for name, value in (("CLIENT_ID", "third"), ("BASE_URL", "http://x"), ("TIMEOUT", "0")):
            monkeypatch.setenv(f"LOOKERSDK_{name}", value)
        for _ in range(2):
            assert one.me() == {"id": "1"}
            assert two.me() == {"id": "2"}
            first.live_tokens.clear()
            second.live_tokens.clear()

    assert first.logins == second.logins == 2
    assert {request.token for request in first.requests} == {"first-1", "first-2"}


# Reads


def test_a_read_is_repeated_until_it_works():
    events: list[ClientEvent] = []
    answers = in_turn(
        Answer(b"<html><title>502 Bad Gateway</title></html>", 502),
        Answer(is_reset=True),
        Answer({"message": "busy"}, 429, {"Retry-After": "0"}),
        Answer(b"<html>200, but</html>"),
        Answer({"looker_release_version": "26.12.3", "api_server_url": None, "more": []}),
    )
    with Stub(answers) as stub, a_client(stub, events=events) as client:
        versions = client.versions()

    assert versions.looker_release_version == "26.12.3"
    assert versions.api_server_url == ""
    assert [(event.kind, event.status) for event in events if event.kind != "login"] == [
        ("retry", 502),
        ("retry", None),
        ("rate_limited", 429),
        ("retry", None),
    ]
    assert "502 Bad Gateway" in events[1].detail


def test_a_read_is_given_up_after_five_attempts():
    with (
        Stub(lambda _: Answer({"message": "no"}, 503)) as stub,
        a_client(stub) as client,
        pytest.raises(ApiError),
    ):
        _ = client.read("/x", one_object)

    assert len(stub.requests) == 5


def test_429s_are_not_attempts():
    answers = in_turn(*[Answer({}, 429, {"Retry-After": "0.001"})] * 6, Answer({"id": "1"}))
    with Stub(answers) as stub, a_client(stub) as client:
        assert client.me() == {"id": "1"}

    assert len(stub.requests) == 7
    assert client.limiter.state().limit_per_second is not None


def test_a_read_of_what_is_not_there_is_not_repeated():
    with Stub(not_found) as stub, a_client(stub) as client, pytest.raises(ApiError) as caught:
        _ = client.read("/looks/1", one_object)

    assert caught.value.message == "Not found"
    assert len(stub.requests) == 1


def test_closing_ends_the_wait_for_a_retry():
    with Stub(lambda _: Answer({"message": "no"}, 503)) as stub:
        waiting = threading.Event()
        client = Client(
            stub.connection(), policy=RetryPolicy(base_seconds=30), on_event=lambda _: waiting.set()
        )
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(client.read, "/x", one_object)
            assert waiting.wait(5)
            client.close()
            error = future.exception(timeout=5)

    assert isinstance(error, ConnectionFailed)
    assert error.kind == "closed"


# Pages


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 95, 100])
def test_with_a_total_each_page_is_read_once(count: int):
    with Stub(rows(count, total=True)) as stub, a_client(stub) as client:
        read = ids(client.pages("/looks/search", {"fields": "id"}, limit=10))

    assert read == [str(number) for number in range(count)]
    assert len(stub.requests) == max(1, -(-count // 10))
    assert {request.query["sorts"] for request in stub.requests} == {"id"}
    assert {request.query["fields"] for request in stub.requests} == {"id"}


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 95, 100])
def test_without_a_total_at_most_one_page_is_read_in_vain(count: int):
    with Stub(rows(count, total=False)) as stub, a_client(stub) as client:
        read = ids(client.pages("/looks/search", limit=10))

    needed = count // 10 + 1
    assert read == [str(number) for number in range(count)]
    assert needed <= len(stub.requests) <= needed + (count >= 10)


@pytest.mark.parametrize("total", [True, False])
def test_a_server_that_caps_the_limit_is_read_to_the_end(total: bool):
    def answer(request: Request) -> Answer:
        page = rows(47, total=total, cap=10)(request)
        more = int(request.query["offset"]) + 10 < 47
        return Answer(
            page.body, headers={**page.headers, "Link": '<http://x>; rel="next"' if more else ""}
        )

    with Stub(answer) as stub, a_client(stub) as client:
        read = ids(client.pages("/looks/search", limit=500))

    assert read == [str(number) for number in range(47)]


def test_a_link_header_saves_the_empty_page():
    def answer(request: Request) -> Answer:
        page = rows(10, total=False)(request)
        return Answer(page.body, headers={"Link": '<http://x>; rel="first"'})

    with Stub(answer) as stub, a_client(stub) as client:
        assert len(ids(client.pages("/looks/search", limit=10))) == 10

    assert len(stub.requests) == 1


def test_pages_are_read_side_by_side():
    together, most = 0, 0
    lock = threading.Lock()

    def answer(request: Request) -> Answer:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        time.sleep(0.1)
        with lock:
            together -= 1
        return rows(80, total=True)(request)

    with Stub(answer) as stub, a_client(stub, workers=4) as client:
        assert len(ids(client.pages("/x", limit=10))) == 80

    assert most == 4
    assert stub.connections <= 4


def test_a_slow_reader_does_not_make_pages_pile_up():
    with Stub(rows(1000, total=True)) as stub, a_client(stub, workers=3) as client:
        pages = client.pages("/x", limit=10)
        _ = next(pages)
        time.sleep(0.1)
        ahead = len(stub.requests)
        pages.close()  # pyright: ignore[reportAttributeAccessIssue]

    assert ahead == 4


def test_a_list_that_changes_while_it_is_read_is_told_and_read_on():
    events: list[ClientEvent] = []
    count = 25

    def answer(request: Request) -> Answer:
        nonlocal count
        page = rows(count, total=True)(request)
        count = 40
        return page

    with Stub(answer) as stub, a_client(stub, events=events) as client:
        read = ids(client.pages("/x", limit=10))

    assert len(read) == 40
    assert [event.detail for event in events if event.kind == "list_changed"] == ["25 → 40"]


def test_a_failed_page_is_an_error_and_not_an_end():
    def answer(request: Request) -> Answer:
        if request.query["offset"] == "20":
            return Answer({"message": "no"}, 500)
        return rows(50, total=True)(request)

    with Stub(answer) as stub, a_client(stub) as client, pytest.raises(ApiError):
        _ = list(client.pages("/x", limit=10))

    assert sum(request.query["offset"] == "20" for request in stub.requests) == 5


def test_a_page_that_cannot_be_read_is_read_again():
    answers = in_turn(Answer(b"[{]"), Answer({"not": "a list"}), Answer([{"id": "0"}]))
    with Stub(answers) as stub, a_client(stub) as client:
        assert ids(client.pages("/x", limit=10)) == ["0"]

    assert len(stub.requests) == 3


def test_a_wrong_port_is_told_at_once():
    told: list[ClientEvent] = []
    connection = Connection(base_url="http://127.0.0.1:1", client_id="a", client_secret="b")

    with Client(connection, on_event=told.append) as client, pytest.raises(ConnectionFailed):
        client.versions()

    assert not [event for event in told if event.kind == "retry"]
