"""Ids for the parts that a file holds without."""

from typing import Any

import pytest

from lookervault_plan.content.part_ids import complete_ids


def ids(*parts: dict) -> list[str]:
    raw: dict = {"dashboard_filters": list(parts)}
    complete_ids("dashboard", raw)
    return [part["id"] for part in raw["dashboard_filters"]]


def test_a_part_without_an_id_gets_one_of_its_name():
    assert ids({"title": "State"}, {"title": "Year", "id": None}, {"id": "7"}) == [
        "no-id:State",
        "no-id:Year",
        "7",
    ]


def test_parts_with_the_same_id_are_told_apart():
    assert ids({"title": "A"}, {"title": "A"}, {"id": "7"}, {"id": 7}) == [
        "no-id:A",
        "no-id:A#2",
        "7",
        "7#2",
    ]


def test_memberships_and_what_is_no_part_are_left_alone():
    raw: dict = {"group_users": [{"user_id": "1"}, {"user_id": "1"}], "group_groups": 5}
    complete_ids("group", raw)

    assert raw == {"group_users": [{"user_id": "1"}, {"user_id": "1"}], "group_groups": 5}


def test_a_damaged_list_of_parts_gets_ids_as_far_as_it_goes():
    raw: dict[str, Any] = {"id": "42", "dashboard_filters": [None, "text", {"title": "Region"}]}

    complete_ids("dashboard", raw)

    assert raw["dashboard_filters"] == [
        None,
        "text",
        {"title": "Region", "id": "no-id:Region"},
    ]


@pytest.mark.parametrize(
    "raw",
    [
        {"content_metadata_id": "7", "access": {"entries": [{"id": "9"}]}},
        {"access": {"id": "7", "entries": [{"id": "9"}, None]}},
        {"content_metadata_id": "7", "access": {"id": "7", "entries": []}},
    ],
)
def test_an_access_list_has_the_id_that_its_item_or_the_list_names(raw: dict[str, Any]):
    complete_ids("folder", raw)

    assert raw["content_metadata_id"] == raw["access"]["id"] == "7"
    entries = [entry for entry in raw["access"]["entries"] if entry]
    assert all(entry["content_metadata_id"] == "7" for entry in entries)


@pytest.mark.parametrize("access", [{"inherits": True}, None, [], 5])
def test_an_access_list_without_any_id_stays_as_it_is(access: Any):
    raw = {"id": "2", "access": access}

    complete_ids("folder", raw)

    assert raw == {"id": "2", "access": access}
