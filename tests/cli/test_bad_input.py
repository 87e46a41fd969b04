"""Bad input: one clear block, the right exit code, no traceback, nothing left behind."""

import errno
import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from lookervault_plan import plan_file
from lookervault_plan.looker.retry import RetryPolicy
from lookervault_plan.sandbox.server import Sandbox
from tests.builders import a_plan, an_action
from tests.cli.conftest import Ran, Run


def check(ran: Ran, snapshot: SnapshotAssertion, *, code: int = 1, hide: str = "") -> None:
    assert (ran.code, ran.out) == (code, "")
    assert "Traceback" not in ran.err
    assert ran.err.startswith("╷\n│ Error: ")
    assert ran.err.endswith("╵\n")
    text = " ".join(ran.err.split())
    assert (text.replace(hide, "URL") if hide else ran.err) == snapshot


# The backup


def write(name: str, data: bytes) -> Path:
    path = Path(name)
    path.write_bytes(data)
    return path


def no_database() -> Path:
    return write("b.db", b"these are not the bytes you are looking for" * 100)


def another_database() -> Path:
    with closing(sqlite3.connect("b.db")) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
        connection.commit()
    return Path("b.db")


def too_new() -> Path:
    with closing(sqlite3.connect("b.db")) as connection:
        connection.execute("UPDATE schema_version SET version = 99 WHERE version = 4")
        connection.commit()
    return Path("b.db")


