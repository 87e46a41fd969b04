import json
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.backup.backup_run import BackupRun, BackupWriter, Counts, run_backup
from lookervault_plan.backup.reader import Backup, BackupInfo, open_backup
from lookervault_plan.backup.snapshots import SnapshotId
from lookervault_plan.errors import PlanError
from tests.backup.conftest import FIXTURES, a_row, write_backup

INFO = BackupInfo(
    instance="https://dev.example.com:19999",
    web_url="https://dev.example.com",
    looker_version="25.20.1",
    tool_version="0.1.0",
)
Items = Mapping[str, Mapping[str, object]]


class FakeReader:
    """A live instance: type -> id -> item; a type in `broken` fails after its items."""

    def __init__(
        self, live: Mapping[str, Items], broken: Mapping[str, BaseException] | None = None
    ) -> None:
        self.live = live
        self.broken = broken or {}

    def items(self, type_: str) -> Iterator[tuple[str, Mapping[str, object]]]:
        yield from self.live.get(type_, {}).items()
        if type_ in self.broken:
            raise self.broken[type_]


class Clock:
    def __init__(self, day: int = 1) -> None:
        self._ticks = count()
        self._day = day

    def __call__(self) -> str:
        seconds = next(self._ticks)
        return f"2025-03-{self._day:02}T10:{seconds // 60:02}:{seconds % 60:02}+00:00"


def an_extraction(id_: str = "s1", types: Iterable[str] = ("folder", "look"), day: int = 1):
    return BackupRun(
        id=id_,
        started_at=f"2025-03-{day:02}T09:00:00+00:00",
        types=tuple(types),
        info=INFO,
        config={"workers": 8},
    )


def back_up(
    path: Path,
    live: Mapping[str, Items],
    *,
    day: int = 1,
    broken: Mapping[str, BaseException] | None = None,
) -> Counts:
    with BackupWriter(path) as writer:
        writer.begin(an_extraction(f"s{day}", live, day))
        return run_backup(writer, FakeReader(live, broken), list(live), now=Clock(day))


def contents(backup: Backup) -> dict[str, dict[str, object]]:
    out: dict[str, dict[str, object]] = {}
    for row in backup.rows():
        out.setdefault(row.type, {})[row.id] = backup.load(row.type, row.id)
    return out


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "backup.db"


LOOK = {"id": "1", "title": "Revenue", "user_id": "7", "folder_id": "5", "description": None}


def test_what_was_backed_up_reads_back_with_its_nulls(path: Path):
    live = {"folder": {"5": {"id": "5", "name": "Shared"}}, "look": {"1": LOOK}}

    counts = back_up(path, live)

    assert counts == Counts(new=2)
    with open_backup(path) as backup:
        assert contents(backup) == live
        assert backup.warnings == ()
        assert backup.schema_version == 4
        assert backup.info is not None
        assert backup.info.instance == INFO.instance
        assert backup.info.written_at > "2025-03-01T10"
        assert backup.instance_hints() == (INFO.instance, INFO.web_url)


def test_one_private_file_is_left(path: Path):
    _ = back_up(path, {"look": {"1": LOOK}})

    assert list(path.parent.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA page_size").fetchone() == (16384,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_schema_is_lookervaults_and_our_tables_more(
    path: Path, recorded: Callable[[str], Path]
):
    def schema(file: Path) -> dict[str, str]:
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL")
            return {name: "".join(sql.replace('"', "").split()) for name, sql in found}

    theirs_path = recorded("lookervault-v4-small.db")
    _ = back_up(path, {"look": {"1": LOOK}})

    ours, theirs = schema(path), schema(theirs_path)
    for own in ("backup_info", "snapshots", "content_blobs", "content_history"):
        assert ours.pop(own)
    assert ours == theirs
    with closing(sqlite3.connect(path)) as connection:
        versions = connection.execute("SELECT version, applied_at FROM schema_version").fetchall()
    assert versions == [(3, "2025-03-01T09:00:00+00:00"), (4, "2025-03-01T09:00:00+00:00")]


