"""From one instance to the next: ids overlap and mean nothing, and only edits travel."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise

import pytest

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

Use = Callable[[Sandbox], None]

#: ids of these begin at 247, 245 and 243
SEEDS = {"dev": 7, "staging": 12, "prod": 17}
COMPANY = {"dashboards": 4, "looks": 4, "folders": 5, "users": 3}
ALLOW = ("--allow", "users-across", "--allow", "updates-share", "--allow", "part-deletes")
LISTS = ("/looks/search", "/dashboards/search", "/groups", "/roles", "/model_sets")


@pytest.fixture
def instances() -> Iterator[dict[str, Sandbox]]:
    with ExitStack() as stack:
        found = {name: stack.enter_context(Sandbox(seed=seed)) for name, seed in SEEDS.items()}
        fill(found["dev"].looker.call, seed=1, **COMPANY)
        yield found


def call(sandbox: Sandbox, method: str, path: str, body: object = None, **query: object):
    return sandbox.looker.call(method, path, query, body)[1]


def plan(run: Run, db: str, *words: str):
    ran = run("plan", "--db-path", db, "--json", *ALLOW, *words)
    assert ran.code == 0, ran.out
    return ran.json


def changes(made) -> list[tuple[str, str, list[str]]]:
    return [
        (one["action"], one["name"], [change["path"] for change in one["changes"]])
        for one in made["actions"]
        if one["action"] != "skip"
    ]


def pairs(made) -> dict[str, str]:
    return {one["address"]: one["destination_id"] for one in made["actions"]}


def promote(run: Run, db: str) -> None:
    assert run("plan", "--db-path", db, "--out", "plan.json", *ALLOW).code == 0
    ran = run("apply", "plan.json")
    assert (ran.code, ran.err) == (0, "")


def test_a_company_goes_down_the_line_and_then_only_its_edits(
    run: Run, use: Use, instances: dict[str, Sandbox]
):
    names = list(instances)
    for source, destination in pairwise(names):
        use(instances[source])
        assert run("backup", "--db-path", f"{source}.db").code == 0
        use(instances[destination])
        promote(run, f"{source}.db")

        again = plan(run, f"{source}.db")
        forgetful = plan(run, f"{source}.db", "--state", "new.db")
        assert (changes(again), changes(forgetful)) == ([], [])
        assert pairs(again) == pairs(forgetful)
        assert {a["matched_by"] for a in again["actions"] if a["type"] == "look"} == {"state"}

    dev = instances["dev"]
    look = call(dev, "GET", "/looks/search", sorts="id")[0]
    board = call(dev, "GET", "/dashboards/search", sorts="id")[-1]
    call(dev, "PATCH", f"/looks/{look['id']}", {"title": "Edited"})
    call(dev, "PATCH", f"/dashboards/{board['id']}", {"description": "Edited"})

    for source, destination in pairwise(names):
        use(instances[source])
        assert run("backup", "--db-path", f"{source}.db").code == 0
        use(instances[destination])
        assert changes(plan(run, f"{source}.db")) == [
            ("update", "Edited", ["title"]),
            ("update", board["title"], ["description"]),
        ]
        promote(run, f"{source}.db")


def test_content_that_the_destination_has_already_is_not_touched(
    run: Run, use: Use, instances: dict[str, Sandbox]
):
    """An instance with another company: the same ids, folders and some of the titles."""
    dev, prod = instances["dev"], instances["prod"]
    fill(prod.looker.call, seed=2, **COMPANY)

    def seen() -> dict[tuple[str, str], object]:
        return {
            (path, each["id"]): each.get("title") or each.get("name")
            for path in LISTS
            for each in call(prod, "GET", path)
        }

    before = seen()
    theirs = {(path, each["id"]) for path in LISTS for each in call(dev, "GET", path)}
    assert theirs & before.keys()
    use(dev)
    assert run("backup", "--db-path", "dev.db").code == 0
    use(prod)
    made = plan(run, "dev.db")

    # Nothing is taken for another's because of its id, and nothing is renamed or moved.
    kinds = {"look", "dashboard", "group", "role", "model_set", "folder"}
    for one in made["actions"]:
        if one["type"] in kinds and one["action"] == "update":
            paths = {change["path"] for change in one["changes"]}
            assert not paths & {"title", "name", "folder_id", "parent_id"}
    assert {one["matched_by"] for one in made["actions"]} & {"id", "state"} == set()
    promote(run, "dev.db")
    after = seen()
    assert {key: after[key] for key in before} == before
