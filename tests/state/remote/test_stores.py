"""The contract that every store keeps: a folder, S3, PostgreSQL."""

import importlib
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.state.remote.port import ChangedError, Store
from lookervault_plan.state.remote.slot import Slot
from lookervault_plan.state.remote.stores import open_store


def test_an_object_is_created_once_replaced_and_fetched(store: Store):
    assert store.fetch("a/state") is None
    first = store.put("a/state", b"one", replacing=None)
    with pytest.raises(ChangedError):
        store.put("a/state", b"two", replacing=None)

    second = store.put("a/state", b"\x00two\xff", replacing=first)

    assert first != second
    found = store.fetch("a/state")
    assert found is not None
    assert (found.data, found.version) == (b"\x00two\xff", second)


def test_a_version_that_was_replaced_replaces_nothing(store: Store):
    first = store.put("a/state", b"one", replacing=None)
    second = store.put("a/state", b"two", replacing=first)

    with pytest.raises(ChangedError):
        store.put("a/state", b"three", replacing=first)
    with pytest.raises(ChangedError):
        store.put("b/state", b"three", replacing=second)

    found = store.fetch("a/state")
    assert found is not None
    assert found.data == b"two"


def test_keys_are_listed(store: Store):
    assert store.list_keys() == []
    store.put("b/state", b"", replacing=None)
    store.put("a/lock", b"1", replacing=None)
    store.now_seconds()

    assert [key for key in store.list_keys() if "/" in key] == ["a/lock", "b/state"]


def test_the_date_of_an_object_and_the_clock_are_the_same_clock(store: Store):
    store.put("a/lock", b"1", replacing=None)
    found = store.fetch("a/lock")
    assert found is not None
    assert abs(store.now_seconds() - found.at_seconds) < 3
    time.sleep(1.1)
    later = store.now_seconds()
    assert 0.5 < later - found.at_seconds < 5


@pytest.mark.parametrize("exists", [False, True])
def test_of_many_puts_at_once_one_wins(url: str, exists: bool):
    """Each in a store of its own, as in processes of their own."""
    stores = [open_store(url) for _ in range(6)]
    winners: list[int] = []
    for round_ in range(5):
        key = f"{round_}/lock"
        before = stores[0].put(key, b"0", replacing=None) if exists else None

        def attempt(number: int, key: str = key, before: str | None = before) -> bool:
            try:
                stores[number].put(key, f"from {number}".encode(), replacing=before)
            except ChangedError:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            winners.append(sum(pool.map(attempt, range(6))))
    for one in stores:
        one.close()

    assert winners == [1] * 5


def test_large_objects_come_back_whole(store: Store):
    data = os.urandom(6_000_000)
    store.put("a/state", data, replacing=None)

    found = store.fetch("a/state")

    assert found is not None
    assert found.data == data


# --- a slot: an object that only this process changes -------------------------------------------


class LosesReplies:
    """A store whose puts are carried out, and whose replies don't arrive."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.is_losing = True

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    def put(self, key: str, data: bytes, *, replacing: str | None) -> str:
        version = self.store.put(key, data, replacing=replacing)
        if self.is_losing:
            self.is_losing = False
            raise PlanError(store_down())
        return version


def store_down():
    return Diagnostic(code="state.store", summary="no reply")


@pytest.mark.parametrize("again", [b"one", b"two"])
def test_a_put_whose_reply_was_lost_is_known_for_ones_own(store: Store, again: bytes):
    losing = LosesReplies(store)
    slot = Slot(losing, "a/state")  # pyright: ignore[reportArgumentType]
    with pytest.raises(PlanError):
        slot.put(b"one")

    slot.put(again)
    slot.put(b"three")

    found = store.fetch("a/state")
    assert found is not None
    assert found.data == b"three"


def test_what_somebody_else_has_put_is_not_replaced(store: Store):
    slot, other = Slot(store, "a/state"), Slot(store, "a/state")
    slot.put(b"one")
    other.fetch()
    other.put(b"other")

    with pytest.raises(ChangedError):
        slot.put(b"two")


# --- what is wrong is named ---------------------------------------------------------------------


def test_a_scheme_nobody_knows_is_refused():
    with pytest.raises(PlanError) as caught:
        open_store("ftp://host/path")

    assert caught.value.diagnostic.code == "state.scheme"
    assert "s3://" in caught.value.diagnostic.fix


def test_a_store_that_cannot_be_reached_is_named_without_its_password():
    store = open_store("postgresql://ann:sesame@127.0.0.1:1/db")

    with pytest.raises(PlanError) as caught:
        store.fetch("a/state")

    text = str(caught.value.diagnostic)
    assert "127.0.0.1" in text
    assert "sesame" not in text


@pytest.mark.parametrize(
    ("package", "url", "extra"),
    [("obstore", "s3://bucket/x", "s3"), ("psycopg", "postgresql://host/x", "postgres")],
)
def test_without_the_package_the_extra_is_named(
    package: str, url: str, extra: str, monkeypatch: pytest.MonkeyPatch
):
    for name in [*sys.modules]:
        if name.partition(".")[0] == package or name.startswith("lookervault_plan.state.remote."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    stores = importlib.import_module("lookervault_plan.state.remote.stores")
    with pytest.raises(PlanError) as caught:
        stores.open_store(url)

    assert f"lookervault-plan[{extra}]" in caught.value.diagnostic.fix
