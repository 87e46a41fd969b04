"""Dangers that a plan holds, told with their numbers."""

from collections.abc import Mapping

import msgspec

from lookervault_plan.content.node import Address
from lookervault_plan.plan_file import (
    Action,
    Change,
    Counts,
    PartAction,
    Parts,
    Summary,
    Update,
)
from lookervault_plan.planning.judge.guards import Limits, judge
from lookervault_plan.planning.judge.rights import Rights
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

    assert guards["alerts-lost"].summary == (
        "2 alerts would be deleted, alone or with the tiles they belong to"
    )
    assert "Costs" in guards["alerts-lost"].detail
    assert "part-deletes" in guards


def test_a_share_of_updates_trips_from_ten_matched_items_on():
    assert "updates-share" not in tripped(of_summary(update=9, skip=0))
    assert "updates-share" not in tripped(of_summary(update=3, skip=7))
    assert "4 of 10" in tripped(of_summary(update=4, skip=6))["updates-share"].summary
    assert "updates-share" not in tripped(of_summary(update=4, skip=6), updates_share=0.5)


def completing(*, parts: Mapping[str, Parts] | None = None, type_: str = "folder") -> Action:
    action = an_action("update", f"{type_}:5", parts=parts)
    assert isinstance(action, Update)
    return msgspec.structs.replace(action, completes=True)


def test_completing_an_item_of_an_earlier_session_counts_as_no_update():
    summary = Summary(update=4, skip=6, by_type={"folder": Counts()})
    plan = msgspec.structs.replace(a_plan(actions=(completing(),)), summary=summary)

    assert "updates-share" not in tripped(plan)


def test_entries_that_looker_copied_into_an_unfinished_item_may_go():
    gone = Parts(delete=(a_part(title="All Users", live_id="7"),))

    assert "part-deletes" not in tripped(a_plan(actions=(completing(parts={"entries": gone}),)))
    tile = completing(parts={"elements": gone}, type_="dashboard")
    assert "part-deletes" in tripped(a_plan(actions=(tile,)))


def test_an_allowed_guard_is_still_told():
    plan = a_plan(actions=(an_action(action="delete", parts={}),))

    assert not tripped(plan)["deletes"].allowed
    assert tripped(plan, "deletes")["deletes"].allowed


def test_parts_of_items_that_stay_are_counted_by_title():
    parts = {"elements": Parts(delete=(a_part(title="Revenue", live_id="7"),))}
    plan = a_plan(actions=(an_action(action="update", parts=parts),))

    guard = tripped(plan)["part-deletes"]
    assert guard.summary == "1 tile would be deleted from an existing dashboard"
    assert "Revenue" in guard.detail


def test_each_kind_of_parts_can_be_allowed_by_itself():
    parts = {
        "elements": Parts(delete=(a_part(title="Revenue", live_id="7"),)),
        "filters": Parts(delete=(a_part(title="Region", live_id="8"),)),
    }
    plan = a_plan(actions=(an_action(action="update", parts=parts),))

    assert tripped(plan)["part-deletes"].kinds == {"filters": 1, "tiles": 1}
    one = tripped(plan, "part-deletes:tiles")["part-deletes"]
    assert not one.allowed
    assert one.fix == "plan again with --allow part-deletes:filters to accept this"
    assert tripped(plan, "part-deletes:tiles", "part-deletes:filters")["part-deletes"].allowed
    assert tripped(plan, "part-deletes")["part-deletes"].allowed


def test_an_alert_counts_among_alerts_only_however_it_goes():
    parts = {
        "elements": Parts(delete=(PartAction(title="Revenue", live_id="7", alerts=2),)),
        "alerts": Parts(delete=(a_part(title="Too low", live_id="8"),)),
    }
    guards = tripped(a_plan(actions=(an_action(action="update", parts=parts),)))

    assert guards["alerts-lost"].summary.startswith("3 alerts would be deleted")
    assert guards["part-deletes"].kinds == {"tiles": 1}


def test_somebody_who_could_sign_in_again_is_named():
    change = Change(path="is_disabled", before=True, after=False)
    action = an_action("update", "user:5", name="Zoë Berg", changes=(change,))

    guard = tripped(a_plan(actions=(action,)))["users-enable"]

    assert '"Zoë Berg"' in guard.detail


def test_more_access_for_somebody_who_exists_already_is_named():
    entries = Parts(
        create=(
            PartAction(key="1", title="Finance", to="group:3"),
            PartAction(key="2", title="new", to=None),
        ),
        update=(
            a_part(
                "3",
                title="Sales",
                changes=(Change(path="permission_type", before="view", after="edit"),),
            ),
        ),
    )
    folder = an_action("update", "folder:9", parts={"entries": entries})
    added = Change(
        path="permissions",
        before=["see_looks"],
        after=["see_looks", "see_sql"],
        added=("see_sql",),
        removed=(),
    )
    rights = an_action("update", "permission_set:2", changes=(added,))
    users = {"users": Parts(create=(PartAction(key="5", title="Ann", to="user:5"),))}
    role = an_action("update", "role:4", name="Viewer", parts=users)

    guard = tripped(a_plan(actions=(folder, rights, role)))["access-widened"]

    assert guard.summary == "4 changes would give people more access than they have now"
    assert "see_sql" in guard.detail
    assert '"new"' not in guard.detail


def test_a_group_with_roles_gives_its_roles_to_who_joins():
    users = {"users": Parts(create=(PartAction(key="5", title="Ann", to="user:5"),))}
    group = an_action("update", "group:4", destination_id="40", parts=users)
    plan = a_plan(actions=(group,))

    assert "access-widened" not in tripped(plan)
    assert "access-widened" in tripped(
        plan, rights=Rights(with_roles=frozenset({Address("group:40")}))
    )


def test_calls_an_older_looker_and_half_blind_keys_are_told():
    plan = of_summary(calls=200)

    assert "calls" in tripped(plan, max_calls=199)
    assert "calls" not in tripped(plan, max_calls=200)
    assert "looker-downgrade" in tripped(plan, source_version="99.1")
    assert "not-admin" in tripped(a_plan(actions=(an_action(action="create"),)), is_admin=False)
