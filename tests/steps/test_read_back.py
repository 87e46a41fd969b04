"""Items read back after an apply, compared with what was sent."""

from typing import Any

import msgspec

from lookervault_plan.content.node import Address, Ref, tree_digest
from lookervault_plan.content.normalise import content_key, normalise
from lookervault_plan.content.text_links import Instances
from lookervault_plan.errors import Diagnostic
from lookervault_plan.execution.ids import Ids, Workspace, resolver
from lookervault_plan.plan_file import (
    ContentWriting,
    Interim,
    PartAction,
    Parts,
)
from lookervault_plan.steps.read_back import read_back, verify
from tests.execution.content import (
    Raw,
    a_component,
    a_dashboard,
    a_folder,
    a_layout,
    a_look,
    a_plan,
    a_query,
    a_tile,
    changes,
    creating,
    loader,
    tiled,
    updating,
)


def made(raw: Raw, live: Raw, parts: dict[str, str], action: ContentWriting | None = None) -> Any:
    action = action or creating("dashboard", raw)
    ids = Ids(a_plan(action, remaps={"folder:7": "107"}))
    space = Workspace(ids, action)
    space.learn((Ref.parse(label), id_) for label, id_ in parts.items())
    space.put(Ref.parse(action.address), "4200")
    found = normalise("dashboard", live)
    return verify(action, normalise("dashboard", raw), found, space.resolve, Instances())


def live_of(raw: Raw) -> tuple[Raw, dict[str, str]]:
    """What Looker has after a faultless create, with other ids, and those ids."""
    tiles = [
        tile | {"id": f"7{tile['id']}", "dashboard_layout_id": "660", "view_count": 3}
        for tile in raw["dashboard_elements"]
    ]
    places = [
        place
        | {
            "id": f"8{place['id']}",
            "dashboard_element_id": f"7{place['dashboard_element_id']}",
            "dashboard_layout_id": "660",
        }
        for place in raw["dashboard_layouts"][0]["dashboard_layout_components"]
    ]
    live = a_dashboard(
        "4200",
        folder="107",
        tiles=tiles,
        layouts=[a_layout("660", *places)],
        crossfilter_enabled=True,
    )
    ids = {f"dashboard_element:{tile['id'][1:]}": tile["id"] for tile in tiles}
    ids |= {f"dashboard_layout_component:{place['id'][1:]}": place["id"] for place in places}
    return live, ids | {"dashboard_layout:60": "660"}


def test_an_item_that_looker_took_as_sent_gets_its_live_digest():
    raw = tiled(2)
    live, parts = live_of(raw)

    found = made(raw, live, parts)

    assert found.not_stored == ()
    assert found.live_digest == tree_digest(normalise("dashboard", live))
    assert found.desired_digest == tree_digest(normalise("dashboard", raw))


def test_a_value_that_looker_changed_is_named_by_part_and_field():
    raw = tiled(2, description="About")
    live, parts = live_of(raw)
    live["dashboard_elements"][1]["title"] = "Odd"
    del live["dashboard_layouts"][0]["dashboard_layout_components"][0]
    live["folder_id"] = "99"

    found = made(raw, live, parts)

    assert [(each.part, each.path, each.sent, each.got) for each in found.not_stored] == [
        ("", "description", "About", None),
        ("", "folder_id", "107", "99"),
        ("dashboard_element:71", "title", "Tile 1", "Odd"),
        ("dashboard_layout_component:80", "", None, "not there"),
    ]


def test_queries_are_compared_by_the_id_that_was_sent():
    raw = a_dashboard(
        tiles=[a_tile("70", query=a_query("900"))],
        layouts=[a_layout("60", a_component("80", "70"))],
    )
    live, parts = live_of(raw)
    live["dashboard_elements"][0] |= {"query_id": "5", "query": {"id": "5"}}
    key = f"query:{content_key('query', a_query())}"

    good = made(raw, live, {**parts, key: "5"})
    bad = made(raw, live, {**parts, key: "6"})

    assert good.not_stored == ()
    assert [(each.path, each.sent, each.got) for each in bad.not_stored] == [("query_id", "6", "5")]


def test_an_item_applied_in_part_gets_no_live_digest():
    raw = tiled(1)
    live, parts = live_of(raw)
    planned = creating("dashboard", raw)
    parts_planned = {**planned.parts, "filters": Parts(blocked=(PartAction(key="5"),))}
    action = msgspec.structs.replace(planned, parts=parts_planned)

    assert made(raw, live, parts, action).live_digest is None


