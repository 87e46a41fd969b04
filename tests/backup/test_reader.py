import json
import random
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.backup.reader import CorruptBlob, open_backup
from lookervault_plan.content.partial_decode import shape
from lookervault_plan.content.table.kinds import BY_CODE
from lookervault_plan.errors import PlanError
from tests.backup.conftest import Line, a_row, insert, loose_backup, write_backup

MakeBackup = Callable[..., Path]
Recorded = Callable[[str], Path]

OF_ONE_INSTANCE = (
    "lookervault-v4-small.db",
    "lookervault-v4-one-worker.db",
    "schema-v1.db",
    "schema-v2.db",
    "schema-v3.db",
)


def items(path: Path) -> dict[tuple[str, str], object]:
    with open_backup(path) as backup:
        return {(row.type, row.id): backup.load(row.type, row.id) for row in backup.rows()}


# What the files of every age and origin say


def test_every_schema_and_id_format_reads_the_same(recorded: Recorded):
    expected = items(recorded("lookervault-v4-small.db"))

    for name in (*OF_ONE_INSTANCE, "json-blobs.db"):
        assert items(recorded(name)) == expected, name


def test_every_item_of_a_recorded_backup_is_there_and_decodes(recorded: Recorded):
    with open_backup(recorded("lookervault-v4-one-worker.db")) as backup:
        counts = {type_: len(backup.rows(type_)) for type_ in ("dashboard", "look", "explore")}

        assert counts == {"dashboard": 20, "look": 25, "explore": 0}
        assert len(backup.rows()) == 140
        assert all(isinstance(item, dict) for type_ in counts for _, item in backup.load_all(type_))


def test_the_same_content_has_the_same_fingerprint_in_every_schema(recorded: Recorded):
    prints = set[str]()
    for name in OF_ONE_INSTANCE:
        with open_backup(recorded(name)) as backup:
            prints.add(backup.fingerprint)

    assert len(prints) == 1


@pytest.mark.parametrize(
    ("name", "version"), [("schema-v1.db", 1), ("schema-v2.db", 2), ("schema-v3.db", 3)]
)
def test_old_schemas_are_told_apart(recorded: Recorded, name: str, version: int):
    with open_backup(recorded(name)) as backup:
        assert backup.schema_version == version


def test_a_lookervault_backup_hints_at_its_instance(recorded: Recorded):
    with open_backup(recorded("lookervault-v4-small.db")) as backup:
        assert backup.info is None
        assert backup.instance_hints() == ("http://127.0.0.1:41295", "https://looker.example.com")


def test_the_latest_sync_is_in_utc_unless_it_was_naive(recorded: Recorded):
    with open_backup(recorded("lookervault-v4-small.db")) as backup:
        assert backup.synced_at == "2026-11-22T23:08:47.408675+00:00"
    with open_backup(recorded("lookervault-v4-one-worker.db")) as backup:
        assert backup.synced_at == "2026-11-22T23:08:49.717531"


def test_models_are_known_by_name(recorded: Recorded):
    with open_backup(recorded("lookervault-v4-one-worker.db")) as backup:
        assert [row.id for row in backup.rows("lookml_model")] == [
            *("ecommerce", "finance", "hr", "marketing", "support")
        ]


# Which rows count


def test_soft_deleted_rows_do_not_count(make_backup: MakeBackup):
    path = make_backup(a_row("1"), a_row("2", deleted_at="2025-03-02T00:00:00"))

    with open_backup(path) as backup:
        assert [row.id for row in backup.rows()] == ["1"]
        assert backup.row("dashboard", "2") is None


def test_of_both_id_formats_the_newest_counts(make_backup: MakeBackup):
    path = make_backup(
        a_row("12", synced_at="2025-03-01T10:00:00+00:00", item={"id": "12", "title": "old"}),
        a_row("dashboard::12", synced_at="2025-03-01T11:00:00", item={"id": "12", "title": "new"}),
    )

    with open_backup(path) as backup:
        assert backup.load("dashboard", "12") == {"id": "12", "title": "new"}
        assert len(backup.rows()) == 1


def test_a_soft_deleted_twin_does_not_hide_the_live_row(make_backup: MakeBackup):
    path = make_backup(
        a_row("12", synced_at="2025-03-09T10:00:00+00:00", deleted_at="2025-03-10T00:00:00"),
        a_row("dashboard::12", synced_at="2025-03-01T10:00:00"),
    )

    with open_backup(path) as backup:
        assert [row.row_id for row in backup.rows()] == ["dashboard::12"]


