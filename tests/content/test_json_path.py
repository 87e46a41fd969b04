"""Reading and writing JSON by dotted paths."""

from typing import Any

import pytest

from lookervault_plan.content.json_path import ABSENT, find, get, put, texts_in


def test_everything_below_null_is_null_and_below_a_text_is_absent():
    assert get({"a": None}, "a.b.c") is None
    assert get({"a": "text"}, "a.b") is ABSENT


def test_list_entries_that_are_no_objects_have_no_fields():
    raw = {"queries": [{"id": "1"}, None, "text", {"id": "2"}]}

    assert list(find(raw, "queries[].id")) == [("queries[0].id", "1"), ("queries[3].id", "2")]


def test_texts_are_found_at_any_depth_but_keys_are_not_texts():
    assert list(texts_in({"key": ["a", ("b", {"key": "c"})], "other": 7})) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("new.inner", {"a": [{"b": 1}, 2], "new": {"inner": "x"}}),
        ("a[0].b", {"a": [{"b": "x"}, 2]}),
        ("a[1]", {"a": [{"b": 1}, "x"]}),
    ],
)
def test_a_value_is_put_at_a_concrete_path(path: str, expected: dict):
    target: dict[str, Any] = {"a": [{"b": 1}, 2]}

    put(target, path, "x")

    assert target == expected


@pytest.mark.parametrize("path", ["a.b", "a.b.c"])
def test_a_path_through_a_plain_value_changes_nothing(path: str):
    target: dict[str, Any] = {"a": 1}

    put(target, path, "x")

    assert target == {"a": 1}
