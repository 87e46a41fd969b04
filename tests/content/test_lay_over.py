"""What the backup holds, laid over the live object: a key that it lacks stays."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.lay_over import lay_over, value_after
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.table.kinds import KINDS, Form

scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2)
names = st.sampled_from("abcde")
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(names, trees, max_size=5)

FILTERABLES = KINDS["dashboard_element"].field("result_maker.filterables").told_apart_by


def check_kept(want, have, merged):
    """Check that `merged` is `want` with every key that `have` alone has."""
    if isinstance(want, dict) and isinstance(have, dict):
        assert merged.keys() == want.keys() | have.keys()
        for name in merged:
            if name not in want:
                assert merged[name] == have[name]
            elif name in have:
                check_kept(want[name], have[name], merged[name])
            else:
                assert merged[name] == want[name]
    elif isinstance(want, list) and want and all(isinstance(one, dict) for one in want):
        assert len(merged) == len(want)
        for one, made in zip(want, merged, strict=True):
            assert one.keys() <= made.keys()
    else:
        assert merged == want


@given(objects, objects)
def test_every_key_that_the_backup_lacks_is_kept_at_every_depth(want, have):
    check_kept(want, have, lay_over(want, have, {}))


def drop_keys(draw, value):
    """Drop keys of objects at random, at every depth."""
    if isinstance(value, dict):
        return {
            name: drop_keys(draw, one) for name, one in value.items() if draw(st.integers(0, 3))
        }
    if isinstance(value, list):
        return [drop_keys(draw, one) for one in value]
    return value


@given(st.data(), objects)
def test_an_object_with_keys_dropped_changes_nothing(data, have):
    assert lay_over(drop_keys(data.draw, have), have, {}) == have


@given(objects, objects)
def test_laying_over_twice_changes_nothing_more(want, have):
    once = lay_over(want, have, {})

    assert lay_over(want, once, {}) == once


TREES = [
    (row.name, field.path)
    for row in KINDS.values()
    for field in row.fields
    if field.form is Form.TREE
    and "[]" not in field.path
    and not (field.object_keys or field.lists_parts or field.keys_are_content)
]


def at(path, value):
    """Return an object with a value at a path."""
    for name in reversed(path.split(".")):
        value = {name: value}
    return value


@given(st.data(), st.sampled_from(TREES), objects | st.lists(objects, max_size=3))
def test_any_tree_of_the_table_with_keys_dropped_is_no_change(data, place, have):
    kind, path = place
    live = normalise(kind, at(path, have))
    desired = normalise(kind, at(path, drop_keys(data.draw, have)))

    assert value_after(desired, live, path) == live.fields[path]


def test_null_and_a_missing_member_are_removals():
    want = {"a": None, "list": [1]}

    assert lay_over(want, {"a": 1, "list": [1, 2], "b": 3}, {}) == {**want, "b": 3}


def test_objects_with_keys_that_tell_them_apart_are_found_wherever_they_stand():
    orders = {"model": "m", "view": "orders", "name": "main"}
    users = {"model": "m", "view": "users", "name": "second", "listen": []}
    want = [
        {"model": "m", "view": "users", "listen": [{"field": "f"}]},
        {"model": "m", "view": "products"},
        {"model": "m", "view": "orders"},
    ]

    assert lay_over(want, [orders, users], FILTERABLES) == [
        {**want[0], "name": "second"},
        want[1],
        orders,
    ]


def test_an_object_that_moved_takes_no_stranger_s_keys():
    have = [{"a": 1, "new": "one"}, {"a": 2, "new": "two"}]

    assert lay_over([{"a": 2}, {"a": 1}], have, {}) == have[::-1]
