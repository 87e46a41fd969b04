"""Whose twin is it: evidence, claims, and never a guess."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import Ref
from lookervault_plan.planning.match.twins import Ambiguous, Known, NoTwin, Twin, match
from tests.planning.objects import SHARED, a_dashboard, a_folder

LATER = "2025-09-09T10:00:00.000+00:00"


def matched(desired, live, **known: Any):
    def sides(objects):
        found = (identify(kind, raw) for kind, raws in objects.items() for raw in raws)
        return {identity.ref: identity for identity in found}

    told: dict[str, Any] = {"same_instance": False, **known}
    return match(sides(desired), sides(live), Known(**told)).by_ref


def test_on_the_same_instance_an_id_is_enough_even_if_all_else_changed():
    found = matched(
        {"folder": [SHARED, a_folder("7", "Sales")]},
        {"folder": [SHARED, a_folder("7", "Renamed")]},
        same_instance=True,
    )

    assert found[Ref("folder", "7")] == Twin(Ref("folder", "7"), "id")


def test_an_id_reused_by_something_created_at_another_time_is_never_taken():
    found = matched(
        {"folder": [SHARED, a_folder("7")]},
        {"folder": [SHARED, a_folder("7", created_at=LATER)]},
        same_instance=True,
    )

    assert isinstance(found[Ref("folder", "7")], Ambiguous)


def test_elsewhere_the_same_id_means_nothing_without_evidence():
    found = matched(
        {"folder": [SHARED, a_folder("7", "Sales")]},
        {"folder": [SHARED, a_folder("7", "Finance", created_at=LATER)]},
    )

    assert isinstance(found[Ref("folder", "7")], NoTwin)


def test_elsewhere_a_slug_is_evidence():
    found = matched(
        {"dashboard": [a_dashboard("42", "KPIs", slug="abc")]},
        {"dashboard": [a_dashboard("42", "Other", slug="abc", created_at=LATER)]},
    )

    assert found[Ref("dashboard", "42")] == Twin(Ref("dashboard", "42"), "id")


def test_roots_match_by_flag_whatever_they_are_called():
    home = a_folder("17", "Home", None, is_shared_root=True)

    found = matched({"folder": [SHARED]}, {"folder": [home]})

    assert found[Ref("folder", "1")] == Twin(Ref("folder", "17"), "root")


def test_folders_match_by_their_path_of_names():
    found = matched(
        {"folder": [SHARED, a_folder("7", "Sales / EMEA"), a_folder("8", "Q1", "7")]},
        {
            "folder": [
                SHARED,
                a_folder("70", "Sales / EMEA"),
                a_folder("80", "Q1", "70"),
                a_folder("81", "Q1", "1"),
            ]
        },
    )

    assert found[Ref("folder", "8")] == Twin(Ref("folder", "80"), "parent + name")


def test_a_title_in_a_folder_that_is_still_to_come_matches_nothing():
    found = matched(
        {"folder": [SHARED, a_folder("7")], "dashboard": [a_dashboard(folder="7", slug=None)]},
        {"folder": [SHARED], "dashboard": [a_dashboard("5", folder="7", slug=None)]},
    )

    assert isinstance(found[Ref("dashboard", "42")], NoTwin)


def test_title_and_slug_on_different_objects_block():
    found = matched(
        {"folder": [SHARED], "dashboard": [a_dashboard(folder="1", slug="abc")]},
        {
            "folder": [SHARED],
            "dashboard": [
                a_dashboard("5", folder="1", slug="xyz"),
                a_dashboard("6", "Old", folder="1", slug="abc", deleted=True),
            ],
        },
    )

    assert isinstance(found[Ref("dashboard", "42")], Ambiguous)


def test_in_the_trash_a_slug_tells_who_it_is_and_a_title_only_where_there_is_none():
    def found(slug):
        mine = a_dashboard(folder="1", slug=slug)
        gone = a_dashboard("5", folder="1", slug="xyz", deleted=True)
        sides = ({"folder": [SHARED], "dashboard": [each]} for each in (mine, gone))
        return matched(*sides)[Ref("dashboard", "42")]

    assert found("xyz") == Twin(Ref("dashboard", "5"), "slug")
    assert isinstance(found("abc"), NoTwin)
    assert found(None) == Twin(Ref("dashboard", "5"), "folder + title")


def test_state_goes_before_id_and_the_remaps_file_before_both():
    folders = {"folder": [SHARED, a_folder("7")]}
    live = {"folder": [SHARED, a_folder("7"), a_folder("8", "a"), a_folder("9", "b")]}
    ref = Ref("folder", "7")

    by_state = matched(folders, live, same_instance=True, state={ref: "8"})
    by_remaps = matched(folders, live, same_instance=True, state={ref: "8"}, remaps={ref: "9"})

    assert by_state[ref] == Twin(Ref("folder", "8"), "state")
    assert by_remaps[ref] == Twin(Ref("folder", "9"), "remaps.yml")


def test_two_that_are_mapped_to_one_get_neither():
    first, second = Ref("folder", "7"), Ref("folder", "8")
    found = matched(
        {"folder": [SHARED, a_folder("7"), a_folder("8", "Other")]},
        {"folder": [SHARED, a_folder("70", "x")]},
        remaps={first: "70", second: "70"},
    )

    assert isinstance(found[first], Ambiguous)
    assert isinstance(found[second], Ambiguous)


def test_a_personal_folder_follows_its_owner():
    user = {"id": "3", "email": "Ann@example.com", "personal_folder_id": "30"}
    twin = {"id": "5", "email": "ann@example.com", "personal_folder_id": "50"}
    found = matched(
        {"user": [user], "folder": [a_folder("30", "Ann", "2", is_personal=True)]},
        {"user": [twin], "folder": [a_folder("50", "Ann B.", "2", is_personal=True)]},
    )

    assert found[Ref("user", "3")] == Twin(Ref("user", "5"), "email")
    assert found[Ref("folder", "30")] == Twin(Ref("folder", "50"), "owner")


def test_a_personal_folder_never_goes_to_a_namesake():
    users = a_folder("2", "Users", None, is_users_root=True)
    hiro = {"id": "3", "email": "hiro@example.com", "personal_folder_id": "30"}
    namesake = {"id": "5", "email": "hiro@other.example.com", "personal_folder_id": "50"}
    found = matched(
        {"user": [hiro], "folder": [users, a_folder("30", "Hiro Abe", "2", is_personal=True)]},
        {
            "user": [namesake],
            "folder": [users, a_folder("50", "Hiro Abe", "2", is_personal=True)],
        },
    )

    assert isinstance(found[Ref("folder", "30")], NoTwin)


def test_a_certain_claim_goes_before_a_title():
    """Renamed live, and its old title taken by a new one in the backup."""
    found = matched(
        {
            "folder": [SHARED],
            "dashboard": [
                a_dashboard("1", "Sales (old)", folder="1", slug=None),
                a_dashboard("2", "Sales", folder="1", slug=None),
            ],
        },
        {"folder": [SHARED], "dashboard": [a_dashboard("1", "Sales", folder="1", slug=None)]},
        same_instance=True,
    )

    assert found[Ref("dashboard", "1")] == Twin(Ref("dashboard", "1"), "id")
    assert isinstance(found[Ref("dashboard", "2")], NoTwin)


names = st.sampled_from(["A", "B", "C"])
ids = st.sampled_from(["11", "12", "13", "14"])
folders = st.dictionaries(ids, st.tuples(names, st.sampled_from([LATER, None])))


@given(folders, folders, st.booleans())
def test_no_live_item_is_ever_the_twin_of_two(desired, live, same_instance):
    def tree(found):
        return {
            "folder": [SHARED]
            + [a_folder(id_, name, created_at=at) for id_, (name, at) in found.items()]
        }

    found = matched(tree(desired), tree(live), same_instance=same_instance)

    twins = [match.live for match in found.values() if isinstance(match, Twin)]
    assert len(twins) == len(set(twins))


def test_whoever_has_an_address_goes_before_one_whom_remaps_give_it():
    ann, bob = {"id": "3", "email": "bob@x.example"}, {"id": "4", "email": "bob@x.example"}

    found = matched(
        {"user": [ann, bob]},
        {"user": [{"id": "40", "email": "bob@x.example"}]},
        readdressed=frozenset({Ref("user", "3")}),
    )

    assert isinstance(found[Ref("user", "3")], NoTwin)
    assert found[Ref("user", "4")] == Twin(Ref("user", "40"), "email")