def test_the_columns_are_filled_as_lookervault_does(path: Path):
    live = {
        "look": {
            "1": LOOK | {"created_at": "2024-05-06T07:08:09.123+02:00"},
            "2": {"id": "2", "user_id": "not-a-number"},
        }
    }
    _ = back_up(path, live)

    with closing(sqlite3.connect(path)) as connection:
        first, second = connection.execute(
            "SELECT id, content_type, name, owner_id, owner_email, created_at, updated_at,"
            " folder_id, content_size = length(content_data) FROM content_items ORDER BY id"
        )
        session = connection.execute(
            "SELECT status, total_items, error_count, config FROM extraction_sessions"
        ).fetchone()
        checkpoint = connection.execute(
            "SELECT content_type, item_count, completed_at NOT NULL FROM sync_checkpoints"
        ).fetchall()

    synced = "2025-03-01T10:00:00+00:00"
    assert first == (
        *("1", 2, "Revenue", 7, None),
        *("2024-05-06T05:08:09.123000+00:00", synced, "5", 1),
    )
    assert second[2:5] == ("Untitled 2", None, None)
    assert session[:3] == ("completed", 2, 0)
    assert msgspec.json.decode(session[3]) == {"content_types": [2], "workers": 8}
    assert checkpoint == [(2, 2, 1)]


def test_one_time_urls_and_passwords_are_never_stored(path: Path):
    secret = "https://dev.example.com/password/reset/s3cr3t"
    user = {
        "id": "1",
        "credentials_email": {
            "email": "ann@example.com",
            "password_reset_url": secret,
            "account_setup_url": secret,
            "can": {"show_password_reset_url": True},
        },
        "nested": [{"credentials_api3": {"client_id": "x", "client_secret": secret}}],
    }

    _ = back_up(path, {"user": {"1": user}})

    assert b"s3cr3t" not in path.read_bytes()
    with open_backup(path) as backup:
        assert backup.load("user", "1") == {
            "id": "1",
            "credentials_email": {
                "email": "ann@example.com",
                "can": {"show_password_reset_url": True},
            },
            "nested": [{"credentials_api3": {"client_id": "x"}}],
        }


# Incremental


def test_the_second_time_only_what_changed_is_written(path: Path):
    looks = {id_: {"id": id_, "title": id_} for id_ in "1234"}
    _ = back_up(path, {"look": looks}, day=1)
    with open_backup(path) as backup:
        first = backup.fingerprint

    same = back_up(path, {"look": looks}, day=2)
    with open_backup(path) as backup:
        assert backup.fingerprint == first
        assert backup.synced_at is not None
        assert backup.synced_at > "2025-03-02"
    changed = back_up(path, {"look": looks | {"2": {"id": "2", "title": "new"}}}, day=3)

    assert same == Counts(unchanged=4)
    assert changed == Counts(changed=1, unchanged=3)


def test_the_order_of_keys_is_no_change(path: Path):
    _ = back_up(path, {"look": {"1": {"id": "1", "a": {"x": 1, "y": 2}}}}, day=1)

    counts = back_up(path, {"look": {"1": {"a": {"y": 2, "x": 1}, "id": "1"}}}, day=2)

    assert counts.unchanged == 1


def test_fields_with_free_keys_keep_their_order(path: Path):
    config = {"type": "table", "series": {"b": {"z": 1, "a": 2}, "a": 1}}
    query = {"vis_config": config, "filters": {"o.state": "CA", "o.id": "1"}, "model": "m"}

    _ = back_up(path, {"look": {"1": {"id": "1", "query": query}}}, day=1)

    with open_backup(path) as backup:
        look = backup.load("look", "1")
    assert isinstance(look, dict)
    assert json.dumps(look["query"]) == json.dumps(
        {"filters": query["filters"], "model": "m", "vis_config": config}
    )


def test_what_is_gone_from_the_instance_is_gone_until_it_comes_back(path: Path):
    both = {"look": {"1": {"id": "1"}, "2": {"id": "2"}}, "folder": {"1": {"id": "1"}}}
    _ = back_up(path, both, day=1)

    assert back_up(path, {"look": {"1": {"id": "1"}}}, day=2).gone == 1
    with open_backup(path) as backup:
        assert contents(backup) == both | {"look": {"1": {"id": "1"}}}
    assert back_up(path, {"look": {"1": {"id": "1"}}}, day=3).gone == 0

    assert back_up(path, both, day=4).unchanged == 3
    with open_backup(path) as backup:
        assert contents(backup) == both


