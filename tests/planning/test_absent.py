"""What the backup lacks is no difference, and what no request can send is named."""

from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.planning.compare.unknown_fields import unknown_keys
from tests.planning.objects import (
    SHARED,
    a_component,
    a_dashboard,
    a_folder,
    a_look,
    a_query,
    a_tile,
    a_user,
    by_address,
    plan_of,
)

#: Keys by which an item and its parts are matched: no writer of backups lacks them.
IDENTIFYING = {"id", "created_at"}
UNKNOWN_VALUES = [True, 7, "x", [1], {"a": 1}, [{"a": 1}]]


def content() -> dict[str, list[dict[str, Any]]]:
    filterables = [
        {
            "model": "ecommerce",
            "view": "orders",
            "name": "main",
            "listen": [{"dashboard_filter_name": "State", "field": "orders.state"}],
        },
        {"model": "ecommerce", "view": "users", "name": "other", "listen": []},
    ]
    tiles = [
        a_tile(
            "70",
            query_id="901",
            query=a_query("901", vis_config={"type": "table", "series": {"a": {"b": 1}}}),
            result_maker={"filterables": filterables, "query_id": "901"},
            certification_metadata={"certification_status": "certified", "notes": "Why"},
        ),
        a_tile("71", look_id="9", note_text="see /looks/9"),
    ]
    alert = {
        "id": "5",
        "dashboard_element_id": "70",
        "owner_id": "3",
        "threshold": 5,
        "cron": "0 5 * * *",
        "field": {"name": "n", "title": "t", "filter": [{"field_name": "f", "field_value": "v"}]},
        "destinations": [{"destination_type": "EMAIL", "email_address": "a@example.com"}],
    }
    dashboard = a_dashboard(
        tiles=tiles,
        components=[a_component("c70", "70"), a_component("c71", "71", 4)],
        filters=[
            {
                "id": "31",
                "name": "State",
                "title": "State",
                "type": "string_filter",
                "ui_config": {"type": "tag_list", "options": {"values": ["CA"], "max": 3}},
                "listens_to_filters": ["Country"],
            }
        ],
        appearance={"page_background_color": "#fff", "tile_shadow": True},
        download_settings={"formats": [{"type": "pdf", "size": "a4"}, {"type": "csv"}]},
        alerts=[alert],
    )
    plan = {
        "id": "81",
        "name": "Daily",
        "dashboard_id": "42",
        "user_id": "3",
        "crontab": "0 5 * * *",
        "scheduled_plan_destination": [
            {"id": "1", "type": "email", "address": "a@example.com", "format": "csv"},
            {"id": "2", "type": "email", "address": "b@example.com", "message": "Hello"},
        ],
    }
    return {
        "folder": [SHARED, a_folder()],
        "user": [a_user("3", "ann@example.com")],
        "look": [a_look()],
        "dashboard": [dashboard],
        "scheduled_plan": [plan],
    }


def without_keys(random: Random, value: Any) -> Any:
    """Drop keys of objects at random, at every depth."""
    if isinstance(value, dict):
        return {
            key: without_keys(random, each)
            for key, each in value.items()
            if key in IDENTIFYING or random.random() < 0.8
        }
    return [without_keys(random, each) for each in value] if isinstance(value, list) else value


def with_unknown_keys(random: Random, value: Any) -> Any:
    """Add keys that nobody knows to objects at random, at every depth."""
    if isinstance(value, dict):
        grown = {key: with_unknown_keys(random, each) for key, each in value.items()}
        if random.random() < 0.3:
            grown[random.choice(["new_key", "modern"])] = random.choice(UNKNOWN_VALUES)
        return grown
    return [with_unknown_keys(random, each) for each in value] if isinstance(value, list) else value


SELECTED = ("dashboard", "scheduled_plan", "look")


def changed(desired: dict[str, Any], live: dict[str, Any]) -> list[str]:
    """Return the addresses of items that a plan on one instance would write."""
    found = by_address(plan_of(desired, live, same_instance=True)).values()
    return [action.address for action in found if action.type in SELECTED and action.verb != "skip"]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_a_backup_that_lacks_keys_changes_nothing_in_its_own_instance(seed: int):
    random = Random(seed)
    desired = {kind: without_keys(random, items) for kind, items in content().items()}

    assert changed(desired, content()) == []


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_unknown_keys_of_the_destination_change_nothing(seed: int):
    random = Random(seed)
    live = {kind: with_unknown_keys(random, items) for kind, items in content().items()}

    assert changed(content(), live) == []


def unsent(decisions: Any) -> list[tuple[str, str | None]]:
    """Return the notes on fields that can't be sent, with their address."""
    return [
        (each.summary, each.address)
        for each in decisions.diagnostics
        if each.code == "note.not-written" and "does not know" in each.summary
    ]


def test_a_field_that_can_t_be_sent_is_named_once_for_all_items():
    ours = content()
    ours["look"][0]["query"]["analysis_config"] = {"forecast": True}
    ours["dashboard"][0]["dashboard_elements"][0]["query"]["analysis_config"] = {"forecast": True}
    ours["dashboard"][0]["brand_new"] = "yes"
    ours["dashboard"][0]["empty"] = []

    found = unsent(plan_of(ours, {"folder": [SHARED]}))

    assert [(summary.partition(" is not")[0], address) for summary, address in found] == [
        ("brand_new of 1 dashboard", "dashboard:42"),
        ("analysis_config of 2 queries", None),
    ]