def test_one_id_may_serve_several_types(make_backup: MakeBackup):
    path = make_backup(a_row("1", 5, item={"id": "1", "name": "f"}), a_row("1", 8))

    assert items(path) == {("folder", "1"): {"id": "1", "name": "f"}, ("group", "1"): {"id": "1"}}


def test_ids_that_look_like_a_prefix_are_left_whole(make_backup: MakeBackup):
    path = make_backup(
        a_row("dashboard::look::7", item={"id": "look::7"}),
        a_row("look::8", data=b"\xc1"),  # the blob can't tell, and the prefix is another type's
        a_row("dashboard::9", data=b"\xc1"),
    )

    with open_backup(path) as backup:
        assert [row.id for row in backup.rows()] == ["9", "look::7", "look::8"]


def test_an_item_without_an_id_is_kept_as_corrupt(make_backup: MakeBackup):
    path = make_backup(a_row("dashboard::unknown", item={"title": "who am I?"}))

    assert isinstance(items(path)["dashboard", "unknown"], CorruptBlob)


def test_rows_of_unknown_types_are_left_out_with_a_warning(make_backup: MakeBackup):
    with open_backup(make_backup(a_row("1"), a_row("2", 99), a_row("3", 99))) as backup:
        (warning,) = backup.warnings

        assert len(backup.rows()) == 1
        assert (warning.code, warning.severity) == ("backup.unknown-type", "warning")
        assert "99" in warning.summary
        assert "2" in warning.summary


@pytest.mark.parametrize("of_blob", [None, "", 1.5, True, ["12"], {}, "13"])
def test_a_blob_without_the_rows_id_is_corrupt_under_the_rows_id(
    make_backup: MakeBackup, of_blob: object
):
    path = make_backup(a_row("dashboard::12", item={"id": of_blob}), a_row("14"))

    with open_backup(path) as backup:
        found = backup.load("dashboard", "12")

        assert isinstance(found, CorruptBlob)
        if of_blob == "13":
            assert "12, the item in it 13" in found.reason
        assert backup.load("dashboard", "14") == {"id": "14"}


def test_a_row_that_belongs_to_its_blob_counts_before_one_that_does_not(make_backup: MakeBackup):
    path = make_backup(
        a_row("12", item={"id": "12", "title": "good"}),
        a_row("dashboard::12", synced_at="2026-03-01T10:00:00+00:00", item={"id": "13"}),
    )

    assert items(path) == {("dashboard", "12"): {"id": "12", "title": "good"}}


@pytest.mark.parametrize("odd_id", [None, 12, 12.0, b"12", ""], ids=repr)
def test_a_row_id_of_another_type_is_read_or_left_to_the_blob(tmp_path: Path, odd_id: object):
    path = loose_backup(tmp_path, (odd_id, 1, "name", "", "", "", None, b'{"id": "12"}'))

    with open_backup(path) as backup:
        found = {row.id: backup.load("dashboard", row.id) for row in backup.rows()}

    if odd_id == 12.0 and isinstance(odd_id, float):
        assert isinstance(found["12.0"], CorruptBlob)
    else:
        assert found == {"12": {"id": "12"}}


def test_items_without_any_id_are_told_apart(tmp_path: Path):
    path = loose_backup(
        tmp_path,
        (None, 1, "name", "", "", "", None, b'{"title": "one"}'),
        (None, 1, "name", "", "", "", None, b'{"title": "two"}'),
        (b"\xff", 1, None, None, None, None, None, b""),
        ("\ufffd", 1, 5, 5, 5, 5, None, None),
    )

    with open_backup(path) as backup:
        found = [backup.load(row.type, row.id) for row in backup.rows()]
        names = {row.id for row in backup.rows()}

    assert len(names) == len(found) == 4
    assert all(isinstance(item, CorruptBlob) for item in found)


