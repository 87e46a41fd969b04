"""Which actions reviewers read first."""

import pytest

from lookervault_plan.content.node import LiveId, SourceId
from lookervault_plan.plan_file import Action, Change, PartAction, Parts
from lookervault_plan.planning.report.risk import Risk, risk_of
from tests.builders import a_change, a_part, an_action, some_parts

SOME_PART = PartAction(key=SourceId("1"), title="Ann")


@pytest.mark.parametrize(
    ("action", "risk"),
    [
        (an_action("blocked"), Risk.BLOCKED),
        (an_action("skip"), Risk.NONE),
        (an_action("delete"), Risk.DELETES),
        (an_action("create"), Risk.CREATES),
        (an_action("update", changes=[a_change()]), Risk.UPDATES),
        (an_action("create", "user:1"), Risk.ACCESS),
        (an_action("update", "permission_set:1"), Risk.ACCESS),
        (an_action("create", "role:1"), Risk.ACCESS),
        (an_action("create", "unheard:1"), Risk.CREATES),
    ],
)
def test_an_action_counts_as_its_greatest_danger(action: Action, risk: Risk):
    assert risk_of(action) is risk


def test_a_tile_that_goes_is_a_delete_and_a_member_who_goes_is_access():
    tiles = {"elements": some_parts(delete=[a_part(None, live_id="9")])}
    members = {"users": Parts(delete=(PartAction(live_id=LiveId("9"), title="Ann"),))}

    assert risk_of(an_action("update", parts=tiles)) is Risk.DELETES
    assert risk_of(an_action("update", "group:1", parts=members)) is Risk.ACCESS


def test_an_access_entry_is_access_on_something_new_too():
    entries = {"entries": Parts(create=(SOME_PART,))}

    assert risk_of(an_action("create", "folder:1", parts=entries)) is Risk.ACCESS


@pytest.mark.parametrize(
    ("address", "change"),
    [
        ("dashboard:1", Change(path="user_id", before="1", after="2")),
        ("dashboard:1", Change(path="folder_id", before="1", after="2")),
        ("folder:1", Change(path="parent_id", before="1", after="2")),
        (
            "scheduled_plan:1",
            Change(path="scheduled_plan_destination", sensitive=True, added=("eve@x.example",)),
        ),
    ],
)
def test_another_owner_place_or_recipient_is_access(address: str, change: Change):
    assert risk_of(an_action("update", address, changes=[change])) is Risk.ACCESS


def test_another_target_and_a_recipient_who_goes_are_no_danger():
    target = Change(path="look_id", before="1", after="2")
    gone = Change(path="scheduled_plan_destination", sensitive=True, added=(), removed=("a@x",))

    for change in (target, gone):
        assert risk_of(an_action("update", "scheduled_plan:1", changes=[change])) is Risk.UPDATES
