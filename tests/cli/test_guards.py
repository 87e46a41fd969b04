"""`guards` lists every guard before it trips."""

import json

from lookervault_plan.planning.judge.guards import GUARDS
from tests.cli.conftest import Run


def test_every_guard_is_listed_with_when_it_trips(run: Run):
    ran = run("guards")

    assert ran.code == 0
    shown = " ".join(ran.out.split())
    for name, rule in GUARDS.items():
        assert f"{name} {rule.when}" in shown
    assert "kinds: access, assignments" in shown


def test_the_json_has_name_trip_and_kinds(run: Run):
    rows = json.loads(run("guards", "--json").out)

    assert [row["name"] for row in rows] == list(GUARDS)
    parts = next(row for row in rows if row["name"] == "part-deletes")
    assert "tiles" in parts["kinds"]
    assert all(row["when"] for row in rows)
