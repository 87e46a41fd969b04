"""What objects mention beyond content, wherever it stands."""

import json

import pytest

from lookervault_plan.content.mentions import mentions, query_fields
from lookervault_plan.content.normalise import normalise
from lookervault_plan.planning.references.explores import used_explores


def mentioned(kind: str, raw: dict) -> set[tuple[str, str]]:
    return set(mentions(normalise(kind, raw)))


@pytest.mark.parametrize(
    "text",
    [
        "{{ _user_attributes['region'] }}",
        '{{_user_attributes["region"]}}',
        "{% if _user_attributes[ 'region' ] %}",
        "{{ _user_attributes.region }}",
    ],
)
def test_liquid_in_a_text_mentions_a_user_attribute(text: str):
    tile = {"id": "1", "type": "text", "body_text": f"a {text} b"}

    assert mentioned("dashboard_element", tile) == {("user_attribute", "region")}


def test_user_attributes_are_found_in_filters_and_in_strings_that_hold_json():
    liquid = "{{ _user_attributes['region'] }}"
    query = {"id": "9", "model": "m", "view": "v", "filters": {"a.b": liquid}}
    rich = json.dumps([{"children": [{"text": '{{ _user_attributes["team"] }}'}]}])
    tile = {"id": "1", "query_id": "9", "query": query, "rich_content_json": rich}

    assert mentioned("dashboard_element", tile) == {
        ("user_attribute", "region"),
        ("user_attribute", "team"),
    }
    assert mentioned("dashboard_filter", {"id": "1", "default_value": liquid}) == {
        ("user_attribute", "region")
    }


def test_colours_are_found_at_any_depth_also_in_the_sources_of_a_merge_query():
    def coloured(id_: str) -> dict:
        return {"color_application": {"collection_id": id_, "palette_id": "p"}}

    source = {"id": "9", "model": "m", "view": "v", "vis_config": {"series": [coloured("b")]}}
    merge = {
        "id": "m",
        "vis_config": coloured("a"),
        "source_queries": [{"query_id": "9", "query": source}],
    }
    tile = {"id": "1", "merge_result_id": "m", "merge_query": merge}

    assert mentioned("dashboard_element", tile) == {
        ("color_collection", "a"),
        ("color_collection", "b"),
    }


def test_schedules_and_alerts_mention_themes_and_integrations():
    schedule = {
        "id": "1",
        "color_theme": "Dark",
        "scheduled_plan_destination": [
            {"type": "looker-integration://1::slack"},
            {"type": "email"},
        ],
    }
    alert = {"id": "1", "destinations": [{"action_hub_integration_id": "2::sheets"}, {}]}

    assert mentioned("scheduled_plan", schedule) == {("theme", "Dark"), ("integration", "1::slack")}
    assert mentioned("alert", alert) == {("integration", "2::sheets")}


def test_a_querys_fields_leave_out_those_that_it_defines_itself():
    query = {
        "fields": ["orders.count", "mine", "orders.own", "users.city"],
        "pivots": ["orders.created_month"],
        "sorts": ["orders.count desc 0", "mine"],
        "filters": {"orders.status": "done"},
        "fill_fields": None,
        "dynamic_fields": json.dumps(
            [{"table_calculation": "mine"}, {"measure": "orders.own", "based_on": "orders.x"}]
        ),
    }

    assert query_fields("query", query) == {
        "orders.count",
        "users.city",
        "orders.created_month",
        "orders.status",
    }
    assert query_fields("query", {"fields": ["a.b"], "dynamic_fields": "no json"}) == {"a.b"}
    assert query_fields("merge_query", {"fields": ["a.b"]}) == set()


def test_a_damaged_query_mentions_what_can_be_read_of_it():
    merge = {"source_queries": [{"query_id": "1", "query": "text"}, None]}
    query = {"dynamic_fields": ["text", {"table_calculation": "own"}], "fields": ["orders.count"]}

    assert query_fields("look", {"fields": ["orders.count"]}) == frozenset()
    assert query_fields("query", query) == {"orders.count"}
    assert list(used_explores("merge_query", merge)) == []
    tile = {"id": "1", "merge_result_id": "m", "merge_query": {"id": "m", **merge}}
    assert list(mentions(normalise("dashboard_element", tile))) == []
