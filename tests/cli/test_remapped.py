"""remaps.yml from the command line to what Looker holds in the end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import COMPANY, TYPES, Run

Use = Callable[[Sandbox], None]

REMAPS = r"""
folders:
  Shared/Finance: Shared/Money/From dev
  'Shared/Finance/Q1\/Q2': Shared/Quarters
models:
  ecommerce: finance
  support: marketing
emails:
  mei.nakamura.0@example.com: Ravi.Nakamura.1@Example.com
  ravi.nakamura.1@example.com: Mei.Nakamura.0@Example.com
"""


def get(sandbox: Sandbox, path: str, **query: object):
    return sandbox.looker.call("GET", path, query)[1]


def paths(sandbox: Sandbox) -> set[str]:
    folders = {each["id"]: each for each in get(sandbox, "/folders")}

    def path(id_: str | None) -> str:
        if id_ not in folders:
            return ""
        return f"{path(folders[id_]['parent_id'])}/{folders[id_]['name']}"

    return {path(id_) for id_ in folders}


def models(sandbox: Sandbox) -> set[str]:
    looks = (get(sandbox, f"/looks/{each['id']}") for each in get(sandbox, "/looks/search"))
    boards = (
        get(sandbox, f"/dashboards/{each['id']}") for each in get(sandbox, "/dashboards/search")
    )
    queries = [look["query"] for look in looks]
    for board in boards:
        queries += [tile["query"] for tile in board["dashboard_elements"] if tile.get("query")]
        queries += [each for each in board["dashboard_filters"] if each.get("model")]
    return {query["model"] for query in queries}


def test_a_plan_with_remaps_is_carried_out_without_the_file(run: Run, prod: Sandbox, backup: Path):
    _ = prod.looker.call("POST", "/folders", {}, {"name": "Money", "parent_id": "1"})
    Path("remaps.yml").write_text(REMAPS)
    made = run("plan", "--db-path", backup, "--remaps", "remaps.yml", "--out", "plan.json")
    Path("remaps.yml").unlink()

    ran = run("apply", "plan.json")

    assert (made.code, ran.code, ran.err) == (0, 0, ""), made.err
    assert {"/Shared/Money/From dev", "/Shared/Quarters", "/Shared/Quarters/EMEA | APAC"} <= paths(
        prod
    )
    assert models(prod) <= {"finance", "marketing"}

    Path("remaps.yml").write_text(REMAPS)
    words = ("--db-path", backup, "--remaps", "remaps.yml", "--detailed-exitcode", "--json")
    again = run("plan", *words)
    assert (again.code, [one for one in again.json["actions"] if one["action"] != "skip"]) == (
        0,
        [],
    )
    # Also without what the first run remembers.
    forgotten = run("plan", *words, "--state", "other.db")
    assert [
        (one["address"], one["action"], one["reason"])
        for one in forgotten.json["actions"]
        if one["action"] != "skip"
    ] == []


def test_addresses_that_differ_find_other_users(run: Run, empty: Sandbox, backup: Path):
    Path("remaps.yml").write_text(REMAPS.replace("Shared/Money/From dev", "Shared/Finance"))

    plan = run("plan", "--db-path", backup, "--remaps", "remaps.yml", "--json").json

    users = {each["email"]: each["id"] for each in get(empty, "/users")}
    found = {one["name"]: one["destination_id"] for one in plan["actions"] if one["type"] == "user"}
    assert found["Mei Nakamura"] == users["Ravi.Nakamura.1@Example.com"]
    assert found["Ravi Nakamura"] == users["Mei.Nakamura.0@Example.com"]
    assert plan["options"]["renames"]["models"] == {"ecommerce": "finance", "support": "marketing"}


def test_an_entry_without_use_is_a_warning_with_its_line(run: Run, empty: Sandbox, backup: Path):
    Path("remaps.yml").write_text("models:\n  nobody: somebody\nlook:\n  4711: 1\n")

    plan = run("plan", "--db-path", backup, "--remaps", "remaps.yml", "--json").json

    told = [one["summary"] for one in plan["diagnostics"] if one["code"] == "remaps.unused"]
    assert told == [
        "remaps.yml, line 2: nothing in the backup is the model nobody",
        "remaps.yml, line 4: nothing in the backup is look 4711",
    ]


def test_a_mistake_in_the_file_is_told_before_anything_is_asked(
    run: Run, empty: Sandbox, backup: Path
):
    Path("remaps.yml").write_text("dashbord: {1: 2}\n")

    ran = run("plan", "--db-path", backup, "--remaps", "remaps.yml", "--json")

    assert (ran.code, ran.error["code"]) == (1, "remaps.malformed")
    assert ran.error["fix"] == "did you mean dashboard?"


def test_elsewhere_the_mappings_can_not_be_skipped(run: Run, empty: Sandbox, backup: Path):
    ran = run("plan", "--db-path", backup, "--skip-id-mapping", "--json")

    assert (ran.code, ran.error["code"]) == (1, "mappings.needed")


@pytest.fixture
def own(use: Use) -> Iterator[Sandbox]:
    """An instance of one's own, to be backed up and damaged."""
    with Sandbox(seed=11) as sandbox:
        fill(sandbox.looker.call, seed=1, **COMPANY)
        use(sandbox)
        yield sandbox


def test_swapped_titles_and_folders_are_swapped_back(run: Run, own: Sandbox):
    """Looks and folders in a ring: each has the name of the next one."""
    looks = {each["id"]: each["title"] for each in get(own, "/looks/search", sorts="id")}
    call = own.looker.call
    for n in range(3):
        _ = call("POST", "/folders", {}, {"name": f"F{n}", "parent_id": "1"})
    folders = {each["id"]: each["name"] for each in get(own, "/folders") if each["name"][0] == "F"}
    folders = {id_: name for id_, name in folders.items() if len(name) == 2}
    assert run("backup", "--db-path", "own.db", *TYPES).code == 0

    for path, field, names in (("looks", "title", looks), ("folders", "name", folders)):
        ids = list(names)
        for id_ in ids:
            _ = call("PATCH", f"/{path}/{id_}", {}, {field: f"{id_} for now"})
        for id_, other in zip(ids, [*ids[1:], ids[0]], strict=True):
            _ = call("PATCH", f"/{path}/{id_}", {}, {field: names[other]})
    assert (
        run("plan", "--db-path", "own.db", "--out", "plan.json", "--allow", "updates-share").code
        == 0
    )
    plan = msgspec.json.decode(Path("plan.json").read_bytes())

    ran = run("apply", "plan.json")

    assert (ran.code, ran.err) == (0, "")
    interim = [one["address"] for one in plan["actions"] if one["interim"]]
    assert [address.partition(":")[0] for address in interim].count("folder") == 1
    assert {each["id"]: each["title"] for each in get(own, "/looks/search")} == looks
    assert {id_: get(own, f"/folders/{id_}")["name"] for id_ in folders} == folders
    assert run("plan", "--db-path", "own.db", "--detailed-exitcode", "-q").code == 0
