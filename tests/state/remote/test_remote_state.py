"""A state in a store: fetched, locked, put back while it changes, and refused if it is damaged."""

import time
from pathlib import Path

import pytest

from lookervault_plan.content.node import LiveId, SourceId
from lookervault_plan.errors import PlanError, Refused
from lookervault_plan.state.place import StatePlace
from lookervault_plan.state.remote import lease, local_copy
from lookervault_plan.state.remote.envelope import Header, pack, read_header, unpack
from lookervault_plan.state.remote.remote_state import change_remote, read_remote, state_key
from lookervault_plan.state.remote.stores import open_store
from lookervault_plan.state.remote.unlock import unlock_remote
from lookervault_plan.state.rows import IdMapping
from tests.state.conftest import AT, DEV, PROD

MAPPING = IdMapping("look", SourceId("1"), LiveId("9"))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Local copies lie below the working directory."""
    monkeypatch.chdir(tmp_path)


def ann() -> lease.Holder:
    return lease.Holder(holder="ann", host="here", pid=7, since=AT)


def mapped(url: str) -> dict[tuple[str, SourceId], LiveId]:
    with read_remote(StatePlace(url), PROD) as state:
        return state.mappings(DEV, PROD)


def test_a_state_is_put_back_while_it_changes(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(local_copy, "EVERY_SECONDS", 0.1)
    sizes: list[int] = []
    with change_remote(StatePlace(url), PROD, ann, on_put=sizes.append) as state:
        time.sleep(0.5)
        assert sizes == [], "nothing has changed"
        state.set_mapping(DEV, PROD, MAPPING, at=AT)
        end = time.monotonic() + 20
        while not sizes:
            assert time.monotonic() < end
            time.sleep(0.02)

    assert mapped(url) == {("look", "1"): "9"}


def test_what_was_only_read_is_not_put(url: str):
    sizes: list[int] = []
    with change_remote(StatePlace(url), PROD, ann, on_put=sizes.append) as state:
        assert state.sessions() == []

    assert sizes == []


def test_an_error_in_the_middle_loses_nothing(url: str):
    def fail() -> None:
        with change_remote(StatePlace(url), PROD, ann) as state:
            state.set_mapping(DEV, PROD, MAPPING, at=AT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert mapped(url) == {("look", "1"): "9"}


def test_a_lock_is_renewed_and_keeps_others_out(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lease, "_RENEW_SECONDS", 0.1)
    with change_remote(StatePlace(url), PROD, ann) as state:
        time.sleep(0.6)
        assert state.lease is not None
        state.check_lease()
        number = state.lease.record.number  # pyright: ignore[reportAttributeAccessIssue]
        assert number >= 2
        with pytest.raises(Refused) as caught, change_remote(StatePlace(url), PROD, ann):
            pass

    assert "locked by ann on here" in caught.value.diagnostic.summary


def test_a_lock_that_was_taken_away_is_noticed(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lease, "_RENEW_SECONDS", 0.5)

    def lose_lock() -> None:
        with change_remote(StatePlace(url), PROD, ann) as state:
            unlock_remote(StatePlace(url), PROD, force=True)
            end = time.monotonic() + 20
            while time.monotonic() < end:
                state.check_lease()
                time.sleep(0.02)

    with pytest.raises(PlanError) as caught:
        lose_lock()

    assert caught.value.diagnostic.code == "state.lock-lost"


def test_a_lease_that_is_not_renewed_allows_no_write(url: str, monkeypatch: pytest.MonkeyPatch):
    now = [lease.clock()]
    monkeypatch.setattr(lease, "clock", lambda: now[0])
    with change_remote(StatePlace(url), PROD, ann) as state:
        now[0] += 29
        state.check_lease()
        now[0] += 2
        with pytest.raises(PlanError) as caught:
            state.check_lease()

    assert caught.value.diagnostic.code == "state.lease"
    assert "resume" in caught.value.diagnostic.fix


@pytest.mark.parametrize("data", [b"", b"garbage", b'{"format":1}\n', b"\xff\n\x00"])
def test_a_damaged_object_is_named(url: str, data: bytes):
    with change_remote(StatePlace(url), PROD, ann) as state:
        state.set_mapping(DEV, PROD, MAPPING, at=AT)
    store = open_store(url)
    found = store.fetch(state_key(PROD))
    assert found is not None
    store.put(state_key(PROD), data, replacing=found.version)
    store.close()

    with pytest.raises(PlanError) as caught:
        mapped(url)

    assert caught.value.diagnostic.code == "state.damaged"


def test_an_envelope_holds_what_was_put_in():
    header = Header(destination=PROD, token="t", number=3, size=5)
    data = pack(header, b"12345")

    assert read_header(data, "url") == header
    assert unpack(data, "url") == b"12345"
    for bad in (data[:-4], data.replace(b'"size":5', b'"size":4')):
        with pytest.raises(PlanError):
            unpack(bad, "url")
    with pytest.raises(PlanError) as caught:
        read_header(data.replace(b'"format":1', b'"format":2'), "url")
    assert caught.value.diagnostic.code == "state.too-new"
