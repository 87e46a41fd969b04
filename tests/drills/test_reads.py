"""Whatever a read is answered with: the plan is right, or says what it could not see, or is none.

The endpoints are those of the table, so that a new row is drilled without a new test.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from lookervault_plan.backup.reader import open_backup
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.errors import PlanError, Refused
from lookervault_plan.execution.history import History
from lookervault_plan.looker import transport
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.error_messages import explaining
from lookervault_plan.looker.retry import RetryPolicy
from lookervault_plan.looker.settings import Connection
from lookervault_plan.plan_file import Plan, Writing
from lookervault_plan.render.summary_lines import NO_CHANGES, headline
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.looker import Looker
from lookervault_plan.selectors.choose import Choice, choose
from lookervault_plan.state.store import State, open_state
from lookervault_plan.workflows.apply import check_unchanged
from lookervault_plan.workflows.backup import BackupRequest, take_backup
from lookervault_plan.workflows.backup_items import BackupItems
from lookervault_plan.workflows.plan import PlanRequest, make_plan
from tests.drills.reads import (
    BODIES,
    LOST,
    REFUSALS,
    Endpoint,
    Fault,
    InProcess,
    copy_of,
    endpoints,
)

COMPANY = {"dashboards": 3, "looks": 3, "folders": 3, "users": 3, "tiles": 2}
NOW = "2026-01-01T00:00:00+00:00"
FAST = RetryPolicy(base_seconds=0.00001, max_seconds=0.00001)
#: Faults of the first reply, which a second request makes good.
ONCE: tuple[Fault, ...] = (*BODIES, LOST)
#: Faults of every reply. Bodies that can't be used end alike, so that two stand for all.
ALWAYS: tuple[Fault, ...] = ("html", "shape", LOST, *REFUSALS)
#: Lists that a Looker may not have, and what is read in their place.
WITH_FALLBACK = [
    listing for row in KINDS.values() if (listing := row.item.listing) and listing.fallback_path
]
FALLBACKS = {listing.fallback_path for listing in WITH_FALLBACK}
#: Codes of the errors that a read may end in.
CODES = {"looker.reply", "looker.network", "looker.forbidden", "looker.missing", "plan.stale"}

#: The instance of the backup, with changes; another instance; and the first for few items.
DESTINATIONS = ("same", "other", "few")
FEW = ("type:dashboard", "type:group", "type:board")

Write = tuple[str, ...]
T = TypeVar("T")


@dataclass
class Scene:
    """A backup, and instances to compare it with."""

    backup: Path
    source: InProcess
    destinations: Mapping[str, InProcess]
    state: State
    patch: pytest.MonkeyPatch
    saves: int = 0

    def client(self, looker: InProcess) -> Client:
        self.patch.setattr(transport, "HttpTransport", lambda *_, **__: looker)
        url = looker.looker.instance.base_url
        return Client(Connection(base_url=url, client_id="a", client_secret="b"), policy=FAST)

    def plan(self, destination: str) -> Plan:
        looker = self.destinations[destination]
        request = PlanRequest(
            created_at=NOW,
            tool_version="1",
            check_fields=True,
            choice=choose(select=FEW) if destination == "few" else Choice(),
        )
        with (
            self.client(looker) as client,
            explaining(client.connection),
            open_backup(self.backup) as backup,
        ):
            return make_plan(backup, client, self.state, request)

    def check(self, destination: str, plan: Plan) -> tuple[Writing, ...]:
        """Read what apply reads before its first write. Return what it would write."""
        with (
            self.client(self.destinations[destination]) as client,
            explaining(client.connection),
            open_backup(self.backup) as backup,
        ):
            found = check_unchanged(plan, History(()), backup, client, skip_stale=False)
            return found.plan.writing

    def save(self, path: Path) -> Any:
        self.saves += 1
        request = BackupRequest(session=f"run {self.saves}", now=lambda: NOW, tool_version="1")
        with self.client(self.source) as client, explaining(client.connection):
            return take_backup(client, path, request)


class Ask:
    """Call a Looker, and expect success."""

    def __init__(self, looker: Looker) -> None:
        self.looker = looker

    def __call__(self, method: str, path: str, body: object = None, **query: object) -> Any:
        status, reply = self.looker.call(method, path, query or None, body)
        assert status < 300, (method, path, reply)
        return reply


def company(looker: Looker, url: str) -> Looker:
    """Make a small company, with content that names things outside of it."""
    looker.instance.base_url = url
    fill(looker.call, seed=5, **COMPANY)
    ask = Ask(looker)
    colours = {"color_application": {"collection_id": "their-own"}}
    chart = {"model": "finance", "view": "orders", "fields": ["orders.count"]}
    query = ask("POST", "/queries", chart | {"vis_config": colours})["id"]
    dashboard = ask("POST", "/dashboards", {"title": "Named things", "folder_id": "1"})["id"]
    sources = [{"query_id": query, "name": name, "merge_fields": []} for name in ("q0", "q1")]
    merge = ask("POST", "/merge_queries", {"source_queries": sources})["id"]
    above = ask("POST", "/folders", {"name": "Above", "parent_id": "1"})["id"]
    for name in ("Left", "Right"):
        ask("POST", "/folders", {"name": name, "parent_id": above})
    ask("POST", "/permission_sets", {"name": "Rare", "permissions": ["see_users"]})
    for tile in (
        {"type": "vis", "title": "Chart", "query_id": query},
        {"type": "vis", "title": "Merged", "merge_result_id": merge},
        {"type": "text", "body_text": "{{ _user_attributes['region'] }}"},
    ):
        ask("POST", "/dashboard_elements", {"dashboard_id": dashboard, **tile})
    destination = {"format": "csv", "type": "looker-integration://1::slack", "address": "a@b.c"}
    ask(
        "POST",
        "/scheduled_plans",
        {
            "name": "Themed",
            "dashboard_id": dashboard,
            "crontab": "1 1 * * 1",
            "color_theme": "dark",
            "scheduled_plan_destination": [destination],
        },
    )
    return looker


def changed(looker: Looker) -> Looker:
    """Take some things away, add others, so that a plan has something to do of each kind."""
    ask = Ask(looker)
    group = next(each for each in ask("GET", "/groups") if each["name"] != "All Users")
    members = [each["id"] for each in ask("GET", f"/groups/{group['id']}/users")]
    people = [each["id"] for each in ask("GET", "/users") if each["id"] not in members]
    ask("DELETE", f"/groups/{group['id']}/users/{members[0]}")
    ask("POST", f"/groups/{group['id']}/users", {"user_id": people[-1]})
    role = next(each for each in ask("GET", "/roles") if each["name"] not in {"Admin", "User"})
    ask("PUT", f"/roles/{role['id']}/users", [people[-1]])
    ask("PUT", f"/roles/{role['id']}/groups", [group["id"]])
    for alert in ask("GET", "/alerts/search", all_owners=True):
        ask("PATCH", f"/alerts/{alert['id']}", {"threshold": 4711})
    for plan in ask("GET", "/scheduled_plans", all_users=True):
        ask("DELETE", f"/scheduled_plans/{plan['id']}")
    ask("DELETE", "/lookml_models/people")
    rare = next(each for each in ask("GET", "/permission_sets") if each["name"] == "Rare")
    ask("DELETE", f"/permission_sets/{rare['id']}")
    for board in ask("GET", "/boards"):
        for section in board["board_sections"]:
            for item in section["board_items"]:
                if item["lookml_dashboard_id"]:
                    ask("DELETE", f"/board_items/{item['id']}")
    ask("DELETE", f"/dashboards/{ask('GET', '/dashboards/search', title='Named things')[0]['id']}")
    dashboards = ask("GET", "/dashboards/search", sorts="id")
    ask("PATCH", f"/dashboards/{dashboards[0]['id']}", {"title": "Another", "lookml_link_id": None})
    ask("PATCH", f"/dashboards/{dashboards[1]['id']}", {"deleted": True})
    folder = next(each for each in ask("GET", "/folders") if each["parent_id"] == "1")
    entries = ask(
        "GET", "/content_metadata_access", content_metadata_id=folder["content_metadata_id"]
    )
    for entry in entries[1:]:
        ask("DELETE", f"/content_metadata_access/{entry['id']}")
    return looker


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    place = tmp_path_factory.mktemp("reads")
    source = company(Looker(seed=61), "http://dev.example")
    other = company(Looker(seed=62), "http://prod.example")
    here = changed(copy_of(source, place / "source.bin", seed=61))
    with pytest.MonkeyPatch.context() as patch, open_state(place / "state.db") as state:
        few = copy_of(here, place / "here.bin", seed=61)
        destinations = {
            "same": InProcess(here),
            "other": InProcess(changed(other)),
            "few": InProcess(few),
        }
        scene = Scene(place / "backup.db", InProcess(source), destinations, state, patch)
        assert scene.save(scene.backup).unseen == ()
        yield scene


def writes(plan: Plan) -> set[Write]:
    """All that a plan would write, one by one."""
    found: set[Write] = set()
    for action in plan.writing:
        found.add((action.verb, action.address))
        for change in getattr(action, "changes", ()):
            found.add(("change", action.address, change.path))
        for name, parts in getattr(action, "parts", {}).items():
            for verb in ("create", "update", "delete"):
                found.update(
                    (verb, action.address, name, str(each.key), str(each.live_id))
                    for each in getattr(parts, verb)
                )
    return found


class Calm(NamedTuple):
    """What comes of it without faults, and which paths were read."""

    result: Any
    paths: tuple[str, ...]

    def reads(self, endpoint: Endpoint) -> bool:
        return any(map(endpoint.matches, self.paths))


def read_paths(looker: InProcess) -> tuple[str, ...]:
    return tuple(path for method, path in looker.paths if method == "GET")


@pytest.fixture(scope="module")
def plans(scene: Scene) -> Mapping[str, Calm]:
    """The plans without faults."""
    found: dict[str, Calm] = {}
    for name, looker in scene.destinations.items():
        looker.begin()
        plan = scene.plan(name)
        assert {"create", "update"} <= {verb for verb, *_ in writes(plan)}
        assert plan.unseen == ()
        found[name] = Calm(plan, read_paths(looker))
    return found


@pytest.fixture(scope="module")
def checks(scene: Scene, plans: Mapping[str, Calm]) -> Mapping[str, Calm]:
    """The reads of apply without faults: is the destination still as the plan saw it?"""
    found: dict[str, Calm] = {}
    for name, looker in scene.destinations.items():
        looker.begin()
        checked = scene.check(name, plans[name].result)
        assert checked == plans[name].result.writing
        found[name] = Calm(checked, read_paths(looker))
    return found


@pytest.fixture(scope="module")
def saved(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Calm:
    """A backup without faults."""
    path = tmp_path_factory.mktemp("saved") / "backup.db"
    scene.source.begin()
    _ = scene.save(path)
    return Calm(path, read_paths(scene.source))


def tried(run: Callable[[], T], endpoint: Endpoint, fault: Fault) -> T | None:
    """Return the result of a run without a read, or None if it ended in one clear error."""
    try:
        return run()
    except PlanError as error:
        problem = error
    assert problem.diagnostic.code in CODES, (endpoint.path, problem.diagnostic)
    is_needed = not endpoint.is_auxiliary or isinstance(problem, Refused)
    assert is_needed or fault not in REFUSALS, (endpoint.path, problem.diagnostic)
    return None


@pytest.mark.parametrize("destination", DESTINATIONS)
@pytest.mark.parametrize("fault", ONCE)
def test_a_plan_is_right_though_every_first_reply_is_lost(
    scene: Scene, plans: Mapping[str, Calm], destination: str, fault: Fault
):
    scene.destinations[destination].begin(first=fault)

    plan = scene.plan(destination)

    assert plan.plan_id == plans[destination].result.plan_id


@pytest.mark.parametrize("destination", DESTINATIONS)
@pytest.mark.parametrize("fault", ALWAYS)
def test_a_plan_without_a_read_is_right_or_names_it_or_is_none(
    scene: Scene, plans: Mapping[str, Calm], destination: str, fault: Fault
):
    whole: Plan = plans[destination].result
    for endpoint in filter(plans[destination].reads, endpoints()):
        scene.destinations[destination].begin(always={endpoint.path: fault})
        plan = tried(lambda: scene.plan(destination), endpoint, fault)
        if plan is None:
            continue
        assert fault in REFUSALS, endpoint.path
        assert writes(plan) <= writes(whole), (endpoint.path, writes(plan) - writes(whole))
        if writes(plan) != writes(whole) or not endpoint.has_substitute:
            assert plan.unseen, endpoint.path
            assert headline(plan) != NO_CHANGES


@pytest.mark.parametrize("destination", DESTINATIONS)
@pytest.mark.parametrize("fault", ALWAYS)
def test_an_apply_without_a_read_writes_what_was_planned_or_nothing(
    scene: Scene,
    plans: Mapping[str, Calm],
    checks: Mapping[str, Calm],
    destination: str,
    fault: Fault,
):
    plan: Plan = plans[destination].result
    for endpoint in filter(checks[destination].reads, endpoints()):
        scene.destinations[destination].begin(always={endpoint.path: fault})
        checked = tried(lambda: scene.check(destination, plan), endpoint, fault)
        assert checked is None or checked == plan.writing, endpoint.path


@pytest.mark.parametrize("fault", ONCE)
def test_a_backup_is_whole_though_every_first_reply_is_lost(
    scene: Scene, tmp_path: Path, fault: Fault
):
    scene.source.begin(first=fault)

    result = scene.save(tmp_path / "backup.db")

    assert result.unseen == ()
    with open_backup(tmp_path / "backup.db") as mine, open_backup(scene.backup) as whole:
        assert mine.fingerprint == whole.fingerprint


@pytest.mark.parametrize("fault", ALWAYS)
def test_a_backup_without_a_read_names_what_it_lacks_or_fails(
    scene: Scene, saved: Calm, tmp_path: Path, fault: Fault
):
    for number, endpoint in enumerate(filter(saved.reads, endpoints())):
        path = tmp_path / f"{number}.db"
        scene.source.begin(always={endpoint.path: fault})
        result = tried(lambda file=path: scene.save(file), endpoint, fault)
        if result is None:
            continue
        assert fault in REFUSALS, endpoint.path
        assert result.unseen or endpoint.has_substitute, endpoint.path
        with open_backup(path) as written:
            lacking = BackupItems(written).unseen
        assert sum(map(len, lacking.values())) == result.counts.unseen


def test_an_older_looker_is_read_by_the_endpoints_it_has(scene: Scene, plans: Mapping[str, Calm]):
    older = {listing.path for listing in WITH_FALLBACK}
    looker = scene.destinations["same"]
    looker.begin()
    looker.looker.instance.lacks = frozenset(older)

    plan = scene.plan("same")

    looker.looker.instance.lacks = frozenset()
    assert writes(plan) == writes(plans["same"].result)
    assert [one.code for one in plan.unseen] == ["unseen.role-ids-and-parent-group-ids-of-groups"]
    assert set(read_paths(looker)) >= FALLBACKS


def test_every_read_of_the_table_is_drilled(
    plans: Mapping[str, Calm], checks: Mapping[str, Calm], saved: Calm
):
    calm = [*plans.values(), *checks.values(), saved]

    never = {each.path for each in endpoints() if not any(one.reads(each) for one in calm)}

    # Single items of any type are read by the same function: some of the types stand for all.
    single = {f"{row.path}/{{id}}" for row in KINDS.values() if row.is_item}
    assert single & never != single
    assert never - single <= FALLBACKS
