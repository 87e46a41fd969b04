"""What a backup keeps of the past: snapshots, versions, edits from elsewhere, damage."""

import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookervault_plan.backup.backup_run import BackupWriter, run_backup
from lookervault_plan.backup.forget import forget
from lookervault_plan.backup.reader import CorruptBlob, open_backup
from lookervault_plan.backup.readonly_database import ReadOnlyDatabase
from lookervault_plan.backup.retention import Rules, kept, parse_duration
from lookervault_plan.backup.snapshots import (
    Snapshot,
    SnapshotId,
    choose_snapshot,
    parse_as_of,
)
from lookervault_plan.backup.verify import verify
from lookervault_plan.content.table.kinds import CODES
from lookervault_plan.errors import PlanError
from tests.backup.conftest import a_row, insert, write_backup
from tests.backup.test_backup_run import (
    INFO,
    LOOK,
    Clock,
    FakeReader,
    Items,
    an_extraction,
    back_up,
    contents,
)

NIGHT_1 = {"look": {"1": LOOK, "2": LOOK | {"id": "2"}}, "folder": {"5": {"id": "5"}}}
NIGHT_2 = {"look": {"1": LOOK | {"title": "Broken"}}, "folder": {"5": {"id": "5"}}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "backup.db"


def at(path: Path, snapshot: int) -> dict[str, dict[str, object]]:
    with open_backup(path, SnapshotId(snapshot)) as backup:
        return contents(backup)


def codes(path: Path) -> list[str]:
    with open_backup(path) as backup:
        return [warning.code for warning in backup.warnings]


def execute(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql, values)


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def as_lookervault_writes(path: Path, item: Mapping[str, object], *, type_: str = "look") -> None:
    execute(
        path,
        "INSERT INTO content_items (id, content_type, name, created_at, updated_at, synced_at,"
        " content_size, content_data) VALUES (?, ?, 'a name', '', '', ?, 0, ?)"
        " ON CONFLICT DO UPDATE SET content_data = excluded.content_data,"
        " synced_at = excluded.synced_at, deleted_at = NULL",
        item["id"],
        CODES[type_],
        "2025-03-09T10:00:00+00:00",
        msgspec.msgpack.encode(item),
    )


def test_a_deleted_item_and_an_old_title_can_be_read_as_of_the_night_before(path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    _ = back_up(path, NIGHT_2, day=2)

    assert at(path, 1) == NIGHT_1
    assert at(path, 2) == NIGHT_2
    with open_backup(path) as backup:
        assert contents(backup) == NIGHT_2
        assert [each.id for each in backup.snapshots] == [1, 2]
        assert [each.items for each in backup.snapshots] == [3, 2]
        assert backup.snapshot is not None
        assert backup.snapshot.taken_at == "2025-03-02T09:00:00Z"
        assert backup.snapshot.lists_whole("look")
        assert not backup.snapshot.lists_whole("dashboard")


def test_the_fingerprint_of_a_snapshot_outlives_later_backups(path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    with open_backup(path) as backup:
        before = backup.fingerprint

    _ = back_up(path, NIGHT_2, day=2)

    with open_backup(path, SnapshotId(1)) as backup:
        assert backup.fingerprint == before


def test_an_unchanged_night_stores_no_version(path: Path):
    for day in (1, 2, 3):
        _ = back_up(path, NIGHT_1, day=day)

    assert count(path, "content_history") == 3
    assert count(path, "content_blobs") == 3
    assert count(path, "snapshots") == 3


def test_an_item_that_was_only_viewed_is_unchanged(path: Path):
    viewed = {"look": {"1": LOOK | {"view_count": 1, "filters": {"usage_count": 1}}}}
    _ = back_up(path, viewed, day=1)
    again = {"look": {"1": viewed["look"]["1"] | {"view_count": 2}}}

    assert back_up(path, again, day=2).unchanged == 1
    assert count(path, "content_blobs") == 1

    filtered = {"look": {"1": LOOK | {"view_count": 2, "filters": {"usage_count": 2}}}}
    assert back_up(path, filtered, day=3).changed == 1
    assert at(path, 3) == filtered


def test_a_run_of_some_types_carries_the_others_over(path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    _ = back_up(path, {"look": {}}, day=2)

    assert at(path, 2) == {"folder": NIGHT_1["folder"]}
    assert at(path, 1) == NIGHT_1


def test_an_item_that_comes_back_as_it_was_has_two_versions_and_one_blob(path: Path):
    _ = back_up(path, {"look": {"1": LOOK}}, day=1)
    _ = back_up(path, {"look": {}}, day=2)
    _ = back_up(path, {"look": {"1": LOOK}}, day=3)

    assert [at(path, number) for number in (1, 2, 3)] == [
        {"look": {"1": LOOK}},
        {},
        {"look": {"1": LOOK}},
    ]
    assert count(path, "content_history") == 2
    assert count(path, "content_blobs") == 1


def test_an_interrupted_run_is_not_read_by_default_and_can_be_resumed(path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    with pytest.raises(RuntimeError):
        _ = back_up(path, NIGHT_2, day=2, broken={"folder": RuntimeError("503")})

    assert codes(path) == ["backup.unfinished"]
    with open_backup(path) as backup:
        assert contents(backup) == NIGHT_1
    with BackupWriter(path) as writer:
        resumed = writer.resume(INFO)
        assert resumed is not None
        _ = run_backup(writer, FakeReader(NIGHT_2), resumed.remaining, now=Clock(3))
    assert at(path, 2) == NIGHT_2
    assert at(path, 1) == NIGHT_1
    assert codes(path) == []
    assert count(path, "snapshots") == 2


def test_an_item_that_changes_between_a_run_and_its_resumption_has_its_last_value(path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    with pytest.raises(RuntimeError):
        _ = back_up(path, NIGHT_2, day=2, broken={"look": RuntimeError("503")})
    later = NIGHT_2 | {"look": {"1": LOOK | {"title": "Mended"}}}

    with BackupWriter(path) as writer:
        resumed = writer.resume(INFO)
        assert resumed is not None
        _ = run_backup(writer, FakeReader(later), resumed.remaining, now=Clock(3))

    assert at(path, 2) == later
    assert at(path, 1) == NIGHT_1


def test_the_first_run_is_read_even_unfinished(path: Path):
    with pytest.raises(RuntimeError):
        _ = back_up(path, NIGHT_1, broken={"folder": RuntimeError("503")})

    with open_backup(path) as backup:
        assert contents(backup) == NIGHT_1
        assert backup.snapshot is not None
        assert not backup.snapshot.complete
    assert codes(path) == ["backup.unfinished"]


def without_history(path: Path) -> None:
    for table in ("snapshots", "content_blobs", "content_history"):
        execute(path, f"DROP TABLE {table}")


def test_a_file_without_history_is_its_own_first_snapshot(path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    without_history(path)
    with open_backup(path, datetime(2025, 3, 4, tzinfo=UTC)) as backup:
        (first,) = backup.snapshots
        assert contents(backup) == NIGHT_1
        before = backup.fingerprint
    assert (first.id, first.origin, first.complete) == (1, "file", True)
    assert first.taken_at.startswith("2025-03-01T10:00")

    _ = back_up(path, NIGHT_2, day=5)

    with open_backup(path, SnapshotId(1)) as backup:
        assert contents(backup) == NIGHT_1
        assert backup.fingerprint == before
        assert backup.snapshots[0] == first
        assert [each.id for each in backup.snapshots] == [1, 2]


def test_a_file_of_lookervault_is_one_snapshot(tmp_path: Path):
    path = write_backup(tmp_path / "theirs.db", [a_row("12"), a_row("dashboard::13")])

    with open_backup(path, datetime(2025, 3, 2, tzinfo=UTC)) as backup:
        assert [row.id for row in backup.rows()] == ["12", "13"]
        assert [each.origin for each in backup.snapshots] == ["file"]
    with pytest.raises(PlanError, match="no complete snapshot of 2025-02-28T00:00:00Z or earlier"):
        _ = open_backup(path, datetime(2025, 2, 28, tzinfo=UTC))


def test_an_empty_file_has_no_snapshot(tmp_path: Path):
    path = write_backup(tmp_path / "empty.db", [])

    with open_backup(path) as backup:
        assert backup.snapshots == ()
        assert backup.snapshot is None
    with pytest.raises(PlanError, match="has no snapshot 1"):
        _ = open_backup(path, SnapshotId(1))


def test_edits_of_lookervault_count_as_a_newer_snapshot(path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    as_lookervault_writes(path, LOOK | {"title": "By LookerVault", "description": None})
    execute(path, "DELETE FROM content_items WHERE id = '5'")
    execute(
        path,
        "INSERT INTO extraction_sessions (id, started_at, status) VALUES (?, ?, 'completed')",
        "lookervault",
        "2025-03-09T09:00:00+00:00",
    )

    edited = {"look": {"1": LOOK | {"title": "By LookerVault"}, "2": NIGHT_1["look"]["2"]}}
    del edited["look"]["1"]["description"]  # a null of LookerVault may mean "not returned"
    with open_backup(path) as backup:
        assert contents(backup) == edited
        assert [warning.code for warning in backup.warnings] == ["backup.elsewhere"]
        assert [each.origin for each in backup.snapshots] == ["backup", "elsewhere"]
        virtual, fingerprint = backup.snapshots[1], backup.fingerprint
    assert virtual.taken_at == "2025-03-09T10:00:00Z"
    assert at(path, 1) == NIGHT_1

    _ = back_up(path, NIGHT_2, day=10)

    with open_backup(path, SnapshotId(2)) as backup:
        assert contents(backup) == edited
        assert backup.fingerprint == fingerprint
        assert backup.snapshot == virtual
    assert at(path, 1) == NIGHT_1
    assert at(path, 3) == NIGHT_2
    assert codes(path) == []


def test_edits_by_hand_keep_their_nulls(path: Path):
    _ = back_up(path, NIGHT_1 | {"look": {"1": LOOK | {"description": "x"}}}, day=1)
    as_lookervault_writes(path, LOOK)

    with open_backup(path) as backup:
        assert contents(backup)["look"] == {"1": LOOK}
    _ = back_up(path, NIGHT_1, day=10)
    assert at(path, 2)["look"] == {"1": LOOK}


def test_rows_under_lookervaults_ids_end_with_their_items(path: Path):
    _ = back_up(path, {"look": {"1": LOOK}}, day=1)
    with closing(sqlite3.connect(path)) as connection:
        insert(connection, [a_row("look::7", 2, synced_at="2025-03-02T10:00:00Z")])

    _ = back_up(path, {"look": {"1": LOOK}}, day=3)

    assert at(path, 2) == {"look": {"1": LOOK, "7": {"id": "7"}}}
    assert at(path, 3) == {"look": {"1": LOOK}}


def test_a_resumed_run_starts_anew_after_edits_from_elsewhere(path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    with pytest.raises(RuntimeError):
        _ = back_up(path, NIGHT_2, day=2, broken={"folder": RuntimeError("503")})
    as_lookervault_writes(path, LOOK | {"title": "By LookerVault"})

    with BackupWriter(path) as writer:
        resumed = writer.resume(INFO)
        assert resumed is not None
        _ = run_backup(writer, FakeReader(NIGHT_2), resumed.remaining, now=Clock(10))

    with open_backup(path) as backup:
        assert [(each.id, each.origin) for each in backup.snapshots] == [
            (1, "backup"),
            (2, "backup"),
            (3, "elsewhere"),
            (4, "backup"),
        ]
        assert [each.complete for each in backup.snapshots] == [True, False, False, True]
    assert at(path, 1) == NIGHT_1


def test_a_damaged_row_is_corrupt_and_its_snapshot_still_has_the_item(path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    execute(path, "UPDATE content_items SET content_data = x'c1' WHERE id = '2'")

    with open_backup(path) as backup:
        assert isinstance(backup.load("look", "2"), CorruptBlob)
    assert codes(path) == ["backup.elsewhere"]
    assert at(path, 1) == NIGHT_1
    _ = back_up(path, NIGHT_1, day=2)
    assert codes(path) == []
    assert at(path, 1) == at(path, 3) == NIGHT_1


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("DELETE FROM content_blobs", "missing from the file"),
        ("UPDATE content_blobs SET data = x'00'", "is damaged"),
        ("UPDATE content_blobs SET data = :other", "don't have the recorded digest"),
        ("UPDATE content_blobs SET codec = 'zstd'", "packed with 'zstd'"),
    ],
)
def test_a_damaged_version_is_a_corrupt_item_and_changes_the_fingerprint(
    path: Path, sql: str, reason: str
):
    _ = back_up(path, {"look": {"1": LOOK}}, day=1)
    with open_backup(path) as backup:
        before = backup.fingerprint
    _ = back_up(path, {"look": {}}, day=2)
    other = zlib.compress(b"other")
    execute(path, sql, *([other] if ":other" in sql else []))

    with open_backup(path, SnapshotId(1)) as backup:
        loaded = backup.load("look", "1")
        assert isinstance(loaded, CorruptBlob)
        assert reason in loaded.reason
        assert backup.fingerprint != before


def test_a_version_packed_without_the_dictionary_is_read(path: Path):
    _ = back_up(path, {"look": {"1": LOOK}}, day=1)
    with closing(sqlite3.connect(path)) as connection, connection:
        ((data,),) = connection.execute("SELECT content_data FROM content_items").fetchall()
        packed = zlib.compress(data)
        connection.execute("UPDATE content_blobs SET codec = 'zlib', data = ?", (packed,))
    _ = back_up(path, {"look": {}}, day=2)

    assert at(path, 1) == {"look": {"1": LOOK}}


def test_a_snapshot_of_a_newer_version_is_refused_and_older_ones_are_read(path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    _ = back_up(path, NIGHT_2, day=2)
    execute(path, "UPDATE snapshots SET format_version = 2 WHERE id = 2")

    with open_backup(path) as backup, pytest.raises(PlanError, match="newer version"):
        _ = backup.rows()
    with pytest.raises(PlanError, match="newer version"):
        _ = back_up(path, NIGHT_2, day=3)
    assert at(path, 1) == NIGHT_1


def test_a_full_disk_loses_nothing_that_was_kept(path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    before = at(path, 1)
    large = {str(number): {"id": str(number), "text": token_hex(2000)} for number in range(300)}
    writer = BackupWriter(path)
    with suppress(PlanError), closing(writer):
        writer.begin(an_extraction("s2", ("look",), day=2))
        pages = writer._connection.execute("PRAGMA page_count").fetchone()[0]
        writer._connection.execute(f"PRAGMA max_page_count = {pages + 20}")
        with pytest.raises(PlanError, match="full") as caught:
            run_backup(writer, FakeReader({"look": large}), ["look"], now=Clock(2))
        assert "make room" in caught.value.diagnostic.fix

    assert codes(path) == ["backup.unfinished"]
    with open_backup(path) as backup:
        assert contents(backup) == before
    _ = back_up(path, NIGHT_2, day=3)
    assert (at(path, 1), at(path, 3)) == (before, NIGHT_2)
    assert problems(path) == []


def test_a_killed_run_leaves_the_snapshots_before_it_whole(path: Path, tmp_path: Path):
    _ = back_up(path, NIGHT_1, day=1)
    code = """
import os, sys
from tests.backup.test_backup_run import *
def items(self, type_):
    for number in range(450):
        yield str(number), {"id": str(number), "title": "killed"}
    os.kill(os.getpid(), 9)
FakeReader.items = items
back_up(Path(sys.argv[1]), {"look": {}}, day=2)
"""
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -9

    assert codes(path) == ["backup.unfinished"]
    with open_backup(path) as backup:
        assert contents(backup) == NIGHT_1
        assert [each.complete for each in backup.snapshots] == [True, False]
    assert len(at(path, 2)["look"]) >= 400  # what was committed
    with BackupWriter(path) as writer:
        resumed = writer.resume(INFO)
        assert resumed is not None
        _ = run_backup(writer, FakeReader(NIGHT_2), resumed.remaining, now=Clock(3))
    assert at(path, 2) == NIGHT_2 | {"folder": NIGHT_1["folder"]}
    assert problems(path) == []


# --- any history ------------------------------------------------------------------------------

ITEMS = st.dictionaries(
    st.sampled_from("123"), st.sampled_from(["a", "b", "c"]).map(lambda title: {"title": title})
)
LIVE = st.fixed_dictionaries({"look": ITEMS, "folder": ITEMS})
NIGHTS = st.lists(
    st.one_of(
        st.tuples(
            st.just("backup"), LIVE, st.sets(st.sampled_from(["look", "folder"]), min_size=1)
        ),
        st.tuples(st.just("killed"), LIVE, st.sampled_from(["look", "folder"])),
        st.tuples(st.just("elsewhere"), st.sampled_from("123"), st.sampled_from(["x", "y"])),
    ),
    min_size=1,
    max_size=6,
)


def with_ids(items: Mapping[str, Mapping[str, object]]) -> Items:
    return {id_: {"id": id_, **item} for id_, item in items.items()}


@settings(max_examples=20)
@given(nights=NIGHTS)
def test_each_complete_snapshot_reads_as_the_instance_was(nights: list[tuple[str, object, object]]):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "backup.db"
        wanted: list[tuple[int, Mapping[str, Items]]] = []
        known: dict[str, Items] = {"look": {}, "folder": {}}
        for day, (what, live, which) in enumerate(nights, start=1):
            if what == "elsewhere":
                if wanted and day > 1:
                    item = {"id": live, "title": which}
                    as_lookervault_writes(path, item)
                    known = known | {"look": {**known["look"], str(live): item}}
                continue
            read = {type_: with_ids(items) for type_, items in live.items()}  # type: ignore[attr-defined]
            types = sorted(which) if what == "backup" else ["look", "folder"]  # type: ignore[call-overload]
            broken = {str(which): RuntimeError("503")} if what == "killed" else {}
            with suppress(RuntimeError):
                _ = back_up(path, {type_: read[type_] for type_ in types}, day=day, broken=broken)
            if what == "backup":
                known = known | {type_: read[type_] for type_ in types}
                with open_backup(path) as backup:
                    assert backup.snapshot is not None
                    wanted.append((backup.snapshot.id, _present(known)))
            else:
                stopped_at = types.index(str(which))
                known = known | {type_: read[type_] for type_ in types[:stopped_at]}
                rest = str(which)
                known = known | {rest: {**known[rest], **read[rest]}}

        for number, content in wanted:
            assert at(path, number) == content


def _present(known: Mapping[str, Items]) -> dict[str, Items]:
    return {type_: items for type_, items in known.items() if items}


# --- forget and verify -------------------------------------------------------------------------


def problems(path: Path) -> list[str]:
    with closing(ReadOnlyDatabase(path)) as database:
        return [f"{each.address}: {each.summary}" for each in verify(database)]


@settings(max_examples=15)
@given(
    nights=st.lists(st.one_of(LIVE, st.none()), min_size=1, max_size=6),
    dropped=st.sets(st.integers(1, 6)),
)
def test_forgetting_snapshots_leaves_the_others_as_they_were(
    nights: list[Mapping[str, Items] | None], dropped: set[int]
):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "backup.db"
        for day, live in enumerate(nights, start=1):
            read = {type_: with_ids(items) for type_, items in (live or {"look": {}}).items()}
            broken = {} if live else {"look": RuntimeError("503")}
            with suppress(RuntimeError):
                _ = back_up(path, read, day=day, broken=broken)
        gone = [SnapshotId(each) for each in dropped if each < len(nights)]
        rest = [each for each in range(1, len(nights) + 1) if each not in gone]
        before = {each: at(path, each) for each in rest}

        _ = forget(path, gone)

        assert {each: at(path, each) for each in rest} == before
        with open_backup(path) as backup:
            assert [each.id for each in backup.snapshots] == rest
            used = {version.digest for version in backup.versions()}
        assert count(path, "content_blobs") == len(used)
        assert problems(path) == []


def test_rules_keep_what_restic_would():
    days = [datetime(2026, 11, day, 3, tzinfo=UTC) for day in (1, 2, 3, 9, 10, 10, 24)]
    snapshots = [
        Snapshot(
            id=SnapshotId(number),
            taken_at=day.isoformat(),
            instance="https://looker.example.com",
            complete=number != 5,
        )
        for number, day in enumerate(days, start=1)
    ]

    def ids(**rules: object) -> dict[int, str]:
        found = kept(snapshots, Rules(**rules))  # type: ignore[arg-type]
        return {id_: "+".join(why) for id_, why in found.items()}

    assert ids(last=2) == {6: "last", 7: "last"}
    assert ids(daily=3) == {4: "daily", 6: "daily", 7: "daily"}
    assert ids(weekly=9) == {1: "weekly", 3: "weekly", 6: "weekly", 7: "weekly"}
    assert ids(monthly=1, within=parse_duration("2w1d")) == {
        4: "within",
        6: "within",
        7: "monthly+within",
    }
    assert ids() == {7: "latest"}
    assert kept(snapshots[:5], Rules(last=1)) == {4: ("last",), 5: ("unfinished",)}
    assert kept([], Rules(last=1)) == {}


@pytest.mark.parametrize("text", ["", "d", "3", "3x", "3d ", "-3d"])
def test_a_duration_has_a_number_and_a_unit(text: str):
    with pytest.raises(ValueError, match="30d"):
        _ = parse_duration(text)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        (
            "UPDATE content_blobs SET data = x'00' WHERE rowid = 1",
            "look:1: look 1 of snapshots 1 to",
        ),
        ("DELETE FROM content_blobs WHERE rowid = 1", "look:1: look 1 of snapshots 1 to before 2"),
        ("UPDATE content_items SET content_data = x'c1' WHERE id = '5'", "folder:5: the latest"),
        (
            "UPDATE content_items SET content_data = replace(content_data, 'Brok', 'Xrok')",
            "look:1: the latest content of look 1 is not what",
        ),
        ("DELETE FROM content_items WHERE id = '5'", "folder:5: the latest content of folder 5 is"),
        ("DELETE FROM snapshots WHERE id = 1", "it belongs to snapshot 1, which the file lacks"),
    ],
)
def test_verify_names_what_is_damaged(path: Path, sql: str, named: str):
    _ = back_up(path, NIGHT_1, day=1)
    _ = back_up(path, NIGHT_2, day=2)
    assert problems(path) == []

    execute(path, sql)

    assert any(named in each for each in problems(path))


def test_verify_finds_any_flipped_byte_of_a_version(path: Path):
    _ = back_up(path, {"look": {"1": LOOK}}, day=1)
    with closing(sqlite3.connect(path)) as connection:
        ((data,),) = connection.execute("SELECT data FROM content_blobs").fetchall()

    for place in range(len(data)):
        flipped = data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]
        execute(path, "UPDATE content_blobs SET data = ?", flipped)
        assert "look:1" in "".join(problems(path)), place


# --- which snapshot is meant ------------------------------------------------------------------

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-20", "2026-11-20T23:59:59.999999"),
        ("2026-11-20T03:00", "2026-11-20T03:00:00"),
        ("2026-11-20 03:00", "2026-11-20T03:00:00"),
        ("2026-11-20T03:00+02:00", "2026-11-20T01:00:00"),
        ("2026-11-20T03:00:07Z", "2026-11-20T03:00:07"),
        ("today", "2026-11-24T23:59:59.999999"),
        ("yesterday", "2026-11-23T23:59:59.999999"),
        ("monday", "2026-11-23T23:59:59.999999"),
        ("Tuesday", "2026-11-17T23:59:59.999999"),
        ("wed", "2026-11-18T23:59:59.999999"),
        ("3d", "2026-11-21T12:30:00"),
        ("12h", "2026-11-24T00:30:00"),
        ("2w", "2026-11-10T12:30:00"),
        ("now", "2026-11-24T12:30:00"),
    ],
)
def test_a_time_can_be_written_in_many_ways(text: str, wanted: str):
    assert parse_as_of(text, NOW) == datetime.fromisoformat(wanted).replace(tzinfo=UTC)


def test_a_bare_number_is_a_snapshot():
    assert parse_as_of("12", NOW) == SnapshotId(12)


@pytest.mark.parametrize("text", ["", "last week", "2026-13-01", "tomorrowish", "3y", "999999w"])
def test_anything_else_is_named_with_the_forms_that_exist(text: str):
    with pytest.raises(PlanError) as caught:
        _ = parse_as_of(text, NOW)
    assert "neither a snapshot nor a time" in caught.value.diagnostic.summary
    assert "yesterday" in caught.value.diagnostic.fix


def some_snapshots(*complete: bool) -> Iterator[Snapshot]:
    for number, is_complete in enumerate(complete, start=1):
        day = datetime(2026, 11, number, 3, tzinfo=UTC)
        yield Snapshot(
            id=SnapshotId(number),
            taken_at=day.isoformat(),
            instance="https://looker.example.com",
            complete=is_complete,
        )


def test_the_latest_complete_snapshot_until_a_time_is_chosen():
    snapshots = list(some_snapshots(True, True, False, True))

    def chosen(day: int, hour: int = 12) -> int:
        time = datetime(2026, 11, day, hour, tzinfo=UTC)
        return choose_snapshot(snapshots, time, name="backup.db").id

    assert [chosen(day) for day in (1, 2, 3, 4, 9)] == [1, 2, 2, 4, 4]
    assert chosen(2, hour=3) == 2  # at the very time
    assert chosen(2, hour=2) == 1
    with pytest.raises(PlanError) as caught:
        _ = chosen(1, hour=2)
    assert (
        caught.value.diagnostic.detail == "the first one is snapshot 1 of 2026-11-01T03:00:00+00:00"
    )
    assert choose_snapshot(snapshots, SnapshotId(3), name="backup.db").id == 3
    assert NOW - timedelta(days=1) < NOW
