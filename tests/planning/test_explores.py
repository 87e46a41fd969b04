"""Explores that the destination lacks: what needs them is left out by name, or tried in doubt."""

from lookervault_plan.content.node import Ref
from lookervault_plan.planning.decide import Decisions
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
NONE: frozenset[str] = frozenset()


def a_chart(id_: str, title: str, **query: str) -> dict:
    made = a_query(f"q{id_}", **query)
    return a_tile(id_, title, query_id=made["id"], query=made)


def warned(decisions: Decisions) -> list[tuple[str, str, str]]:
    return [(one.severity, one.summary, one.detail) for one in decisions.diagnostics]


def test_without_any_model_the_tiles_are_left_out_and_the_rest_is_restored():
    text = a_tile("72", None, type="text", body_text="Words")
    tiles = [a_chart("70", "Orders"), a_chart("71", "Returns"), text]

    decisions = plan_of(
        {"folder": FOLDERS, "dashboard": [a_dashboard(tiles=tiles)]},
        {"folder": FOLDERS},
        explores=NONE,
    )

    action = by_address(decisions)["dashboard:42"]
    assert action.verb == "create"
    elements = action.parts["elements"]
    assert [part.key for part in elements.create] == ["72"]
    assert [(part.title, part.reason) for part in elements.blocked] == [
        ("Orders", "the destination has no explore ecommerce::orders"),
        ("Returns", "the destination has no explore ecommerce::orders"),
    ]
    assert warned(decisions) == [
        (
            "warning",
            "the destination has no explore ecommerce::orders",
            (
                "needed by dashboard:42; queries on it are left out, "
                "and those that exist there do not run"
            ),
        )
    ]


def test_a_look_without_its_explore_is_blocked_by_name():
    decisions = plan_of({"folder": FOLDERS, "look": [a_look()]}, {"folder": FOLDERS}, explores=NONE)

    action = by_address(decisions)["look:9"]
    assert (action.verb, action.reason) == ("blocked", "needs explore ecommerce::orders")
    (told,) = decisions.diagnostics
    assert told.summary == (
        '"Orders" can\'t be applied: the destination has no explore ecommerce::orders'
    )


def test_a_merge_query_is_left_out_if_one_of_its_sources_lacks_its_explore():
    sources = [a_query("1"), a_query("2", view="returns")]
    merge = {
        "id": "m",
        "source_queries": [
            {"name": f"q{one['id']}", "query_id": one["id"], "query": one} for one in sources
        ],
    }
    tile = a_tile("70", "Both", merge_result_id="m", merge_query=merge)

    decisions = plan_of(
        {"folder": FOLDERS, "dashboard": [a_dashboard(tiles=[tile])]},
        {"folder": FOLDERS},
        explores=frozenset({"ecommerce::orders"}),
    )

    (blocked,) = by_address(decisions)["dashboard:42"].parts["elements"].blocked
    assert blocked.reason == "the destination has no explore ecommerce::returns"


def test_a_changed_query_without_its_explore_stays_and_other_changes_are_written():
    mine = a_dashboard(tiles=[{**a_chart("70", "Orders", view="gone"), "note_text": "new"}])
    live = a_dashboard(tiles=[a_chart("70", "Orders")])

    decisions = plan_of(
        {"folder": FOLDERS, "dashboard": [mine]},
        {"folder": FOLDERS, "dashboard": [live]},
        explores=frozenset({"ecommerce::orders"}),
    )

    elements = by_address(decisions)["dashboard:42"].parts["elements"]
    assert [change.path for part in elements.update for change in part.changes] == ["note_text"]
    assert [part.reason for part in elements.blocked] == [
        "its query stays as it is: the destination has no explore ecommerce::gone"
    ]


def test_a_query_that_exists_is_used_without_its_explore():
    tiles = [a_chart("70", "Orders")]

    decisions = plan_of(
        {"folder": FOLDERS, "dashboard": [a_dashboard(tiles=tiles)]},
        {"folder": FOLDERS},
        same_instance=True,
        explores=NONE,
    )

    elements = by_address(decisions)["dashboard:42"].parts["elements"]
    assert [part.key for part in elements.create] == ["70"]
    assert not elements.blocked


def test_an_explore_that_the_api_user_may_not_see_is_tried():
    decisions = plan_of(
        {"folder": FOLDERS, "look": [a_look()]},
        {"folder": FOLDERS},
        explores=NONE,
        sees_all=lambda: False,
    )

    assert by_address(decisions)["look:9"].verb == "create"
    ((severity, _, detail),) = warned(decisions)
    assert severity == "warning"
    assert (
        "the API user is no admin, so that it may only be hidden; their queries are tried" in detail
    )


def test_an_explore_of_a_model_that_the_plan_makes_is_tried():
    world = {
        "lookml_model": [{"id": "ecommerce", "name": "ecommerce", "project_name": "p"}],
        "folder": FOLDERS,
        "look": [a_look()],
    }

    made = plan_of(world, {"folder": FOLDERS}, explores=NONE)
    left_out = plan_of(
        world, {"folder": FOLDERS}, explores=NONE, selected={Ref("look", "9"), Ref("folder", "7")}
    )

    assert by_address(made)["look:9"].verb == "create"
    assert "the plan makes its model" in warned(made)[0][2]
    assert by_address(left_out)["look:9"].verb == "blocked"


def test_nothing_is_said_of_explores_that_were_not_read():
    decisions = plan_of({"folder": FOLDERS, "look": [a_look()]}, {"folder": FOLDERS})

    assert by_address(decisions)["look:9"].verb == "create"
    assert warned(decisions) == []
