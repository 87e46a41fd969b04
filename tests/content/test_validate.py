"""Problems in a backup's objects that Looker's API would refuse."""

from typing import Any

import pytest

from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.content.validate import odd_parts, problems

QUERY = {"model": "ecommerce", "view": "orders"}
GOOD = {
    "id": "1",
    "title": "Revenue",
    "folder_id": "7",
    "hidden": False,
    "dashboard_elements": [{"id": "3", "title": None, "type": "vis", "query_id": "9"}],
}


def test_a_valid_dashboard_has_no_problems():
    assert list(problems("dashboard", GOOD)) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": None}, "title is missing"),
        ({"title": ""}, "title is missing"),
        ({"deleted": "yes"}, "deleted is a text, not true or false"),
        ({"folder_id": {"id": "7"}}, "folder_id is an object, not an id"),
        ({"dashboard_elements": "none"}, "dashboard_elements is no list"),
        ({"dashboard_elements": [7]}, "dashboard_elements[0] is no object"),
        ({"dashboard_elements": [None, 7]}, "dashboard_elements[1] is no object"),
        ({"query_timezone": ["UTC"]}, "query_timezone is a list, not a text"),
        ({"folder_id": True}, "folder_id is true or false, not an id"),
        ({"folder_id": 7.5}, "folder_id is a number, not an id"),
        ({"title": ["a"]}, "title is a list, not a text"),
        ({"hidden": "yes"}, "hidden is a text, not true or false"),
        ({"appearance": [1]}, "appearance is a list, not an object"),
        ({"folder_id": None}, "folder_id is missing"),
        ({"dashboard_elements": {"id": "3"}}, "dashboard_elements is no list"),
    ],
)
def test_a_problem_is_described_with_its_path(change: dict, problem: str):
    assert problem in list(problems("dashboard", {**GOOD, **change}))


@pytest.mark.parametrize(
    ("collection", "part", "problem"),
    [
        ("dashboard_elements", {"type": "vis", "look_id": ["1"]}, "look_id is a list, not an id"),
        (
            "dashboard_elements",
            {"type": "vis", "query_id": None},
            "query_id or look_id or merge_result_id or result_maker.sql_query_id is missing",
        ),
        (
            "dashboard_elements",
            {"type": "vis", "query_id": "8", "query": {"id": "8", "view": "orders"}},
            "query: model is missing",
        ),
        (
            "dashboard_elements",
            {"type": "vis", "query_id": "8", "query": {"id": "8", "model": "m", "view": ["v"]}},
            "query: view is a list, not a text",
        ),
        (
            "dashboard_filters",
            {"name": "State", "title": "State", "type": "field_filter", "model": "m"},
            "explore is missing",
        ),
    ],
)
def test_a_part_that_looker_would_refuse_leaves_its_item_alone(
    collection: str, part: dict, problem: str
):
    whole = {**GOOD, collection: [{"id": "5", "title": "Odd", **part}]}

    assert list(problems("dashboard", whole)) == []
    (found,) = odd_parts("dashboard", whole)
    assert found.name == (part.get("title") or "Odd")
    assert problem in found.problems


@pytest.mark.parametrize("tile", [{"type": "text"}, {"type": "vis", "query": {"id": "8"} | QUERY}])
def test_a_tile_with_what_its_type_needs_is_in_order(tile: dict):
    assert list(odd_parts("dashboard", {**GOOD, "dashboard_elements": [tile]})) == []


def test_a_look_needs_a_query_and_a_folder():
    assert list(problems("look", {"title": "Orders"})) == [
        "folder_id is missing",
        "query_id is missing",
    ]


def test_an_access_list_is_one_object():
    folder = {"id": "2", "name": "Sales", "parent_id": "1"}

    assert list(problems("folder", {**folder, "access": []})) == ["access is no object"]


def test_a_built_in_folder_needs_no_required_fields():
    assert list(problems("folder", {"id": "1", "name": "Shared", "is_shared_root": True})) == []
    assert list(problems("folder", {"id": "2", "name": "Mine"})) == ["parent_id is missing"]


def test_required_paths_are_fields_or_references_of_their_rows():
    for row in KINDS.values():
        known = {field.path for field in row.fields} | {ref.path for ref in row.refs}
        known |= {f"{each.path}[].{key}" for each in row.fields for key in each.object_keys}
        paths = {path for each in row.requirements for path in each.one_of}
        assert {*row.required, *paths} <= known, row.name


@pytest.mark.parametrize("limit", [500, 7.5, "600", "", None])
def test_a_number_may_come_as_a_text(limit: Any):
    assert list(problems("query", {"model": "m", "view": "v", "limit": limit})) == []


@pytest.mark.parametrize(
    ("limit", "described"), [("many", "a text"), (["5"], "a list"), (False, "true or false")]
)
def test_a_limit_that_is_no_number_is_a_problem(limit: Any, described: str):
    found = list(problems("query", {"model": "m", "view": "v", "limit": limit}))

    assert found == [f"limit is {described}, not a number"]


def test_a_list_may_be_absent_or_null_but_nothing_else():
    def of(permissions: Any) -> list[str]:
        return list(problems("permission_set", {"name": "Viewer", "permissions": permissions}))

    assert of(["access_data"]) == of(None) == []
    assert of("access_data") == ["permissions is a text, not a list of texts"]
    assert of({"access_data": True}) == ["permissions is an object, not a list of texts"]
    assert of({}) == ["permissions is an object, not a list of texts"]


def test_an_empty_list_is_an_object_in_queries_alone():
    assert list(problems("query", {"model": "m", "view": "v", "filters": [], "fields": {}})) == []
    assert list(problems("dashboard", {**GOOD, "appearance": []})) == [
        "appearance is a list, not an object"
    ]


def test_an_item_and_its_access_list_agree_on_its_id():
    folder: dict[str, Any] = {"id": "2", "name": "A", "parent_id": "1"}

    def of(access: Any) -> list[str]:
        return list(problems("folder", {**folder, "content_metadata_id": "7", "access": access}))

    assert of({"id": 7, "inherits": True}) == []
    assert of({"inherits": True}) == ["access.id is missing"]
    assert of({"id": "8", "inherits": True}) == ["access.id is not the item's content_metadata_id"]


@pytest.mark.parametrize(
    ("kind", "raw", "problem"),
    [
        ("group_user", {"user_id": None}, "user_id is missing"),
        ("role_group", {}, "group_id is missing"),
        (
            "scheduled_plan",
            {"name": "P", "scheduled_plan_destination": [{"type": "email"}, {"type": ""}]},
            "scheduled_plan_destination[1].type is missing",
        ),
        (
            "merge_query",
            {"source_queries": [{"query_id": "1"}, {"name": "q1"}]},
            "source_queries[1].query_id is missing",
        ),
        ("merge_query", {"source_queries": []}, "source_queries[].query_id is missing"),
        ("merge_query", {"source_queries": [5]}, "source_queries[0].query_id is missing"),
        (
            "dashboard_element",
            {"result_maker": {"filterables": [{"listen": ""}]}},
            "result_maker.filterables[0].listen is a text, not a list",
        ),
    ],
)
def test_what_looker_needs_inside_lists_is_missed(kind: str, raw: dict[str, Any], problem: str):
    assert problem in list(problems(kind, raw))
