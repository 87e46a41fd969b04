"""Where options come from, and which source wins."""

from dataclasses import is_dataclass
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.cli.app import build
from lookervault_plan.cli.config_file import GuardSettings, read_config_file
from lookervault_plan.cli.options import COMMON
from tests.cli.conftest import Run

SENSIBLE = """
workers = 3
section = "prod"
state = "elsewhere/state.db"  # also the name of a command to come

[plan]
workers = 4
max_calls = 100
report = ["markdown=plan.md", "html=plan.html"]

[apply]
verify = false

[sandbox.serve]
port = 9000

[guards]
updates_share = 0.5
updates_share_at_least = 20
"""


def options(line: str):
    """What a command would be called with, flat."""
    words = line.split()
    _, bound, _ = build(words).parse_args(words, exit_on_error=False, print_error=False)
    bound.apply_defaults()
    flat = {}
    for name, value in bound.arguments.items():
        flat |= vars(value) if is_dataclass(value) else {name: value}
    return flat


def configure(text: str, name: str = "lookervault-plan.toml") -> None:
    Path(name).write_text(text, encoding="utf-8")


def test_the_command_line_wins_then_variables_then_table_then_flat_keys(
    monkeypatch: pytest.MonkeyPatch,
):
    def workers(line: str = "plan --db-path b.db") -> int:
        return options(line)["workers"]

    assert workers() == 8
    configure("workers = 3")
    assert workers() == 3
    configure("workers = 3\n[plan]\nworkers = 4")
    assert workers() == 4
    monkeypatch.setenv("LOOKERVAULT_PLAN_WORKERS", "5")
    assert workers() == 5
    assert workers("plan --db-path b.db --workers 6") == 6


def test_flat_keys_are_for_all_commands_tables_for_one():
    configure(SENSIBLE)

    assert options("plan --db-path b.db")["max_calls"] == 100
    assert options("plan --db-path b.db")["report"] == ("markdown=plan.md", "html=plan.html")
    assert options("apply plan.json")["workers"] == 3
    assert options("apply plan.json")["verify"] is False
    assert options("apply plan.json")["section"] == "prod"
    assert options("sandbox serve")["port"] == 9000
    assert options("schema plan") == {"name": "plan", **vars(COMMON)}


def test_a_flat_key_may_be_called_as_a_command_is():
    configure('state = "a/state.db"')

    assert str(options("status")["state"]) == "a/state.db"


def test_options_may_be_written_with_dashes_or_underscores():
    configure('db-path = "a.db"\nmax_calls = 7')

    found = options("plan")

    assert (found["db_path"], found["max_calls"]) == (Path("a.db"), 7)


def test_flags_can_be_set_and_unset(monkeypatch: pytest.MonkeyPatch):
    configure("json = true")
    monkeypatch.setenv("LOOKERVAULT_PLAN_VERIFY", "no")

    assert options("apply p.json")["json"] is True
    assert options("apply p.json")["verify"] is False
    assert options("apply p.json --verify")["verify"] is True


def test_several_values_in_one_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOOKERVAULT_PLAN_ALLOW", "deletes part-deletes")

    assert options("plan --db-path b.db")["allow"] == ("deletes", "part-deletes")


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOOKERVAULT_PLAN_WORKERS", "")

    assert options("plan --db-path b.db")["workers"] == 8


def test_lookervaults_own_variable_for_the_backup(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOOKERVAULT_DB_PATH", "vault.db")
    assert options("plan")["db_path"] == Path("vault.db")

    monkeypatch.setenv("LOOKERVAULT_PLAN_DB_PATH", "own.db")
    assert options("plan")["db_path"] == Path("own.db")


def test_the_file_may_be_elsewhere(monkeypatch: pytest.MonkeyPatch):
    configure("workers = 2")
    configure("workers = 5", "other.toml")
    monkeypatch.setenv("LOOKERVAULT_PLAN_CONFIG", "other.toml")

    assert options("plan --db-path b.db")["workers"] == 5


def test_guards():
    configure(SENSIBLE)

    assert read_config_file({}).guards == GuardSettings(
        updates_share=0.5, updates_share_at_least=20
    )


def test_a_saved_plan_is_not_shaped_by_file_or_variables(monkeypatch: pytest.MonkeyPatch):
    configure("owners = true\nworkers = 2")
    monkeypatch.setenv("LOOKERVAULT_PLAN_MAX_CALLS", "7")

    fresh, saved = options("apply --db-path b.db"), options("apply plan.json")

    assert (fresh["owners"], fresh["max_calls"]) == (True, 7)
    assert (saved["owners"], saved["max_calls"]) == (False, None)
    assert saved["workers"] == 2


FILES = {
    "malformed": 'workers = "3\n',
    "not text": b"\xff\xfe\x00",
    "unknown key": "wokers = 3",
    "unknown key in a table": "[plan]\nmax_cals = 3",
    "a key of another command": "[schema]\nworkers = 3",
    "unknown table": "[paln]\nworkers = 3",
    "unknown guard": "[guards]\nupdate_share = 0.5",
    "a share in per cent": "[guards]\nupdates_share = 50",
    "a number that is a text": '[guards]\nupdates_share_at_least = "many"',
    "wrong type": 'workers = "many"',
    "out of range": "workers = 0",
    "a table for an option": "workers = [{a = 1}]",
    "a date": "workers = 2026-01-01",
    "twice": "max-calls = 1\nmax_calls = 2",
    "consent": "auto-approve = true",
    "consent in a table": '[plan]\nallow = ["deletes"]',
    "a secret": 'client_secret = "s3cret"',
}


@pytest.mark.parametrize("case", FILES)
def test_a_wrong_file(run: Run, case: str, snapshot: SnapshotAssertion):
    text = FILES[case]
    Path("lookervault-plan.toml").write_bytes(text if isinstance(text, bytes) else text.encode())

    ran = run("plan", "--db-path", "b.db")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == snapshot


def test_a_file_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch, snapshot):
    monkeypatch.setenv("LOOKERVAULT_PLAN_CONFIG", "nowhere/lookervault-plan.toml")

    ran = run("status")

    assert ran.code == 1
    assert ran.err == snapshot


VARIABLES = {
    "LOOKERVAULT_PLAN_WOKERS": "3",
    "LOOKERVAULT_PLAN_WORKERS": "many",
    "LOOKERVAULT_PLAN_VERIFY": "perhaps",
    "LOOKERVAULT_PLAN_ALLOW": "delets",
}


@pytest.mark.parametrize("name", VARIABLES)
def test_a_wrong_variable(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, snapshot):
    monkeypatch.setenv(name, VARIABLES[name])

    ran = run("apply", "--db-path", "b.db", "--auto-approve")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == snapshot


def test_help_does_not_read_the_file(run: Run):
    configure("wokers = 3")

    assert run("plan", "--help").code == 0
    assert run("--version").code == 0
