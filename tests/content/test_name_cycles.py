"""Parts that take each other's names."""

import pytest

from lookervault_plan.content.name_cycles import order_renames


@pytest.mark.parametrize(
    ("has", "wants", "waits", "interim"),
    [
        pytest.param({"1": "A"}, {"1": "B"}, {}, set(), id="a free name"),
        pytest.param({"1": "A"}, {"1": "A"}, {}, set(), id="its own name"),
        pytest.param(
            {"1": "A", "2": "B"}, {"1": "B", "2": "C"}, {"1": "2"}, set(), id="a name given up"
        ),
        pytest.param(
            {"1": "A", "2": "B"},
            {"1": "B", "2": "A"},
            {"1": "2", "2": "1"},
            {"1"},
            id="a swap of two names",
        ),
        pytest.param(
            {"1": "A", "2": "B", "3": "C"},
            {"1": "B", "2": "A", "3": "A"},
            {"1": "2", "2": "1", "3": "1"},
            {"1"},
            id="one that waits for a swap is not in it",
        ),
        pytest.param(
            {"1": "A", "2": "B", "5": "X", "6": "Y"},
            {"1": "B", "2": "A", "5": "Y", "6": "X"},
            {"1": "2", "2": "1", "5": "6", "6": "5"},
            {"1", "5"},
            id="two swaps",
        ),
    ],
)
def test_a_part_waits_for_the_one_that_has_its_name_and_one_of_each_cycle_needs_an_interim_name(
    has: dict, wants: dict, waits: dict, interim: set
):
    assert order_renames(has, wants) == (waits, interim)


def test_a_new_part_waits_for_the_name_that_an_old_one_gives_up():
    assert order_renames({"1": "A"}, {"1": "B", "new": "A"}) == ({"new": "1"}, frozenset())
