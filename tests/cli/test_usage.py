"""Mistakes in the command line: one block, the nearest word, exit code 1."""

import pytest
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.cli.slips import LOOKERVAULT_COMMANDS
from tests.cli.conftest import Run

MISTAKES = (
    "pln",
    "--jsno",
    "sandbox srve",
    "plan",
    "plan --db-path",
    "plan --db-pth b.db",
    "plan --db-path b.db --ot plan.json",
    "plan --db-path b.db --out",
    "plan --db-path b.db -out=plan.json",
    "plan --db-path b.db -out plan.json",
    "plan --db-path b.db --db-path c.db",
    "plan --db-path b.db --workers 0",
    "plan --db-path b.db --workers many",
    "plan --db-path b.db --allow part-delete",
    "plan --db-path b.db --allow everything",
    "plan --db-path b.db --report plan.md",
    "plan --db-path b.db --report markdwn=plan.md",
    "plan --db-path b.db --report pdf=plan.pdf",
    "plan --db-path b.db --client-secret s",
    "plan --db-path b.db --no-json",
    "show",
    "show a.json b.json",
    "show a.json --format htm",
    "apply",
    "apply plan.json --owners --allow deletes",
    "backup --db-path b.db dashbords",
    "schema plna",
    # words of LookerVault
    "extract --db looker.db",
    "list dashboards",
    "restore all --db-path b.db --only-types dashboards",
    "restore all --folder-ids 12",
    "apply --db-path b.db --force",
    "dlq extract",
)


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake(run: Run, line: str, snapshot: SnapshotAssertion):
    ran = run(*line.split())

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == snapshot


def test_short_options_can_be_joined(run: Run):
    assert "there is no backup" in run("plan", "--db-path", "b.db", "-qv").err


def test_options_of_another_program_s_form_are_left_alone_behind_two_dashes(run: Run):
    assert "there is no plan" in run("show", "--", "-out").err


@pytest.mark.parametrize("word", [*LOOKERVAULT_COMMANDS])
def test_each_command_of_lookervault_has_its_successor(run: Run, word: str):
    ran = run(word, "--json")

    assert ran.code == 1
    assert ran.error["fix"] == LOOKERVAULT_COMMANDS[word]


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_in_json(run: Run, line: str):
    ran = run(*line.split(), "--json")

    assert (ran.code, ran.err) == (1, "")
    assert ran.error["code"] == "usage"
    assert ran.error["summary"]


def test_nothing_is_left_behind(run: Run, tmp_path):
    for line in MISTAKES:
        run(*line.split())

    assert list(tmp_path.iterdir()) == []
