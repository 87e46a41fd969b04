"""Moves of folders that exist on both sides: no folder goes into one that lies in it."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.node import Ref
from lookervault_plan.plan_file import Blocked, Update
from lookervault_plan.planning.decide import Decisions
from tests.planning.objects import SHARED, a_folder, by_address, plan_of

IDS = ("10", "11", "12", "13", "14")


def planned(
    desired: Mapping[str, str], live: Mapping[str, str], selected: set[str] | None = None
) -> Decisions:
    """Plan folders whose parents are given by id."""

    def folders(parents: Mapping[str, str]) -> list[dict]:
        return [SHARED, *(a_folder(id_, f"F{id_}", above) for id_, above in parents.items())]

    return plan_of(
        {"folder": folders(desired)},
        {"folder": folders(live)},
        same_instance=True,
        **({} if selected is None else {"selected": {Ref("folder", id_) for id_ in selected}}),
    )


def test_folders_that_swap_places_are_moved_from_the_top():
    """Live: 12 holds 11, which holds 10. Wanted: the other way round."""
    actions = by_address(
        planned({"10": "1", "11": "10", "12": "11"}, {"12": "1", "11": "12", "10": "11"})
    )

    assert actions["folder:10"].depends_on == ()
    assert actions["folder:11"].depends_on == ("folder:10",)
    assert set(actions["folder:12"].depends_on) == {"folder:10", "folder:11"}


def test_a_folder_waits_for_a_folder_further_up_that_is_moved():
    """10 goes into 12, which stays in 11; 11 leaves 10 first."""
    actions = by_address(
        planned({"11": "1", "12": "11", "10": "12"}, {"10": "1", "11": "10", "12": "11"})
    )

    assert actions["folder:10"].depends_on == ("folder:11",)


def test_a_folder_that_goes_into_a_new_one_waits_for_that_alone():
    actions = by_address(planned({"11": "1", "12": "11", "10": "12"}, {"10": "1", "11": "10"}))

    assert set(actions["folder:10"].depends_on) == {"folder:11", "folder:12"}


def test_a_folder_that_would_go_into_its_own_subfolder_is_blocked():
    """The subfolder would have to leave first, and is not selected."""
    decisions = planned({"10": "1", "11": "10"}, {"11": "1", "10": "11"}, selected={"11"})

    (action,) = decisions.actions
    assert isinstance(action, Blocked)
    (diagnostic,) = (each for each in decisions.diagnostics if each.code == "folder.into-itself")
    assert diagnostic.address == "folder:11"


@st.composite
def forests(draw: st.DrawFn) -> dict[str, str]:
    """Parents of all folders, without cycles."""
    order = draw(st.permutations(IDS))
    return {id_: draw(st.sampled_from(["1", *order[:place]])) for place, id_ in enumerate(order)}


@given(desired=forests(), live=forests())
def test_moved_in_the_order_of_the_plan_no_folder_ever_lies_in_itself(
    desired: dict[str, str], live: dict[str, str]
):
    decisions = planned(desired, live)
    at = dict(live)
    for action in decisions.actions:
        if not isinstance(action, Update):
            continue
        id_ = action.destination_id
        above = at[id_] = desired[id_]
        while above in at:
            assert above != id_
            above = at[above]
    assert at == desired
