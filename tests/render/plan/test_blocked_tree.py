"""Blocked items below what blocks them."""

from syrupy.assertion import SnapshotAssertion

from lookervault_plan.render.plan.text import plan_text
from tests.builders import a_plan, a_reference, an_action
from tests.render.screen import shown


def test_blocked_chains_and_cycles_become_trees(snapshot: SnapshotAssertion):
    chain = [
        an_action(
            "blocked",
            f"folder:{n}",
            name="",
            path=(),
            references=[a_reference(from_=f"folder:{n - 1}")] if n > 100 else [],
        )
        for n in range(100, 112)
    ]
    ring = [
        an_action("blocked", "look:1", name="A", references=[a_reference(from_="look:2")]),
        an_action("blocked", "look:2", name="B", references=[a_reference(from_="look:1")]),
        an_action("blocked", "look:3", name="C", references=[a_reference(from_="look:2")]),
    ]

    text = shown(plan_text(a_plan([*chain, *ring])))

    assert text == snapshot
    assert all(text.count(f"{action.address} ") == 1 for action in [*chain, *ring])


def test_a_missing_target_is_shown_by_name_if_the_plan_knows_it():
    reason = "built-in, not in the destination"
    home = an_action("skip", "folder:9", name="Ada", path=("Users",), reason=reason)
    missing = [a_reference("folder_id", "folder:9")]
    lost = [
        an_action("blocked", f"look:{n}", references=missing, reason="needs folder:9, query:7")
        for n in range(2)
    ]

    text = shown(plan_text(a_plan([home, *lost]), width=120), width=120)

    assert (
        f'  ! folder:9 "Ada" in Users ({reason}) is not found in the destination; '
        "it blocks 2 items:\n"
        '      ! look:0 "Revenue" in Shared/Finance: needs folder:9, query:7\n'
    ) in text


def test_many_blocked_items_are_cut_and_the_rest_is_counted():
    alone = [an_action("blocked", f"look:{n}", reason="found twice") for n in range(100)]
    under = [
        an_action("blocked", f"look:9{n}", references=[a_reference(from_="folder:1")])
        for n in range(100)
    ]

    assert "  … and 40 more" in shown(plan_text(a_plan(alone)))
    assert "  … and 41 more" in shown(
        plan_text(a_plan([an_action("blocked", "folder:1", reason="no"), *under]))
    )
