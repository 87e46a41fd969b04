"""A company with every row of the table in use: restored elsewhere, and mended after any damage."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.sandbox.looker import Looker
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance import damage_relations
from tests.acceptance.command_line import Workdir
from tests.acceptance.conftest import Serve
from tests.acceptance.damage import Damage, Do, Site, unexpected
from tests.acceptance.whole import ACROSS, DAMAGES, Whole, allowed, make_company, repairs

ITEMS = 50
#: more of them find more; each takes a second or two
EXAMPLES = int(os.environ.get("DAMAGE_EXAMPLES", "6"))


def backup_of(workdir: Workdir, sandbox: Sandbox) -> Path:
    """Of all types."""
    path = workdir.path / "all.db"
    _ = workdir.run(sandbox, "backup", "--db-path", path)
    return path


def test_into_an_empty_instance_and_nothing_is_left_to_do(workdir: Workdir, serve: Serve):
    source, destination = serve(7), serve(8)
    make_company(source.looker, 2 * ITEMS)
    backup = backup_of(workdir, source)
    planned = workdir.plan(destination, backup, *ACROSS)
    destination.requests.clear()

    workdir.apply(destination, planned)

    asked = list(destination.requests)
    wanted, made = Whole.of(source.looker.call), Whole.of(destination.looker.call)
    assert wanted.differences(made, same_instance=False) == []
    assert [request for request in asked if request.status >= 400] == []
    assert destination.looker.overlaps == []
    # Quotas are sold by the call: the plan says how many there will be, reads included.
    assert planned.document["summary"]["calls"] == len(asked)
    assert workdir.plan(destination, backup, *ACROSS).counts == {}
    # Without the state, too.
    forgetful = Workdir(workdir.path / "elsewhere")
    forgetful.path.mkdir()
    assert forgetful.plan(destination, backup, *ACROSS).counts == {}
    # Nor has its own instance anything to do.
    unchanged = workdir.plan(source, backup)
    assert unchanged.counts == {}
    assert unchanged.document["options"]["schedules"] == "keep"


def test_the_company_uses_every_row(serve: Serve):
    source = serve(7)
    make_company(source.looker, ITEMS)

    def held(path: str, **query: Any) -> list[Any]:
        return source.looker.call("GET", path, query or None)[1]

    groups = [row["id"] for row in held("/groups")]
    boards, plans = held("/boards"), held("/scheduled_plans", all_users=True)
    items = [
        item
        for board in boards
        for section in board["board_sections"]
        for item in section["board_items"]
    ]
    folders = {row["id"]: row for row in held("/folders")}
    listed = [
        row
        for row in folders.values()
        if not source.looker.call("GET", f"/content_metadata/{row['content_metadata_id']}")[1][
            "inherits"
        ]
    ]

    def depth(row: Any) -> int:
        return 1 + depth(folders[row["parent_id"]]) if row["parent_id"] else 0

    assert any(held(f"/groups/{id_}/groups") for id_ in groups)
    assert any(len(row["dashboard_layouts"]) > 1 for row in held("/dashboards/search"))
    assert {field for item in items for field in TARGETS if item[field]} == {*TARGETS}
    assert any(row["is_disabled"] for row in held("/users"))
    assert any(len(row["scheduled_plan_destination"]) > 1 for row in plans)
    assert {field for row in plans for field in SENT if row[field]} == {*SENT}
    assert any(row["tab_ids"] for row in plans)
    assert {1, 2, 3} <= {depth(row) for row in listed if not row["is_personal"]}


TARGETS = ("dashboard_id", "look_id", "lookml_dashboard_id", "custom_url")
SENT = ("dashboard_id", "look_id", "lookml_dashboard_id", "query_id", "crontab", "datagroup")


# --- damage ----------------------------------------------------------------------------------


class Repairable:
    """An instance with a backup, to damage and repair again and again."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        make_company(sandbox.looker, ITEMS)
        self.sandbox = sandbox
        self.folder = folder
        self.undamaged = folder / "undamaged.msgpack"
        sandbox.looker.save(self.undamaged)
        self.backup = backup_of(Workdir(folder), sandbox)
        self.before = Whole.of(sandbox.looker.call)

    def reset(self) -> Site:
        """Undo all damage without a restore."""
        fresh = Looker(seed=7, load=self.undamaged)
        fresh.instance.base_url = self.sandbox.url
        self.sandbox.looker.store, self.sandbox.looker.instance = fresh.store, fresh.instance
        self.sandbox.looker.overlaps.clear()
        self.sandbox.requests.clear()
        return Site(self.sandbox.looker.call, self.before.content)

    def repair(self, damages: Sequence[Damage]) -> None:
        """Restore from the backup; check that it makes the expected writes and no others."""
        workdir = Workdir(Path(mkdtemp(dir=self.folder)))
        planned = workdir.plan(self.sandbox, self.backup, *allowed(damages))
        self.sandbox.requests.clear()

        workdir.apply(self.sandbox, planned)

        what = [one.what for one in damages]
        asked = list(self.sandbox.requests)
        assert unexpected(self.sandbox.writes(), repairs(damages)) == [], what
        assert [request for request in asked if request.status >= 400] == [], what
        # What Looker places right by itself is counted and not sent.
        spared = planned.document["summary"]["calls"] - len(asked)
        assert 0 <= spared <= sum(one.maybe for one in repairs(damages)), what
        after = Whole.of(self.sandbox.looker.call)
        assert self.before.differences(after, same_instance=True) == [], what
        assert workdir.plan(self.sandbox, self.backup).counts == {}, what


