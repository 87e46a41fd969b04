"""The client against the simulated Looker, in good and in bad weather."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import msgspec
import pytest

from lookervault_plan.content.node import Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import PlanError
from lookervault_plan.looker.bulk_read import read_bulk
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.error_rules import Decision, decide_after_error
from lookervault_plan.looker.errors import ApiError, ConnectionFailed
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.looker.rate_limit import RateLimiter
from lookervault_plan.looker.retry import RetryPolicy
from lookervault_plan.looker.settings import Connection
from lookervault_plan.looker.urls import api_path
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox


@contextmanager
def a_client(sandbox: Sandbox, *, secret: str = "", workers: int = 8) -> Generator[Client]:
    connection = Connection(
        base_url=sandbox.url + "/api/4.0/",
        client_id=sandbox.client_id,
        client_secret=secret or sandbox.client_secret,
        timeout=5,
    )
    policy = RetryPolicy(base_seconds=0.01, max_seconds=0.02)
    limiter = RateLimiter(pause_seconds=0.01)
    with Client(connection, workers=workers, policy=policy, limiter=limiter) as client:
        yield client


def some_folders(client: Client, count: int) -> list[str]:
    def create(number: int) -> str:
        body = {"name": f"Folder {number}", "parent_id": "1"}
        return client.request("POST", "/folders", body=body).json(dict[str, object])["id"]  # pyright: ignore[reportReturnType]

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(create, range(count)))


def test_it_says_who_it_is_and_who_we_are():
    with Sandbox(seed=7) as sandbox, a_client(sandbox) as client:
        versions, me = client.versions(), client.me()

    assert versions.looker_release_version == "26.12.3"
    assert sandbox.url in (versions.api_server_url, versions.web_server_url)
    assert me["id"]
    assert client.calls == 3


def test_a_wrong_secret_is_told():
    with (
        Sandbox(seed=7) as sandbox,
        a_client(sandbox, secret="wrong") as client,
        pytest.raises(PlanError) as caught,
    ):
        _ = client.versions()

    assert caught.value.diagnostic.code == "looker.auth"


@pytest.mark.parametrize("total_count", [True, False])
def test_a_list_is_read_whole_in_bad_weather(total_count: bool):
    with Sandbox(seed=7, total_count=total_count) as sandbox, a_client(sandbox) as client:
        ids = some_folders(client, 57)
        for fault in (
            Fault(kind="error", method="GET", share=0.2, status=502, html=True, count=10),
            Fault(kind="reset_before", method="GET", share=0.2, count=10),
            Fault(kind="too_many", method="GET", share=0.2, seconds=0.01, count=10),
            Fault(kind="expire_token", method="GET", skip=4, count=1),
        ):
            sandbox.faults.add(fault)
        read = [
            msgspec.json.decode(item)["id"]
            for page in client.pages("/folders/search", {"fields": "id"}, limit=7)
            for item in page
        ]

    assert set(ids) <= set(read)
    assert len(read) == len(set(read))


def test_a_lost_reply_to_a_create_is_in_doubt_and_one_before_it_too():
    with Sandbox(seed=7) as sandbox, a_client(sandbox) as client:
        _ = client.me()
        for kind in ("reset_before", "reset_after"):
            sandbox.faults.clear()
            sandbox.faults.add(Fault(kind=kind, method="POST", path="/folders"))
            with pytest.raises(ConnectionFailed) as caught:
                _ = client.request("POST", "/folders", body={"name": kind, "parent_id": "1"})
            assert caught.value.sent
            assert decide_after_error(caught.value, method="POST") is Decision.PROBE
        sandbox.faults.clear()
        names = {
            msgspec.json.decode(item)["name"]
            for page in client.pages("/folders/search", limit=100)
            for item in page
        }

    assert "reset_after" in names
    assert "reset_before" not in names


def test_looker_s_own_errors_are_understood():
    with Sandbox(seed=7) as sandbox, a_client(sandbox) as client:
        _ = some_folders(client, 1)
        with pytest.raises(ApiError) as twin:
            _ = client.request("POST", "/folders", body={"name": "Folder 0", "parent_id": "1"})
        with pytest.raises(ApiError) as missing:
            _ = client.request("PATCH", api_path("/folders/{id}", id="1::2"), body={"name": "x"})

    assert twin.value.already_exists
    assert decide_after_error(twin.value, method="POST") is Decision.ADOPT
    assert decide_after_error(missing.value, method="PATCH") is Decision.TARGET_GONE


def test_cold_threads_and_dead_tokens_cost_one_login_each():
    with (
        Sandbox(seed=7) as sandbox,
        a_client(sandbox, workers=16) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        _ = list(pool.map(lambda _: client.me(), range(32)))
        sandbox.expire_tokens()
        _ = list(pool.map(lambda _: client.me(), range(32)))

    logins = [request for request in sandbox.requests if request.path.endswith("/login")]
    assert len(logins) == 2


def test_who_is_no_admin_reads_their_own_alerts_and_knows_that_it_is_not_all():
    with Sandbox(seed=7) as sandbox:
        fill(sandbox.looker.call, seed=1, dashboards=12, looks=0, folders=2, users=4)
        id_, secret = sandbox.looker.add_api_user(admin=False, name="Some Body")
        connection = Connection(base_url=sandbox.url, client_id=id_, client_secret=secret)
        with Client(connection) as client, a_client(sandbox) as admin:
            seen = [
                read_bulk(each, sweep, items(admin))
                for each in (client, admin)
                for sweep in KINDS["dashboard"].item.bulk_reads
            ]

    mine, everyones = (sum(len(parts) for parts in found.parts.values()) for found in seen)
    assert (mine, everyones) == (0, 3)
    assert [found.is_all for found in seen] == [False, True]


def items(client: Client) -> dict[Ref, tuple[str, ...]]:
    live = LiveItems()
    LiveReader(client).read_kinds(["dashboard"], live)
    return {ref: ids for (ref, key), ids in live.bulk_read_ids.items() if key == "alerts"}
