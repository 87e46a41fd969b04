"""Printed schemas, the files in schemas/, and what is really written agree."""

from pathlib import Path

import pytest

from lookervault_plan.cli.run.schema import SCHEMAS, schema_document
from tests.cli.conftest import Run

FOLDER = Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_file_is_what_the_command_prints(run: Run, name: str):
    ran = run("schema", name)

    assert ran.code == 0
    assert ran.out == (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")


def test_there_are_no_other_files():
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.schema.json" for name in SCHEMAS}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_document_ends_with_one_newline(name: str):
    assert schema_document(name).endswith(b"}\n")
