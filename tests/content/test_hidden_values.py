"""Hidden values of a stored object are filled in from another version of it."""

from lookervault_plan.content.hidden_values import fill_hidden, hides
from lookervault_plan.content.redact import SENSITIVE


def test_hidden_values_come_from_the_same_place():
    stored = {"a": SENSITIVE, "b": {"c": f'{{"key": "{SENSITIVE}"}}'}, "d": 1}
    other = {"a": "s", "b": {"c": '{"key": "t"}'}, "d": 2}

    assert fill_hidden(stored, other) == {"a": "s", "b": {"c": '{"key": "t"}'}, "d": 1}


def test_objects_of_a_list_are_found_by_their_ids_then_by_their_places():
    stored = [{"id": "1", "a": SENSITIVE}, {"a": SENSITIVE}, SENSITIVE, {"id": 9, "a": SENSITIVE}]
    other = [{"id": "2", "a": "x"}, {"a": "y"}, "z", {"id": "1", "a": "w"}]

    assert fill_hidden(stored, other) == [
        {"id": "1", "a": "w"},
        {"a": "y"},
        "z",
        {"id": 9, "a": "w"},
    ]


def test_what_the_other_version_lacks_stays_hidden():
    for other in ({}, {"a": None}, None, [], "x"):
        assert fill_hidden({"a": SENSITIVE, "b": [SENSITIVE]}, other) == {
            "a": SENSITIVE,
            "b": [SENSITIVE],
        }


def test_hidden_values_are_found_at_any_depth():
    assert hides({"a": [1, {"b": f"x {SENSITIVE}"}]})
    assert not hides({"a": [1, {"b": "x"}], "c": None})