@pytest.mark.parametrize(
    "odd", [None, "", "soon", 5, 1.5, b"\xff", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00"]
)
def test_a_time_that_is_none_is_unknown(tmp_path: Path, odd: object):
    at = "2026-11-01T00:00:00+00:00"
    blobs = [msgspec.json.encode({"id": id_}) for id_ in ("1", "2")]
    path = loose_backup(
        tmp_path,
        ("1", 1, "name", odd, odd, odd, None, blobs[0]),
        ("2", 1, "name", at, at, at, None, blobs[1]),
    )

    with open_backup(path) as backup:
        assert backup.synced_at == at
        assert [row.synced_at for row in backup.rows()] == ["", at]
        assert backup.load("dashboard", "1") == {"id": "1"}


# What a blob becomes


def test_times_read_as_looker_writes_them(make_backup: MakeBackup):
    at = datetime(2025, 1, 18, 16, 35, 39, 392000, tzinfo=UTC)
    expected = {"id": "1", "created_at": "2025-01-18T16:35:39.392+00:00"}
    whole = {"id": "2", "updated_at": "2025-01-18T16:35:39.000+00:00"}

    path = make_backup(
        a_row("1", item={"id": "1", "created_at": at}),
        a_row("2", data=b'\xef\xbb\xbf {"id": "2", "updated_at": "2025-01-18T16:35:39Z"}'),
    )

    assert list(items(path).values()) == [expected, whole]


def test_texts_that_look_like_times_are_left_alone(make_backup: MakeBackup):
    item = {"id": "1", "title": "2025-01-18T16:35:39Z", "look_at": "the Z", "a_at": "2025-13-99T9Z"}

    assert items(make_backup(a_row("1", item=item))) == {("dashboard", "1"): item}


def test_nulls_of_lookervault_say_nothing_but_in_free_maps(make_backup: MakeBackup):
    item = {
        "id": "1",
        "description": None,
        "dashboard_elements": [
            {"id": "2", "look": None, "query": {"pivots": None, "vis_config": {"color": None}}}
        ],
        "sorts": ["a", None],
    }

    assert items(make_backup(a_row("1", item=item)))["dashboard", "1"] == {
        "id": "1",
        "dashboard_elements": [{"id": "2", "query": {"vis_config": {"color": None}}}],
        "sorts": ["a", None],
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\x93\x01\x02\x03",
        b'[{"id": "7"}]',
        b'{"id": "7", "title": ',
        b'{"id": "7"} and more',
        b'{"id": "7", "title": "\xff"}',
        b'{"id": "7", "x": ' + b"[" * 100_000,
        msgspec.msgpack.encode({"id": "7", "title": "a long title"})[:-4],
        msgspec.msgpack.encode({"id": "7", "x": {1: 2}}),
        msgspec.msgpack.encode({"id": "7", "x": b"raw"}),
        msgspec.msgpack.encode({"id": "7", "x": msgspec.msgpack.Ext(5, b"a")}),
        msgspec.msgpack.encode({"id": "7", "x": [float("inf")]}),
        msgspec.msgpack.encode({"id": "7", "vis_config": {"a": float("nan")}}),
        msgspec.msgpack.encode({"id": "7", "vis_config": {"a": b"raw"}}),
        b'{"id": "7", "x": 123456789012345678901234567890}',
        b'{"id": "7", "x": ' + b"[" * 150 + b"]" * 150 + b"}",
        b"\x82\xa2id\xa17\xa1t\xa1\xff",
    ],
    ids=repr,
)
@pytest.mark.parametrize("is_ours", [False, True])
def test_a_corrupt_blob_is_a_value_and_keeps_its_bytes(
    make_backup: MakeBackup, data: bytes, *, is_ours: bool
):
    path = make_backup(a_row("7", data=data), a_row("8"))
    if is_ours:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript("CREATE TABLE backup_info (key TEXT, value TEXT)")

    with open_backup(path) as backup:
        found = backup.load("dashboard", "7")
        row = backup.row("dashboard", "7")

        assert isinstance(found, CorruptBlob)
        assert found.data == data
        assert found.reason
        assert row is not None
        assert row.digest == sha256(data).hexdigest()
        assert backup.load("dashboard", "8") == {"id": "8"}


def test_a_shape_takes_less_of_each_item_unless_one_is_of_another_form(make_backup: MakeBackup):
    plain = {"id": "7", "parts": [{"id": "1", "x": 2}], "x": 3}
    odd = {"id": "8", "parts": "none", "x": 3}
    path = make_backup(
        a_row("7", item=plain),
        a_row("8", data=msgspec.json.encode(odd)),
        a_row("9", data=b"\xc1"),
    )

    with open_backup(path) as backup:
        found = [item for _, item in backup.load_all("dashboard", shape(["id", "parts[].id"]))]

    assert found[:2] == [{"id": "7", "parts": [{"id": "1"}]}, odd]
    assert isinstance(found[2], CorruptBlob)


