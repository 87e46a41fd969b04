"""An update turned into the action that creates what is gone: the item, or parts of it."""

from typing import Any

from lookervault_plan.content.node import Ref
from lookervault_plan.content.normalise import normalise
from lookervault_plan.plan_file import (
    Blocked,
    Change,
    Create,
    PartAction,
    Parts,
    PlanReference,
    Update,
    needs_of,
)
from lookervault_plan.steps.recreate import (
    as_create,
    created_parts,
    parts_gone,
    revised,
    with_created,
    without_parts,
)
from lookervault_plan.steps.step_id import StepId
from tests.builders import an_action
from tests.execution.content import (
    Raw,
    a_component,
    a_dashboard,
    a_filter,
    a_folder,
    a_layout,
    a_look,
    a_plan,
    a_tile,
    changes,
    creating,
    tiled,
    updating,
)


def created(kind: str, raw: Raw, **more: Any) -> tuple[Create, dict[str, list[str | None]]]:
    """The create of an updated item, and the keys of the parts that it creates."""
    action = as_create(updating(kind, raw, "900", **more), normalise(kind, raw))
    return action, {
        name: [entry.key for entry in parts.create]
        for name, parts in action.parts.items()
        if parts.create
    }


def test_a_gone_item_is_created_with_all_that_the_backup_holds_of_it():
    planned = {"elements": Parts(update=(PartAction(key="70", live_id="7000"),))}
    action, parts = created(
        "dashboard",
        tiled(2),
        parts=planned,
        changes=changes("title"),
        depends_on=("folder:7",),
        deferred=("description",),
        path=("Shared",),
        calls=3,
    )

    assert (action.address, action.type, action.name) == ("dashboard:42", "dashboard", "Revenue")
    assert (action.depends_on, action.deferred) == (("folder:7",), ("description",))
    assert (action.path, action.calls, action.changes) == (("Shared",), 3, ())
    assert parts == {"layouts": ["60"], "elements": ["70", "71"], "components": ["80", "81"]}


def test_a_part_that_the_plan_leaves_out_stays_out_with_all_that_needs_it():
    blocked = Parts(blocked=(PartAction(key="71", title="B", reason="its look is missing"),))
    action, parts = created("dashboard", tiled(2), parts={"elements": blocked})

    assert parts["elements"] == ["70"]
    assert parts["components"] == ["80"]
    assert [entry.reason for entry in action.parts["elements"].blocked] == ["its look is missing"]
    # A component only places its tile: nobody is told of it.
    assert action.parts["components"].blocked == ()


def test_a_part_with_a_hard_reference_that_is_missing_is_left_out_and_says_why():
    raw = a_dashboard(tiles=[a_tile("70", look_id="9"), a_tile("71", "B")])
    missing = PlanReference(path="look_id", from_="look:9", part="elements/70")
    found = PlanReference(path="look_id", from_="look:8", to="look:80", part="elements/71")

    action, parts = created("dashboard", raw, references=(missing, found))

    assert parts["elements"] == ["71"]
    assert [(e.key, e.title, e.reason) for e in action.parts["elements"].blocked] == [
        ("70", "Revenue", "look:9 is not in the destination")
    ]


def test_a_soft_reference_that_is_missing_leaves_its_part_in():
    raw = a_dashboard(tiles=[a_tile("70", image_id="5")])
    missing = PlanReference(path="image_id", from_="dashboard_image:5", part="elements/70")

    _, parts = created("dashboard", raw, references=(missing,))

    assert parts["elements"] == ["70"]


def test_members_who_are_missing_are_left_out_without_a_word():
    raw: Raw = {"id": "5", "name": "Sales", "group_users": [{"user_id": "1"}, {"user_id": "2"}]}
    missing = PlanReference(path="user_id", from_="user:2", part="users/2")

    action, parts = created("group", raw, references=(missing,))

    assert parts == {"users": ["1"]}
    assert action.parts["users"].blocked == ()


def test_an_access_entry_of_a_missing_group_is_left_out_without_a_word():
    entries = [
        {"id": "e1", "content_metadata_id": "c1", "permission_type": "view", "group_id": "5"},
        {"id": "e2", "content_metadata_id": "c1", "permission_type": "view", "group_id": "6"},
    ]
    raw: Raw = a_folder() | {"access": {"id": "c1", "inherits": False, "entries": entries}}
    missing = PlanReference(path="group_id", from_="group:6", part="entries/e2")

    action, parts = created("folder", raw, references=(missing,))

    assert parts["entries"] == ["e1"]
    assert action.parts["entries"].blocked == ()


