"""Dangers that a plan holds, told with their numbers."""

import inspect

import msgspec
import pytest

from lookervault_plan.plan_file import Counts, Parts, Summary
from lookervault_plan.planning.judge.guards import GUARDS, Limits, judge
from tests.builders import a_part, a_plan, an_action
from tests.planning.objects import SHARED, a_component, a_dashboard, a_tile, by_address, plan_of


def tripped(plan, *allowed, **limits):
    return {guard.name: guard for guard in judge(plan, Limits(**limits), allowed)}


def of_summary(**counts):
    return msgspec.structs.replace(a_plan(), summary=Summary(**counts, by_type={"look": Counts()}))


def test_a_tile_with_an_alert_is_not_deleted_silently():
    places = [a_component("c70", "70", 0)]
    live_places = [*places, a_component("c71", "71", 8)]
    mine = a_dashboard(folder="1", tiles=[a_tile("70")], components=places)
    live = a_dashboard(
        folder="1",
        tiles=[a_tile("70"), a_tile("71", "Costs", alert_count=2)],
        components=live_places,
    )
    decisions = plan_of(
        {"folder": [SHARED], "dashboard": [mine]},
        {"folder": [SHARED], "dashboard": [live]},
        same_instance=True,
    )

    guards = tripped(a_plan(actions=(by_address(decisions)["dashboard:42"],)))

    assert guards["alerts-lost"].summary == "2 alerts would go with the tiles they are on"
    assert "Costs" in guards["alerts-lost"].detail
    assert "part-deletes" in guards


def test_a_share_of_updates_trips_from_ten_matched_items_on():
    assert "updates-share" not in tripped(of_summary(update=9, skip=0))
    assert "updates-share" not in tripped(of_summary(update=3, skip=7))
    assert "4 of 10" in tripped(of_summary(update=4, skip=6))["updates-share"].summary
    assert "updates-share" not in tripped(of_summary(update=4, skip=6), updates_share=0.5)


def test_an_allowed_guard_is_still_told():
    plan = a_plan(actions=(an_action(action="delete", parts={}),))

    assert not tripped(plan)["deletes"].allowed
    assert tripped(plan, "deletes")["deletes"].allowed


def test_parts_of_items_that_stay_are_counted_by_title():
    parts = {"elements": Parts(delete=(a_part(title="Revenue", live_id="7"),))}
    plan = a_plan(actions=(an_action(action="update", parts=parts),))

    guard = tripped(plan)["part-deletes"]
    assert guard.summary == "1 live parts would be removed from items that stay"
    assert "Revenue" in guard.detail


def test_calls_an_older_looker_and_half_blind_keys_are_told():
    plan = of_summary(calls=200)

    assert "calls" in tripped(plan, max_calls=199)
    assert "calls" not in tripped(plan, max_calls=200)
    assert "looker-downgrade" in tripped(plan, source_version="99.1")
    assert "not-admin" in tripped(a_plan(actions=(an_action(action="create"),)), is_admin=False)


@pytest.mark.parametrize("name", GUARDS)
def test_a_check_yields_guards_of_the_name_that_it_is_listed_under(name):
    assert f'name="{name}"' in inspect.getsource(GUARDS[name])
