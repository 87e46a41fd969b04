"""A plan takes away nothing it can't account for, whatever the backup and the instance hold."""

import gzip
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lookervault_plan.render.summary_lines import NO_CHANGES
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance.damage import Do
from tests.planning.objects import plan_of
from tests.properties.accounts import Account
from tests.properties.equality import MODELS, differences
from tests.properties.pairs import DOINGS, EDITS, Edit, Trial, World, items_of

FIXTURES = Path(__file__).parents[1] / "fixtures"
#: Each try plans and applies, which takes most of a second.
tries = settings(
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
numbers = st.integers(0, 2**16)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Sandbox(seed=7, strict=False) as sandbox:
        yield World.make(sandbox, tmp_path_factory.mktemp("world"))


def trial(
    world: World,
    doings: Sequence[tuple[Do, int]],
    edits: Sequence[tuple[Edit, int]],
    *,
    same_instance: bool,
    dialect: str = "ours",
) -> tuple[Trial, list[dict[str, Any]]]:
    """Change the instance and its backup, and plan the one against the other."""
    site = world.reset()
    for do, number in doings:
        _ = do(site, number)
    items = deepcopy(world.items)
    for edit, number in edits:
        edit(items, Random(number))
    return world.planned(items, same_instance=same_instance, dialect=dialect), items


@settings(tries, max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(DOINGS), numbers), max_size=2),
    st.lists(st.tuples(st.sampled_from(EDITS), numbers), max_size=3),
    st.booleans(),
    st.sampled_from(("ours", "lookervault")),
)
def test_nothing_vanishes_or_changes_but_what_the_plan_lists(
    world: World, doings: Sequence[Any], edits: Sequence[Any], same_instance: bool, dialect: str
):
    planned, _ = trial(world, doings, edits, same_instance=same_instance, dialect=dialect)
    before = world.tables()
    rehearsed = planned.run("apply", "plan.json", "--dry-run", "--json")

    applied = planned.run("apply", "plan.json")

    assert applied.exit_code in (0, 3), applied.said
    assert list(Account(planned.plan, before, world.tables()).unexplained()) == []
    calls = [json.loads(line) for line in rehearsed.said.splitlines() if line.startswith("{")]
    steps = {one["step"] for one in calls if one.get("method", "GET") != "GET"}
    assert planned.journaled() <= steps
    if "errored" not in applied.said:
        assert planned.journaled() == steps


@settings(tries, max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(DOINGS), numbers), max_size=1),
    st.lists(st.tuples(st.sampled_from(EDITS), numbers), max_size=1),
    st.booleans(),
)
def test_no_changes_means_that_the_raw_values_are_equal(
    world: World, doings: Sequence[Any], edits: Sequence[Any], same_instance: bool
):
    planned, items = trial(world, doings, edits, same_instance=same_instance)
    if NO_CHANGES not in planned.ran.said:
        return

    assert planned.run("backup", "--db-path", "now.db").exit_code == 0
    live = {(one["type"], one["id"]): one["blob"] for one in items_of(planned.folder / "now.db")}
    actions = {action["address"]: action for action in planned.plan["actions"]}
    for item in items:
        reason = actions[f"{item['type']}:{item['id']}"]["reason"]
        if item["type"] in MODELS and not reason.startswith("built-in"):
            have = live.get((item["type"], item["id"]), {})
            assert list(differences(item["type"], item["blob"], have)) == []


class Extract(dict[str, list[dict[str, Any]]]):
    """Objects by type, with a short name in reports."""

    def __repr__(self) -> str:
        return "the extract"


@pytest.fixture(scope="module", params=["lookervault-v4-small", "lookervault-v4-one-worker"])
def extract(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Extract:
    """What the real LookerVault extracted, by type."""
    file = tmp_path_factory.mktemp("extract") / "backup.db"
    file.write_bytes(gzip.decompress((FIXTURES / f"{request.param}.db.gz").read_bytes()))
    by_type = Extract()
    for item in items_of(file):
        raw = item["blob"]
        by_type.setdefault(item["type"], []).append({"id": raw.get("name"), **raw})
    return by_type


@settings(tries, max_examples=10)
@given(seed=numbers)
def test_an_extract_of_lookervault_changes_nothing_in_its_own_instance(extract: Extract, seed: int):
    random = Random(seed)
    live = {
        kind: [with_unknown_keys(random, raw) for raw in raws] for kind, raws in extract.items()
    }

    decisions = plan_of(extract, live, same_instance=True)

    assert [one.address for one in decisions.actions if one.verb != "skip"] == []
    assert [one for one in decisions.diagnostics if one.severity != "note"] == []


def with_unknown_keys(random: Random, value: Any) -> Any:
    """Add keys that the extract lacks to some objects, at every depth."""
    if isinstance(value, dict):
        grown = {name: with_unknown_keys(random, each) for name, each in value.items()}
        if random.random() < 0.2:
            grown[random.choice(("modern", "brand_new"))] = random.choice(
                (True, 7, ["x"], {"a": 1})
            )
        return grown
    return [with_unknown_keys(random, each) for each in value] if isinstance(value, list) else value
