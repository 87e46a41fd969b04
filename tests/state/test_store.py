import os
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lookervault_plan.content.node import LiveId, SourceId
from lookervault_plan.content.table.kinds import CODES
from lookervault_plan.errors import PlanError
from lookervault_plan.state.rows import (
    Applied,
    Base,
    DeadLetter,
    IdMapping,
    PartMapping,
)
from lookervault_plan.state.store import State, open_state
from tests.state.conftest import AT, DEV, LATER, PROD, a_session
from tests.state.write_rows import bury, put_parts


def a_letter(
    id_: str = "42", *, session: str = "s1", retries: int = 0, step: str = ""
) -> DeadLetter:
    return DeadLetter(
        session=session,
        type="dashboard",
        id=id_,
        data=b'{"title": "Revenue"}',
        error_message="title can't be blank",
        error_type="ValidationError",
        failed_at=AT,
        stack_trace="Traceback …",
        retry_count=retries,
        metadata={"folder": "Shared"},
        http_status=422,
        step=step,
        cause="folder:7",
    )


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(PlanError) as caught:
        _ = act()
    assert caught.value.diagnostic.fix
    return caught.value.diagnostic.code


# The file


def test_the_file_and_what_lies_beside_it_are_private(path: Path):
    before = os.umask(0)
    try:
        with open_state(path) as state:
            state.create_session(a_session(), b"{}")
            modes = {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}

            assert len(list(path.parent.iterdir())) == 3
            assert modes == {0o600}
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        _ = os.umask(before)


def test_what_was_written_is_there_the_next_time(path: Path):
    with open_state(path) as state:
        state.set_mapping(DEV, PROD, IdMapping("dashboard", "42", "77"), at=AT)

    with open_state(path) as state:
        assert state.mappings(DEV, PROD) == {("dashboard", "42"): "77"}
    with open_state(path, readonly=True) as state:
        assert state.mappings(DEV, PROD) == {("dashboard", "42"): "77"}


def test_reading_makes_no_file(path: Path):
    with open_state(path, readonly=True) as state:
        assert state.mappings(DEV, PROD) == {}
        assert state.part_mappings(DEV, PROD) == {}
        assert state.applied(DEV, PROD) == {}
        assert state.sessions() == []
        assert state.session("s1") is None
        assert code_of(lambda: state.create_session(a_session(), b"")) == "state.write"

    assert not path.parent.exists()


def test_reading_leaves_no_trace(path: Path):
    with open_state(path) as state:
        state.create_session(a_session(), b"{}")
    before = {each: each.read_bytes() for each in path.parent.iterdir()}

    with open_state(path, readonly=True) as state:
        assert len(state.sessions()) == 1
        assert code_of(lambda: state.create_session(a_session("s2"), b"")) == "state.write"

    assert {each: each.read_bytes() for each in path.parent.iterdir()} == before


def test_a_state_in_use_is_read_with_its_latest_rows(path: Path):
    with open_state(path) as state:
        state.create_session(a_session(), b"{}")

        with open_state(path, readonly=True) as reader:
            assert len(reader.sessions()) == 1