def test_a_board_item_whose_look_is_missing_is_left_out_and_the_orders_are_written_anew():
    items = [
        {"id": "1", "board_section_id": "30", "look_id": "8"},
        {"id": "2", "board_section_id": "30", "look_id": "9"},
    ]
    sections = [{"id": "30", "title": "Part", "board_items": items, "item_order": ["2", "1"]}]
    raw: Raw = {"id": "3", "title": "Start", "board_sections": sections, "section_order": ["30"]}
    missing = PlanReference(path="look_id", from_="look:8", part="items/1")

    action, parts = created("board", raw, references=(missing,))

    assert parts["items"] == ["2"]
    assert [entry.key for entry in action.parts["items"].blocked] == ["1"]
    assert action.changes == (Change(path="section_order"),)
    assert action.parts["sections"].create[0].changes == (Change(path="item_order"),)


def test_an_access_list_that_looker_makes_with_the_item_is_not_created():
    inheriting: Raw = a_folder() | {"access": {"id": "c1", "inherits": True}}
    own: Raw = a_folder() | {"access": {"id": "c1", "inherits": False, "entries": []}}

    assert created("folder", inheriting)[1] == {}
    assert created("folder", own)[1] == {"access": ["c1"]}


# --- parts that are gone ------------------------------------------------------------------------


def an_update(raw: Raw, **parts: Parts) -> Update:
    return updating("dashboard", raw, "4200", parts=parts)


def test_a_tile_that_is_gone_is_created_again_with_its_component():
    raw = tiled(2)
    seventy = PartAction(key="70", live_id="7000", changes=changes("title"))
    action = an_update(
        raw,
        layouts=Parts(keep=(PartAction(key="60", live_id="600"),)),
        elements=Parts(update=(seventy, PartAction(key="71", live_id="7001"))),
        components=Parts(keep=(PartAction(key="80", live_id="8000"),)),
    )

    found = without_parts(action, normalise("dashboard", raw), [Ref("dashboard_element", "70")])

    assert [entry.key for entry in found.parts["elements"].create] == ["70"]
    assert [entry.title for entry in found.parts["elements"].create] == ["Tile 0"]
    assert [entry.key for entry in found.parts["elements"].update] == ["71"]
    assert [entry.key for entry in found.parts["components"].create] == ["80"]
    assert found.parts["components"].keep == ()
    assert found.parts["layouts"] == action.parts["layouts"]


def test_a_part_that_is_created_or_left_out_already_is_not_created_twice():
    raw = tiled(2)
    action = an_update(
        raw,
        elements=Parts(create=(PartAction(key="70"),), blocked=(PartAction(key="71"),)),
    )
    gone = [Ref("dashboard_element", "70"), Ref("dashboard_element", "71")]

    found = without_parts(action, normalise("dashboard", raw), gone)

    assert [entry.key for entry in found.parts["elements"].create] == ["70"]
    assert [entry.key for entry in found.parts["elements"].blocked] == ["71"]


def test_parts_are_gone_if_the_plan_needs_them_and_the_live_item_lacks_them():
    raw = a_dashboard(filters=[a_filter("5")], tiles=[a_tile("70"), a_tile("71", "B")])
    live = a_dashboard("4200", tiles=[a_tile("7001", "B")], layouts=[a_layout("600")])
    action = an_update(
        raw,
        filters=Parts(keep=(PartAction(key="5", live_id="55"),)),
        layouts=Parts(keep=(PartAction(key="60", live_id="600"),)),
        elements=Parts(
            create=(PartAction(key="72"),),
            update=(
                PartAction(key="70", live_id="7000"),
                PartAction(key="71", live_id="7001"),
                PartAction(live_id="7009"),
            ),
            delete=(PartAction(live_id="7005"),),
        ),
        components=Parts(update=(PartAction(key="80", live_id="8000"),)),
    )

    # A component comes with its tile: Looker makes it again.
    assert set(parts_gone(action, normalise("dashboard", live))) == {
        Ref("dashboard_filter", "5"),
        Ref("dashboard_element", "70"),
    }


def test_created_parts_are_those_with_a_place_in_the_backup():
    action = creating("dashboard", tiled(1))
    odd = an_update(tiled(1), elements=Parts(create=(PartAction(),), update=(PartAction(key="7"),)))

    assert created_parts(action) == {
        Ref("dashboard_layout", "60"),
        Ref("dashboard_element", "70"),
        Ref("dashboard_layout_component", "80"),
    }
    assert created_parts(odd) == frozenset()


# --- what an earlier run decided ------------------------------------------------------------------


