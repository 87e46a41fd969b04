"""People, models, boards, schedules and access lists: restored, and mended after damage."""

import contextlib
import json
import re
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookervault_plan.backup.read import open_backup
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.settings import Connection
from lookervault_plan.plan_file import Options, Plan
from lookervault_plan.sandbox import company
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.state.store import open_state
from lookervault_plan.workflows.apply import ApplyOptions, Outcome, apply_plan
from lookervault_plan.workflows.backup import BackupRequest, take_backup
from lookervault_plan.workflows.plan import Request, make_plan
from tests.acceptance import relations

NOW = "2026-11-23T00:00:00Z"
SIZE = {"dashboards": 12, "looks": 12, "folders": 8, "users": 12}
ALL = ("updates-share", "part-deletes", "users-across", "lockout", "schedules-enable")


def connected(sandbox: Sandbox) -> Client:
    return Client(
        Connection(
            base_url=sandbox.url,
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
        )
    )


def saved(sandbox: Sandbox, path: Path) -> Path:
    with connected(sandbox) as client:
        request = BackupRequest(session="1", now=lambda: NOW, tool_version="0")
        _ = take_backup(client, path, request)
    return path


def planned(sandbox: Sandbox, backup: Path, state: Path, *, options: Options | None = None) -> Plan:
    request = Request(
        created_at=NOW, tool_version="0", allow=ALL, options=options or Options(owners=True)
    )
    with (
        open_backup(backup) as opened,
        connected(sandbox) as client,
        open_state(state) as opened_state,
    ):
        return make_plan(opened, client, opened_state, request)


def applied(sandbox: Sandbox, backup: Path, state: Path, plan: Plan, session: str) -> Outcome:
    options = ApplyOptions(
        session=session, now=lambda: NOW, holder="t", host="h", pid=1, backup_path=str(backup)
    )
    with (
        open_backup(backup) as opened,
        connected(sandbox) as client,
        open_state(state) as opened_state,
    ):
        return apply_plan(plan, backup=opened, client=client, state=opened_state, options=options)


def writes(plan: Plan) -> list[str]:
    return [action.address for action in plan.actions if action.action != "skip"]


def test_into_an_empty_instance_and_nothing_is_left_to_do(tmp_path: Path):
    with Sandbox(seed=7) as source, Sandbox(seed=8) as destination:
        company.fill(source.looker.call, seed=1, **SIZE)
        backup, state = saved(source, tmp_path / "b.db"), tmp_path / "state.db"

        plan = planned(destination, backup, state)
        outcome = applied(destination, backup, state, plan, "s1")

        assert (outcome.failed, outcome.blocked, outcome.untaken) == (0, 0, ())
        wanted = relations.read(source.looker.call)
        for key, told in wanted.items():
            if key.startswith(("schedule ", "alert ")):
                told["enabled"] = False  # another instance must not send by itself
        assert relations.differences(wanted, relations.read(destination.looker.call)) == []
        assert writes(planned(destination, backup, state)) == []


def test_without_a_state_the_second_plan_is_empty_too(tmp_path: Path):
    with Sandbox(seed=7) as source, Sandbox(seed=8) as destination:
        company.fill(source.looker.call, seed=3, **SIZE)
        backup, state = saved(source, tmp_path / "b.db"), tmp_path / "state.db"
        plan = planned(destination, backup, state)
        _ = applied(destination, backup, state, plan, "s1")

        assert writes(planned(destination, backup, tmp_path / "other.db")) == []


def test_a_backup_changes_nothing_of_its_own_instance(tmp_path: Path):
    with Sandbox(seed=7) as source:
        company.fill(source.looker.call, seed=2, **SIZE)
        backup = saved(source, tmp_path / "b.db")

        plan = planned(source, backup, tmp_path / "state.db")

        assert writes(plan) == []
        assert plan.options.schedules == "keep"


