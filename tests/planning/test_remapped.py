"""What remaps.yml says shows in the plan: names as the destination has them, folders moved."""

from copy import deepcopy
from typing import Any

from lookervault_plan.content.folder_paths import ids_at_paths
from lookervault_plan.content.identity import identify
from lookervault_plan.content.node import Ref, tree_digest
from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.rename import Renamer, Renames
from lookervault_plan.content.text_links import Instances
from lookervault_plan.plan_file import Create
from tests.planning.objects import (
    SHARED,
    a_dashboard,
    a_folder,
    a_look,
    a_query,
    a_tile,
    by_address,
    content_writing,
    plan_of,
)

DEV = [SHARED, a_folder("7", "Finance"), a_folder("8", "Deep", "7")]
HOME = a_folder("17", "Home", None, is_shared_root=True)


def renamed_plan(desired, live, names: Renames, **more: Any):
    """A plan over what the backup's objects are renamed to, as the workflow makes it."""
    renamer = Renamer(names)
    folders = [identify("folder", raw) for raw in desired.get("folder", [])]
    _ = renamer.find_moves(folders)
    out = deepcopy(desired)
    for kind, raws in out.items():
        for raw in raws:
            renamer.rename(kind, raw)
    there = [identify(kind, raw) for kind, raws in live.items() for raw in raws]
    remaps = {**ids_at_paths(renamer.destination_paths, there), **more.pop("remaps", {})}
    return plan_of(out, live, remaps=remaps, places=renamer.destination_paths, **more)


def test_a_moved_folder_is_matched_at_its_new_path_and_what_lies_in_it_follows():
    live = {
        "folder": [
            HOME,
            a_folder("70", "Money", "17"),
            a_folder("80", "Deep", "70"),
            a_folder("90", "Finance", "17"),
        ]
    }

    decisions = renamed_plan(
        {"folder": DEV, "look": [a_look(folder="8")]},
        live,
        Renames(folders={"Shared/Finance": "Shared/Money"}),
    )

    actions = by_address(decisions)
    assert (actions["folder:7"].verb, actions["folder:7"].destination_id) == ("skip", "70")
    assert actions["folder:7"].matched_by == "remaps.yml"
    assert actions["folder:8"].destination_id == "80"
    assert actions["look:9"].path == ("Shared", "Money", "Deep")


def test_a_moved_folder_is_created_at_its_new_path():
    live = {"folder": [HOME, a_folder("60", "Teams", "17")]}

    decisions = renamed_plan(
        {"folder": DEV}, live, Renames(folders={"Shared/Finance": "Shared/Teams/Money"})
    )

    actions = by_address(decisions)
    assert [a.address for a in content_writing(decisions)] == ["folder:7", "folder:8"]
    assert actions["folder:7"].path == ("Shared", "Teams")
    assert actions["folder:7"].name == "Money"
    assert actions["folder:7"].depends_on == ()
    remaps = {(each.source_id, each.destination_id, each.new) for each in decisions.remaps}
    assert ("Shared/Teams", "60", False) in remaps


def test_a_place_that_is_not_there_blocks_the_folder_and_says_so():
    decisions = renamed_plan(
        {"folder": DEV}, {"folder": [HOME]}, Renames(folders={"Shared/Finance": "Shared/No/Money"})
    )

    assert {a.address for a in decisions.actions if a.verb == "blocked"} == {
        "folder:7",
        "folder:8",
    }
    (told,) = decisions.diagnostics
    assert "the destination has no folder Shared/No" in told.summary


def test_on_its_own_instance_a_folder_really_moves():
    decisions = renamed_plan(
        {"folder": DEV},
        {"folder": DEV},
        Renames(folders={"Shared/Finance": "Shared/Money"}),
        same_instance=True,
    )

    action = by_address(decisions)["folder:7"]
    assert [(c.path, c.before, c.after) for c in action.changes] == [("name", "Finance", "Money")]
    assert by_address(decisions)["folder:8"].verb == "skip"


