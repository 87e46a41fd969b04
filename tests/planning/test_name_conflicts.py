"""Names that no two live items may share: swapped, chained, taken."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lookervault_plan.content.node import Ref
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import Blocked, ContentWriting, destination_id_of, needs_of
from lookervault_plan.planning.references.resolve import References
from tests.planning.objects import (
    SHARED,
    a_dashboard,
    a_folder,
    a_look,
    a_tile,
    by_address,
    content_writing,
    plan_of,
)

FOLDERS = [SHARED, a_folder("7", "Sales"), a_folder("8", "Ops")]


def test_natural_keys_hold_all_that_is_unique():
    for row in KINDS.values():
        keys = {name for key in row.item.natural_keys for name in key}
        assert {name for names in row.item.unique_keys for name in names} <= keys


def looks_of(titles, folders=None):
    folders = folders or {}
    return [a_look(id_, title, folders.get(id_, "7")) for id_, title in titles.items()]


def planned(desired, live, *, folders=None, live_folders=None, **more: Any):
    """Looks of one instance by their titles: id -> title."""
    return plan_of(
        {"folder": FOLDERS, "look": looks_of(desired, folders)},
        {"folder": FOLDERS, "look": looks_of(live, live_folders)},
        same_instance=True,
        **more,
    )


def test_a_title_that_another_one_gives_up_is_waited_for():
    decisions = planned({"1": "B", "2": "C"}, {"1": "A", "2": "B"})

    actions = by_address(decisions)
    assert actions["look:1"].depends_on == ("look:2",)
    assert actions["look:2"].depends_on == ()
    assert not actions["look:1"].interim
    assert [a.address for a in content_writing(decisions)] == ["look:2", "look:1"]


def test_a_new_one_waits_too():
    decisions = planned({"1": "B", "2": "A"}, {"1": "A"})

    assert by_address(decisions)["look:2"].verb == "create"
    assert by_address(decisions)["look:2"].depends_on == ("look:1",)


def test_of_two_swapped_titles_one_goes_by_another_name_for_a_while():
    decisions = planned({"1": "B", "2": "A"}, {"1": "A", "2": "B"})

    first, second = by_address(decisions)["look:1"], by_address(decisions)["look:2"]
    (interim,) = first.interim
    assert (interim.path, interim.value, interim.until) == ("title", "B [look:1]", "look:2")
    assert first.deferred == ("title",)
    assert first.depends_on == ()
    assert second.depends_on == ("look:1",)
    assert (first.calls, second.calls) == (2, 1)


def test_a_ring_of_titles_needs_one_interim_name():
    titles = {"1": "A", "2": "B", "3": "C", "4": "D"}
    turned = {"1": "B", "2": "C", "3": "D", "4": "A"}

    actions = content_writing(planned(turned, titles))

    assert [a.address for a in actions if a.interim] == ["look:1"]
    assert [a.address for a in actions] == ["look:1", "look:4", "look:3", "look:2"]


def test_two_of_a_title_that_change_places_are_a_swap_too():
    decisions = planned(
        {"1": "A", "2": "A"},
        {"1": "A", "2": "A"},
        folders={"1": "8", "2": "7"},
        live_folders={"1": "7", "2": "8"},
    )

    first, second = by_address(decisions)["look:1"], by_address(decisions)["look:2"]
    assert [each.path for each in first.interim] == ["title"]
    assert [change.path for change in first.changes] == ["folder_id"]
    assert second.depends_on == ("look:1",)


def test_folders_swap_their_names_and_what_lies_in_them_stays():
    swapped = [SHARED, a_folder("7", "Ops"), a_folder("8", "Sales")]
    decisions = plan_of({"folder": swapped}, {"folder": FOLDERS}, same_instance=True)

    assert [(a.address, len(a.interim)) for a in content_writing(decisions)] == [
        ("folder:7", 1),
        ("folder:8", 0),
    ]


def test_a_folder_that_moves_into_the_one_that_takes_its_name():
    """`Sales` becomes `Sales/Old`: the new one needs the name, the old one the new folder."""
    desired = [SHARED, a_folder("7", "Sales", "9"), a_folder("9", "Sales")]
    decisions = plan_of({"folder": desired}, {"folder": FOLDERS[:2]}, same_instance=True)

    new, old = by_address(decisions)["folder:9"], by_address(decisions)["folder:7"]
    assert old.depends_on == ("folder:9",)
    assert new.depends_on == ()
    assert [(each.path, each.until) for each in new.interim] == [("name", "folder:7")]


def test_a_title_that_somebody_else_keeps_blocks_the_item_and_what_needs_it():
    desired = [SHARED, a_folder("7", "Sales"), a_folder("9", "Deep", "7")]
    live = [SHARED, a_folder("7", "Old"), a_folder("70", "Sales")]
    decisions = plan_of(
        {"folder": desired, "look": [a_look(folder="9")]}, {"folder": live}, same_instance=True
    )

    actions = by_address(decisions)
    assert actions["folder:7"].verb == "blocked"
    assert actions["folder:7"].reason == "its name is taken"
    # The folder itself is there, if under another name, so what lies in it is no problem.
    assert actions["folder:9"].verb == "create"
    (told,) = [one for one in decisions.diagnostics if one.severity == "error"]
    assert told.code == "name.taken"
    assert "folder:70 has that name in the same place" in told.summary
    assert "folder:\n  '7': '70'" in told.fix


def test_who_is_blocked_does_not_give_up_his_title():
    decisions = planned({"1": "B", "2": "C", "3": "A"}, {"1": "A", "2": "B", "9": "C", "3": "D"})

    assert [a.verb for a in decisions.actions if a.type == "look"] == ["blocked"] * 3
    by_code = {told.address: told.summary for told in decisions.diagnostics}
    assert "look:9 has that title" in by_code["look:2"]
    assert "look:2 has that title" in by_code["look:1"]


def test_a_title_that_is_not_selected_to_be_given_up_is_kept():
    decisions = planned(
        {"1": "B", "2": "C"}, {"1": "A", "2": "B"}, selected={Ref("look", "1"), Ref("folder", "7")}
    )

    assert by_address(decisions)["look:1"].verb == "blocked"
    assert "select look:2 too" in decisions.diagnostics[0].fix


def test_what_comes_back_from_the_trash_needs_its_title_free():
    decisions = plan_of(
        {"folder": FOLDERS, "look": [a_look("1", "A")]},
        {"folder": FOLDERS, "look": [a_look("1", "A", deleted=True), a_look("5", "A")]},
        same_instance=True,
    )

    assert by_address(decisions)["look:1"].verb == "blocked"


def test_what_lies_in_the_trash_holds_no_title():
    decisions = plan_of(
        {"folder": FOLDERS, "look": [a_look("1", "B")]},
        {"folder": FOLDERS, "look": [a_look("1", "A"), a_look("5", "B", deleted=True)]},
        same_instance=True,
    )

    assert by_address(decisions)["look:1"].verb == "update"


def test_two_that_are_to_share_a_title_are_both_blocked():
    decisions = plan_of(
        {"folder": FOLDERS, "look": looks_of({"1": "A", "2": "A"})}, {"folder": FOLDERS[:1]}
    )

    assert {a.verb for a in decisions.actions if a.type == "look"} == {"blocked"}
    assert {told.code for told in decisions.diagnostics} == {"title.shared"}


@pytest.mark.parametrize("kind", ["look", "dashboard"])
def test_a_title_in_another_folder_or_of_another_kind_is_no_conflict(kind):
    make = {"look": a_look, "dashboard": a_dashboard}[kind]
    other = {"look": a_dashboard, "dashboard": a_look}[kind]
    decisions = plan_of(
        {"folder": FOLDERS, kind: [make("1", "B", "7")]},
        {"folder": FOLDERS, kind: [make("1", "A", "7")], "look": [], "dashboard": []}
        | {kind: [make("1", "A", "7"), make("5", "B", "8")]}
        | {{"look": "dashboard", "dashboard": "look"}[kind]: [other("6", "B", "7")]},
        same_instance=True,
    )

    assert by_address(decisions)[f"{kind}:1"].verb == "update"
    assert not by_address(decisions)[f"{kind}:1"].interim


def test_a_folder_that_the_backup_does_not_name_stays_and_its_titles_count():
    """A blob without `folder_id` leaves the look where it is; its new title is taken there."""
    mine = a_look("1", "B")
    del mine["folder_id"]

    decisions = plan_of(
        {"folder": FOLDERS, "look": [mine]},
        {"folder": FOLDERS, "look": looks_of({"1": "A", "5": "B"})},
        same_instance=True,
    )

    assert by_address(decisions)["look:1"].verb == "blocked"
    assert "look:5 has that title" in decisions.diagnostics[0].summary


ids = st.sampled_from(["1", "2", "3", "4", "5"])
places = st.tuples(st.sampled_from("ABC"), st.sampled_from(["7", "8"]))
tables = st.dictionaries(ids, places, max_size=5).filter(
    lambda found: len(set(found.values())) == len(found)
)


@settings(max_examples=300)
@given(tables, tables)
def test_carried_out_in_order_no_two_ever_share_a_title(desired, live):
    """Every write of the plan, in its order, against a table with unique titles."""
    decisions = plan_of(
        {"folder": FOLDERS, "look": [a_look(id_, *at) for id_, at in desired.items()]},
        {"folder": FOLDERS, "look": [a_look(id_, *at) for id_, at in live.items()]},
        same_instance=True,
    )
    table = dict(live)
    done = set()

    def write(id_, title, folder):
        assert (title, folder) not in [at for other, at in table.items() if other != id_]
        table[id_] = (title, folder)

    later = []
    looks = [action for action in decisions.actions if action.type == "look"]
    names = {a.source_id: destination_id_of(a) or f"new {a.source_id}" for a in looks}
    for action in looks:
        assert {each for each in needs_of(action) if each.startswith("look")} <= done
        done.add(action.address)
        if isinstance(action, ContentWriting):
            title, folder = desired[action.source_id]
            interim = {each.path: each.value for each in action.interim}
            write(names[action.source_id], interim.get("title", title), folder)
            later += [action.source_id] if action.deferred else []
    for id_ in later:
        write(names[id_], *desired[id_])

    blocked = {action.source_id for action in looks if isinstance(action, Blocked)}
    for id_, at in desired.items():
        assert id_ in blocked or table[names[id_]] == at
    if set(live) <= set(desired):
        assert not blocked


def everything(references: References, refs: Iterable[Ref]) -> frozenset[Ref]:
    """Name every item, as if all had to be decided again."""
    return frozenset({*references._actions, *refs})


titles = st.lists(places, max_size=4)
links = st.lists(st.sampled_from(["look:1", "look:2", "dash:1", "dash:2"]), max_size=3)
dashboards = st.lists(st.tuples(places, links), max_size=3)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, list[dict]]:
    """Folders, looks and dashboards of few names, which show each other and link to each other."""
    names = draw(st.tuples(st.sampled_from(["Sales", "Ops"]), st.sampled_from(["Sales", "Ops"])))
    looks = draw(titles)
    boards: list[dict] = []
    for number, (place, targets) in enumerate(draw(dashboards), start=1):
        tiles: list[dict] = []
        for index, target in enumerate(targets):
            kind, _, id_ = target.partition(":")
            shown = {"look_id": id_} if kind == "look" else {"type": "text"}
            tiles.append(a_tile(f"{number}{index}", f"Tile {index}", f"6{number}", **shown))
        link = f"see /dashboards/{targets[0][-1]}" if targets else None
        board = a_dashboard(str(number), *place, tiles=tiles, description=link)
        board["dashboard_layouts"][0]["id"] = f"6{number}"
        boards.append(board)
    return {
        "folder": [SHARED, a_folder("7", names[0]), a_folder("8", names[1])],
        "look": [a_look(str(number), *place) for number, place in enumerate(looks, start=1)],
        "dashboard": boards,
    }


@settings(max_examples=150)
@given(worlds(), worlds(), st.booleans())
def test_only_items_that_a_taken_name_concerns_are_decided_again(desired, live, same_instance):
    def planned():
        found = plan_of(desired, live, same_instance=same_instance)
        # Pairs that only a blocked item used may stay in the plan.
        return replace(found, used=frozenset(), remaps=())

    seen = planned()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(References, "dependents", everything)
        whole = planned()

    assert seen == whole