STATES = st.lists(
    st.dictionaries(
        st.sampled_from(["folder", "look", "dashboard"]),
        st.dictionaries(st.sampled_from("123"), st.integers(0, 2), max_size=3),
        min_size=3,
    ),
    min_size=1,
    max_size=4,
)


@given(STATES)
def test_after_any_history_the_backup_is_the_last_state(states: list[dict[str, dict[str, int]]]):
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "backup.db"
        live = dict[str, dict[str, dict[str, object]]]()
        for day, state in enumerate(states, start=1):
            live = {
                type_: {id_: {"id": id_, "title": f"t{title}"} for id_, title in items.items()}
                for type_, items in state.items()
            }
            _ = back_up(path, live, day=day)

        with open_backup(path) as backup:
            assert contents(backup) == {type_: items for type_, items in live.items() if items}


# Interrupted


def test_a_failing_type_marks_nothing_as_gone_and_can_be_resumed(path: Path):
    live = {"folder": {"1": {"id": "1"}}, "look": {id_: {"id": id_} for id_ in "12"}}
    _ = back_up(path, live, day=1)

    with pytest.raises(RuntimeError):
        _ = back_up(
            path,
            {"folder": {}, "look": {"1": {"id": "1"}}},
            day=2,
            broken={"look": RuntimeError("503 on the last page")},
        )
    with open_backup(path) as backup:
        assert [warning.code for warning in backup.warnings] == ["backup.unfinished"]
        assert contents(backup) == live  # of the last complete snapshot
    with open_backup(path, SnapshotId(2)) as backup:
        assert contents(backup) == {"look": live["look"]}

    with BackupWriter(path) as writer:
        resumed = writer.resume(INFO)
        assert resumed is not None
        assert resumed.id == "s2"
        assert resumed.remaining == ("look",)
        counts = run_backup(
            writer, FakeReader({"look": {"1": {"id": "1"}}}), resumed.remaining, now=Clock(3)
        )
        assert counts == Counts(unchanged=1, gone=1)
        assert writer.resume(INFO) is None
    with open_backup(path) as backup:
        assert backup.warnings == ()
        assert contents(backup) == {"look": {"1": {"id": "1"}}}