@pytest.fixture(scope="module")
def repairable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repairable]:
    with Sandbox(seed=7) as sandbox:
        yield Repairable(sandbox, tmp_path_factory.mktemp("repairable"))


@pytest.mark.parametrize("do", damage_relations.ALL, ids=lambda do: do.__name__)
def test_each_damage_costs_exactly_its_recipe(repairable: Repairable, do: Do):
    done = None
    for number in range(1, 10):
        done = done or do(repairable.reset(), number)
    assert done is not None

    repairable.repair([done])


def test_every_kind_is_damaged():
    """By its name, or by that of what holds it."""
    words = " ".join(do.__name__ for do in DAMAGES)
    named = {
        "lookml_model": "model_changed",
        "permission_set": "set_changed",
        "board_section": "section",
        "board_item": "item",
        "scheduled_plan": "schedule",
        "dashboard_element": "tile",
        "dashboard_filter": "filter",
        "dashboard_layout": "tab",
        "dashboard_layout_component": "tile_elsewhere",
        "content_access": "list_",
        "access_entry": "entry",
        "group_user": "member",
        "group_group": "subgroup",
        "role_user": "role_users",
        "role_group": "role_groups",
    }
    written = {row.name for row in KINDS.values() if row.path and not row.content_addressed}

    assert {kind for kind in written if named.get(kind, kind) not in words} == set()


@pytest.mark.parametrize("way", ["deleted", "changed"])
def test_a_schedule_whose_secrets_no_backup_holds_comes_back_disabled(
    repairable: Repairable, way: str
):
    """And says so, once: the credentials have to be entered in Looker (looker-api.md 2.12)."""
    call = repairable.reset().call
    row = next(
        row
        for row in call("GET", "/scheduled_plans", {"all_users": True})[1]
        if row["enabled"] and row["scheduled_plan_destination"][0]["type"] == "s3"
    )
    path = f"/scheduled_plans/{row['id']}"
    if way == "deleted":
        status, _ = call("DELETE", path)
    else:
        other = [{"type": "email", "format": "csv", "address": "other@example.com"}]
        status, _ = call("PATCH", path, None, {"scheduled_plan_destination": other})
    assert status < 300
    workdir = Workdir(Path(mkdtemp(dir=repairable.folder)))

    planned = workdir.restore(repairable.sandbox, repairable.backup)

    told = [one for one in planned.document["diagnostics"] if one["code"] == "secrets.missing"]
    assert [one["address"] for one in told] == [f"scheduled_plan:{row['id']}"]
    after = call("GET", "/scheduled_plans", {"all_users": True})[1]
    made = next(one for one in after if one["name"] == row["name"])
    assert not made["enabled"]
    assert made["scheduled_plan_destination"][0]["type"] == "s3"
    assert workdir.plan(repairable.sandbox, repairable.backup).counts == {}
    # Somebody enters the credentials and turns it on: that is nobody's business.
    given = [
        {name: value for name, value in one.items() if value and name not in READ_ONLY}
        for one in made["scheduled_plan_destination"]
    ]
    given[0]["secret_parameters"] = "{}"
    body = {"enabled": True, "scheduled_plan_destination": given}
    assert call("PATCH", f"/scheduled_plans/{made['id']}", None, body)[0] == 200
    assert workdir.plan(repairable.sandbox, repairable.backup).counts == {}


READ_ONLY = ("id", "scheduled_plan_id", "looker_recipient")


many = st.lists(st.tuples(st.sampled_from(DAMAGES), st.integers(0, 1000)), min_size=3, max_size=12)


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each try costs a second or two
)
@given(many)
def test_any_damage_is_mended_in_one_go(repairable: Repairable, doings: Sequence[tuple[Do, int]]):
    site = repairable.reset()
    done = [made for do, number in doings if (made := do(site, number))]

    repairable.repair(done)
