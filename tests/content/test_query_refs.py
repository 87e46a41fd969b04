"""What an object holds, lacks, or holds in part: definitions of queries, collections."""

from typing import Any

import pytest

from lookervault_plan.content.node import LIVE, Ref
from lookervault_plan.content.normalise import collections_under
from lookervault_plan.content.overrides import UNSEEN_KEY, take_unseen
from lookervault_plan.content.query_refs import incomplete_definitions

QUERY = {"id": "5", "model": "m", "view": "v"}
WHOLE = {"id": "9", "source_queries": [{"query_id": "5", "query": QUERY}]}
WITHOUT_SOURCE = {"id": "9", "source_queries": [{"query_id": "5"}]}


@pytest.mark.parametrize(
    ("tile", "missing"),
    [
        ({"query_id": "5", "query": QUERY}, []),
        ({"query_id": "5"}, [Ref("query", "5")]),
        ({"merge_result_id": "9", "merge_query": WHOLE}, []),
        ({"merge_result_id": "9", "merge_query": WITHOUT_SOURCE}, [Ref("merge_query", "9")]),
        ({"merge_result_id": "9"}, [Ref("merge_query", "9")]),
        ({"type": "text"}, []),
    ],
)
def test_a_definition_without_its_own_sources_is_incomplete(tile: dict[str, Any], missing: Any):
    dashboard = {"id": "1", "dashboard_elements": [{"id": "7", **tile}]}

    assert list(incomplete_definitions("dashboard", dashboard, LIVE)) == missing


@pytest.mark.parametrize("value", [None, [], "x", {}])
def test_an_odd_note_of_what_was_not_seen_is_none(value: Any):
    raw = {"id": "1", UNSEEN_KEY: value}

    assert take_unseen(raw) == {}
    assert raw == {"id": "1"}


def test_a_field_that_could_not_be_read_hides_all_collections_in_it():
    assert collections_under("folder", {"access"}) == {"access", "entries"}
    assert collections_under("role", {"role_groups"}) == {"groups"}
    assert collections_under("dashboard", ()) == frozenset()
