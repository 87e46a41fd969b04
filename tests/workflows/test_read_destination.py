"""A plan for a few items sends few requests, and equals a plan that reads everything."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.content.node import Ref
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.item_search import ItemSearch
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.looker.live_reader import LiveReader
from lookervault_plan.looker.settings import resolve
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.workflows import read_destination as reading
from tests.cli.conftest import Run, settings

Use = Callable[[Sandbox], None]
Raw = dict[str, Any]

#: The same people, folders and LookML as `dev`, and content of its own.
OTHER = {"dashboards": 4, "looks": 4, "folders": 3, "users": 3}
CALLS = 12
#: Not counted: the login, and reads of merge queries.
FREE = ("/login", "/merge_queries", "/queries")
#: one request each if content mentions them, however much does
MENTIONED = ("/user_attributes", "/themes", "/color_collections", "/integrations")


def ask(sandbox: Sandbox, method: str, path: str, body: Raw | None = None, **query: str) -> Any:
    status, reply = sandbox.looker.call(method, path, query or None, body)
    assert status in {200, 204}, (status, method, path, reply)
    return reply


def lived_in(sandbox: Sandbox) -> Sandbox:
    """Put some content in the trash, rename some and move some."""
    folders = [each for each in ask(sandbox, "GET", "/folders") if each["parent_id"] == "1"]
    for path in ("/dashboards", "/looks"):
        found = ask(sandbox, "GET", f"{path}/search", sorts="id")
        for index, item in enumerate(found):
            change: Raw = {
                0: {"deleted": True},
                1: {"title": f"{item['title']} (changed)"},
                2: {"folder_id": folders[-1]["id"]},
            }.get(index % 4, {})
            if change:
                ask(sandbox, "PATCH", f"{path}/{item['id']}", change)
    return sandbox


@pytest.fixture(scope="module")
def other() -> Iterator[Sandbox]:
    with Sandbox(seed=21) as sandbox:
        fill(sandbox.looker.call, seed=1, **OTHER)
        yield lived_in(sandbox)


@pytest.fixture(scope="module")
def bare() -> Iterator[Sandbox]:
    """People and folders, and no content yet."""
    with Sandbox(seed=22) as sandbox:
        fill(sandbox.looker.call, seed=1, **{**OTHER, "dashboards": 0, "looks": 0})
        yield sandbox


@pytest.fixture
def whole(run: Run, use: Use, dev: Sandbox, tmp_path: Path) -> Path:
    """A backup of all types."""
    use(dev)
    path = tmp_path / "whole.db"
    assert run("backup", "--db-path", path, "-q").code == 0
    return path


def addresses(run: Run, backup: Path, selection: str) -> list[str]:
    return [
        line["address"] for line in run("select", "--db-path", backup, selection, "--json").json
    ]


def a_plan(run: Run, backup: Path, selection: str) -> Raw:
    ran = run("plan", "--db-path", backup, "--select", selection, "--json")
    assert ran.code == 0, ran.err or ran.out
    plan = {name: part for name, part in ran.json.items() if name not in {"plan_id", "created_at"}}
    # A plan that looks up few items does not count the others, and says so.
    _ = plan["summary"].pop("unmanaged")
    not_counted = ("note.unmanaged", "note.not-seen")
    plan["diagnostics"] = [one for one in plan["diagnostics"] if one["code"] not in not_counted]
    return plan


@pytest.mark.parametrize("where", ["dev", "other", "bare"])
def test_a_plan_for_a_few_items_equals_one_that_reads_everything(  # noqa: PLR0917 — fixtures
    where: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    run: Run,
    use: Use,
    whole: Path,
):
    use(request.getfixturevalue(where))
    items = addresses(run, whole, "type:* exclude(type:user type:lookml_model)")
    dashboards = [item for item in items if item.startswith("dashboard")]
    selections = [*items[::6], *dashboards, f"+{dashboards[0]}", f"+{dashboards[-1]}"]
    few = {text: a_plan(run, whole, text) for text in selections}

    monkeypatch.setattr(reading, "MAX_SELECTED_TO_SEARCH", 0)
    monkeypatch.setattr(reading, "kinds_to_read", lambda _: frozenset(reading.ITEM_KINDS))

    for text in selections:
        assert few[text] == a_plan(run, whole, text), text


@pytest.mark.parametrize("where", ["dev", "other", "bare"])
def test_a_plan_for_one_dashboard_sends_at_most_twelve_requests(
    where: str, request: pytest.FixtureRequest, run: Run, use: Use, backup: Path
):
    sandbox: Sandbox = request.getfixturevalue(where)
    use(sandbox)
    for address in addresses(run, backup, "type:dashboard,folder:Shared/**"):
        before = len(sandbox.requests)

        _ = a_plan(run, backup, address)

        calls = [
            each
            for each in sandbox.requests[before:]
            if not each.path.startswith((*FREE, *MENTIONED))
        ]
        assert len(calls) <= CALLS, [(each.path, each.query) for each in calls]
        assert all(_is_narrow(each.path, each.query) for each in calls)


def _is_narrow(path: str, query: Raw) -> bool:
    """No page of all dashboards, looks or users."""
    return not path.endswith("/search") or bool(query.keys() - {"limit", "offset", "sorts"})


def test_requests_for_one_dashboard_do_not_grow_with_the_instance(run: Run, use: Use, backup: Path):
    with Sandbox(seed=23) as sandbox:
        fill(sandbox.looker.call, seed=1, **OTHER)
        use(sandbox)
        address = addresses(run, backup, "type:dashboard")[0]
        counts: list[int] = []
        for _ in range(2):
            before = len(sandbox.requests)
            _ = a_plan(run, backup, address)
            counts.append(len(sandbox.requests) - before)
            for number in range(120) if len(counts) == 1 else ():
                body = {"title": f"Dashboard {number}", "folder_id": "1"}
                ask(sandbox, "POST", "/dashboards", body)
                a_live_look(sandbox, f"Look {number}")

    assert counts[0] == counts[1] <= CALLS + 1


def test_a_plan_for_folders_reads_no_dashboards_looks_boards_or_schedules(
    monkeypatch: pytest.MonkeyPatch, run: Run, use: Use, other: Sandbox, backup: Path
):
    monkeypatch.setattr(reading, "MAX_SELECTED_TO_SEARCH", 0)
    use(other)
    before = len(other.requests)

    _ = a_plan(run, backup, "type:folder")

    read = {each.path for each in other.requests[before:]}
    assert "/folders" in read
    assert not {"/dashboards/search", "/looks/search", "/boards", "/scheduled_plans"} & read


def test_kinds_to_read_include_targets_and_members_of_the_selected_kinds():
    assert reading.kinds_to_read({"folder"}) >= {"folder", "user"}
    assert "role" not in reading.kinds_to_read({"dashboard"})
    assert {"look", "folder", "user", "lookml_model", "board"} <= reading.kinds_to_read(
        {"dashboard"}
    )
    assert {"role", "group"} <= reading.kinds_to_read({"user"})


# --- searching ---------------------------------------------------------------------------------


@pytest.fixture
def found(bare: Sandbox) -> Iterator[tuple[ItemSearch, LiveItems]]:
    with Client(resolve(settings(bare))) as client:
        live = LiveItems()
        yield ItemSearch(LiveReader(client), live), live


def a_live_look(sandbox: Sandbox, title: str, folder: str = "1") -> str:
    query = ask(sandbox, "POST", "/queries", {"model": "ecommerce", "view": "orders"})
    body = {"title": title, "folder_id": folder, "query_id": query["id"]}
    return ask(sandbox, "POST", "/looks", body)["id"]


def test_a_title_with_looker_wildcards_finds_only_its_own_item(
    bare: Sandbox, found: tuple[ItemSearch, LiveItems]
):
    search, live = found
    id_ = a_live_look(bare, "50%_A")
    _ = a_live_look(bare, "50 % of A")
    _ = a_live_look(bare, "50%_a")

    search.find_keys("look", [(("folder_id", "1"), ("title", "50%_A"))])

    assert live.identities.keys() == {Ref("look", id_)}


def test_a_title_that_looks_like_a_search_condition_finds_its_item(
    bare: Sandbox, found: tuple[ItemSearch, LiveItems]
):
    search, live = found
    id_ = a_live_look(bare, "is null")

    search.find_keys("look", [(("folder_id", "1"), ("title", "is null"))])

    assert live.identities.keys() == {Ref("look", id_)}


def test_many_ids_take_one_search_of_items_and_one_of_the_trash(
    bare: Sandbox, found: tuple[ItemSearch, LiveItems]
):
    search, live = found
    ids = [a_live_look(bare, f"Look {number}") for number in range(5)]
    for id_ in ids[3:]:
        ask(bare, "PATCH", f"/looks/{id_}", {"deleted": True})
    before = len(bare.requests)

    search.find_ids("look", [*ids, "404404"])

    assert live.identities.keys() == {Ref("look", id_) for id_ in ids}
    assert [each.path for each in bare.requests[before:] if each.path != "/login"] == [
        "/looks/search",
        "/looks/search",
    ]
    search.find_ids("look", ids)
    titles = [f"Look {number}" for number in range(5)]
    search.find_keys("look", [(("folder_id", "1"), ("title", title)) for title in titles])
    search.find_keys("look", [(("folder_id", "1"), ("title", "Look 2"))])
    assert len(bare.requests) == before + 4