def test_a_resumed_run_takes_the_decisions_of_the_run_before_from_its_steps():
    raw = tiled(2)
    node = normalise("dashboard", raw)
    action = an_update(
        raw,
        elements=Parts(
            create=(PartAction(key="71"),), update=(PartAction(key="70", live_id="7000"),)
        ),
    )

    def of_tile(id_: str) -> StepId:
        return StepId.of_part(action.address, Ref("dashboard_element", id_), "create")

    lost = [Ref("dashboard_element", "70")]
    assert isinstance(revised(action, node, {StepId(action.address, "create")}), Create)
    assert revised(action, node, {StepId(action.address, "update")}) is action
    assert revised(action, node, {of_tile("71")}) is action
    assert revised(action, node, {of_tile("70")}) == without_parts(action, node, lost)


# --- the plan with creates in place of updates ----------------------------------------------------


def test_what_refers_to_a_new_item_waits_for_it_and_its_remap_goes():
    folder, look = a_folder(), a_look()
    update = updating("folder", folder, "107")
    other = updating("look", look, "90", depends_on=("user:3",))
    blocked = an_action("blocked", "look:8")
    plan = a_plan(update, other, blocked, remaps={"folder:7": "107", "folder:1": "101"})
    anew = {update.address: as_create(update, normalise("folder", folder))}

    found = with_created(plan, anew, [normalise("folder", folder), normalise("look", look)])

    actions = {action.address: action for action in found.actions}
    assert isinstance(actions[update.address], Create)
    assert needs_of(actions[other.address]) == ("folder:7", "user:3")
    assert isinstance(actions[blocked.address], Blocked)
    assert [remap.source_id for remap in found.remaps] == ["1"]


def test_parts_that_refer_to_a_new_item_make_their_item_wait():
    dashboard = a_dashboard(tiles=[a_tile("70", look_id="9")])
    plan = a_plan(updating("dashboard", dashboard, "4200"), updating("look", a_look(), "90"))
    anew = {plan.actions[1].address: creating("look", a_look())}

    found = with_created(plan, anew, [normalise("dashboard", dashboard)])

    assert needs_of(found.actions[0]) == ("look:9",)


def test_an_item_does_not_wait_for_one_that_waits_for_it():
    """A look waits for its folder already; a link back from the folder's parent closes no cycle."""
    inner, outer = a_folder("8", "Inner", parent="7"), a_folder("7", "Outer", parent="8")
    plan = a_plan(
        updating("folder", outer, "107"),
        updating("folder", inner, "108", depends_on=("folder:9",)),
        updating("folder", a_folder("9", "Mid"), "109", depends_on=("folder:7",)),
    )
    anew = {plan.actions[1].address: creating("folder", inner, depends_on=("folder:9",))}

    found = with_created(plan, anew, [normalise("folder", outer)])

    # 8 reaches 7 through 9, so 7 must not wait for 8.
    assert needs_of(found.actions[0]) == ()


def test_an_update_that_only_creates_parts_keeps_its_remap():
    raw = tiled(1)
    update = an_update(raw, elements=Parts(update=(PartAction(key="70", live_id="7000"),)))
    plan = a_plan(update, remaps={"dashboard:42": "4200"})
    node = normalise("dashboard", raw)
    anew = {update.address: without_parts(update, node, [Ref("dashboard_element", "70")])}

    found = with_created(plan, anew, [node])

    assert [remap.destination_id for remap in found.remaps] == ["4200"]


def test_a_component_in_a_group_of_another_is_its_own_part():
    raw = a_dashboard(
        tiles=[a_tile("70"), a_tile("71", "B")],
        layouts=[a_layout("60", a_component("80", "70"), a_component("81", "71", group_id="80"))],
    )

    assert created("dashboard", raw)[1]["components"] == ["80", "81"]


def test_waiting_is_followed_through_items_that_meet_again():
    """9 waits for 8 and 7, and both of those for 6: a diamond is no cycle."""
    raws = {key: a_folder(key, key, parent="1") for key in ("6", "7", "8", "9")}
    needs = {"6": (), "7": ("folder:6",), "8": ("folder:6",), "9": ("folder:7", "folder:8")}
    actions = [updating("folder", raws[key], f"10{key}", depends_on=needs[key]) for key in raws]
    look = a_look(folder="9")
    plan = a_plan(*actions, updating("look", look, "90"))
    anew = {actions[3].address: creating("folder", raws["9"], depends_on=needs["9"])}

    found = with_created(plan, anew, [normalise("look", look)])

    assert needs_of(found.actions[-1]) == ("folder:9",)
