"""What stands for what in the destination."""

from lookervault_plan.content.node import Ref
from lookervault_plan.execution.ids import Ids, Workspace
from lookervault_plan.plan_file import PartAction, Parts
from tests.execution.content import a_dashboard, a_look, a_plan, creating, updating

QUERY = Ref("query", "0" * 32)


def test_an_item_is_what_the_plan_maps_it_to_or_has_the_same_id():
    ids = Ids(a_plan(updating("look", a_look(), "99"), remaps={"folder:7": "107"}))

    assert ids.resolve(Ref("folder", "7")) == "107"
    assert ids.resolve(Ref("folder", "8")) == "8"
    assert ids.resolve(Ref("look", "9")) == "99"


def test_an_item_to_come_has_no_id_before_it_is_there():
    ids = Ids(a_plan(creating("look", a_look())))

    assert ids.resolve(Ref("look", "9")) is None
    ids.put(Ref("look", "9"), "1009")
    assert ids.resolve(Ref("look", "9")) == "1009"


def test_queries_keep_their_id_only_on_one_instance():
    assert Ids(a_plan()).resolve(Ref("merge_query", "m1")) is None
    assert Ids(a_plan(same_instance=True)).resolve(Ref("merge_query", "m1")) == "m1"
    known = Ids(a_plan(remaps={QUERY.address: "5"}))
    assert known.known_queries() == {QUERY}


def test_parts_are_those_the_plan_pairs_and_never_keep_their_id():
    parts = {
        "elements": Parts(update=(PartAction(key="70", live_id="700"),)),
        "layouts": Parts(keep=(PartAction(key="60", live_id="600"),)),
    }
    action = updating("dashboard", a_dashboard(), "4200", parts=parts)
    space = Workspace(Ids(a_plan(action)), action)

    assert space.resolve(Ref("dashboard_element", "70")) == "700"
    assert space.resolve(Ref("dashboard_layout", "60")) == "600"
    assert space.resolve(Ref("dashboard_element", "71")) is None
    assert space.resolve(Ref("dashboard", "42")) == "4200"


def test_an_id_stands_for_one_thing_only():
    ids = Ids(a_plan())
    space = Workspace(ids, creating("dashboard", a_dashboard()))
    one, two = Ref("dashboard_element", "70"), Ref("dashboard_element", "71")

    assert space.claim(one, "1")
    assert space.claim(one, "1")
    assert not space.claim(two, "1")
    assert space.claim(Ref("dashboard_filter", "5"), "1")
    assert ids.claim(Ref("look", "9"), "1")
    assert not ids.claim(Ref("look", "10"), "1")
    assert space.is_taken("look", "1")
