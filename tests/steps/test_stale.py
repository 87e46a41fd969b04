"""Changes of the destination since the plan was made."""

from typing import Any

import msgspec

from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import Ref, content_digest, tree_digest
from lookervault_plan.content.normalise import normalise
from lookervault_plan.execution.ids import Ids
from lookervault_plan.plan_file import (
    Change,
    PartAction,
    Parts,
    PlanReference,
    Update,
)
from lookervault_plan.steps.stale import TakenKeys, changes_since_plan, lost_references
from tests.execution.content import (
    Raw,
    a_dashboard,
    a_filter,
    a_look,
    a_plan,
    a_tile,
    creating,
    deleting,
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
    found = changes_since_plan(as_planned(), normalise("dashboard", raw))
    return [(stale.what, stale.part, stale.path) for stale in found]


def test_an_unchanged_item_is_not_stale():
    assert now(LIVE) == []


def test_a_cut_value_is_not_compared_as_if_it_were_whole():
    cut = Change(path="title", before="Old… (9 bytes)", after="Revenue", before_is_cut=True)
    plan = msgspec.structs.replace(as_planned(), changes=(cut,), live_digest="d" * 32)

    found = changes_since_plan(plan, normalise("dashboard", LIVE))

    assert [(stale.what, stale.path) for stale in found] == [("changed", "")]


def test_a_gone_item_is_stale():
    (stale,) = changes_since_plan(as_planned(), None)

    assert stale.what == "gone"


def test_staleness_names_part_and_field():
    (stale,) = changes_since_plan(as_planned(), normalise("dashboard", LIVE | {"title": "Newer"}))
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


def taken(live: list[Raw], raw: Raw, *, planned: Any = (), **more: Any) -> list[tuple[str, Any]]:
    action = creating("dashboard", raw, **more)
    ids = Ids(a_plan(action, remaps={"folder:7": "107"}))
    held = TakenKeys((identify("dashboard", each) for each in live), planned=planned)
    found = held.holders(action, normalise("dashboard", raw), ids.resolve)
    return [(stale.path, stale.now) for stale in found]


def test_a_create_is_stale_if_its_title_or_slug_was_taken():
    same = a_dashboard("5", folder="107", slug="other")
    raw = a_dashboard(slug="abc")

    assert taken([same], raw) == [("folder + title", "dashboard:5")]
    assert taken([same | {"deleted": True}], raw) == []
    assert taken([same], raw, planned={Ref("dashboard", "5")}) == []
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


def test_every_change_names_its_item_and_the_title_of_its_part():
    renamed = LIVE | {"title": "Newer"}
    other_tile = LIVE | {"dashboard_elements": [a_tile("7000", "Newer")]}
    other_filter = LIVE | {"dashboard_filters": [a_filter("500", "Other")]}
    new_filter = LIVE | {"dashboard_filters": [a_filter("500"), a_filter("501", "B")]}

    def titles(raw: Raw) -> list[tuple[str, str]]:
        found = changes_since_plan(as_planned(), normalise("dashboard", raw))
        return [(stale.address, stale.title) for stale in found]

    assert titles(renamed) == [("dashboard:42", "")]
    assert titles(other_tile) == [("dashboard:42", "Revenue")]
    assert titles(other_filter) == [("dashboard:42", "Other")]
    assert titles(new_filter) == [("dashboard:42", "B")]
    assert titles(LIVE | {"dashboard_elements": []}) == [("dashboard:42", "Revenue")]


def test_an_item_to_delete_is_stale_if_anything_in_it_changed():
    live = normalise("look", a_look("90"))
    planned = deleting("look", a_look(), "90")

    assert (
        changes_since_plan(msgspec.structs.replace(planned, live_digest=tree_digest(live)), live)
        == ()
    )
    (stale,) = changes_since_plan(planned, live)
    assert (stale.address, stale.what) == ("look:9", "changed")


def test_a_reference_that_changed_is_named_with_both_ids():
    change = Change(path="folder_id", before="100", after="107")
    planned = updating("look", a_look(), "90", changes=(change,))

    (stale,) = changes_since_plan(planned, normalise("look", a_look("90", folder="200")))
    (emptied,) = changes_since_plan(planned, normalise("look", a_look("90", folder="")))

    assert (stale.path, stale.before, stale.now) == ("folder_id", "100", "200")
    assert (emptied.before, emptied.now) == ("100", None)


def test_a_secret_value_is_not_compared_with_its_mask():
    secret = Change(path="title", before="(sensitive)", after="(sensitive)", sensitive=True)
    planned = updating("look", a_look(), "90", changes=(secret,))

    (stale,) = changes_since_plan(planned, normalise("look", a_look("90")))

    assert (stale.what, stale.path) == ("changed", "")


def test_of_a_user_s_boards_and_of_nobody_s_only_the_first_key_decides():
    """A board is its title and owner: another one's board of that title is no obstacle."""
    raw: Raw = {"id": "3", "title": "Start", "user_id": "1"}
    action = creating("board", raw)
    node = normalise("board", raw)

    def holders(*live: Raw) -> list[tuple[str, Any]]:
        held = TakenKeys(identify("board", each) for each in live)
        found = held.holders(action, node, lambda ref: f"10{ref.id}")
        return [(stale.path, stale.now) for stale in found]

    assert holders({"id": "8", "title": "Start", "user_id": "102"}) == []
    assert holders({"id": "8", "title": "Start", "user_id": "101"}) == [("title + user", "board:8")]


def test_a_title_is_not_taken_by_an_item_whose_folder_is_unknown():
    raw = a_look()
    held = TakenKeys([identify("look", a_look("5", folder=""))])

    assert held.holders(creating("look", raw), normalise("look", raw), lambda _: None) == ()


def test_all_live_items_but_our_own_hold_their_names():
    raw = a_dashboard(slug="abc")
    own, other = a_dashboard("5", folder="107"), a_dashboard("6", folder="107")

    assert taken([own, other], raw, planned={Ref("dashboard", "5")}) == [
        ("folder + title", "dashboard:6")
    ]


def test_only_references_to_items_that_are_gone_are_lost():
    raw = a_look(user_id="3")
    ids = Ids(a_plan(remaps={"folder:7": "107", "user:3": "103"}))
    asked: list[Ref] = []

    def exists(ref: Ref) -> bool:
        asked.append(ref)
        return ref != Ref("user", "103")

    found = lost_references(creating("look", raw), normalise("look", raw), ids.resolve, exists)

    assert [(each.address, each.what, each.path, each.now) for each in found] == [
        ("look:9", "gone", "user_id", "user:103")
    ]
    assert sorted(asked) == [Ref("folder", "107"), Ref("user", "103")]


def test_what_the_plan_itself_creates_is_not_lost():
    raw = tiled(1)
    ids = Ids(a_plan(creating("dashboard", raw), remaps={"folder:7": "107"}))

    found = lost_references(
        creating("dashboard", raw),
        normalise("dashboard", raw),
        ids.resolve,
        lambda ref: ref == Ref("folder", "107"),
    )

    assert found == ()


def test_parts_that_looker_does_not_show_any_more_are_named():
    update, node = as_planned(), normalise("dashboard", LIVE)
    hidden = {name: nodes for name, nodes in node.parts.items() if name != "filters"}
    unseen = msgspec.structs.replace(node, parts=hidden, unseen=frozenset({"filters"}))

    (found,) = changes_since_plan(update, unseen)

    assert (found.what, found.part) == ("unseen", "filters")
