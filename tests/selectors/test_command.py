"""`select`, and the options by which `plan` chooses, through the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import (  # the same fixtures: a company, its backup, a destination
    Ran,
    Run,
    away_from_home,
    backup,
    dev,
    prod,
    run,
    saved,
    untouched,
    use,
)

__all__ = ["away_from_home", "backup", "dev", "prod", "run", "saved", "untouched", "use"]

Select = Callable[..., Ran]
EXAMPLES = Path(__file__).parents[2] / "examples" / "selectors.yml"


@pytest.fixture
def select(run: Run, recorded: Path) -> Select:
    """Select from a recorded backup."""
    return lambda *words: run("select", "--db-path", recorded, *words)


@pytest.fixture
def dashboard(run: Run, backup: Path) -> dict[str, Any]:
    """A dashboard of the company that lies in a folder of its own and has an owner."""
    found = run("select", "--db-path", backup, "type:dashboard,folder:Shared/*/**", "--json").json
    return found[0]


def addresses(ran: Ran) -> set[str]:
    assert ran.code == 0, ran.err
    return {line["address"] for line in ran.json}


def planned(ran: Ran) -> dict[str, str]:
    assert ran.code == 0, ran.err
    return {action["address"]: action["action"] for action in ran.json["actions"]}


def test_select_lists_items_with_the_criterion_that_picked_each(
    select: Select, snapshot: SnapshotAssertion
):
    ran = select("folder:Shared/*,type:look +folder:Shared/under_score_name")

    assert ran.err == ""
    assert ran.out == snapshot


def test_json_is_an_array_of_objects(select: Select):
    found = select("type:look,folder:Shared/under_score_name", "--json").json

    assert found == [
        {
            "address": "look:261",
            "type": "look",
            "name": "Subscriptions Marketing",
            "path": ["Shared", "under_score_name"],
            "by": "type:look,folder:Shared/under_score_name",
        }
    ]


def test_without_a_selection_everything_is_listed(select: Select):
    assert len(addresses(select("--json"))) == 140


def test_exclude_takes_away(select: Select):
    assert addresses(select("type:folder", "--exclude", "folder:Users/**", "--json")) < addresses(
        select("type:folder", "--json")
    )


def test_several_words_are_a_union(select: Select):
    assert len(addresses(select("look:261", "look:300", "--json"))) == 2


def test_nothing_picked_is_an_error_or_a_warning(select: Select):
    ran = select("title:Velocty", "--json")
    assert (ran.code, ran.error["fix"][:28]) == (1, "did you mean title:Velocity?")

    allowed = select("title:Velocty", "--allow-empty")
    assert allowed.code == 0
    assert "title:Velocty picks nothing" in " ".join(allowed.err.split())
    assert allowed.out.endswith("0 items of 140.\n")


def test_selectors_come_from_the_file_in_the_working_directory(select: Select):
    Path("selectors.yml").write_text(
        'selectors:\n- {name: one, definition: "look:261", default: true}\n'
        '- {name: two, definition: "look:300 selector:one"}\n'
    )

    assert addresses(select("--json")) == {"look:261"}
    assert addresses(select("--selector", "two", "--json")) == {"look:261", "look:300"}
    assert addresses(select("look:285", "--json")) == {"look:285"}
    assert addresses(select("selector:two,look:300", "--json")) == {"look:300"}


def test_the_command_line_goes_before_the_configuration(
    select: Select, run: Run, monkeypatch: pytest.MonkeyPatch
):
    Path("lookervault-plan.toml").write_text('selector = "one"\nexclude = ["look:300"]\n')
    Path("selectors.yml").write_text('selectors:\n- {name: one, definition: "type:look"}\n')
    assert len(addresses(select("--json"))) == 24
    assert addresses(select("look:285 look:300", "--json")) == {"look:285"}

    monkeypatch.setenv("LOOKERVAULT_PLAN_EXCLUDE", 'title:"Usage Spend"')
    assert addresses(select("look:285 look:300", "--json")) == {"look:285"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["titel:x"], "SELECTION, column 1: no method and no type is called titel"),
        (["id:1", "--selector", "x"], "SELECTION and --selector are given together"),
        (["--selector", "x"], "no file says what the selector x is"),
        (["--selectors", "none.yml"], "none.yml can't be read"),
        (["result:failed"], "result:failed can't be told here"),
        (["id:2*", "--exclude", ""], "--exclude, column 1: nothing is selected here"),
    ],
)
def test_an_error_says_what_is_wrong(select: Select, words: list[str], message: str):
    ran = select(*words, "--json")

    assert ran.code == 1
    assert message in ran.error["summary"]


def test_select_sends_nothing_to_looker(run: Run, backup: Path, dev: Sandbox):
    before = len(dev.requests)

    assert run("select", "--db-path", backup, "type:*").code == 0
    assert len(dev.requests) == before


# --- plan --------------------------------------------------------------------------------------


def test_a_plan_has_the_selected_items_and_names_the_selection(
    run: Run, prod: Sandbox, backup: Path
):
    found = run(
        "select", "--db-path", backup, "type:folder", "--exclude", "folder:Users/**", "--json"
    )

    ran = run(
        *("plan", "--db-path", backup, "--select", "type:folder"),
        *("--exclude", "folder:Users/**", "--json"),
    )

    assert planned(ran).keys() == addresses(found)
    assert ran.json["selection"] == {
        "select": ["type:folder"],
        "exclude": ["folder:Users/**"],
        "selector": None,
    }


def test_a_missing_dependency_is_named_with_the_selection_that_adds_it(
    run: Run, prod: Sandbox, backup: Path, dashboard: dict[str, Any]
):
    address = dashboard["address"]

    alone = run("plan", "--db-path", backup, "--select", address, "--json")
    assert planned(alone) == {address: "blocked"}
    fixes = [each.get("fix", "") for each in alone.json["diagnostics"]]
    assert any(f"+{address}" in fix for fix in fixes)

    whole = planned(run("plan", "--db-path", backup, "--select", f"+{address}", "--json"))
    assert whole[address] == "create"


def test_dependencies_come_first_even_through_items_left_out(
    run: Run, prod: Sandbox, backup: Path, dashboard: dict[str, Any]
):
    top = "/".join(dashboard["path"][:2])
    if len(dashboard["path"]) > 2:
        between = f"folder:{'/'.join(dashboard['path'][:3])},type:folder"
    else:
        between = "type:user"
    selection = f"+{dashboard['address']} exclude({between})"

    order = list(planned(run("plan", "--db-path", backup, "--select", selection, "--json")))

    found = run("select", "--db-path", backup, f"folder:{top},type:folder", "--json").json
    assert order.index(found[0]["address"]) < order.index(dashboard["address"])


def test_state_criteria_follow_a_plan(run: Run, prod: Sandbox, backup: Path):
    everything = planned(run("plan", "--db-path", backup, "--json"))
    new = {address for address, action in everything.items() if action == "create"}

    assert new
    assert addresses(run("select", "--db-path", backup, "state:new", "--json")) == new
    assert (
        planned(run("plan", "--db-path", backup, "--select", "state:new", "--json")).keys() == new
    )


def test_result_criteria_follow_the_last_session(run: Run, prod: Sandbox, backup: Path):
    folders = ("--select", "type:folder", "--exclude", "folder:Users/**")
    assert run("apply", "--db-path", backup, *folders, "--auto-approve", "-q").code == 0

    applied = addresses(run("select", "--db-path", backup, "result:applied", "--json"))
    skipped = addresses(run("select", "--db-path", backup, "result:skipped", "--json"))

    found = run(
        "select", "--db-path", backup, "type:folder", "--exclude", "folder:Users/**", "--json"
    )
    assert applied
    assert applied | skipped == addresses(found)
    assert run("select", "--db-path", backup, "result:dlq", "--json").code == 1


# --- examples ----------------------------------------------------------------------------------


def test_the_selectors_of_the_examples_pick_items(
    run: Run, prod: Sandbox, backup: Path, dashboard: dict[str, Any]
):
    text = EXAMPLES.read_text()
    text = text.replace("Shared/Finance/**", f"{'/'.join(dashboard['path'][:2])}/**")
    text = text.replace("dashboard:42", dashboard["address"])
    Path("selectors.yml").write_text(text)

    def example(name: str, *more: str) -> set[str]:
        words = ("--selector", name, *more, "--json")
        return addresses(run("select", "--db-path", backup, *words))

    assert dashboard["address"] in example("finance", "--allow-empty")
    assert dashboard["address"] in example("revenue-dashboard")
    content = example("content", "--allow-empty")
    assert dashboard["address"] in content
    assert not any(address.startswith(("user:", "group:", "role:")) for address in content)
    assert example("only-new", "--allow-empty") <= content

    ran = run(
        "apply",
        "--db-path",
        backup,
        "--selector",
        "finance",
        "--allow-empty",
        "--auto-approve",
        "-q",
    )
    assert ran.code == 0, ran.err
    assert example("failed-last-time", "--allow-empty") == set()