def test_our_own_backup_keeps_nulls_and_names_its_instance(make_backup: MakeBackup):
    path = make_backup(a_row("1", item={"id": "1", "note": {"text": None}}))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE backup_info (key TEXT PRIMARY KEY, value TEXT NOT NULL);"
            "INSERT INTO backup_info VALUES ('instance', 'https://Dev.example.com:19999/'),"
            " ('web_url', 'https://dev.example.com'), ('looker_version', '25.20'), ('new', 'x');"
        )

    with open_backup(path) as backup:
        assert backup.load("dashboard", "1") == {"id": "1", "note": {"text": None}}
        assert backup.info is not None
        assert backup.info.looker_version == "25.20"
        assert backup.instance_hints() == (
            "https://dev.example.com:19999",
            "https://dev.example.com",
        )


def test_an_item_the_backup_does_not_hold(make_backup: MakeBackup):
    with open_backup(make_backup(a_row("1"))) as backup, pytest.raises(PlanError) as caught:
        backup.load("look", "1")

    assert caught.value.diagnostic.address == "look:1"


def test_many_threads_may_read_at_once(recorded: Recorded):
    with open_backup(recorded("lookervault-v4-small.db")) as backup:
        rows = [*backup.rows()] * 5
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda row: backup.load(row.type, row.id), rows))

        assert found == [backup.load(row.type, row.id) for row in rows]


# The fingerprint

KEYS = st.tuples(st.text("12ab:", min_size=1, max_size=3), st.integers(1, 12))


@given(
    blobs=st.dictionaries(KEYS, st.binary(max_size=20), max_size=8),
    seed=st.integers(),
    treatment=st.sampled_from(["none", "vacuum", "wal", "prefixed", "soft-deleted"]),
)
def test_the_fingerprint_is_of_the_content_not_of_the_file(
    blobs: dict[tuple[str, int], bytes], seed: int, treatment: str
):
    rows = [a_row(id_, type_, data=b"\xc1" + data) for (id_, type_), data in blobs.items()]
    others: list[Line] = random.Random(seed).sample(rows, len(rows))
    if treatment == "prefixed":
        others = [(f"{BY_CODE[row[1]]}::{row[0]}", *row[1:]) for row in others]
    if treatment == "soft-deleted":
        others.append(a_row("gone", deleted_at="2025-01-01"))

    with TemporaryDirectory() as scratch:
        plain = write_backup(Path(scratch) / "a.db", rows)
        other = write_backup(Path(scratch) / "b.db", [])
        with closing(sqlite3.connect(other)) as connection:
            if treatment == "wal":
                connection.execute("PRAGMA journal_mode = WAL")
            insert(connection, others)
            if treatment == "vacuum":
                connection.execute("VACUUM")
            with open_backup(plain) as one, open_backup(other) as two:
                assert one.fingerprint == two.fingerprint
                assert len(two.rows()) == len(blobs)


@given(changed=st.sampled_from(["blob", "id", "type", "one less", "corrupt"]))
def test_the_fingerprint_sees_every_change_of_content(changed: str):
    before = [a_row("1", item={"id": "1", "title": "a"}), a_row("2", 5)]
    after = {
        "blob": [a_row("1", item={"id": "1", "title": "b"}), a_row("2", 5)],
        "id": [a_row("1", item={"id": "1", "title": "a"}), a_row("3", 5)],
        "type": [a_row("1", item={"id": "1", "title": "a"}), a_row("2", 6)],
        "one less": [a_row("1", item={"id": "1", "title": "a"})],
        "corrupt": [a_row("1", data=b"\xc1"), a_row("2", 5)],
    }[changed]

    with TemporaryDirectory() as scratch:
        with open_backup(write_backup(Path(scratch) / "a.db", before)) as backup:
            first = backup.fingerprint
        with open_backup(write_backup(Path(scratch) / "b.db", after)) as backup:
            assert backup.fingerprint != first


@given(
    item=st.dictionaries(
        st.text(max_size=5).filter(lambda key: key != "id" and not key.endswith("_at")),
        st.recursive(
            st.integers(-(2**63), 2**63 - 1)
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text()
            | st.booleans(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
            max_leaves=10,
        ),
        max_size=5,
    ),
    as_json=st.booleans(),
)
def test_what_was_stored_comes_back(item: dict[str, object], as_json: bool):
    whole = json.loads(msgspec.json.encode({"id": "1"} | item))
    data = msgspec.json.encode(whole) if as_json else msgspec.msgpack.encode(whole)

    with TemporaryDirectory() as scratch:
        path = write_backup(Path(scratch) / "a.db", [a_row("1", data=data)])

        assert items(path) == {("dashboard", "1"): whole}
