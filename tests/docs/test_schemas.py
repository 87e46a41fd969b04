"""The pages about the backup and the state name every table and column of their schemas."""

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from lookervault_plan.backup.writer import BackupWriter
from lookervault_plan.content.table.kinds import CODES
from lookervault_plan.state.store import open_state

DOCS = Path(__file__).parents[2] / "docs"


def columns(path: Path) -> dict[str, list[str]]:
    """Columns by table or view."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
            " AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        return {
            table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for (table,) in tables
        }


def unnamed(page: str, schema: dict[str, list[str]]) -> Iterable[str]:
    """Tables without a heading or row of their own, and columns that it does not name."""
    for table, names in schema.items():
        found = re.search(
            rf"^#+ {table}$(.*?)(?=^#|\Z)|^\| {table} \|(.*)$", page, re.MULTILINE | re.DOTALL
        )
        if not found:
            yield table
            continue
        section = found[1] or (found[2] or "").splitlines()[0]
        yield from (f"{table}.{name}" for name in names if f"`{name}`" not in section)


def test_the_page_on_backups_names_every_table_and_column(tmp_path: Path):
    BackupWriter(tmp_path / "backup.db").close()

    page = (DOCS / "backup-format.md").read_text(encoding="utf-8")

    assert not list(unnamed(page, columns(tmp_path / "backup.db")))


def test_the_page_on_the_state_names_every_table_and_column(tmp_path: Path):
    open_state(tmp_path / "state.db").close()

    page = (DOCS / "state.md").read_text(encoding="utf-8")

    assert not list(unnamed(page, columns(tmp_path / "state.db")))


@pytest.mark.parametrize(("type_", "number"), CODES.items())
def test_the_page_on_backups_numbers_the_content_types(type_: str, number: int):
    page = (DOCS / "backup-format.md").read_text(encoding="utf-8")

    assert re.search(rf"\| {number} \| {type_} \|", page)


def test_a_column_that_a_page_does_not_name_is_found():
    page = "## lock\n\n| `holder` | who |\n\n## other\n\n`since`\n"

    assert list(unnamed(page, {"lock": ["holder", "since"], "steps": []})) == [
        "lock.since",
        "steps",
    ]