BACKUPS: dict[str, Callable[[bytes], Path]] = {
    "missing": lambda _: Path("nowhere.db"),
    "empty": lambda _: write("b.db", b""),
    "a directory": lambda _: Path(),
    "not a database": lambda _: no_database(),
    "another database": lambda _: another_database(),
    "of a newer schema": lambda saved: write("b.db", saved) and too_new(),
    "cut off": lambda saved: write("b.db", saved[: len(saved) // 2]),
}


@pytest.mark.parametrize("case", BACKUPS)
def test_a_bad_backup(
    run: Run, empty: Sandbox, saved: bytes, case: str, snapshot: SnapshotAssertion
):
    path = BACKUPS[case](saved)
    before = set(Path().iterdir())

    ran = run("plan", "--db-path", path, "--out", "plan.json")

    check(ran, snapshot)
    assert set(Path().iterdir()) == before


@pytest.mark.parametrize("told", ["nonsense", "looker.example.com", "https://", "http://[::1"])
def test_a_source_instance_that_is_no_address(
    run: Run, empty: Sandbox, backup: Path, told: str, snapshot: SnapshotAssertion
):
    ran = run("plan", "--db-path", backup, "--source-instance", told, "--out", "plan.json")

    check(ran, snapshot)
    assert not Path("plan.json").exists()


# The plan file


def a_saved_plan() -> bytes:
    return plan_file.encode(a_plan([an_action()]))


PLANS: dict[str, tuple[Callable[[], bytes], int]] = {
    "empty": (lambda: b"", 1),
    "cut off": (lambda: a_saved_plan()[:-200], 1),
    "not text": (lambda: b"\x00\xff\xfe", 1),
    "other JSON": (lambda: b'{"resources": []}', 1),
    "a list": (lambda: b"[]", 1),
    "edited": (lambda: a_saved_plan().replace(b"Revenue", b"Costs"), 4),
    "of another format": (
        lambda: a_saved_plan().replace(b'"format_version": "1.', b'"format_version": "2.'),
        4,
    ),
}


@pytest.mark.parametrize("command", ["show", "apply"])
@pytest.mark.parametrize("case", PLANS)
def test_a_bad_plan(run: Run, command: str, case: str, snapshot: SnapshotAssertion):
    make, code = PLANS[case]
    Path("plan.json").write_bytes(make())

    check(run(command, "plan.json"), snapshot, code=code)


@pytest.mark.parametrize("command", ["show", "apply"])
def test_a_missing_plan(run: Run, command: str, snapshot: SnapshotAssertion):
    check(run(command, "plan.json"), snapshot)


def test_a_plan_that_is_a_directory(run: Run, snapshot: SnapshotAssertion):
    check(run("show", "."), snapshot)


def test_a_plan_without_its_backup(run: Run, snapshot: SnapshotAssertion, tmp_path: Path):
    Path("plan.json").write_bytes(a_saved_plan())

    ran = run("apply", "plan.json")

    assert ran.code == 1
    assert " ".join(ran.err.split()).replace(str(tmp_path), "DIR") == snapshot


# The connection


def test_no_settings(run: Run, backup: Path, snapshot: SnapshotAssertion):
    check(run("plan", "--db-path", backup), snapshot)


def test_a_missing_looker_ini(run: Run, backup: Path, snapshot: SnapshotAssertion):
    check(run("plan", "--db-path", backup, "--config-file", "nowhere.ini"), snapshot)


def test_a_missing_section(run: Run, backup: Path, snapshot: SnapshotAssertion):
    Path("looker.ini").write_text("[dev]\nbase_url=https://x\nclient_id=a\nclient_secret=b\n")

    check(run("plan", "--db-path", backup, "--section", "prod"), snapshot)


def test_a_malformed_url(run: Run, empty: Sandbox, backup, monkeypatch, snapshot):
    monkeypatch.setenv("LOOKERSDK_BASE_URL", "looker.example.com")

    check(run("plan", "--db-path", backup), snapshot)


def test_a_url_that_is_no_looker(run: Run, empty: Sandbox, backup, monkeypatch, snapshot):
    hasty = RetryPolicy(attempts=2, base_seconds=0.001, max_seconds=0.001)
    monkeypatch.setattr("lookervault_plan.looker.client.RetryPolicy", lambda: hasty)
    with Nobody() as url:
        monkeypatch.setenv("LOOKERSDK_BASE_URL", url)
        check(run("plan", "--db-path", backup, "-q"), snapshot, hide=url)
        assert "attempt" not in run("plan", "--db-path", backup).err


class Nobody:
    """An address of this machine where nobody listens."""

    def __enter__(self) -> str:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def test_a_wrong_secret(run: Run, empty: Sandbox, backup, monkeypatch, snapshot):
    monkeypatch.setenv("LOOKERSDK_CLIENT_SECRET", "wrong-secret")

    ran = run("plan", "--db-path", backup, "--out", "plan.json")

    check(ran, snapshot, hide=empty.url)
    assert "wrong-secret" not in ran.err
    assert not Path("plan.json").exists()


# Where things are written


@pytest.mark.parametrize("option", [["--out"], ["--report"]])
def test_a_directory_that_is_not_there(run: Run, backup: Path, option, snapshot):
    value = "nowhere/plan.json" if option == ["--out"] else "markdown=nowhere/plan.md"

    check(run("plan", "--db-path", backup, *option, value), snapshot)


def test_a_directory_in_the_place_of_the_file(run: Run, backup: Path, snapshot):
    Path("plan.json").mkdir()

    check(run("plan", "--db-path", backup, "--out", "plan.json"), snapshot)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_directory(run: Run, backup: Path):
    Path("fixed").mkdir(mode=0o555)

    ran = run("plan", "--db-path", backup, "--out", "fixed/plan.json")

    assert ran.code == 1
    assert "permission denied" in ran.err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_is_full_or_read_only(
    run: Run, *, empty: Sandbox, backup: Path, monkeypatch, number: int, snapshot
):
    Path("plan.json").write_text("an older one")

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)

    ran = run("plan", "--db-path", backup, "--out", "plan.json", "-q")

    assert ran.code == 1
    assert ran.err == snapshot
    assert Path("plan.json").read_text() == "an older one"
    assert sorted(path.name for path in Path().iterdir()) == ["backup.db", "plan.json"]


# The state


def test_a_state_that_is_none(run: Run, snapshot: SnapshotAssertion):
    Path("state.db").write_text("notes" * 1000)

    check(run("status", "--state", "state.db"), snapshot)


def test_a_session_that_is_not_known(run: Run, snapshot: SnapshotAssertion):
    check(run("status", "20260101-000000-abcd"), snapshot)


def test_nothing_to_resume(run: Run, snapshot: SnapshotAssertion):
    check(run("resume"), snapshot)
    assert list(Path().iterdir()) == []


# All of them


def test_every_error_is_one_object_with_json(run: Run, backup: Path):
    for line in ("show nowhere.json", "plan --db-path nowhere.db", "status nowhere", "resume"):
        ran = run(*line.split(), "--json")
        assert (ran.code, ran.err) == (1, "")
        assert set(ran.error) == {"severity", "code", "summary", "address", "detail", "fix"}
        assert msgspec.json.encode(ran.json) + b"\n" == ran.out.encode()


def test_debug_shows_the_traceback(run: Run):
    ran = run("show", "nowhere.json", "--debug")

    assert ran.err.startswith("Traceback")
    assert "Error: there is no plan file nowhere.json" in ran.err


@pytest.mark.parametrize("text", ["8.5", "1e1", "0", "65", "-1", "nan", "many"])
def test_workers_are_a_whole_number_within_bounds(run: Run, text: str):
    ran = run("plan", "--db-path", "b.db", "--workers", text)

    assert ran.code == 1
    assert "--workers" in ran.err


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "1e400", "31d", "9" * 400, "10 minutes", ""])
def test_a_lock_timeout_is_finite(run: Run, text: str):
    ran = run("apply", "plan.json", "--lock-timeout", text)

    assert ran.code == 1
    assert "--lock-timeout" in ran.err


@pytest.mark.parametrize("text", ["0", "1.5", "90s", "10m", "2h", "1d"])
def test_a_lock_timeout_may_have_a_unit(run: Run, text: str):
    assert "there is no plan file" in run("apply", "plan.json", "--lock-timeout", text).err


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 9_999, ".".join("a" * 3_000) + " = 1"], ids=["values", "keys"]
)
def test_settings_nested_without_end_are_refused_in_one_line(run: Run, text: str):
    Path("lookervault-plan.toml").write_text(text)

    ran = run("plan", "--db-path", "b.db")

    assert ran.code == 1
    assert "nested too deeply" in ran.err
    assert "bug" not in ran.err
