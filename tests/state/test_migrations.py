"""States of older and newer versions."""

import gzip
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lookervault_plan.errors import PlanError
from lookervault_plan.state import state_file
from lookervault_plan.state.migrate import MIGRATIONS, migrate, newest_version, number
from lookervault_plan.state.queries import QUERIES
from lookervault_plan.state.rows import ACTION, IdMapping, Lock
from lookervault_plan.state.store import State, open_state
from tests.state.conftest import AT, DEV, LATER, PROD

VERSION_1 = Path(__file__).parents[1] / "fixtures" / "state-version-1.db.gz"
SECOND = "-- A made-up version 2.\nALTER TABLE lock ADD COLUMN token TEXT;\n"


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    path = tmp_path / "state.db"
    _ = path.write_bytes(gzip.decompress(VERSION_1.read_bytes()))
    return path


@pytest.fixture
def two_migrations(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """As if a version 2 had been released."""
    migrations = (MIGRATIONS[0], SECOND)
    monkeypatch.setattr(state_file, "newest_version", lambda: 2)
    monkeypatch.setattr(state_file, "migrate", lambda connection: migrate(connection, migrations))
    return migrations


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return number(connection, "PRAGMA user_version")


def schema_of(state: State) -> set[tuple[str, str]]:
    found = state._connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return set(found)


@pytest.mark.parametrize("readonly", [False, True])
def test_a_state_of_version_1_is_read_whole(version_1: Path, readonly: bool):
    with open_state(version_1, readonly=readonly) as state:
        session = state.session("s1")
        steps = {step.step: step for step in state.steps("s1")}
        (letter,) = state.dead_letters()

        assert session is not None
        assert (session.status, session.completed_at) == ("incomplete", LATER)
        assert (session.total_items, session.success_count, session.error_count) == (2, 1, 1)
        assert (session.config, session.metadata) == ({"workers": 8}, {"tool": "0.1.0"})
        assert state.session_plan("s1") == b'{"format_version": 1}'
        assert list(steps) == ["dashboard:42", "dashboard:42#create", "look:9", "look:9#update"]
        assert steps["dashboard:42"].kind == ACTION
        assert steps["dashboard:42#create"].outcome == "done"
        assert steps["dashboard:42#create"].known_ids == ("1", "2")
        assert steps["dashboard:42#create"].revealed == {"dashboard:42": "77"}
        assert steps["look:9#update"].http_status == 422
        assert state.before_image("s1", "dashboard:42#create") == b'{"title": "Old"}'
        assert [(each.type, each.item_count) for each in state.checkpoints("s1")] == [
            ("dashboard", 1),
            ("look", 0),
        ]
        assert (letter.address, letter.step, letter.cause) == (
            "look:9",
            "look:9#update",
            "folder:7",
        )
        assert letter.data == b'{"title": ""}'
        assert state.mappings(DEV, PROD) == {("dashboard", "42"): "77", ("folder", "7"): "70"}
        assert state.part_mappings(DEV, PROD) == {
            "dashboard:42": {("dashboard_element", "1"): "101"}
        }
        assert state.applied(DEV, PROD)["dashboard:42"].live_digest == "live"
        assert state.locks() == [Lock(PROD, "ann", "build-1", AT, 4242)]


def test_a_new_state_has_the_tables_of_an_upgraded_one(version_1: Path, tmp_path: Path):
    with open_state(version_1) as old, open_state(tmp_path / "new.db") as new:
        assert schema_of(new) == schema_of(old)
    assert version_of(version_1) == version_of(tmp_path / "new.db") == newest_version()


@pytest.mark.usefixtures("two_migrations")
def test_an_older_state_is_upgraded_when_it_is_opened_for_writing(version_1: Path):
    with open_state(version_1) as state:
        assert ("42", "77") in {(i, d) for (_, i), d in state.mappings(DEV, PROD).items()}
        _ = state._connection.execute("SELECT token FROM lock")

    assert version_of(version_1) == 2


@pytest.mark.usefixtures("two_migrations")
def test_an_older_state_stays_as_it_is_when_it_is_read(version_1: Path):
    before = version_1.read_bytes()

    with open_state(version_1, readonly=True) as state:
        assert len(state.sessions()) == 1
        _ = state._connection.execute("SELECT token FROM lock")
        with pytest.raises(PlanError) as caught:
            state.set_mapping(DEV, PROD, IdMapping("look", "1", "2"), at=AT)

    assert caught.value.diagnostic.code == "state.write"
    assert version_1.read_bytes() == before


def test_a_failed_migration_leaves_the_state_as_it_was(version_1: Path):
    broken = (MIGRATIONS[0], SECOND, "CREATE TABLE lock (id TEXT);")
    with closing(sqlite3.connect(version_1, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, broken)
        columns = connection.execute("SELECT name FROM pragma_table_info('lock')").fetchall()

    assert ("token",) not in columns
    assert version_of(version_1) == 1


@pytest.mark.parametrize("readonly", [False, True])
def test_a_state_of_a_newer_version_is_refused_with_both_versions(version_1: Path, readonly: bool):
    with closing(sqlite3.connect(version_1)) as connection:
        _ = connection.execute(f"PRAGMA user_version = {newest_version() + 1}")
    before = version_1.read_bytes()

    with pytest.raises(PlanError) as caught:
        _ = open_state(version_1, readonly=readonly)

    told = caught.value.diagnostic
    assert told.code == "state.too-new"
    assert f"version {newest_version() + 1}; this one knows {newest_version()}" in told.summary
    assert "upgrade lookervault-plan" in told.fix
    assert version_1.read_bytes() == before


def test_every_commit_of_an_open_state_reaches_the_disk(tmp_path: Path):
    with open_state(tmp_path / "state.db") as state:
        full = 2
        assert number(state._connection, "PRAGMA synchronous") == full
        assert state._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_every_named_statement_is_explained_and_used():
    folder = Path(state_file.__file__).parent
    code = "".join(file.read_text("utf-8") for file in folder.glob("*.py"))

    for name, statement in QUERIES.items():
        assert re.match(r"-- [A-Z].+[.:,a-z]\n", statement), name
        assert f'"{name}"' in code, name