KILLED = """
import os, signal, sys
from pathlib import Path
from lookervault_plan.backup.backup_run import BackupWriter, BackupRun
from lookervault_plan.backup.file_format import BackupInfo

writer = BackupWriter(Path(sys.argv[1]))
writer.begin(BackupRun(id="s1", started_at="2025-03-01T09:00:00+00:00", types=("folder", "look"),
                        info=BackupInfo(instance="https://dev.example.com:19999")))
writer.put("folder", "1", {"id": "1"}, at="2025-03-01T10:00:00+00:00")
writer.checkpoint("folder", at="2025-03-01T10:00:00+00:00", complete=True)
for number in range(450):
    writer.put("look", str(number), {"id": str(number)}, at="2025-03-01T10:00:00+00:00")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_backup_can_be_read_and_resumed(path: Path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}

    with open_backup(path) as backup:
        assert len(backup.rows("folder")) == 1
        assert len(backup.rows("look")) == 400
        assert [warning.code for warning in backup.warnings] == ["backup.unfinished"]
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before

    looks = {str(number): {"id": str(number)} for number in range(500)}
    with BackupWriter(path) as writer:
        resumed = writer.resume(INFO)
        assert resumed is not None
        assert resumed.types == ("folder", "look")
        assert resumed.remaining == ("look",)
        assert run_backup(
            writer, FakeReader({"look": looks}), resumed.remaining, now=Clock()
        ) == Counts(new=100, unchanged=400)
    with open_backup(path) as backup:
        assert len(backup.rows()) == 501
        assert backup.warnings == ()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT total_items FROM extraction_sessions").fetchall() == [
            (501,)
        ]


def test_ctrl_c_leaves_a_backup_that_can_be_resumed(path: Path):
    with pytest.raises(KeyboardInterrupt):
        _ = back_up(path, {"look": {"1": LOOK}}, broken={"look": KeyboardInterrupt()})

    with open_backup(path) as backup:
        assert len(backup.rows("look")) == 1
        assert "cancelled" in backup.warnings[0].summary


def test_many_threads_may_put_at_once(path: Path):
    with BackupWriter(path) as writer:
        writer.begin(an_extraction())
        with ThreadPoolExecutor(8) as pool:
            _ = list(
                pool.map(
                    lambda number: writer.put("look", str(number), {"id": str(number)}, at="2025"),
                    range(1000),
                )
            )
        _ = writer.checkpoint("look", at="2025", complete=True)
        writer.finish(at="2025")
        assert writer.counts.new == 1000

    with open_backup(path) as backup:
        assert len(backup.rows()) == 1000


# Refused, or failing


def code_of(error: pytest.ExceptionInfo[PlanError]) -> str:
    assert error.value.diagnostic.fix
    return error.value.diagnostic.code


def test_a_file_of_somebody_else_is_not_touched(tmp_path: Path):
    theirs = write_backup(tmp_path / "theirs.db", [a_row("1")])
    letter = tmp_path / "letter.db"
    letter.write_text("Dear Sir or Madam, this is not a database.")
    packed = tmp_path / "backup.db.gz"
    shutil.copyfile(FIXTURES / "schema-v1.db.gz", packed)
    before = {each: each.read_bytes() for each in tmp_path.iterdir()}

    codes = list[str]()
    for path in (theirs, letter, packed, tmp_path, tmp_path / "nowhere" / "backup.db"):
        with pytest.raises(PlanError) as caught:
            _ = BackupWriter(path)
        codes.append(code_of(caught))

    assert codes == [
        "backup.foreign",
        "backup.not-a-database",
        "backup.packed",
        "backup.not-a-file",
        "backup.unwritable",
    ]
    assert {each: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_two_instances_do_not_share_a_backup(path: Path):
    _ = back_up(path, {"look": {"1": LOOK}})
    other = an_extraction("s2", day=2)
    other = msgspec.structs.replace(other, info=BackupInfo(instance="https://prod.example.com"))

    with BackupWriter(path) as writer, pytest.raises(PlanError) as caught:
        writer.begin(other)

    assert code_of(caught) == "backup.other-instance"


def test_the_same_instance_may_be_written_otherwise(path: Path):
    _ = back_up(path, {"look": {"1": LOOK}})

    with BackupWriter(path) as writer:
        assert writer.resume(BackupInfo(instance="https://DEV.example.com:19999/")) is None


def test_a_full_disk_keeps_what_was_committed(path: Path):
    noise = random.Random(1).randbytes(500_000).hex()
    with BackupWriter(path) as writer:
        writer.begin(an_extraction())
        _ = writer.put("look", "1", {"id": "1"}, at="2025")
        _ = writer.checkpoint("look", at="2025")
        (pages,) = writer._connection.execute("PRAGMA page_count").fetchone()
        writer._connection.execute(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(PlanError) as caught:
            _ = writer.put("look", "2", {"id": "2", "note": noise}, at="2025")
        with pytest.raises(PlanError) as again:
            _ = writer.checkpoint("look", at="2025", complete=True)

    assert code_of(caught) == code_of(again) == "backup.write"
    assert "full" in caught.value.diagnostic.summary
    assert list(path.parent.iterdir()) == [path]
    with open_backup(path) as backup:
        assert [row.id for row in backup.rows()] == ["1"]


def test_a_file_that_another_program_has_locked_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lookervault_plan.backup.writable_file._BUSY_TIMEOUT_SECONDS", 0.05)
    _ = back_up(path, {"look": {}})
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(PlanError) as caught, BackupWriter(path) as writer:
            writer.begin(an_extraction("s2"))

    assert code_of(caught) == "backup.write"
    assert "another program" in caught.value.diagnostic.fix


def test_two_runs_never_write_into_one_file(path: Path):
    with BackupWriter(path) as first:
        first.begin(an_extraction())
        with pytest.raises(PlanError) as caught:
            _ = BackupWriter(path)
        _ = first.put("look", "1", {"id": "1"}, at="2025")
        first.finish(at="2025")

    assert code_of(caught) == "backup.busy"
    _ = back_up(path, {"look": {}}, day=2)
