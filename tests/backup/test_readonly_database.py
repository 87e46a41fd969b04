import gzip
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from lookervault_plan.backup.reader import open_backup
from lookervault_plan.errors import PlanError
from tests.backup.conftest import a_row, insert, write_backup

MakeBackup = Callable[..., Path]
Recorded = Callable[[str], Path]

READ = (
    "import sys, pathlib; from lookervault_plan.backup.reader import open_backup;"
    "backup = open_backup(pathlib.Path(sys.argv[1])); print(len(backup.rows()))"
)

KILLED_WRITER = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
for number in range(99):
    connection.execute(
        "INSERT INTO content_items SELECT id || '-' || ?, content_type, name, 0, '', '', '',"
        " synced_at, NULL, 0, zeroblob(9999), NULL FROM content_items WHERE id = '1'",
        (number,),
    )
os.kill(os.getpid(), signal.SIGKILL)
"""
#: Root writes wherever it likes, unless it gives up its capabilities.
AS_A_COMMON_USER = (
    ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
)


def listing(directory: Path) -> dict[str, tuple[int, bytes]]:
    return {each.name: (each.stat().st_mtime_ns, each.read_bytes()) for each in directory.iterdir()}


def read_all(path: Path) -> None:
    with open_backup(path) as backup:
        for row in backup.rows():
            _ = backup.load(row.type, row.id)


def code_of(path: Path) -> str:
    """The error's code; every error has a fix."""
    with pytest.raises(PlanError) as caught:
        read_all(path)
    assert caught.value.diagnostic.fix
    assert str(path) in caught.value.diagnostic.summary
    return caught.value.diagnostic.code


# Nothing changes in the file or beside it


@pytest.mark.parametrize("name", ["lookervault-v4-small.db", "schema-v1.db"])
def test_reading_leaves_no_trace(recorded: Recorded, name: str):
    path = recorded(name)
    before = listing(path.parent)

    with open_backup(path) as backup:
        assert len(backup.rows()) == 140
        assert listing(path.parent) == before

    assert listing(path.parent) == before


def test_recent_rows_in_a_wal_file_are_read_without_a_trace(tmp_path: Path):
    path = write_backup(tmp_path / "backup.db", [a_row("1")])
    left = tmp_path / "left"
    left.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        insert(connection, [a_row("2")])
        for each in tmp_path.glob("backup.db*"):
            shutil.copyfile(each, left / each.name)  # as after a crash
    before = listing(left)

    with open_backup(left / "backup.db") as backup:
        assert [row.id for row in backup.rows()] == ["1", "2"]

    assert listing(left) == before