class Instance:
    """Calls to a sandbox, in short."""

    def __init__(self, call: Callable[..., tuple[int, Any]]) -> None:
        self._call = call

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        status, reply = self._call(method, path, query or None, body)
        assert status < 300, (method, path, body, status, reply)
        return json.loads(msgspec.json.encode(reply)) if reply is not None else None

    def first(self, path: str, holds: Callable[[Any], bool] = bool, **query: Any) -> Any:
        return next(row for row in self.ask("GET", path, **query) if holds(row))

    def group(self) -> tuple[str, list[Any]]:
        for row in self.ask("GET", "/groups"):
            users = self.ask("GET", f"/groups/{row['id']}/users")
            if row["name"].endswith("team") and users:
                return row["id"], users
        raise AssertionError

    def role(self) -> str:
        return self.first("/roles", lambda row: row["name"].startswith("Role 0"))["id"]

    def listed_folder(self) -> str:
        """Metadata of a folder with an access list."""
        folder = self.first("/folders", lambda row: row["name"] == "Finance")
        return folder["content_metadata_id"]

    def entries(self, metadata: str) -> list[Any]:
        return self.ask("GET", "/content_metadata_access", content_metadata_id=metadata)

    def board(self) -> Any:
        return self.first("/boards", lambda row: len(row["board_sections"]) > 1)


def _plain(path: str, what: str, body: Any, holds: Callable[[Any], bool] = bool) -> Any:
    def damage(at: Instance) -> list[str]:
        row = at.first(path, holds)
        _ = at.ask("PATCH", f"{path}/{row['id']}", body)
        return [f"PATCH {path}/{row['id']}"]

    damage.__name__ = what
    return damage


def model(at: Instance) -> list[str]:
    _ = at.ask("PATCH", "/lookml_models/people", {"allowed_db_connection_names": ["warehouse"]})
    return ["PATCH /lookml_models/people"]


def member_gone(at: Instance) -> list[str]:
    group, users = at.group()
    _ = at.ask("DELETE", f"/groups/{group}/users/{users[0]['id']}")
    return [f"POST /groups/{group}/users"]


def member_more(at: Instance) -> list[str]:
    group, users = at.group()
    held = {user["id"] for user in users}
    other = at.first("/users", lambda row: row["id"] not in held and row["email"])
    _ = at.ask("POST", f"/groups/{group}/users", {"user_id": other["id"]})
    return [f"DELETE /groups/{group}/users/{other['id']}"]


def role_users(at: Instance) -> list[str]:
    role = at.role()
    _ = at.ask("PUT", f"/roles/{role}/users", [])
    return [f"PUT /roles/{role}/users"]


def role_groups(at: Instance) -> list[str]:
    role = at.role()
    _ = at.ask("PUT", f"/roles/{role}/groups", [])
    return [f"PUT /roles/{role}/groups"]


def entry_gone(at: Instance) -> list[str]:
    entry = at.entries(at.listed_folder())[0]
    _ = at.ask("DELETE", f"/content_metadata_access/{entry['id']}")
    return ["POST /content_metadata_access"]


def entry_changed(at: Instance) -> list[str]:
    entry = at.entries(at.listed_folder())[0]
    other = {"view": "edit", "edit": "view"}[entry["permission_type"]]
    _ = at.ask("PUT", f"/content_metadata_access/{entry['id']}", {"permission_type": other})
    return [f"PUT /content_metadata_access/{entry['id']}"]


def list_given_up(at: Instance) -> list[str]:
    """What it inherits again is copied, and has to go; its own come back."""
    metadata = at.listed_folder()
    own = at.entries(metadata)
    _ = at.ask("PATCH", f"/content_metadata/{metadata}", {"inherits": True})
    shared = at.first("/folders", lambda row: row["is_shared_root"])["content_metadata_id"]
    return [
        f"PATCH /content_metadata/{metadata}",
        *["DELETE /content_metadata_access/*"] * len(at.entries(shared)),
        *["POST /content_metadata_access"] * len(own),
    ]


