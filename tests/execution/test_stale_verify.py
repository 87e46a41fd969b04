"""What was seen before, and what is there afterwards."""

from typing import Any

import msgspec

from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import Ref, content_digest, tree_digest
from lookervault_plan.content.normalise import content_key, normalise
from lookervault_plan.content.text_links import Instances
from lookervault_plan.execution.ids import Ids, Workspace, resolver
from lookervault_plan.plan_file import (
    Change,
    ContentWriting,
    PartAction,
    Parts,
    PlanReference,
    Update,
)
from lookervault_plan.steps.read_back import read_back, verify
from lookervault_plan.steps.stale import Taken, changed, lost_references
from tests.execution.content import (
    Raw,
    a_component,
    a_dashboard,
    a_filter,
    a_folder,
    a_layout,
    a_look,
    a_plan,
    a_query,
    a_tile,
    creating,
    loader,
    tiled,
    updating,
)

LIVE = a_dashboard("4200", title="Old", filters=[a_filter("500")], tiles=[a_tile("7000", "Old")])


def as_planned(live: Raw = LIVE) -> Update:
    """An update that knows everything about `live`."""
    node = normalise("dashboard", live)
    parts = {
        name: Parts(live={part.id: content_digest(part) for part in nodes})
        for name, nodes in node.parts.items()
        if nodes
    }
    tile = PartAction(
        key="70",
        title="Revenue",
        live_id="7000",
        changes=(Change(path="title", before="Old", after="New"),),
    )
    parts["elements"] = msgspec.structs.replace(parts["elements"], update=(tile,))
    return updating(
        "dashboard",
        a_dashboard(),
        "4200",
        changes=(Change(path="title", before="Old", after="Revenue"),),
        parts=parts,
        live_digest=tree_digest(node),
    )


def now(raw: Raw) -> list[tuple[str, str, str]]:
    found = changed(as_planned(), normalise("dashboard", raw))
    return [(stale.what, stale.part, stale.path) for stale in found]


def test_an_unchanged_item_is_not_stale():
    assert now(LIVE) == []


def test_a_cut_value_is_not_compared_as_if_it_were_whole():
    cut = Change(path="title", before="Old… (9 bytes)", after="Revenue", before_is_cut=True)
    plan = msgspec.structs.replace(as_planned(), changes=(cut,), live_digest="d" * 32)

    found = changed(plan, normalise("dashboard", LIVE))

    assert [(stale.what, stale.path) for stale in found] == [("changed", "")]


def test_a_gone_item_is_stale():
    (stale,) = changed(as_planned(), None)

    assert stale.what == "gone"


def test_staleness_names_part_and_field():
    (stale,) = changed(as_planned(), normalise("dashboard", LIVE | {"title": "Newer"}))
    tile = LIVE | {"dashboard_elements": [a_tile("7000", "Newer")]}

    assert (stale.path, stale.before, stale.now) == ("title", "Old", "Newer")
    assert now(tile) == [("changed", "elements/7000", "title")]
    assert now(LIVE | {"dashboard_filters": [a_filter("500", "Other")]}) == [
        ("changed", "filters/500", "")
    ]
    assert now(LIVE | {"dashboard_filters": []}) == [("gone", "filters/500", "")]
    assert now(LIVE | {"dashboard_filters": [a_filter("500"), a_filter("501", "B")]}) == [
        ("new", "filters/501", "")
    ]
    assert now(LIVE | {"description": "x"}) == [("changed", "", "")]


def taken(live: list[Raw], raw: Raw, *, ours: Any = (), **more: Any) -> list[tuple[str, Any]]:
    action = creating("dashboard", raw, **more)
    ids = Ids(a_plan(action, remaps={"folder:7": "107"}))
    held = Taken((identify("dashboard", each) for each in live), ours=ours)
    found = held.by(action, normalise("dashboard", raw), ids.resolve)
    return [(stale.path, stale.now) for stale in found]


def test_a_create_is_stale_if_its_title_or_slug_was_taken():
    same = a_dashboard("5", folder="107", slug="other")
    raw = a_dashboard(slug="abc")

    assert taken([same], raw) == [("folder + title", "dashboard:5")]
    assert taken([same | {"deleted": True}], raw) == []
    assert taken([same], raw, ours={Ref("dashboard", "5")}) == []
    assert taken([same | {"folder_id": "7"}], raw) == []
    slug = a_dashboard("6", title="X", slug="abc", deleted=True)
    assert taken([slug], raw) == [("slug", "dashboard:6")]
    assert taken([slug], raw, references=(PlanReference(path="slug", from_="abc"),)) == []


def test_a_create_is_stale_if_an_item_it_refers_to_is_gone():
    raw = a_look()
    ids = Ids(a_plan(remaps={"folder:7": "107"}))

    found = lost_references(
        creating("look", raw), normalise("look", raw), ids.resolve, lambda _: False
    )

    assert [(stale.path, stale.now) for stale in found] == [("folder_id", "folder:107")]


# --- read back ---------------------------------------------------------------------------------


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

    assert found.untaken == ()
    assert found.live_digest == tree_digest(normalise("dashboard", live))
    assert found.desired_digest == tree_digest(normalise("dashboard", raw))


def test_a_value_that_looker_changed_is_named_by_part_and_field():
    raw = tiled(2, description="About")
    live, parts = live_of(raw)
    live["dashboard_elements"][1]["title"] = "Odd"
    del live["dashboard_layouts"][0]["dashboard_layout_components"][0]
    live["folder_id"] = "99"

    found = made(raw, live, parts)

    assert [(each.part, each.path, each.sent, each.got) for each in found.untaken] == [
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

    assert good.untaken == ()
    assert [(each.path, each.sent, each.got) for each in bad.untaken] == [("query_id", "6", "5")]


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
    assert [(each.address, len(each.untaken), bool(each.live_digest)) for each in found] == [
        ("folder:7", 0, True),
        ("folder:8", 1, False),
    ]
