"""Fair division of a limit."""

from lookervault_plan.render.fair_shares import fair_shares


def test_small_groups_get_all_they_need_and_large_groups_share_the_rest():
    assert fair_shares([10, 1, 20], 11) == [5, 1, 5]


def test_every_group_is_whole_if_the_limit_allows():
    assert fair_shares([3, 5], 100) == [3, 5]
    assert fair_shares([], 100) == []