def list_of_its_own(at: Instance) -> list[str]:
    def inherits(row: Any) -> bool:
        metadata = at.ask("GET", f"/content_metadata/{row['content_metadata_id']}")
        return metadata["inherits"]

    metadata = at.first("/folders", inherits)["content_metadata_id"]
    _ = at.ask("PATCH", f"/content_metadata/{metadata}", {"inherits": False})
    return [f"PATCH /content_metadata/{metadata}"]


def board_order(at: Instance) -> list[str]:
    board = at.board()
    _ = at.ask("PATCH", f"/boards/{board['id']}", {"section_order": board["section_order"][::-1]})
    return [f"PATCH /boards/{board['id']}"]


def item_order(at: Instance) -> list[str]:
    section = at.board()["board_sections"][0]
    order = section["item_order"]
    _ = at.ask("PATCH", f"/board_sections/{section['id']}", {"item_order": order[::-1]})
    return [f"PATCH /board_sections/{section['id']}"]


def item_gone(at: Instance) -> list[str]:
    """The last one of the order: made anew, it comes last by itself."""
    section = at.board()["board_sections"][0]
    _ = at.ask("DELETE", f"/board_items/{section['item_order'][-1]}")
    return ["POST /board_items"]


def item_gone_from_the_middle(at: Instance) -> list[str]:
    section = at.board()["board_sections"][0]
    _ = at.ask("DELETE", f"/board_items/{section['item_order'][0]}")
    return ["POST /board_items", f"PATCH /board_sections/{section['id']}"]


def section_more(at: Instance) -> list[str]:
    board = at.board()
    made = at.ask("POST", "/board_sections", {"board_id": board["id"], "title": "Too many"})
    return [f"DELETE /board_sections/{made['id']}"]


def destinations(at: Instance) -> list[str]:
    plan = at.first("/scheduled_plans", lambda row: row["dashboard_id"], all_users=True)
    other = [{"type": "email", "format": "csv", "address": "other@example.com"}]
    body = {"scheduled_plan_destination": other}
    _ = at.ask("PATCH", f"/scheduled_plans/{plan['id']}", body)
    return [f"PATCH /scheduled_plans/{plan['id']}"]


def _alert(at: Instance, holds: Callable[[Any], bool] = bool) -> Any:
    def is_on_a_tile(row: Any) -> bool:
        return bool(row["dashboard_element_id"]) and holds(row)

    return at.first("/alerts/search", is_on_a_tile, all_owners=True)


def alert_threshold(at: Instance) -> list[str]:
    path = f"/alerts/{_alert(at)['id']}"
    me = at.ask("GET", "/user")["id"]
    _ = at.ask("PATCH", path, {"threshold": 7, "is_public": True, "owner_id": me})
    return [f"PATCH {path}"]


def alert_off(at: Instance) -> list[str]:
    path = f"/alerts/{_alert(at, lambda row: not row['is_disabled'])['id']}"
    _ = at.ask("PATCH", path, {"is_disabled": True, "disabled_reason": "noise"})
    return [f"PATCH {path}"]


def alert_rewritten(at: Instance) -> list[str]:
    """What PATCH does not take is written with all the rest."""
    alert = _alert(at, lambda row: row["investigative_content_id"])
    body = {name: alert[name] for name in ("owner_id", "field", "destinations", "threshold")}
    body |= {"dashboard_element_id": alert["dashboard_element_id"], "cron": "0 9 * * *"}
    _ = at.ask("PUT", f"/alerts/{alert['id']}", {**body, "comparison_type": "EQUAL_TO"})
    return [f"PUT /alerts/{alert['id']}"]


def alert_gone(at: Instance) -> list[str]:
    _ = at.ask("DELETE", f"/alerts/{_alert(at)['id']}")
    return ["POST /alerts"]


def alert_more(at: Instance) -> list[str]:
    alert = _alert(at)
    names = ("owner_id", "field", "destinations", "threshold", "cron", "comparison_type")
    body = {name: alert[name] for name in (*names, "dashboard_element_id")}
    made = at.ask("POST", "/alerts", {**body, "custom_title": "One too many"})
    return [f"DELETE /alerts/{made['id']}"]