class FakeItems:
    def __init__(self, *raws: Raw) -> None:
        self.raws = {raw["id"]: raw for raw in raws}

    def raw(self, ref: Ref) -> Raw | None:
        return self.raws.get(ref.id)


def test_all_written_items_are_read_at_once():
    raws = [a_folder("7", "A"), a_folder("8", "B"), a_folder("9", "C")]
    actions = [creating("folder", raw) for raw in raws]
    plan = a_plan(*actions, remaps={"folder:1": "101"})
    ids = Ids(plan)
    for raw in raws:
        ids.put(Ref("folder", raw["id"]), f"10{raw['id']}")
    asked: list[list[Ref]] = []

    def items(refs: Any) -> FakeItems:
        asked.append(list(refs))
        return FakeItems({"id": "107", "name": "A", "parent_id": "101"})

    found = list(
        read_back(
            plan,
            [actions[0].address, actions[1].address],
            resolve=ids.resolve,
            load=loader(*(("folder", raw) for raw in raws)),
            items=items,
            resolve_in=lambda action: resolver(ids, action, {}),
            instances=Instances(),
        )
    )

    assert asked == [[Ref("folder", "107"), Ref("folder", "108")]]
    assert [(each.address, len(each.not_stored), bool(each.live_digest)) for each in found] == [
        ("folder:7", 0, True),
        ("folder:8", 1, False),
    ]


def test_an_item_that_is_gone_is_named_and_gets_no_digest():
    raw = a_folder()
    ids = Ids(a_plan(creating("folder", raw)))

    found = verify(
        creating("folder", raw), normalise("folder", raw), None, ids.resolve, Instances()
    )

    assert [(each.address, each.part, each.path, each.got) for each in found.not_stored] == [
        ("folder:7", "", "", "not there")
    ]
    assert found.live_digest is None


def test_an_interim_title_is_compared_once_the_real_one_is_written():
    """While two looks swap titles, the first request sends a title that is not to stay."""
    raw = a_look(title="B")
    interim = Interim(path="title", value="B [look:9]", until=Address("look:8"))
    action = updating(
        "look", raw, "90", changes=changes("title"), interim=(interim,), deferred=("title",)
    )

    def got(title: str) -> list[tuple[str, Any, Any]]:
        live = normalise("look", a_look("90", title))
        ids = {Ref("look", "9"): "90", Ref("folder", "7"): "7"}
        found = verify(action, normalise("look", raw), live, ids.get, Instances())
        return [(each.path, each.sent, each.got) for each in found.not_stored]

    assert got("B") == []
    assert got("B [look:9]") == [("title", "B", "B [look:9]")]


def test_a_link_is_compared_as_it_was_rewritten():
    raw = a_look(description="see https://dev/looks/8")
    instances = Instances(frozenset({"https://dev"}), "https://prod")
    ids = {Ref("look", "9"): "90", Ref("look", "8"): "80", Ref("folder", "7"): "107"}
    ids[Ref("query", str(content_key("query", a_query())))] = "900"

    def not_stored(description: str) -> list[str]:
        live = normalise("look", a_look("90", folder="107", description=description))
        found = verify(creating("look", raw), normalise("look", raw), live, ids.get, instances)
        return [each.path for each in found.not_stored]

    assert not_stored("see https://prod/looks/80") == []
    assert not_stored("see https://dev/looks/8") == ["description"]


def test_items_that_can_t_be_read_any_more_are_passed_over_and_the_others_are_compared():
    raws = [a_folder("7", "A"), a_folder("8", "B"), a_folder("9", "C")]
    plan = a_plan(*(creating("folder", raw) for raw in raws), remaps={"folder:1": "101"})
    ids = Ids(plan)
    ids.put(Ref("folder", "7"), "107")  # 8 has no id
    ids.put(Ref("folder", "9"), "109")
    load = loader(*(("folder", raw) for raw in raws[1:]))
    broken = Diagnostic(code="blob.broken", summary="it can't be read")
    live = FakeItems({"id": "109", "name": "C", "parent_id": "101"})

    found = list(
        read_back(
            plan,
            [action.address for action in plan.actions],
            resolve=ids.resolve,
            load=lambda ref: broken if ref.id == "7" else load(ref),
            items=lambda _: live,
            resolve_in=lambda action: resolver(ids, action, {}),
            instances=Instances(),
        )
    )

    assert [(each.address, each.not_stored) for each in found] == [("folder:9", ())]


