"""YAML is parsed with limits, and alike by both parsers."""

import gc

import pytest
import yaml

from lookervault_plan.content.yaml_nodes import NestedTooDeepError, compose

LONG = '- name: a\n  value: "b"\n' * 8_000


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 50_000 + "a",
        "\n".join(" " * level + "a:" for level in range(3_000)),
        "a: &a [x]\nb: [" + "*a," * 2_000 + "]",
    ],
    ids=["flow", "lists", "mappings", "anchors"],
)
def test_nesting_without_end_is_refused_in_one_line(text: str):
    with pytest.raises(NestedTooDeepError, match=r"levels deep|anchors more than"):
        compose(text)


def test_a_long_text_has_the_nodes_and_places_of_a_short_one():
    node, short = compose(LONG), compose(LONG[:24])

    assert isinstance(node, yaml.SequenceNode)
    assert isinstance(short, yaml.SequenceNode)
    last, first = node.value[-1], short.value[0]
    assert [key.value for key, _ in last.value] == [key.value for key, _ in first.value]
    _, value = last.value[1]
    assert LONG[value.start_mark.index : value.end_mark.index] == '"b"'
    assert value.start_mark.line == LONG.count("\n") - 1


@pytest.mark.parametrize("text", ["a: [", LONG + "a: ["], ids=["short", "long"])
def test_an_error_says_where(text: str):
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        compose(text)

    assert caught.value.problem_mark is not None


def test_an_empty_text_has_no_node_and_the_collector_goes_on():
    assert compose("") is None
    assert gc.isenabled()
    gc.disable()
    try:
        assert compose("# nothing") is None
        assert not gc.isenabled()
    finally:
        gc.enable()
