"""Items, fields and members that the config file keeps out of a plan's hands."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.node import Ref, SourceId
from lookervault_plan.content.normalise import normalise
from lookervault_plan.plan_file import Options, Skip, Update
from lookervault_plan.planning.decide import Decisions
from lookervault_plan.planning.not_managed import (
    NotManaged,
    criteria_of,
    fields_of,
    not_managed,
)
from tests.planning.objects import SHARED, a_dashboard, a_folder, a_look, a_tile, plan_of

FOLDERS = [SHARED, a_folder()]


def rules(*add_only: str, picks: dict[str, list[str]] | None = None, **ignore: list[str]):
    """The rules of a config file. `picks` maps criteria to the addresses that they pick."""
    known = {key: [Ref.parse(each) for each in found] for key, found in (picks or {}).items()}
    options = Options(
        add_only=add_only,
        ignore={key: tuple(each) for key, each in ignore.items()},
    )
    return not_managed(options, lambda criterion: known[criterion])


def decided(desired: dict[str, list], live: dict[str, list], found: NotManaged, **more: Any):
    return plan_of(desired, live, not_managed=found, **{"same_instance": True, **more})


def notes(decisions: Decisions) -> list[str]:
    return [one.summary for one in decisions.diagnostics if one.severity == "note"]


def action_of(decisions: Decisions, address: str) -> Any:
    return next(each for each in decisions.actions if each.address == address)


def test_an_ignored_field_is_neither_compared_nor_updated_and_its_difference_is_told():
    decisions = decided(
        {"folder": FOLDERS, "dashboard": [a_dashboard(description="ours", title="New")]},
        {"folder": FOLDERS, "dashboard": [a_dashboard(description="theirs", title="Old")]},
        rules(dashboards=["description"]),
    )

    update = action_of(decisions, "dashboard:42")
    assert isinstance(update, Update)
    assert [change.path for change in update.changes] == ["title"]
    told = notes(decisions)[0]
    assert told.startswith('description of "New" differs and is not written: ')
    assert told.endswith('"theirs" in the destination; [ignore] leaves it alone')


def test_an_ignored_reference_stays_and_is_told_by_names():
    sales, other = a_folder(), a_folder("8", "Other")
    decisions = decided(
        {"folder": [SHARED, sales, other], "look": [a_look(folder="7")]},
        {"folder": [SHARED, sales, other], "look": [a_look(folder="8")]},
        rules(look=["folder_id"]),
    )

    assert isinstance(action_of(decisions, "look:9"), Skip)
    (told,) = notes(decisions)
    assert 'folder "Sales" in the backup, folder "Other" in the destination' in told


def test_an_ignored_field_is_sent_by_a_create():
    decisions = decided(
        {"folder": FOLDERS, "dashboard": [a_dashboard(description="ours")]},
        {"folder": FOLDERS},
        rules(dashboard=["description"]),
    )

    assert action_of(decisions, "dashboard:42").verb == "create"
    assert notes(decisions) == []


def test_an_equal_ignored_field_makes_no_note():
    both = {"folder": FOLDERS, "dashboard": [a_dashboard(description="same")]}

    assert notes(decided(both, both, rules(dashboard=["description"]))) == []


def test_an_ignored_collection_keeps_its_parts():
    decisions = decided(
        {"folder": FOLDERS, "dashboard": [a_dashboard(tiles=[])]},
        {"folder": FOLDERS, "dashboard": [a_dashboard(tiles=[a_tile()])]},
        rules(dashboard=["elements", "components"]),
    )

    assert isinstance(action_of(decisions, "dashboard:42"), Skip)


def test_an_item_that_a_criterion_leaves_alone_is_not_created_and_is_counted():
    decisions = decided(
        {"folder": FOLDERS, "look": [a_look(), a_look("10", "Other")]},
        {"folder": FOLDERS, "look": [a_look(title="Renamed")]},
        rules(picks={"title:*": ["look:9", "look:10"]}, **{"title:*": ["*"]}),
    )

    skipped = [action_of(decisions, address) for address in ("look:9", "look:10")]
    assert [each.reason for each in skipped] == ["not managed: [ignore] title:*"] * 2
    assert skipped[0].destination_id == "9"
    assert decisions.not_managed == {"look": 2}
    assert notes(decisions) == ["2 looks are not managed: [ignore] title:*"]


def test_a_whole_type_can_be_left_alone():
    decisions = decided(
        {"folder": FOLDERS, "look": [a_look(title="New")]},
        {"folder": FOLDERS, "look": [a_look(title="Old")]},
        rules(look=["*"]),
    )

    assert decisions.not_managed == {"look": 1}
    assert notes(decisions) == ["1 look is not managed: [ignore] look"]


def test_what_needs_an_item_that_is_not_created_is_blocked():
    decisions = decided(
        {"folder": [SHARED, a_folder()], "look": [a_look()]},
        {"folder": [SHARED]},
        rules(picks={"id:7": ["folder:7"]}, **{"id:7": ["*"]}),
    )

    assert action_of(decisions, "folder:7").verb == "skip"
    assert action_of(decisions, "look:9").verb == "blocked"


def test_a_link_to_an_item_that_is_not_created_stays_as_it_is():
    linking = a_look("10", "Other", description="see /dashboards/42")
    decisions = decided(
        {"folder": FOLDERS, "look": [linking], "dashboard": [a_dashboard()]},
        {"folder": FOLDERS},
        rules(dashboard=["*"]),
    )

    assert action_of(decisions, "look:10").deferred == ()


GROUP = {"id": "20", "name": "Finance", "can_add_to_content_metadata": True}


def a_group(*members: str) -> dict[str, Any]:
    return {**GROUP, "group_users": [{"user_id": member} for member in members]}


PEOPLE = [
    {"id": id_, "display_name": f"P{id_}", "email": f"{id_}@x.com", "is_disabled": False}
    for id_ in "345"
]


def test_an_add_only_collection_gains_members_and_loses_none():
    desired = {"user": PEOPLE, "group": [a_group("3", "4")]}
    live = {"user": PEOPLE, "group": [a_group("4", "5")]}

    managed = action_of(decided(desired, live, NotManaged()), "group:20")
    kept = decided(desired, live, rules("group.users"))

    assert [each.live_id for each in managed.parts["users"].delete] == ["5"]
    parts = action_of(kept, "group:20").parts["users"]
    assert [each.key for each in parts.create] == ["3"]
    assert parts.delete == ()
    assert [each.live_id for each in parts.surplus] == ["5"]
    assert notes(kept) == ["1 member stays that the backup lacks: [collections] removes none"]


def test_members_that_an_add_only_collection_keeps_are_told_in_later_plans_too():
    desired = {"user": PEOPLE, "group": [a_group("4")]}
    live = {"user": PEOPLE, "group": [a_group("4", "5")]}

    kept = decided(desired, live, rules("groups.users"))

    assert isinstance(action_of(kept, "group:20"), Skip)
    assert notes(kept) == ["1 member stays that the backup lacks: [collections] removes none"]


def test_an_ignored_title_takes_no_name_from_anybody():
    desired = {"folder": FOLDERS, "look": [a_look("9", "A"), a_look("10", "B")]}
    live = {"folder": FOLDERS, "look": [a_look("9", "X"), a_look("10", "A")]}

    decisions = decided(desired, live, rules(look=["title"]))

    assert {each.verb for each in decisions.actions} == {"skip"}


def test_rules_of_several_keys_add_up():
    found = rules(
        picks={"id:9": ["look:9"]}, look=["title"], looks=["public"], **{"id:9": ["description"]}
    )

    assert found.names_of(Ref("look", SourceId("9"))) == {"title", "public", "description"}
    assert found.names_of(Ref("look", SourceId("1"))) == {"title", "public"}
    assert found.rule_of(Ref("look", SourceId("9"))) == ""


def test_criteria_are_the_keys_that_name_no_type():
    ignore = {"Looks": ("title",), "folder:Shared": ("*",), "lookml-model": ("*",)}

    assert criteria_of(Options(ignore=ignore)) == ["folder:Shared"]


@pytest.mark.parametrize("name", ["title", "folder_id", "elements", "filters"])
def test_fields_references_and_collections_can_be_ignored(name: str):
    assert name in fields_of("dashboard")


@given(st.sets(st.sampled_from(sorted(fields_of("dashboard"))), max_size=6))
def test_a_managed_item_lacks_the_ignored_names_and_keeps_all_others(names: set[str]):
    item = normalise("dashboard", a_dashboard(description="d", tiles=[a_tile()]))
    found = NotManaged(by_type={"dashboard": frozenset(names)})

    managed = found.managed(item)

    for before, after in (
        (item.fields, managed.fields),
        (item.refs, managed.refs),
        (item.parts, managed.parts),
    ):
        assert after == {
            path: value for path, value in before.items() if path.partition(".")[0] not in names
        }
    assert (
        msgspec.structs.replace(managed, fields=item.fields, refs=item.refs, parts=item.parts)
        == item
    )


def test_an_equal_ignored_reference_and_an_unknown_collection_make_no_difference():
    both = {"folder": FOLDERS, "look": [a_look()]}

    decisions = decided(both, both, rules("nothing.users", look=["folder_id", "query_id"]))

    assert notes(decisions) == []
    assert {each.verb for each in decisions.actions} == {"skip"}
