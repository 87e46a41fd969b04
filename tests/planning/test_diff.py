"""Changes of single fields: how long, unknown and absent values are written down."""

import json
from typing import Any

from lookervault_plan import plan_file
from lookervault_plan.content.text_links import Instances
from tests.builders import a_plan
from tests.planning.objects import SHARED, a_folder, a_look, by_address, content_writing, plan_of

FOLDERS = [SHARED, a_folder()]


def changes_of(mine: dict, theirs: dict, **more: Any) -> dict:
    decisions = plan_of(
        {"folder": FOLDERS, "look": [mine]},
        {"folder": FOLDERS, "look": [theirs]},
        same_instance=True,
        **more,
    )
    return {change.path: change for change in by_address(decisions)["look:9"].changes}


def test_a_long_value_is_cut_and_the_change_says_which_side_is():
    long = "word " * 1000

    found = changes_of(a_look(description=long), a_look(description="short"))["description"]
    turned = changes_of(a_look(description="short"), a_look(description=long))["description"]

    assert (found.before, found.before_is_cut or False, found.after_is_cut) == (
        "short",
        False,
        True,
    )
    assert found.after.startswith(long[:400])
    assert len(found.after) < 500
    assert (turned.before_is_cut, turned.after, turned.after_is_cut or False) == (
        True,
        "short",
        False,
    )


def test_a_text_that_looks_like_a_cut_one_is_whole():
    found = changes_of(a_look(description="a… (b)"), a_look(description="c… (d)"))["description"]

    assert not found.before_is_cut
    assert not found.after_is_cut


def test_an_id_that_apply_will_learn_is_marked():
    decisions = plan_of(
        {"folder": [*FOLDERS, a_folder("8", "New")], "look": [a_look(folder="8")]},
        {"folder": FOLDERS, "look": [a_look()]},
        same_instance=True,
    )

    (change,) = by_address(decisions)["look:9"].changes

    assert (change.path, change.before, change.after_is_unknown) == ("folder_id", "7", True)


def test_an_absent_key_of_a_nested_value_is_null():
    mine = a_look(query={"id": "901", "model": "m", "view": "v", "filters": {"a": "1", "b": "2"}})
    theirs = a_look(query={"id": "900", "model": "m", "view": "v", "filters": {"a": "1"}})

    found = changes_of(mine, theirs, instances=Instances())

    assert [(path, change.before, change.after) for path, change in found.items()] == [
        ("query.filters.b", None, "2")
    ]


def test_a_text_that_says_not_present_is_a_value():
    mine = a_look(query={"id": "901", "model": "m", "view": "v", "filters": {"a": "not present"}})
    theirs = a_look(query={"id": "900", "model": "m", "view": "v", "filters": {"a": "1"}})

    (change,) = changes_of(mine, theirs).values()

    assert (change.before, change.after) == ("1", "not present")


def test_the_file_holds_flags_only_if_they_are_true():
    decisions = plan_of(
        {"folder": FOLDERS, "look": [a_look(title="A", description="x" * 3000)]},
        {"folder": FOLDERS, "look": [a_look(title="B")]},
        same_instance=True,
    )
    plan = a_plan(content_writing(decisions))

    written = json.loads(plan_file.encode(plan))["actions"][0]["changes"]

    assert {change["path"]: sorted(change) for change in written} == {
        "title": ["after", "before", "path", "sensitive"],
        "description": ["after", "after_is_cut", "before", "path", "sensitive"],
    }


def test_a_reference_that_is_taken_away_is_null_afterwards():
    found = changes_of(a_look(user_id=None), a_look(user_id="3"), owners=True)["user_id"]

    assert (found.before, found.after) == ("3", None)


def test_a_key_inside_a_value_that_names_a_secret_is_not_shown():
    mine = a_look(query={"id": "901", "model": "m", "view": "v", "vis_config": {"api_key": "K1"}})
    theirs = a_look(query={"id": "900", "model": "m", "view": "v", "vis_config": {"api_key": "K2"}})

    (change,) = changes_of(mine, theirs).values()

    assert change.sensitive
    assert "K1" not in f"{change.before} {change.after}"
