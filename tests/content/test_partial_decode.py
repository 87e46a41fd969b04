"""Partially decoded objects have the same identity as whole ones."""

from typing import cast

import msgspec
import pytest

from lookervault_plan.content.external_names import all_external_names
from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import Json, Raw
from lookervault_plan.content.partial_decode import identity_shape, shape
from lookervault_plan.content.query_refs import definitions
from lookervault_plan.content.table.kinds import KINDS

QUERY: dict[str, Json] = {"id": "8", "model": "m", "view": "v", "vis_config": {"type": "bar"}}
DASHBOARD: dict[str, Json] = {
    "id": "1",
    "title": "Sales",
    "slug": "s1",
    "folder_id": "3",
    "created_at": "2025-01-01T00:00:00.000+00:00",
    "updated_at": None,
    "deleted": False,
    "readonly": False,
    "description": "long",
    "lookml_link_id": "m::sales",
    "folder": {"id": "3", "name": "F"},
    "dashboard_layouts": [{"id": "5", "lookml_link_id": "m::other", "type": "newspaper"}],
    "dashboard_elements": [
        {"id": "2", "query_id": "8", "result_maker": {"query": QUERY, "sorts": []}},
        {"id": "3", "query_id": "9", "query": None, "result_maker": None},
        {"id": "4", "look_id": "6", "query_id": "9"},
        {"id": "6", "result_maker": {"merge_result_id": "abc"}},
    ],
}


def test_a_partially_decoded_dashboard_has_the_identity_of_the_whole_one():
    row, first = KINDS["dashboard"], identity_shape("dashboard")
    assert first is not None

    seen = cast("Raw", msgspec.json.decode(msgspec.json.encode(DASHBOARD), type=first))

    assert identify("dashboard", seen) == identify("dashboard", DASHBOARD)
    assert _queries(seen) == _queries(DASHBOARD) == [("8", False), ("9", True), ("abc", True)]
    named = [name for _, name in all_external_names(row, seen)]
    assert named == ["m::sales", "m::other"]
    assert "description" not in seen
    assert "vis_config" not in str(seen)


def test_kinds_without_large_parts_are_decoded_whole():
    assert identity_shape("folder") is None


def test_only_the_paths_of_a_shape_are_decoded():
    wanted = shape(["id", "parts[].a.b", "parts[].id", "more[]"])
    data = b'{"id":1,"x":2,"parts":[{"id":3,"a":{"b":4,"c":5}},{"a":null},null],"more":[[6]]}'

    assert msgspec.json.decode(data, type=wanted) == {
        "id": 1,
        "parts": [{"id": 3, "a": {"b": 4}}, {"a": None}, None],
        "more": [[6]],
    }


@pytest.mark.parametrize("data", [b'{"parts":"none"}', b'{"parts":[3]}', b"[]"])
def test_an_object_of_another_form_is_refused(data):
    with pytest.raises(msgspec.ValidationError):
        _ = msgspec.json.decode(data, type=shape(["parts[].id"]))


def _queries(raw: Raw):
    """(Id, whether the body is missing) of each query."""
    return [(each.ref.id, not each.body) for each in definitions("dashboard", raw, str)]


def test_a_shape_without_paths_takes_an_object_whole():
    assert msgspec.json.decode(b'{"a":[1]}', type=shape([])) == {"a": [1]}