def schedule_off(at: Instance) -> list[str]:
    plan = at.first("/scheduled_plans", lambda row: row["enabled"], all_users=True)
    _ = at.ask("PATCH", f"/scheduled_plans/{plan['id']}", {"enabled": False})
    return [f"PATCH /scheduled_plans/{plan['id']}"]


DAMAGES = (
    _plain(
        "/groups",
        "group",
        {"can_add_to_content_metadata": False},
        lambda row: row["name"].endswith("team") and row["can_add_to_content_metadata"],
    ),
    _plain("/users", "user", {"last_name": "Other"}, lambda row: row["email"]),
    _plain(
        "/permission_sets",
        "permission_set",
        {"permissions": ["access_data"]},
        lambda row: row["name"].startswith("Set 0"),
    ),
    _plain("/model_sets", "model_set", {"models": []}, lambda row: row["name"] == "Models 0"),
    _plain("/roles", "role", {"model_set_id": "1"}, lambda row: row["name"].startswith("Role 0")),
    _plain("/boards", "board", {"description": "other"}),
    model,
    member_gone,
    member_more,
    role_users,
    role_groups,
    entry_gone,
    entry_changed,
    list_of_its_own,
    board_order,
    item_order,
    item_gone,
    item_gone_from_the_middle,
    section_more,
    destinations,
    schedule_off,
    alert_threshold,
    alert_off,
    alert_rewritten,
    alert_gone,
    alert_more,
    list_given_up,
)


@contextlib.contextmanager
def damaged_company(tmp_path: Path) -> Generator[tuple[Sandbox, Path]]:
    with Sandbox(seed=7) as source:
        company.fill(source.looker.call, seed=1, **SIZE)
        yield source, saved(source, tmp_path / "b.db")


def mend(source: Sandbox, backup: Path, state: Path) -> list[str]:
    """Plan and apply; the writes it took, ids of new access entries left out."""
    plan = planned(source, backup, state)
    source.requests.clear()
    outcome = applied(source, backup, state, plan, "s1")
    assert (outcome.failed, outcome.blocked, outcome.untaken) == (0, 0, ())
    return sorted(f"{request.method} {request.path}" for request in source.writes())


def agree(found: list[str], wanted: list[str]) -> bool:
    """`*` stands for an id that nobody knew before."""
    rest = list(found)
    for each in sorted(wanted, key=lambda text: "*" in text):
        pattern = re.escape(each).replace(r"\*", r"\d+")
        hit = next((text for text in rest if re.fullmatch(pattern, text)), None)
        if hit is None:
            return False
        rest.remove(hit)
    return not rest


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_each_damage_costs_exactly_its_recipe(damage, tmp_path: Path):
    with damaged_company(tmp_path) as (source, backup):
        before = relations.read(source.looker.call)
        recipe = damage(Instance(source.looker.call))
        assert relations.differences(before, relations.read(source.looker.call))

        found = mend(source, backup, tmp_path / "state.db")

        assert agree(found, recipe), (found, recipe)
        assert relations.differences(before, relations.read(source.looker.call)) == []
        assert writes(planned(source, backup, tmp_path / "state.db")) == []


@given(chosen=st.lists(st.sampled_from(DAMAGES), min_size=3, max_size=9, unique=True))
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_is_mended_in_one_go(
    chosen: list[Callable[[Instance], list[str]]], tmp_path_factory: pytest.TempPathFactory
):
    tmp_path = tmp_path_factory.mktemp("damage")
    with damaged_company(tmp_path) as (source, backup):
        before = relations.read(source.looker.call)
        for damage in sorted(chosen, key=DAMAGES.index):  # what ends a thing comes last
            _ = damage(Instance(source.looker.call))

        _ = mend(source, backup, tmp_path / "state.db")

        assert relations.differences(before, relations.read(source.looker.call)) == []
        assert writes(planned(source, backup, tmp_path / "state.db")) == []
