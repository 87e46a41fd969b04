"""How often an item of the backup, and a live item, is decoded and normalised in each phase.

Nodes are not kept: those of 10,000 dashboards need gigabytes. So each phase makes them anew, a few
at a time. Within a phase a node is made once, with two exceptions, both in planning:

- A live item that was changed since the last apply and whose query bodies Looker's lists leave out:
  the bodies are fetched, and its node is made of what was read then.
- A name that is taken shows once all is decided: the items that need the one it blocks are decided
  again.

Apply keeps at most 100 items with deferred values from the start; it loads any others twice.
"""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.backup.reader import Backup
from lookervault_plan.content.node import Ref
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.workflows import apply
from tests.cli.conftest import Run

#: Functions of `workflows.apply`, one for each phase.
PHASES = ("check_unchanged", "run", "_verify", "remember_agreed")


class Counts:
    """Numbers of decodes by phase and item, of the backup (`desired`) and of Looker (`live`)."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.phase = ""
        self.desired: Counter[tuple[str, Ref]] = Counter()
        self.live: Counter[tuple[str, Ref]] = Counter()
        load, node = Backup.load, LiveItems.node

        def counted_load(backup: Backup, type_: str, id_: str) -> Any:
            self.desired[self.phase, Ref(type_, id_)] += 1
            return load(backup, type_, id_)

        def counted_node(live: LiveItems, ref: Ref) -> Any:
            self.live[self.phase, ref] += 1
            return node(live, ref)

        patch.setattr(Backup, "load", counted_load)
        patch.setattr(LiveItems, "node", counted_node)
        for name in PHASES:
            patch.setattr(apply, name, self.watched(name, getattr(apply, name)))

    def watched(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **options: Any) -> Any:
            before, self.phase = self.phase, phase
            try:
                return function(*args, **options)
            finally:
                self.phase = before

        return watched


def plan(run: Run, *options: str, code: int = 0) -> dict[str, Any]:
    allowed = [
        word
        for guard in ("users-across", "schedules-across", "updates-share", "hand-edits")
        for word in ("--allow", guard)
    ]
    words = ("--db-path", "b.db", "--out", "p.json", "-q", *allowed, *options)
    assert run("plan", *words).code == code
    return json.loads(Path("p.json").read_text())


@pytest.fixture
def counts(
    run: Run,
    dev: Sandbox,
    prod: Sandbox,
    use: Callable[[Sandbox], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Counts:
    """Counters that start with a backup of all types, and with an almost empty destination."""
    use(dev)
    assert run("backup", "--db-path", "b.db", "-q").code == 0
    use(prod)
    return Counts(monkeypatch)


def test_each_phase_of_apply_makes_a_node_once(run: Run, counts: Counts, prod: Sandbox):
    for description in ("first", "second"):
        for look in prod.looker.call("GET", "/looks/search", {})[1]:
            change = {"description": description}
            _ = prod.looker.call("PATCH", f"/looks/{look['id']}", None, change)
        _ = plan(run)
        counts.desired.clear()
        counts.live.clear()

        assert run("apply", "p.json", "--db-path", "b.db", "-q").code == 0

        assert {"run", "_verify"} <= {phase for phase, _ in counts.desired}
        written = {ref.kind for phase, ref in counts.desired if phase == "run"}
        assert written >= ({"look"} if description == "second" else {"look", "dashboard", "folder"})
        assert {key: n for key, n in counts.desired.items() if key[0] and n != 1} == {}
        assert {key: n for key, n in counts.live.items() if key[0] and n != 1} == {}


def test_a_first_plan_makes_a_node_once(run: Run, counts: Counts):
    plan(run)

    assert set(counts.desired.values()) == {1}
    assert set(counts.live.values()) == {1}


def test_a_later_plan_makes_a_node_once(run: Run, counts: Counts):
    plan(run)
    assert run("apply", "p.json", "--db-path", "b.db", "-q").code == 0
    counts.desired.clear()
    counts.live.clear()

    plan(run)

    assert {ref: n for (_, ref), n in counts.desired.items() if n != 1} == {}
    assert {ref: n for (_, ref), n in counts.live.items() if n != 1} == {}


def test_a_later_plan_of_schedules_that_send_loads_their_owners_once(run: Run, counts: Counts):
    _ = plan(run, "--schedules", "keep", "--owners")
    assert run("apply", "p.json", "--db-path", "b.db", "-q").code == 0
    counts.desired.clear()
    counts.live.clear()

    _ = plan(run, "--schedules", "keep", "--owners", "--surplus", "keep")

    assert {ref.kind for _, ref in counts.desired} >= {"user", "scheduled_plan"}
    assert {ref: n for (_, ref), n in counts.desired.items() if n != 1} == {}
    assert {ref: n for (_, ref), n in counts.live.items() if n != 1} == {}


def test_a_taken_name_makes_a_plan_load_only_what_needs_its_item_again(
    run: Run, counts: Counts, prod: Sandbox
):
    _ = plan(run)
    assert run("apply", "p.json", "--db-path", "b.db", "-q").code == 0
    looks = prod.looker.call("GET", "/looks/search", {})[1]
    mine, other = next(
        (one, two)
        for one in looks
        for two in looks
        if one["id"] != two["id"] and one["folder_id"] == two["folder_id"]
    )
    title = mine["title"]
    _ = prod.looker.call("PATCH", f"/looks/{mine['id']}", None, {"title": "Moved aside"})
    stranger = {key: other[key] for key in ("folder_id", "query_id")} | {"title": title}
    assert prod.looker.call("POST", "/looks", None, stranger)[0] == 200
    counts.desired.clear()
    counts.live.clear()

    actions = plan(run)["actions"]

    (blocked,) = [each["address"] for each in actions if each["action"] == "blocked"]
    assert blocked.startswith("look:")
    again = {ref for (_, ref), number in counts.desired.items() if number > 1}
    assert again == set()
    assert max(counts.desired.values()) == 1


def test_items_with_deferred_values_are_loaded_once_while_carried_out(
    run: Run, counts: Counts, dev: Sandbox, prod: Sandbox, use: Callable[[Sandbox], None]
):
    one, other = (look["id"] for look in dev.looker.call("GET", "/looks/search", {})[1][:2])
    for id_, target in ((one, other), (other, one)):
        link = f"see {dev.url}/looks/{target}"
        _ = dev.looker.call("PATCH", f"/looks/{id_}", None, {"description": link})
    Path("b.db").unlink()
    use(dev)
    assert run("backup", "--db-path", "b.db", "-q").code == 0
    use(prod)
    plan(run)
    deferred = [
        action["address"]
        for action in json.loads(Path("p.json").read_text())["actions"]
        if action.get("deferred")
    ]
    assert deferred

    assert run("apply", "p.json", "--db-path", "b.db", "-q").code == 0

    assert all(counts.desired["run", Ref.parse(address)] == 1 for address in deferred)