def test_a_field_that_can_t_be_sent_and_does_not_differ_is_not_named():
    ours = content()
    ours["look"][0]["query"]["analysis_config"] = {"forecast": True}
    ours["dashboard"][0]["brand_new"] = "yes"
    theirs = deepcopy(ours)

    assert unsent(plan_of(ours, theirs, same_instance=True)) == []

    theirs["dashboard"][0]["brand_new"] = "no"
    assert unsent(plan_of(ours, theirs, same_instance=True)) == [
        (
            (
                "brand_new of 1 dashboard is not written: "
                "lookervault-plan does not know this field, so it can't send it"
            ),
            "dashboard:42",
        )
    ]


@pytest.mark.parametrize("kind", [row.name for row in KINDS.values() if row.is_part])
def test_keys_that_hold_parts_of_a_part_are_known(kind: str):
    """The entries of an access list are parts of the folder, not a field of the list."""
    inner = [
        collection.path.removeprefix(outer.path).lstrip("[].")
        for row in KINDS.values()
        for outer in row.item.collections
        for collection in row.item.collections
        if outer.kind == kind and collection.path.startswith((f"{outer.path}.", f"{outer.path}[]"))
    ]

    found = unknown_keys(kind, {key: [{"id": "1"}] for key in inner}, None)

    assert list(found) == []


VIS = {"type": "table", "series": {"a": {"b": 1}}, "lines": [{"at": 1}], "plain": True}


def look_plan(desired: dict[str, Any], live: dict[str, Any]) -> Any:
    mine = a_look(query_id="900", query=a_query("900", **desired))
    theirs = a_look("3", query_id="17", query=a_query("17", **live))
    folders = [SHARED, a_folder()]
    return plan_of(
        {"folder": folders, "look": [mine]}, {"folder": folders, "look": [theirs]}, owners=False
    )


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_a_query_that_only_lacks_keys_stays_on_another_instance_and_they_are_named(seed: int):
    grown = with_unknown_keys(Random(seed), VIS)

    found = look_plan({"vis_config": VIS}, {"vis_config": grown})

    assert by_address(found)["look:9"].verb == "skip"
    notes = [each.summary for each in found.diagnostics if "the backup lacks it" in each.summary]
    assert bool(notes) == (grown != VIS)
    assert all("query.vis_config." in note for note in notes)


def test_a_field_of_a_query_that_the_backup_lacks_is_named():
    found = look_plan({}, {"subtotals": ["orders.state"]})

    assert by_address(found)["look:9"].verb == "skip"
    (note,) = [each.summary for each in found.diagnostics if "the backup lacks it" in each.summary]
    assert note.startswith('query.subtotals of "Orders" differs and is not written: null in the')


@pytest.mark.parametrize(
    ("desired", "live"),
    [
        ({"vis_config": {"type": "table"}}, {"vis_config": {"type": "bar"}}),
        ({"vis_config": {"lines": []}}, {"vis_config": {"lines": [{"at": 1}]}}),
        ({"vis_config": None}, {"vis_config": {"type": "table"}}),
        # The keys of filters are what people entered, and an absent one is removed.
        ({"filters": {"a": "1"}}, {"filters": {"a": "1", "b": "2"}}),
        ({"limit": "10"}, {"limit": "20", "vis_config": {"type": "table"}}),
    ],
)
def test_a_query_that_differs_otherwise_is_another_one(
    desired: dict[str, Any], live: dict[str, Any]
):
    assert by_address(look_plan(desired, live))["look:9"].verb == "update"


def test_a_merge_query_is_compared_with_its_sources():
    def merging(id_: str, dashboard: str, *bodies: dict[str, Any]) -> dict[str, Any]:
        sources = [
            {"name": f"q{at}", "query_id": body["id"], "query": body}
            for at, body in enumerate(bodies)
        ]
        merge = {"id": id_, "source_queries": sources}
        tile = a_tile("70", query_id=None, merge_result_id=id_, merge_query=merge)
        return a_dashboard(dashboard, tiles=[tile])

    def verb(*live: dict[str, Any]) -> str:
        mine = merging("m1", "42", a_query("1", vis_config={"a": 1}), a_query("2", limit="5"))
        found = plan_of(
            {"folder": [SHARED, a_folder()], "dashboard": [mine]},
            {"folder": [SHARED, a_folder()], "dashboard": [merging("m2", "8", *live)]},
        )
        return by_address(found)["dashboard:42"].verb

    new = a_query("5", vis_config={"a": 1, "new": 2})
    assert verb(new, a_query("6", limit="5")) == "skip"
    assert verb(new, a_query("6", limit="7")) == "update"
    assert verb(new) == "update"


def test_keys_inside_objects_that_are_written_key_by_key_are_named():
    ours = content()
    dashboard = ours["dashboard"][0]
    dashboard["dashboard_elements"][0]["result_maker"]["forecast"] = {"periods": 3}
    dashboard["alerts"][0]["destinations"][0]["channel"] = "#ops"
    dashboard["certification_metadata"] = {"reviewer": "Ann", "user_name": "Bob"}
    ours["scheduled_plan"][0]["scheduled_plan_destination"][1]["retries"] = 2
    theirs = deepcopy(ours)
    theirs["dashboard"][0]["alerts"][0]["destinations"][0]["channel"] = "#other"

    created = [
        summary.partition(" of ")[0] for summary, _ in unsent(plan_of(ours, {"folder": [SHARED]}))
    ]
    changed_ = [
        summary.partition(" of ")[0]
        for summary, _ in unsent(plan_of(ours, theirs, same_instance=True))
    ]

    assert created == [
        "destinations.channel",
        "certification_metadata.reviewer",
        "result_maker.forecast",
        "scheduled_plan_destination.retries",
    ]
    assert changed_ == ["destinations.channel"]
