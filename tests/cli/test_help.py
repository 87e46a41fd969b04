"""Help tells everything, at once, and without loading what it does not need."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.cli.app import COMMANDS, build
from lookervault_plan.cli.help_text import paragraphs
from tests.cli.conftest import Run

NAMES = [name for name, *_ in COMMANDS]
HEAVY = ("looker_sdk", "deepdiff", "starlette", "uvicorn", "requests", "lookervault_plan.workflows")


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in NAMES)], ids=" ".join)
def test_help(run: Run, words: list[str], snapshot: SnapshotAssertion):
    ran = run(*words)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == snapshot


def test_help_of_a_command_within_a_command(run: Run, snapshot: SnapshotAssertion):
    assert run("sandbox", "serve", "--help").out == snapshot


@pytest.mark.parametrize("words", [["show", "-h"], ["show", "x", "--help"], ["--help", "show"]])
def test_help_may_be_asked_for_anywhere(run: Run, words: list[str]):
    assert run(*words).out == run("show", "--help").out


def test_version(run: Run):
    assert run("--version").out.strip().count(".") == 2


def test_version_is_a_command_too(run: Run):
    told = run("version", "--json").json

    assert run("version").out == run("--version").out
    assert told["version"] == run("version").out.strip()
    assert set(told) == {"version", "python"}


def test_help_is_a_command_too(run: Run):
    assert run("help").out == run("--help").out
    assert run("help", "dlq", "retry").out == run("dlq", "retry", "--help").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_options(
    run: Run, shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))

    ran = run("--install-completion", "--shell", shell, "--output", "completion")

    assert ran.code == 0
    script = Path("completion").read_text()
    assert "retry" in script
    assert "db-path" in script


def test_no_command_is_a_question(run: Run):
    assert run().out == run("--help").out


@pytest.mark.parametrize("row", COMMANDS, ids=NAMES)
def test_the_table_says_what_the_command_says(row: tuple[str, str, str, str]):
    name, _, told, _ = row

    own = build([name])[name].help

    assert paragraphs(build([name])[name].default_command or build()[name]) == own
    assert own.partition("\n")[0] == told


def leaves(app: App) -> Iterator[App]:
    """Commands that do something, those within commands too."""
    if app.default_command:
        yield app
    for name in app:
        if not name.startswith("-"):
            yield from leaves(app[name])


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_documented(name: str):
    for command in leaves(build([name])[name]):
        for argument in command.assemble_argument_collection(parse_docstring=True):
            assert argument.parameter.help or argument.name == "*", argument.name


@pytest.mark.parametrize("words", [["--help"], ["plan", "--help"], ["apply", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]):
    code = f"""
import sys
from lookervault_plan.cli.app import main
main({words!r})
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )

    assert done.stderr.strip() == "[]"
