"""How often an item of the backup, and a live item, is decoded and normalised in each phase.

Nodes are not kept: those of 10,000 dashboards need gigabytes. So each phase makes them anew, one
at a time. Planning makes some twice: to compare digests, and to estimate the calls of apply.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from lookervault_plan.backup.reader import Backup
from lookervault_plan.content.node import Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.looker.live_items import LiveItems
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.workflows import apply
from tests.cli.conftest import Run

#: Functions of `workflows.apply`, one for each phase.
PHASES = ("check_unchanged", "run", "_verify")


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
            self.phase = phase
            try:
                return function(*args, **options)
            finally:
                self.phase = ""

        return watched


def plan(run: Run) -> None:
    allowed = [
        word
        for guard in ("users-across", "schedules-across", "updates-share")
        for word in ("--allow", guard)
    ]
    assert run("plan", "--db-path", "b.db", "--out", "p.json", "-q", *allowed).code == 0


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
    plan(run)
    assert run("apply", "p.json", "--db-path", "b.db", "-q").code == 0
    for look in prod.looker.call("GET", "/looks/search", {})[1]:
        _ = prod.looker.call("PATCH", f"/looks/{look['id']}", None, {"description": "other"})
    plan(run)
    assert run("apply", "p.json", "--db-path", "b.db", "-q").code == 0

    sessions = {"check_unchanged": 1, "run": 1, "_verify": 1}
    creates = {ref for phase, ref in counts.desired if phase == "run"}
    assert {phase for phase, _ in counts.desired if phase} == set(sessions)
    assert {ref.kind for ref in creates} >= {"dashboard", "look", "folder", "board"}
    # two sessions: a look is created in the first, and updated in the second
    for (phase, ref), number in counts.desired.items():
        if phase:
            assert number <= (2 if ref.kind == "look" else 1), (phase, ref)
    for (phase, ref), number in counts.live.items():
        if phase:
            assert number == 1, (phase, ref)


def test_planning_makes_a_node_at_most_three_times(run: Run, counts: Counts):
    plan(run)

    for (_, ref), number in counts.desired.items():
        has_access_list = any(each.initial_entries for each in KINDS[ref.kind].item.collections)
        assert number <= (3 if has_access_list else 1), ref
    assert set(counts.live.values()) == {1}