def test_all_that_is_shared_may_go_below_one_folder():
    live = {"folder": [HOME, a_folder("90", "Finance", "17")]}

    decisions = renamed_plan({"folder": DEV}, live, Renames(folders={"Shared": "Shared/Import"}))

    actions = by_address(decisions)
    assert [a.address for a in decisions.actions if a.verb == "create"] == [
        "folder:1",
        "folder:7",
        "folder:8",
    ]
    assert actions["folder:1"].name == "Import"
    assert actions["folder:7"].depends_on == ("folder:1",)


def test_two_folders_that_come_to_lie_at_one_place_are_not_mixed():
    desired = [SHARED, a_folder("7", "Old"), a_folder("8", "New")]
    live = {"folder": [HOME, a_folder("80", "New", "17")]}
    names = Renames(folders={"Shared/Old": "Shared/New"})

    merged = by_address(renamed_plan({"folder": desired}, live, names))
    fresh = by_address(renamed_plan({"folder": desired}, {"folder": [HOME]}, names))

    # The file says who it is; the other one has no place left.
    assert merged["folder:7"].destination_id == "80"
    assert merged["folder:8"].verb == "blocked"
    assert [fresh[f"folder:{id_}"].verb for id_ in "78"] == ["blocked", "blocked"]


def test_a_renamed_model_shows_in_the_plan_and_only_there_where_it_is_used():
    mine = [a_look(query=a_query(model="dev")), a_look("10", "Other", query=a_query("901"))]
    theirs = [
        a_look("3", query=a_query("17", model="dev")),
        a_look("4", "Other", query=a_query("18")),
    ]
    decisions = renamed_plan(
        {"folder": DEV, "look": mine},
        {"folder": DEV, "look": theirs},
        Renames(models={"dev": "prod"}),
    )

    actions = by_address(decisions)
    (change,) = actions["look:9"].changes
    assert (change.path, change.before, change.after) == ("query.model", "dev", "prod")
    assert actions["look:10"].verb == "skip"


def test_on_its_own_instance_a_renamed_query_is_another_one():
    looks = [a_look(query=a_query(model="dev"))]
    decisions = renamed_plan(
        {"folder": DEV, "look": looks},
        {"folder": DEV, "look": looks},
        Renames(explores={"dev::orders": "prod::sales"}),
        same_instance=True,
        explores=frozenset({"dev::orders", "prod::sales"}),
    )

    action = by_address(decisions)["look:9"]
    assert [change.path for change in action.changes] == ["query.model", "query.view"]
    assert action.calls == 2


def test_a_query_that_the_destination_has_under_its_new_name_is_not_made_again():
    live = [a_look("3", "Same", query=a_query("17", model="prod"))]
    decisions = renamed_plan(
        {"folder": DEV, "look": [a_look(query=a_query(model="dev")), a_look("8", "Same")]},
        {"folder": DEV, "look": live},
        Renames(models={"dev": "prod", "ecommerce": "prod"}),
    )

    assert by_address(decisions)["look:8"].verb == "skip"
    assert by_address(decisions)["look:9"].calls == 1


def test_whoever_has_another_address_is_found_by_it():
    user = {"id": "3", "email": "ann@dev", "display_name": "Ann"}
    twin = {"id": "31", "email": "Ann@Prod", "display_name": "Ann"}
    decisions = renamed_plan(
        {"folder": DEV, "user": [user], "look": [a_look(user_id="3")]},
        {"folder": DEV, "user": [twin]},
        Renames(emails={"ann@dev": "ann@prod"}),
    )

    action = by_address(decisions)["user:3"]
    assert (action.destination_id, action.matched_by) == ("31", "email")
    assert by_address(decisions)["look:9"].references == ()


def applied_to(raw, kind="look"):
    """Digests as if this had been applied and read back."""
    node = normalise(kind, raw)
    return {node.address: (tree_digest(node), tree_digest(node))}


def test_what_was_applied_is_looked_at_again_when_a_remap_changes_what_it_means():
    folders = [SHARED, a_folder("7", "Sales"), a_folder("8", "Ops")]
    look = a_look(folder="7")
    both: Any = {"folder": folders, "look": [look]}

    before = plan_of(both, both, same_instance=True, applied=applied_to(look))
    after = plan_of(
        both,
        both,
        same_instance=True,
        applied=applied_to(look),
        remaps={Ref("folder", "7"): "8", Ref("folder", "8"): "7"},
    )

    assert by_address(before)["look:9"].verb == "skip"
    (change,) = by_address(after)["look:9"].changes
    assert (change.path, change.before, change.after) == ("folder_id", "7", "8")


