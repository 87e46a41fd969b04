"""Three ways: what the source, the destination or both have changed since the last apply."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.sandbox.company import populate
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

PLAN = ("plan", "--db-path", "b.db", "--json")


class Pair:
    """A source and a destination that have agreed once, and what people do on either."""

    def __init__(self, run: Run, use: Callable[[Sandbox], None], dev: Sandbox, prod: Sandbox):
        self.run, self.use, self.dev, self.prod = run, use, dev, prod
        self.use(prod)

    def backup(self) -> None:
        self.use(self.dev)
        assert self.run("backup", "--db-path", "b.db", "-q").code == 0
        self.use(self.prod)

    def plan(self, *options: str) -> Any:
        ran = self.run(*PLAN, *options, "--out", "plan.json")
        assert ran.code == 0, ran.out
        return ran.json

    def find(self, sandbox: Sandbox, title: str) -> Any:
        _, found = sandbox.looker.call("GET", "/dashboards/search", {"sorts": "id"})
        return next(each for each in found if each["title"] == title)

    def change(self, sandbox: Sandbox, title: str, **fields: object) -> None:
        id_ = self.find(sandbox, title)["id"]
        status, reply = sandbox.looker.call("PATCH", f"/dashboards/{id_}", None, fields)
        assert status == 200, reply

    def change_tile(self, sandbox: Sandbox, title: str, tile: str, **fields: object) -> None:
        tiles = self.find(sandbox, title)["dashboard_elements"]
        id_ = next(each["id"] for each in tiles if tile in (each["title"], each["title_text"]))
        method, body = ("PATCH", fields) if fields else ("DELETE", None)
        status, reply = sandbox.looker.call(method, f"/dashboard_elements/{id_}", None, body)
        assert status < 300, reply


@pytest.fixture
def pair(run: Run, use: Callable[[Sandbox], None]) -> Iterator[Pair]:
    with Sandbox(seed=11) as dev, Sandbox(seed=12) as prod:
        populate(dev.looker.call, "dev", seed=1)
        populate(prod.looker.call, "prod", seed=1)
        both = Pair(run, use, dev, prod)
        both.backup()
        assert run("apply", "--db-path", "b.db", "--auto-approve").code == 0
        yield both


def action(plan: Any, name: str) -> Any:
    return next(each for each in plan["actions"] if each["name"] == name)


def origins(plan: Any, name: str) -> dict[str, str | None]:
    return {each["path"]: each.get("origin") for each in action(plan, name)["changes"]}


def tripped(plan: Any) -> list[str]:
    return [each["name"] for each in plan["guards"] if not each["allowed"]]


def test_each_change_tells_who_made_it(pair: Pair):
    pair.change(pair.prod, "Sales Overview", description="by hand")
    pair.change(pair.dev, "Sales Overview", refresh_interval="1 hour")
    pair.backup()

    plan = pair.plan()

    assert origins(plan, "Sales Overview") == {
        "description": "destination",
        "refresh_interval": "source",
    }
    assert tripped(plan) == ["hand-edits"]
    assert plan["guards"][0]["kinds"] == {"fields": 1}
    for format_ in ("text", "markdown", "html"):
        shown = pair.run("show", "plan.json", "--format", format_).out
        assert shown.count("# changed by hand") == 1


def test_hand_edits_are_reverted_with_consent(pair: Pair):
    pair.change(pair.prod, "Sales Overview", description="by hand")
    pair.plan()
    assert pair.run("apply", "plan.json").code == 4

    assert tripped(pair.plan("--allow", "hand-edits")) == []
    assert pair.run("apply", "plan.json").code == 0

    assert not pair.find(pair.prod, "Sales Overview")["description"]
    assert pair.plan()["summary"]["update"] == 0


def test_hand_edits_can_be_kept(pair: Pair):
    pair.change(pair.prod, "Sales Overview", description="by hand")
    pair.change_tile(pair.prod, "Sales Overview", "Pipeline", note_text="checked")
    pair.change_tile(pair.prod, "Sales Overview", "Deals Won")
    pair.change(pair.dev, "Sales Overview", refresh_interval="1 hour")
    pair.change_tile(pair.dev, "Sales Overview", "Top Customers", note_text="new")
    pair.backup()

    plan = pair.plan("--hand-edits", "keep")
    assert tripped(plan) == []
    assert origins(plan, "Sales Overview") == {"refresh_interval": "source"}
    assert pair.run("apply", "plan.json").code == 0

    found = pair.find(pair.prod, "Sales Overview")
    notes = {each["title"]: each["note_text"] for each in found["dashboard_elements"]}
    assert (found["description"], found["refresh_interval"]) == ("by hand", "1 hour")
    assert notes["Pipeline"] == "checked"
    assert notes["Top Customers"] == "new"
    assert "Deals Won" not in notes
    # the hand edits are still known as such
    again = pair.plan()
    assert origins(again, "Sales Overview") == {"description": "destination"}
    assert tripped(again) == ["hand-edits"]
    assert pair.plan("--hand-edits", "keep")["summary"]["update"] == 0


def test_a_conflict_in_a_field_blocks_its_item(pair: Pair):
    pair.change(pair.prod, "Sales Overview", description="by hand")
    pair.change(pair.dev, "Sales Overview", description="from dev")
    pair.backup()

    plan = pair.plan()

    blocked = action(plan, "Sales Overview")
    (told,) = [each for each in plan["diagnostics"] if each["code"] == "hand-edits.conflict"]
    assert blocked["action"] == "blocked"
    assert '"by hand" in the destination, "from dev" in the backup' in told["detail"]
    assert "--prefer source" in told["fix"]


@pytest.mark.parametrize(("side", "left"), [("source", "from dev"), ("destination", "by hand")])
def test_one_side_can_be_preferred(pair: Pair, side: str, left: str):
    pair.change(pair.prod, "Sales Overview", description="by hand")
    pair.change(pair.dev, "Sales Overview", description="from dev")
    pair.backup()

    assert tripped(pair.plan("--prefer", side)) == []
    assert pair.run("apply", "plan.json").code == 0

    assert pair.find(pair.prod, "Sales Overview")["description"] == left


def test_a_conflict_in_a_tile_blocks_the_tile_alone(pair: Pair):
    pair.change_tile(pair.prod, "Sales Overview", "Pipeline", note_text="by hand")
    pair.change_tile(pair.dev, "Sales Overview", "Pipeline", note_text="from dev")
    pair.change_tile(pair.dev, "Sales Overview", "Top Customers", note_text="new")
    pair.backup()

    elements = action(pair.plan(), "Sales Overview")["parts"]["elements"]

    assert [each["title"] for each in elements["blocked"]] == ["Pipeline"]
    assert "source and destination have both changed note_text" in elements["blocked"][0]["reason"]
    assert [each["title"] for each in elements["update"]] == ["Top Customers"]


def test_blocked_hand_edits_leave_the_rest_alone(pair: Pair):
    pair.change_tile(pair.prod, "Sales Overview", "Pipeline", note_text="by hand")
    pair.change_tile(pair.dev, "Sales Overview", "Top Customers", note_text="new")
    pair.backup()

    elements = action(pair.plan("--hand-edits", "block"), "Sales Overview")["parts"]["elements"]

    assert [each["title"] for each in elements["blocked"]] == ["Pipeline"]
    assert [each["title"] for each in elements["update"]] == ["Top Customers"]


def test_a_blocked_tile_that_was_removed_by_hand_says_why(pair: Pair):
    pair.change_tile(pair.prod, "Sales Overview", "Deals Won")

    pair.plan("--hand-edits", "block")

    shown = pair.run("show", "plan.json").out
    assert "the destination has changed it since the last apply" in shown
    assert "by hand" not in shown


def test_a_tile_removed_by_hand_is_told_and_restored_with_consent(pair: Pair):
    pair.change_tile(pair.prod, "Sales Overview", "Deals Won")

    plan = pair.plan()

    (tile,) = action(plan, "Sales Overview")["parts"]["elements"]["create"]
    assert tile["origin"] == "destination"
    assert {each["origin"] for each in tile["changes"]} == {"destination"}
    marked = [line for line in pair.run("show", "plan.json").out.splitlines() if "by hand" in line]
    assert [line.strip() for line in marked] == ['+ tile "Deals Won"  # removed by hand']
    assert tripped(plan) == ["hand-edits"]


def test_a_tile_removed_in_the_source_is_no_hand_edit(pair: Pair):
    pair.change_tile(pair.dev, "Sales Overview", "Deals Won")
    pair.backup()

    plan = pair.plan()

    (tile,) = action(plan, "Sales Overview")["parts"]["elements"]["delete"]
    assert tile["origin"] == "source"
    assert "hand-edits" not in tripped(plan)


def test_on_the_same_instance_origins_are_information(pair: Pair):
    assert pair.run("backup", "--db-path", "own.db", "-q").code == 0
    own = ("plan", "--db-path", "own.db", "--json", "--out", "plan.json")
    assert pair.run(*own).code == 0
    assert pair.run("apply", "plan.json").code == 0
    pair.change(pair.prod, "Sales Overview", description="by hand")

    plan = pair.run(*own, "--hand-edits", "keep").json

    assert origins(plan, "Sales Overview") == {"description": "destination"}
    assert tripped(plan) == []


def test_without_a_base_nobody_is_named(pair: Pair):
    Path(".lookervault-plan/state.db").unlink()
    pair.change(pair.prod, "Sales Overview", description="by hand")

    assert origins(pair.plan(), "Sales Overview") == {"description": None}


def test_drift_needs_no_backup_and_tells_what_hands_did(pair: Pair):
    pair.change(pair.prod, "Sales Overview", description="by hand")
    pair.change_tile(pair.prod, "Sales Overview", "Pipeline", note_text="checked")
    pair.change_tile(pair.prod, "Sales Overview", "Deals Won")
    gone = pair.find(pair.prod, "EMEA Pipeline")["id"]
    pair.prod.looker.call("DELETE", f"/dashboards/{gone}")
    pair.prod.looker.call("POST", "/folders", None, {"name": "New", "parent_id": "1"})
    Path("b.db").unlink()
    writes = len(pair.prod.writes())

    ran = pair.run("drift", "--detailed-exitcode", "--json", "--report", "markdown=drift.md")

    found = {each["name"]: each for each in ran.json["items"]}
    assert ran.code == 2
    assert found.keys() == {"Sales Overview", "EMEA Pipeline"}
    assert found["EMEA Pipeline"]["what"] == "deleted"
    sales = found["Sales Overview"]
    (change,) = sales["changes"]
    assert (change["path"], change["after"]) == ("description", "by hand")
    assert [each["title"] for each in sales["parts"]["elements"]["delete"]] == ["Deals Won"]
    (tile,) = sales["parts"]["elements"]["update"]
    assert (tile["title"], tile["changes"][0]["after"]) == ("Pipeline", "checked")
    assert sales["changed_at"]
    assert ran.json["made_here"]["folder"] == 1
    assert len(pair.prod.writes()) == writes
    assert "changed by hand" in Path("drift.md").read_text()
    assert "changed by hand" in pair.run("drift", "type:dashboard").out


def test_without_hand_edits_nothing_has_drifted(pair: Pair):
    ran = pair.run("drift", "--detailed-exitcode")

    assert ran.code == 0, ran.out
    assert "No drift." in ran.out


def test_drift_needs_an_apply(run: Run, prod: Sandbox):
    ran = run("drift")

    assert ran.code == 1
    assert "the state knows nothing that was applied" in ran.err