def test_a_link_to_a_backup_finds_the_wal_file_beside_the_target(tmp_path: Path):
    path = write_backup(tmp_path / "backup.db", [a_row("1")])
    link = tmp_path / "latest.db"
    link.symlink_to(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        insert(connection, [a_row("2")])

        with open_backup(link) as backup:
            assert backup.name == "latest.db"
            assert len(backup.rows()) == 2


def test_an_unfinished_transaction_is_not_read(tmp_path: Path):
    """A writer killed in the middle leaves pages of both states, and a journal to undo them."""
    path = write_backup(tmp_path / "backup.db", [a_row("1")])
    subprocess.run([sys.executable, "-c", KILLED_WRITER, str(path)], check=False)
    before = listing(tmp_path)
    assert before["backup.db-journal"][1]

    with open_backup(path) as backup:
        assert [row.id for row in backup.rows()] == ["1"]

    assert listing(tmp_path) == before


@pytest.mark.skipif(
    bool(AS_A_COMMON_USER) and shutil.which("setpriv") is None, reason="root may write anywhere"
)
def test_read_only_media_are_enough_and_unreadable_files_are_named(recorded: Recorded):
    path = recorded("schema-v1.db")  # its header asks for WAL mode
    command = [*AS_A_COMMON_USER, sys.executable, "-c", READ, str(path)]
    path.chmod(0o444)
    path.parent.chmod(0o555)

    read_only = subprocess.run(command, capture_output=True, text=True, check=False)
    path.chmod(0)
    unreadable = subprocess.run(command, capture_output=True, text=True, check=False)
    path.parent.chmod(0o755)

    assert read_only.stdout == "140\n", read_only.stderr
    assert "can't be read: Permission denied" in unreadable.stderr


# Packed backups


def test_a_packed_backup_is_read_and_leaves_no_copy(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    plain = recorded("lookervault-v4-small.db")
    packed = tmp_path / "backup.db.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    with open_backup(packed) as backup, open_backup(plain) as expected:
        assert backup.name == "backup.db.gz"
        assert backup.fingerprint == expected.fingerprint
        assert list(scratch.iterdir())

    assert not list(scratch.iterdir())


def test_a_broken_archive(recorded: Recorded, tmp_path: Path):
    whole = gzip.compress(recorded("lookervault-v4-small.db").read_bytes())
    cut, spoilt, other = tmp_path / "cut.gz", tmp_path / "spoilt.gz", tmp_path / "other.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    spoilt.write_bytes(whole[:1000] + bytes(100) + whole[1100:])
    other.write_bytes(gzip.compress(b"a letter"))

    assert code_of(cut) == "backup.gzip"
    assert code_of(spoilt) == "backup.gzip"
    assert code_of(other) == "backup.not-a-database"


# What can't be read is said in one block


def test_what_is_no_backup_is_named(tmp_path: Path):
    (tmp_path / "empty.db").touch()
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, this is not a database.")
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
    with closing(sqlite3.connect(tmp_path / "columns.db")) as connection:
        connection.execute("CREATE TABLE content_items (id TEXT, content_type INTEGER)")

    assert code_of(tmp_path / "nowhere.db") == "backup.missing"
    assert code_of(tmp_path) == "backup.not-a-file"
    assert code_of(tmp_path / "empty.db") == "backup.empty"
    assert code_of(tmp_path / "letter.db") == "backup.not-a-database"
    assert code_of(tmp_path / "other.db") == "backup.no-content"
    assert code_of(tmp_path / "columns.db") == "backup.columns"


def test_a_newer_schema_is_refused(make_backup: MakeBackup):
    path = make_backup(a_row("1"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (5, '', '')")
        connection.commit()

    assert code_of(path) == "backup.too-new"


def test_a_file_cut_short(recorded: Recorded):
    path = recorded("lookervault-v4-small.db")
    os.truncate(path, 400_000)

    assert code_of(path) == "backup.damaged"


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9])
def test_a_file_with_overwritten_pages(recorded: Recorded, share: float):
    """Either SQLite notices, or the blobs hit are corrupt; no traceback, no wrong rows."""
    path = recorded("lookervault-v4-small.db")
    with path.open("r+b") as file:
        _ = file.seek(int(path.stat().st_size * share))
        _ = file.write(b"\xa5" * 40_000)

    found: str | None = None
    try:
        read_all(path)
    except PlanError as error:
        found = error.diagnostic.code

    assert found in {None, "backup.damaged"}


def test_a_backup_that_changes_while_it_is_read(make_backup: MakeBackup):
    path = make_backup(a_row("1"), a_row("2"))

    with open_backup(path) as backup:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE content_items SET content_data = x'80' WHERE id = '2'")
            connection.commit()
        with pytest.raises(PlanError) as caught:
            backup.rows()

    assert caught.value.diagnostic.code == "backup.changed"


def test_an_unfinished_or_failing_extraction_is_a_warning(recorded: Recorded):
    path = recorded("lookervault-v4-small.db")

    def warnings_after(change: str) -> list[str]:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"UPDATE extraction_sessions SET {change}")
            connection.commit()
        with open_backup(path) as backup:
            return [warning.code for warning in backup.warnings]

    assert warnings_after("status = 'completed'") == []
    assert warnings_after("error_count = 3") == ["backup.errors"]
    assert warnings_after("status = 'running'") == ["backup.unfinished"]