def test_a_newer_or_foreign_file_is_refused_and_left_alone(path: Path, tmp_path: Path):
    with open_state(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    foreign = tmp_path / "backup.db"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE content_items (id TEXT)")
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam, this is not a database.")
    before = foreign.read_bytes()

    for readonly in (False, True):
        assert code_of(lambda: open_state(path, readonly=readonly)) == "state.too-new"  # noqa: B023
        assert code_of(lambda: open_state(foreign, readonly=readonly)) == "state.foreign"  # noqa: B023
        assert code_of(lambda: open_state(letter, readonly=readonly)) == "state.damaged"  # noqa: B023
    assert foreign.read_bytes() == before
    assert code_of(lambda: open_state(tmp_path)) == "state.unusable"
    assert code_of(lambda: open_state(letter / "state.db")) == "state.unusable"


def test_a_damaged_file_is_named(path: Path):
    with open_state(path) as state:
        state.create_session(a_session(), b"{}")
    size = path.stat().st_size
    with path.open("r+b") as file:
        _ = file.seek(4096)
        _ = file.write(b"\xa5" * (size - 4096))

    def read() -> None:
        with open_state(path, readonly=True) as state:
            _ = state.sessions()

    assert code_of(read) == "state.damaged"


def test_two_may_make_the_state_at_once(path: Path):
    def use(number: int) -> None:
        with open_state(path) as state:
            state.create_session(a_session(f"s{number}"), b"{}")

    with ThreadPoolExecutor(8) as pool:
        _ = list(pool.map(use, range(8)))

    with open_state(path, readonly=True) as state:
        assert len(state.sessions()) == 8


# Mappings

IDS = st.text(min_size=1, max_size=4)
TYPES = st.sampled_from(sorted(CODES))


@given(st.lists(st.tuples(TYPES, IDS, IDS), max_size=10))
def test_of_a_mapping_the_last_word_counts(mappings: list[tuple[str, str, str]]):
    with TemporaryDirectory() as scratch, open_state(Path(scratch) / "state.db") as state:
        for mapping in mappings:
            state.set_mapping(DEV, PROD, IdMapping(*mapping), at=AT)

        expected = {(type_, source): target for type_, source, target in mappings}
        assert state.mappings(DEV, PROD) == expected
        assert {
            (row.type, row.source_id): row.destination_id for row in state.list_mappings()
        } == expected
        assert state.clear_mappings(DEV, PROD) == len(expected)
        assert state.mappings(DEV, PROD) == {}


def test_mappings_are_kept_per_pair_of_instances(state: State):
    state.set_mapping(DEV, PROD, IdMapping("look", "1", "10"), at=AT)
    state.set_mapping(DEV, "https://test", IdMapping("look", "1", "20"), at=AT, session="s1")

    assert state.mappings(DEV, PROD) == {("look", "1"): "10"}
    assert state.mappings(PROD, DEV) == {}
    assert [row.session for row in state.list_mappings(destination="https://test")] == ["s1"]
    assert state.clear_mappings(DEV, PROD) == 1
    assert len(state.list_mappings()) == 1


def test_an_item_mapped_elsewhere_forgets_its_parts(state: State):
    parts = [PartMapping(f"dashboard:{id_}", "dashboard_element", "5", "50") for id_ in ("1", "2")]
    state.set_mapping(DEV, PROD, IdMapping("dashboard", "1", "10"), at=AT)
    put_parts(state, parts)
    state.put_applied(DEV, PROD, [Applied("dashboard:1", "d", "l", "s1", AT)])

    state.set_mapping(DEV, PROD, IdMapping("dashboard", "1", "10"), at=LATER)
    assert state.part_mappings(DEV, PROD)["dashboard:1"] == {("dashboard_element", "5"): "50"}
    assert state.list_mappings()[0].created_at == AT

    state.set_mapping(DEV, PROD, IdMapping("dashboard", "1", "11"), at=LATER)
    assert state.part_mappings(DEV, PROD) == {"dashboard:2": {("dashboard_element", "5"): "50"}}
    assert state.applied(DEV, PROD) == {}


def test_a_mapping_can_be_removed(state: State):
    state.set_mapping(DEV, PROD, IdMapping("dashboard", "1", "10"), at=AT)

    assert state.remove_mapping(DEV, PROD, "dashboard", "1")
    assert not state.remove_mapping(DEV, PROD, "dashboard", "1")


def test_applied_keeps_the_latest(state: State):
    first = Applied("look:1", "d1", "l1", "s1", AT)
    second = Applied("look:1", "d2", "l2", "s2", LATER)
    state.put_applied(DEV, PROD, [first])
    state.put_applied(DEV, PROD, [second])

    assert state.applied(DEV, PROD) == {"look:1": second}


# Sessions


def test_a_session_comes_back_with_its_plan(state: State):
    plan = b'{"actions": []}' * 1000
    state.create_session(a_session(), plan)
    state.create_session(a_session("s2", plan_id="p2", started_at=LATER, source=None), b"")

    assert state.session("s1") == a_session()
    assert state.session_plan("s1") == plan
    assert [session.id for session in state.sessions()] == ["s2", "s1"]
    assert [session.id for session in state.sessions(plan_id="p1")] == ["s1"]
    assert code_of(lambda: state.session_plan("s9")) == "state.no-session"


def test_without_an_instance_the_fingerprint_stands_for_the_source():
    assert a_session().source == DEV
    assert a_session(source=None).source == "f1"


def test_the_status_of_a_session_changes(state: State):
    state.create_session(a_session(), b"")

    state.set_session_status("s1", "interrupted", success_count=5)
    state.set_session_status("s1", "incomplete", completed_at=LATER, error_count=2)

    session = state.session("s1")
    assert session is not None
    assert (session.status, session.completed_at) == ("incomplete", LATER)
    assert (session.success_count, session.error_count) == (5, 2)


# Dead letters


def test_a_dead_letter_comes_back_whole(state: State):
    bury(state, [a_letter()])

    (letter,) = state.dead_letters()
    assert letter == replace(a_letter(), number=letter.number)
    assert letter.address == "dashboard:42"
    assert state.dead_letter(letter.number) == letter
    assert state.dead_letter(99) is None


def test_the_queue_is_kept_per_session_step_and_try(state: State):
    bury(state, [a_letter(), a_letter(), a_letter(retries=1), a_letter(step="a#b")])
    bury(state, [a_letter("43"), a_letter(session="s2")])

    assert state.count_dead_letters() == 5
    assert state.count_dead_letters("s1") == len(state.dead_letters("s1")) == 4
    assert state.discard([letter.number for letter in state.dead_letters("s1")]) == 4
    assert [letter.session for letter in state.dead_letters()] == ["s2"]
    assert state.discard([]) == state.discard([12345]) == 0


# What other programs may rely on


def test_the_tables_have_the_columns_of_the_seed(state: State):
    def columns(table: str) -> list[str]:
        found = state._connection.execute(f"SELECT name FROM pragma_table_info('{table}')")
        return [name for (name,) in found]

    seed = {
        "id_mappings": "source_instance content_type source_id destination_id created_at",
        "restoration_checkpoints": "id session_id content_type checkpoint_data started_at"
        " completed_at item_count error_count",
        "dead_letter_queue": "id session_id content_id content_type content_data error_message"
        " error_type stack_trace retry_count failed_at",
    }
    for table, expected in seed.items():
        assert set(expected.split()) <= set(columns(table)), table


def test_the_numbers_of_types_agree_everywhere(state: State):
    for type_ in CODES:
        state._connection.execute(
            "INSERT INTO journal_steps (session, step, kind, intended_at, known_ids)"
            " VALUES ('s1', ?, 'action', '', '[]')",
            (f"{type_}:1",),
        )

    assert {each.type for each in state.checkpoints("s1")} == CODES.keys()


def a_base(session: str = "s1", title: str = "Orders", address: str = "look:1") -> Base:
    return Base(address=address, digest=title, item={"title": title}, session=session, at=session)


def test_the_latest_base_of_an_item_counts(state: State):
    state.put_bases(DEV, PROD, [a_base("s1"), a_base("s2", "Sales"), a_base(address="look:2")])

    assert state.base(DEV, PROD, "look:1") == a_base("s2", "Sales")
    assert state.base(DEV, PROD, "look:3") is None
    assert state.base_digests(DEV, PROD) == {"look:1": "Sales", "look:2": "Orders"}
    assert state.bases(DEV, PROD) == {
        "look:1": a_base("s2", "Sales"),
        "look:2": a_base(address="look:2"),
    }
    assert state.bases(PROD, DEV) == {}


def test_without_the_bases_of_a_session_those_before_it_count(state: State):
    state.put_bases(DEV, PROD, [a_base("s1"), a_base("s2", "Sales")])

    state.remove_bases_of(DEV, PROD, "s2")

    assert state.bases(DEV, PROD) == {"look:1": a_base("s1")}


def test_two_bases_of_an_item_are_kept(state: State):
    for number in range(1, 5):
        state.put_bases(DEV, PROD, [a_base(f"s{number}", f"Title {number}")])

    for session in ("s4", "s3"):
        assert state.bases(DEV, PROD)["look:1"].session == session
        state.remove_bases_of(DEV, PROD, session)
    assert state.bases(DEV, PROD) == {}


def test_mappings_go_with_their_bases(state: State):
    state.put_bases(DEV, PROD, [a_base(address="look:1"), a_base(address="look:2")])
    state.import_mappings(DEV, PROD, [IdMapping("look", SourceId("1"), LiveId("9"))], at=AT)

    state.remove_mapping(DEV, PROD, "look", SourceId("1"))
    assert [*state.bases(DEV, PROD)] == ["look:2"]

    state.clear_mappings(DEV, PROD)
    assert state.bases(DEV, PROD) == {}


def test_the_base_that_was_written_last_counts_even_within_one_second(state: State):
    """Ids of sessions end at random, and times are in seconds: neither tells the order."""
    for session in ("s-c", "s-a", "s-b"):
        state.put_bases(DEV, PROD, [replace(a_base(session, f"Title of {session}"), at=AT)])

    assert state.latest_base_session(DEV, PROD) == "s-b"
    assert state.latest_base_session(PROD, DEV) is None
    for found in (state.base(DEV, PROD, "look:1"), state.bases(DEV, PROD)["look:1"]):
        assert found == replace(a_base("s-b", "Title of s-b"), at=AT)
    assert state.base_digests(DEV, PROD) == {"look:1": "Title of s-b"}
    state.remove_bases_of(DEV, PROD, "s-b")
    assert state.bases(DEV, PROD)["look:1"].session == "s-a"
