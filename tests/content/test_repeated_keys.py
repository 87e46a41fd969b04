"""Keys that JSON repeats are found, however they are written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.repeated_keys import key_count, repeated_key

values = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def found(data: bytes) -> str | None:
    return repeated_key(data, [key_count(json.dumps(json.loads(data)).encode())])


@given(values, st.sampled_from([None, 2]))
def test_nothing_is_found_in_json_without_repeated_keys(value: object, indent: int | None):
    assert found(json.dumps(value, indent=indent).encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 1}}',
        '[{"a" : 1, "a": 2}]',
        '{"a": "\\u0022:", "b": 1, "b": 2}',
        '{"x" : 1, "a": 2, "a": 3}',
    ],
)
def test_a_repeated_key_is_named(text: str):
    assert found(text.encode()) in {"a", "b"}