def test_the_same_goes_for_links():
    board = a_dashboard(description="see /looks/9", folder="1")
    looks = [a_look("9", "A", "1"), a_look("10", "B", "1")]
    both: Any = {"folder": [SHARED], "look": looks, "dashboard": [board]}
    more: Any = {"same_instance": True, "applied": applied_to(board, "dashboard")}

    before = plan_of(both, both, instances=Instances(), **more)
    after = plan_of(both, both, remaps={Ref("look", "9"): "10", Ref("look", "10"): "9"}, **more)

    assert by_address(before)["dashboard:42"].verb == "skip"
    assert [c.after for c in by_address(after)["dashboard:42"].changes] == ["see /looks/10"]


def test_owners_that_looker_did_not_take_are_not_asked_for_again():
    """Applied with --owners, read back with the API user: no use in trying each time."""
    users = [{"id": id_, "email": f"{id_}@x", "display_name": id_} for id_ in ("3", "4")]
    mine, theirs = a_look(folder="1", user_id="3"), a_look(folder="1", user_id="4")
    digests = {
        "look:9": (tree_digest(normalise("look", mine)), tree_digest(normalise("look", theirs)))
    }

    decisions = plan_of(
        {"folder": [SHARED], "user": users, "look": [mine]},
        {"folder": [SHARED], "user": users, "look": [theirs]},
        same_instance=True,
        owners=True,
        applied=digests,
    )

    assert by_address(decisions)["look:9"].verb == "skip"


def test_twenty_dashboards_that_all_link_to_each_other_are_created_in_parallel():
    ids = [str(n) for n in range(100, 120)]
    text = " ".join(f"/dashboards/{id_}" for id_ in ids)
    boards = [a_dashboard(id_, f"D{id_}", "1", tiles=[a_tile(body_text=text)]) for id_ in ids]

    decisions = plan_of({"folder": [SHARED], "dashboard": boards}, {"folder": [SHARED]})

    made = [action for action in decisions.actions if isinstance(action, Create)]
    assert len(made) == 20
    assert {action.depends_on for action in made} == {()}
    assert {action.deferred for action in made} == {("elements/70:body_text",)}


def test_a_pair_of_the_state_is_not_replaced_by_remaps():
    desired = {"folder": [SHARED], "look": [a_look("9", folder="1")]}
    live = {"folder": [SHARED], "look": [a_look("5", folder="1"), a_look("6", folder="1")]}
    look = Ref("look", "9")

    decisions = plan_of(desired, live, state={look: "5"}, remaps={look: "6"})

    assert by_address(decisions)["look:9"].destination_id == "6"
    assert decisions.unbound == ("look:9",)
    assert [remap.new for remap in decisions.remaps if remap.type == "look"] == [False]
    assert "remap.not-remembered" in {one.code for one in decisions.diagnostics}


def test_a_pair_of_the_state_whose_item_is_gone_is_replaced():
    desired = {"folder": [SHARED], "look": [a_look("9", folder="1")]}
    live = {"folder": [SHARED], "look": [a_look("6", folder="1")]}
    look = Ref("look", "9")

    decisions = plan_of(desired, live, state={look: "5"}, remaps={look: "6"})

    assert decisions.unbound == ()
    assert [remap.new for remap in decisions.remaps if remap.type == "look"] == [True]


def test_a_folder_that_is_placed_elsewhere_is_not_bound():
    desired = {"folder": [SHARED, a_folder("7", "New")]}
    live = {"folder": [SHARED, a_folder("70", "New")]}
    folder = Ref("folder", "7")

    decisions = plan_of(desired, live, relocated={folder})

    assert by_address(decisions)["folder:7"].destination_id == "70"
    assert decisions.unbound == ("folder:7",)
    assert [remap.new for remap in decisions.remaps if remap.source_id == "7"] == [False]
