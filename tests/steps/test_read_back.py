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
