"""Mistakes in the command line: one block, the nearest word, exit code 1."""

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.cli.conftest import Run

MISTAKES = (
    "pln",
    "--jsno",
    "sandbox srve",
    "plan",
    "plan --db-path",
    "plan --db-pth b.db",
    "plan --db-path b.db --ot plan.json",
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
)


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake(run: Run, line: str, snapshot: SnapshotAssertion):
    ran = run(*line.split())

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == snapshot


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
