"""Pairs that the state knows, read in both directions and through other instances."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.state.rows import StoredMapping
from lookervault_plan.workflows.state_pairs import state_pairs

DEV, QA, PROD = "https://dev", "https://qa", "https://prod"


def row(source: str, id_: str, destination: str, to: str, type_: str = "look") -> StoredMapping:
    return StoredMapping(source, destination, type_, id_, to, "2026-11-01", None)


def test_pairs_are_read_backwards():
    rows = [row(DEV, "1", PROD, "10"), row(DEV, "2", PROD, "20", "folder")]

    assert state_pairs(rows, PROD, DEV) == {("look", "10"): "1", ("folder", "20"): "2"}


def test_what_went_through_a_third_instance_is_known_both_ways():
    rows = [row(DEV, "1", QA, "5"), row(QA, "5", PROD, "10")]

    assert state_pairs(rows, DEV, PROD) == {("look", "1"): "10"}
    assert state_pairs(rows, PROD, DEV) == {("look", "10"): "1"}


def test_two_instances_that_one_instance_was_promoted_to_know_each_other():
    rows = [row(DEV, "1", QA, "5"), row(DEV, "1", PROD, "10")]

    assert state_pairs(rows, QA, PROD) == {("look", "5"): "10"}


def test_a_pair_of_the_two_instances_wins_over_one_through_others():
    rows = [row(DEV, "1", QA, "5"), row(QA, "5", PROD, "10"), row(DEV, "1", PROD, "11")]

    assert state_pairs(rows, DEV, PROD) == {("look", "1"): "11"}


def test_two_items_that_went_to_one_are_not_known_on_the_way_back():
    rows = [row(DEV, "1", PROD, "10"), row(DEV, "2", PROD, "10")]

    assert state_pairs(rows, PROD, DEV) == {}


def test_ways_that_disagree_say_nothing():
    other = "https://other"
    rows = [
        *(row(DEV, "1", QA, "5"), row(QA, "5", PROD, "10")),
        *(row(DEV, "1", other, "6"), row(other, "6", PROD, "11")),
    ]

    assert state_pairs(rows, DEV, PROD) == {}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([DEV, QA, PROD]),
            st.sampled_from("123"),
            st.sampled_from([DEV, QA, PROD]),
            st.sampled_from("123"),
        )
    )
)
def test_no_pair_that_follows_gives_two_items_one_id(pairs: list[tuple[str, str, str, str]]):
    rows = list({each[:3]: row(*each) for each in pairs}.values())
    direct = {
        (one.type, one.source_id): one.destination_id
        for one in rows
        if (one.source_instance, one.destination_instance) == (DEV, PROD)
    }

    found = state_pairs(rows, DEV, PROD)

    follows = {key: id_ for key, id_ in found.items() if key not in direct}
    assert len({*follows.values()}) == len(follows)
    assert not {*follows.values()} & {id_ for key, id_ in found.items() if key in direct}
