"""Objects in normal form, their digests, and their links."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.node import Ref, tree_digest
from lookervault_plan.content.normalise import content_key, normalise
from lookervault_plan.content.query_refs import definitions
from lookervault_plan.content.request_body import create_body, update_body
from lookervault_plan.content.text_links import Instances, linked_refs, rewrite_links
from tests.planning.objects import a_component, a_dashboard, a_look, a_query, a_tile


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("limit", "500", 500),
        ("pivots", [], None),
        ("filters", {}, None),
        ("total", False, None),
        ("filter_expression", "", None),
        ("dynamic_fields", '[{"a": 1, "b": null}]', '[{"a":1}]'),
        ("vis_config", {"a": {"b": None}}, {}),
    ],
)
def test_queries_with_equal_values_have_the_same_content_key(field, one, other):
    assert content_key("query", a_query(**{field: one})) == content_key(
        "query", a_query(**{field: other})
    )
    without = a_query()
    assert (content_key("query", a_query(**{field: other})) == content_key("query", without)) == (
        other in (None, {})
    )


def test_the_order_of_fields_and_of_merge_sources_is_significant():
    def merge(*views):
        return {
            "source_queries": [
                {"query_id": view, "name": view, "query": a_query(view, view=view)}
                for view in views
            ]
        }

    assert content_key("query", a_query(fields=["a", "b"])) != content_key(
        "query", a_query(fields=["b", "a"])
    )
    assert content_key("merge_query", merge("a", "b")) != content_key(
        "merge_query", merge("b", "a")
    )


def test_a_merge_query_without_the_bodies_of_its_sources_has_no_content_key():
    assert content_key("merge_query", {"source_queries": [{"query_id": "1"}]}) is None


def test_a_tile_refers_to_only_one_of_look_query_and_merge_query():
    look = a_tile(look_id="9", query_id="1", result_maker={"query": a_query()})
    merge = a_tile(merge_result_id="m", result_maker={"query": None, "merge_result_id": "m"})
    query = a_tile(query=a_query("5"), query_id="5", result_maker={"query": a_query("6")})

    def sources(raw):
        refs = normalise("dashboard_element", raw).refs
        names = ("look_id", "merge_result_id", "query_id")
        return [refs[name] for name in names if refs[name]]

    assert sources(look) == [Ref("look", "9")]
    assert sources(merge) == [Ref("merge_query", "m")]
    assert sources(query) == [Ref("query", "6")]


def test_request_bodies_have_the_original_values_of_writable_fields():
    raw = a_dashboard(
        description="", view_count=7, appearance={"key_color": None, "tile_shadow": True}
    )
    node = normalise("dashboard", raw)

    created, patched = create_body(node), update_body(node, frozenset({"appearance"}))

    assert created == {
        "title": "KPIs",
        "description": "",
        "slug": "slug-KPIs",
        "appearance": {"key_color": None, "tile_shadow": True},
    }
    assert patched == {"appearance": {"key_color": None, "tile_shadow": True}}


def test_the_digest_of_an_item_depends_on_its_parts_but_not_on_their_order():
    tiles = [a_tile("70", "A"), a_tile("71", "B")]
    whole = tree_digest(normalise("dashboard", a_dashboard(tiles=tiles)))
    turned = tree_digest(normalise("dashboard", a_dashboard(tiles=tiles[::-1])))
    moved = a_dashboard(
        tiles=tiles, components=[a_component("c70", "70", 3), a_component("c71", "71")]
    )

    assert whole == turned
    assert whole != tree_digest(normalise("dashboard", moved))


def test_unknown_fields_and_lost_enum_values_are_left_out():
    node = normalise("look", a_look(title="T", newer="x", description="invalid_api_enum_value"))

    assert "newer" not in node.fields
    assert "description" not in node.fields


def test_a_lost_enum_value_inside_a_list_is_left_alone():
    sources = [{"query_id": "1", "name": "invalid_api_enum_value"}, {"query_id": "2", "name": "b"}]
    node = normalise("merge_query", {"id": "m", "source_queries": sources})

    names = {path: value for path, value in node.fields.items() if path.endswith(".name")}
    assert names == {"source_queries[1].name": "b"}


def test_parts_that_are_no_objects_are_left_out():
    raw = a_dashboard()
    raw["dashboard_elements"] = [None, "text", a_tile("70")]

    assert [part.id for part in normalise("dashboard", raw).parts["elements"]] == ["70"]
    assert [each.ref.id for each in definitions("dashboard", raw, str)] == []


def test_a_text_of_json_that_is_none_is_compared_as_it_is():
    broken = normalise("query", a_query(dynamic_fields="[{"))

    assert broken.fields["dynamic_fields"] == "[{"
    assert normalise("query", a_query(dynamic_fields="")).fields["dynamic_fields"] is None


def test_a_flag_without_a_value_is_sent_as_false():
    """Looker refuses null for a flag. Queries keep null, since another value is another query."""
    schedule = {"id": "6", "name": "Daily", "user_id": "1", "run_as_recipient": None}
    tile = a_tile("70", title_hidden=None, note_text=None)

    patch = update_body(normalise("scheduled_plan", schedule), frozenset({"run_as_recipient"}))
    part = update_body(
        normalise("dashboard_element", tile), frozenset({"title_hidden", "note_text"})
    )
    query = update_body(normalise("query", a_query(total=None)), frozenset({"total"}))

    assert patch == {"run_as_recipient": False}
    assert part == {"title_hidden": False, "note_text": None}
    assert query == {"total": None}


LINKS = Instances(source=frozenset({"https://dev.example.com"}), destination="https://prod")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/dashboards/42", "/dashboards/142"),
        ("[x](/looks/9), /folders/12.", "[x](/looks/109), /folders/112."),
        ('{"href":"/dashboards-next/42?a=1"}', '{"href":"/dashboards-next/142?a=1"}'),
        ("https://dev.example.com/folders/3", "https://prod/folders/103"),
        ("https://other.example.com/dashboards/42", "https://other.example.com/dashboards/42"),
        ("/dashboards/model::name", "/dashboards/model::name"),
        ("/dashboards/42x /my/dashboards/42", "/dashboards/42x /my/dashboards/42"),
        ("/embed/dashboards/42", "/embed/dashboards/142"),
        ("/dashboards/7", "/dashboards/7"),
    ],
)
def test_only_links_of_the_source_are_rewritten(text, expected):
    def resolve(ref):
        return None if ref.id == "7" else str(100 + int(ref.id))

    assert rewrite_links(text, LINKS, resolve) == expected


def test_links_are_rewritten_at_any_depth():
    value = {"cells": [{"text": "/looks/9"}, 7, None], "title": "/looks/9"}

    assert rewrite_links(value, LINKS, lambda _: "109") == {
        "cells": [{"text": "/looks/109"}, 7, None],
        "title": "/looks/109",
    }


json = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(json)
def test_a_content_key_stays_the_same_after_encoding_as_json(value):
    raw = a_query(
        vis_config=value, filters=value, dynamic_fields=msgspec.json.encode(value).decode()
    )
    again = msgspec.json.decode(msgspec.json.encode(raw))

    assert content_key("query", raw) == content_key("query", again)


@given(st.text(alphabet="/ab:dashboards42 (.", max_size=40))
def test_the_links_found_are_the_links_rewritten(text):
    found = list(linked_refs(text, LINKS))

    assert (rewrite_links(text, LINKS, lambda ref: ref.id) == text) or found
    assert (rewrite_links(text, LINKS, lambda _: "0") == text) == (not found)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<h1>Sales</h1><p>Q1 &amp; Q2</p>", "Sales Q1 & Q2"),
        ('[{"type":"h1","children":[{"text":"Sales"},{"text":"now"}]}]', "Sales now"),
        ("[draft] numbers", "[draft] numbers"),
        ("3 < 4", "3 < 4"),
        ("<br>", ""),
    ],
)
def test_a_text_tile_is_named_by_its_words(text: str, name: str):
    assert normalise("dashboard_element", a_tile(title=None, body_text=text)).name == name


def test_empty_values_of_queries_are_sent_as_the_type_that_looker_takes():
    raw = {"model": "m", "view": "v", "filters": [], "fields": {}, "filter_config": []}

    body = create_body(normalise("query", raw))

    assert (body["filters"], body["fields"], body["filter_config"]) == ({}, [], [])


def test_a_tile_has_one_source_even_if_the_backup_lacks_nulls():
    tile = normalise("dashboard_element", {"id": "70", "type": "vis", "look_id": "9"})

    assert tile.refs["look_id"] == Ref("look", "9")
    assert (tile.refs["query_id"], tile.refs["merge_result_id"]) == (None, None)
