"""Paths of folders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.folder_paths import ids_at_paths, join_path, paths_of, split_path
from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import Ref
from tests.planning.objects import SHARED, a_folder


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Shared", ("Shared",)),
        ("Shared/Sales", ("Shared", "Sales")),
        (r"Shared/R\/D", ("Shared", "R/D")),
        (r"Shared/a\b", ("Shared", r"a\b")),
        (r"Shared/a\\/b", ("Shared", "a\\", "b")),
        ("Shared//x/", ("Shared", "", "x", "")),
        ("a\\", ("a\\",)),
    ],
)
def test_a_path_is_split_at_slashes_that_are_not_escaped(text, path):
    assert split_path(text) == path


@given(st.lists(st.text(st.sampled_from("ab/\\")), min_size=1).map(tuple))
def test_a_joined_path_splits_into_the_same_names(path):
    assert split_path(join_path(path)) == path


def folders(*raws):
    return [identify("folder", raw) for raw in raws]


def test_roots_are_recognised_by_flags_and_folders_below_no_root_have_no_path():
    home = a_folder("17", "Home", None, is_shared_root=True)
    users = a_folder("2", "People", None, is_users_root=True)

    found = paths_of(
        folders(
            a_folder("8", "Deep", "7"),
            a_folder("7", "Sales", "17"),
            home,
            users,
            a_folder("30", "Ann", "2"),
            a_folder("9", "Lost", "404"),
            a_folder("5", "Round", "6"),
            a_folder("6", "And round", "5"),
        )
    )

    assert {ref.id: path for ref, path in found.items()} == {
        "17": ("Shared",),
        "7": ("Shared", "Sales"),
        "8": ("Shared", "Sales", "Deep"),
        "2": ("Users",),
        "30": ("Users", "Ann"),
    }


def test_a_path_that_two_folders_share_finds_neither():
    tree = folders(SHARED, a_folder("7", "A"), a_folder("8", "B"), a_folder("9", "B"))
    wanted = {Ref("folder", x): ("Shared", x) for x in ("A", "B", "C")}

    assert ids_at_paths(wanted, tree) == {Ref("folder", "A"): "7"}