def test_nothing_is_read_if_nothing_was_written():
    def items(_: Any) -> FakeItems:
        raise AssertionError

    plan = a_plan(creating("folder", a_folder()))
    ids = Ids(plan)

    found = read_back(
        plan,
        [plan.actions[0].address],
        resolve=lambda _: None,
        load=loader(("folder", a_folder())),
        items=items,
        resolve_in=lambda action: resolver(ids, action, {}),
        instances=Instances(),
    )

    assert list(found) == []


def test_a_part_that_was_never_created_is_named():
    raw = tiled(1)
    live, parts = live_of(raw)
    del parts["dashboard_element:70"]

    found = made(raw, live, parts)

    assert {(each.part, each.got) for each in found.not_stored} == {
        ("dashboard_element:70", "not there"),
        ("dashboard_layout_component:80", "not there"),
    }


def checked(kind: str, raw: Raw, live: Raw, ids: dict[str, str], action: ContentWriting) -> Any:
    known = Ids(a_plan(action))
    space = Workspace(known, action)
    space.learn((Ref.parse(label), id_) for label, id_ in ids.items())
    node = normalise(kind, raw)
    return verify(action, node, normalise(kind, live), space.resolve, Instances())


def a_board(*sections: str, order: list[str]) -> Raw:
    return {
        "id": "5",
        "title": "Start",
        "section_order": order,
        "board_sections": [
            {"id": id_, "title": f"S{id_[-1]}", "item_order": [], "board_items": []}
            for id_ in sections
        ],
    }


def test_sections_that_were_made_in_another_order_are_told_and_not_remembered():
    raw = a_board("1", "2", order=["1", "2"])
    ids = {"board:5": "50", "board_section:1": "91", "board_section:2": "92"}
    right = a_board("91", "92", order=["91", "92"]) | {"id": "50"}
    action = creating("board", raw)

    fine = checked("board", raw, right, ids, action)
    swapped = checked("board", raw, right | {"section_order": ["92", "91"]}, ids, action)

    assert (fine.not_stored, fine.live_digest is None) == ((), False)
    ((path, sent, got),) = ((each.path, each.sent, each.got) for each in swapped.not_stored)
    assert (path, sent, got) == ("section_order", ["91", "92"], ["92", "91"])
    assert swapped.live_digest is None


def test_an_order_that_looker_did_not_take_is_remembered():
    raw = a_board("1", "2", order=["1", "2"])
    ids = {"board:5": "50", "board_section:1": "91", "board_section:2": "92"}
    live = a_board("91", "92", order=["92", "91"]) | {"id": "50"}
    keep = Parts(keep=(PartAction(key="1", live_id="91"), PartAction(key="2", live_id="92")))
    action = updating(
        "board", raw, "50", changes=changes("section_order"), parts={"sections": keep}
    )

    found = checked("board", raw, live, ids, action)

    assert found.live_digest is not None


def a_role(*users: str) -> Raw:
    return {"id": "5", "name": "Viewer", "role_users": [{"user_id": id_} for id_ in users]}


def test_users_of_a_role_that_looker_did_not_take_are_told():
    raw, ids = a_role("8", "9"), {"role:5": "50", "user:8": "80", "user:9": "90"}
    action = creating("role", raw)

    fine = checked("role", raw, a_role("90", "80") | {"id": "50"}, ids, action)
    lost = checked("role", raw, a_role("80") | {"id": "50"}, ids, action)
    unseen = checked("role", raw, {"id": "50", "name": "Viewer"}, ids, action)

    assert (fine.not_stored, unseen.not_stored) == ((), ())
    ((path, sent, got),) = ((each.path, each.sent, each.got) for each in lost.not_stored)
    assert (path, sent, got) == ("users", ["80", "90"], ["80"])


def test_a_role_with_an_unknown_user_is_not_compared():
    raw = a_role("8")
    action = creating("role", raw)
    ids = Ids(a_plan(action, creating("user", {"id": "8", "first_name": "Ann"})))
    space = Workspace(ids, action)
    space.put(Ref("role", "5"), "50")

    live = normalise("role", a_role("1") | {"id": "50"})
    found = verify(action, normalise("role", raw), live, space.resolve, Instances())

    assert found.not_stored == ()


def test_a_part_that_was_to_go_and_is_there_is_told():
    raw = a_dashboard(tiles=[])
    gone = Parts(delete=(PartAction(live_id="99", title="Old"),))
    action = updating("dashboard", raw, "4200", parts={"elements": gone})
    live = a_dashboard("4200", tiles=[a_tile("99")], layouts=[a_layout("60")])

    found = checked("dashboard", raw, live, {"dashboard:42": "4200", "folder:7": "7"}, action)

    assert [(each.part, each.got) for each in found.not_stored] == [
        ("dashboard_element:99", "still there")
    ]
