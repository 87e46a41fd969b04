"""A first look takes little of an object, and misses nothing that is decided by it."""

from typing import cast

import msgspec
import pytest

from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import Json, Raw
from lookervault_plan.content.overrides import all_outside_names
from lookervault_plan.content.partial_decode import first_look, shape
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


def test_a_first_look_tells_what_the_whole_object_does():
    row, first = KINDS["dashboard"], first_look("dashboard")
    assert first is not None

    seen = cast("Raw", msgspec.json.decode(msgspec.json.encode(DASHBOARD), type=first))

    assert identify("dashboard", seen) == identify("dashboard", DASHBOARD)
    assert _told(seen) == _told(DASHBOARD) == [("8", False), ("9", True), ("abc", True)]
    named = [name for _, name in all_outside_names(row, seen)]
    assert named == ["m::sales", "m::other"]
    assert "description" not in seen
    assert "vis_config" not in str(seen)


def test_items_without_heavy_parts_are_seen_whole():
    assert first_look("folder") is None


def test_only_what_a_shape_names_is_decoded():
    wanted = shape(["id", "parts[].a.b", "parts[].id", "more[]"])
    data = b'{"id":1,"x":2,"parts":[{"id":3,"a":{"b":4,"c":5}},{"a":null},null],"more":[[6]]}'

    assert msgspec.json.decode(data, type=wanted) == {
        "id": 1,
        "parts": [{"id": 3, "a": {"b": 4}}, {"a": None}, None],
        "more": [[6]],
    }


@pytest.mark.parametrize("data", [b'{"parts":"none"}', b'{"parts":[3]}', b"[]"])
def test_what_is_of_another_form_is_refused(data):
    with pytest.raises(msgspec.ValidationError):
        _ = msgspec.json.decode(data, type=shape(["parts[].id"]))


def _told(raw: Raw):
    return [(each.ref.id, not each.body) for each in definitions("dashboard", raw)]
