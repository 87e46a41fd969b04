"""Queries whose definition the backup or the destination does not hold."""

from typing import Any

from lookervault_plan.content.normalise import content_key
from tests.planning.objects import (
    SHARED,
    a_dashboard,
    a_folder,
    a_look,
    a_query,
    a_tile,
    by_address,
    plan_of,
)

FOLDERS = [SHARED, a_folder()]


def planned(mine: dict[str, Any], live: dict[str, Any], **more: Any) -> Any:
    kind = "look" if "query_id" in mine else "dashboard"
    decisions = plan_of(
        {"folder": FOLDERS, kind: [mine]}, {"folder": FOLDERS, kind: [live]}, **more
    )
    return by_address(decisions)[f"{kind}:{mine['id']}"]


def test_a_query_that_can_t_be_compared_with_another_instance_s_is_left_alone():
    mine = a_look(query=None, description="new")
    live = a_look("3", query=None, query_id="17", description="old")

    action = planned(mine, live)

    assert action.verb == "update"
    assert [change.path for change in action.changes] == ["description"]


def test_so_it_is_on_a_tile_and_the_plan_names_it():
    mine = a_dashboard(tiles=[a_tile(query_id="900", note_text="new")])
    live = a_dashboard("8", tiles=[a_tile("71", query_id="17", note_text="old")])

    action = planned(mine, live)

    (tile,) = action.parts["elements"].update
    assert [change.path for change in tile.changes] == ["note_text"]
    assert [(each.path, each.from_, each.part) for each in action.references] == [
        ("query_id", "query:900", "elements/70")
    ]


def test_on_the_same_instance_other_ids_are_other_queries():
    mine, live = a_look(query=None), a_look(query=None, query_id="901")

    action = planned(mine, live, same_instance=True)

    assert [(c.path, c.before, c.after) for c in action.changes] == [("query_id", "901", "900")]


def test_a_query_that_an_earlier_run_made_is_equal_even_if_looker_does_not_show_it():
    key = content_key("query", a_query())
    mine, live = a_look(query=a_query()), a_look("3", query=None, query_id="17")

    equal = planned(mine, live, known_queries={str(key): "17"})
    other = planned(mine, live, known_queries={str(key): "18"})

    assert equal.verb == "skip"
    assert other.verb == "skip"  # whether it differs is unknown, so it stays


def test_a_merge_query_whose_sources_differ_is_written_anew():
    def merged(view: str) -> dict[str, Any]:
        source = a_query("5", view=view)
        return {"id": f"m-{view}", "source_queries": [{"query_id": "5", "query": source}]}

    def of(id_: str, view: str) -> dict[str, Any]:
        body = merged(view)
        tile = a_tile("70", merge_result_id=body["id"], merge_query=body)
        return a_dashboard(id_, tiles=[tile])

    action = planned(of("42", "orders"), of("8", "users"))

    (tile,) = action.parts["elements"].update
    (change,) = tile.changes
    assert (change.path, change.before) == ("merge_result_id", "m-users")
    assert change.after_is_unknown


def test_a_query_that_one_side_holds_as_an_id_alone_is_named_with_that_side():
    def note(mine: dict[str, Any], live: dict[str, Any]) -> str:
        decisions = plan_of(
            {"folder": FOLDERS, "look": [mine]}, {"folder": FOLDERS, "look": [live]}
        )
        (found,) = [one for one in decisions.diagnostics if one.code == "note.not-seen"]
        return found.summary

    whole, bare = a_query("17"), {"query": None, "query_id": "17"}

    assert note(a_look(query=None), a_look("3", query=whole)).endswith(
        "the backup holds its id, not its definition"
    )
    assert note(a_look(query=a_query()), a_look("3", **bare)).endswith(
        "the destination shows its id, not its definition"
    )
