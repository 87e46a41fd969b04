"""The quick check for unchanged items gives the same plan as pairing and comparing does."""

from copy import deepcopy
from typing import Any

import pytest

from lookervault_plan.content.node import Ref
from tests.planning.objects import (
    SHARED,
    a_component,
    a_dashboard,
    a_folder,
    a_look,
    a_query,
    a_tile,
    by_address,
    plan_of,
)


def content() -> dict[str, list[dict[str, Any]]]:
    tiles = [
        a_tile("70", look_id="9", note_text="see /looks/9"),
        a_tile("71", query_id="901", query=a_query("901", limit="5")),
        a_tile("72", "Same"),
        a_tile("73", "Same"),
        a_tile("74", "Logo", image_id="17"),
    ]
    parts = [a_component(f"c{tile['id']}", tile["id"], row) for row, tile in enumerate(tiles)]
    return {
        "folder": [SHARED, a_folder(), a_folder("8", "Other")],
        "look": [a_look(), a_look("10", "More", query=a_query("902"))],
        "dashboard": [a_dashboard(tiles=tiles, components=parts, user_id="3")],
        "scheduled_plan": [{"id": "5", "name": "Daily", "dashboard_id": "42", "enabled": False}],
    }


SCHEDULE = {Ref("scheduled_plan", "5"): "5"}

CHANGES: dict[str, tuple[tuple[Any, ...], Any]] = {
    "nothing": (("dashboard", 0, "updated_at"), "later"),
    "its owner, which nobody asks for": (("dashboard", 0, "user_id"), "4"),
    "its folder": (("dashboard", 0, "folder_id"), "8"),
    "a tile's title": (("dashboard", 0, "dashboard_elements", 1, "title"), "New"),
    "a tile's look": (("dashboard", 0, "dashboard_elements", 0, "look_id"), "10"),
    "where a link leads": (("dashboard", 0, "dashboard_elements", 0, "note_text"), "/looks/10"),
    "a query": (("dashboard", 0, "dashboard_elements", 1, "query", "limit"), "6"),
    "a query's id alone": (("look", 0, "query", "id"), "77"),
    "a tile's id": (("dashboard", 0, "dashboard_elements", 2, "id"), "99"),
    "an image, which no request looks up": (
        ("dashboard", 0, "dashboard_elements", 4, "image_id"),
        "18",
    ),
    "a switch that the policy leaves alone": (("scheduled_plan", 0, "enabled"), True),
    "no tiles": (("dashboard", 0, "dashboard_elements"), []),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("same_instance", [True, False])
def test_the_quick_check_gives_the_plan_that_comparing_gives(
    change: str, same_instance: bool, monkeypatch: pytest.MonkeyPatch
):
    (*way, last), value = CHANGES[change]
    live: Any = deepcopy(content())
    spot = live
    for step in way:
        spot = spot[step]
    spot[last] = value

    options: dict[str, Any] = {"same_instance": same_instance, "schedules": same_instance}
    seen = plan_of(content(), live, state=SCHEDULE, **options)
    monkeypatch.setattr("lookervault_plan.planning.decide.is_identical", lambda *_: False)
    compared = plan_of(content(), live, state=SCHEDULE, **options)

    assert seen == compared


def test_unchanged_items_are_recognised_without_pairing_or_comparing(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("lookervault_plan.planning.decide.plan_parts", None)
    monkeypatch.setattr("lookervault_plan.planning.decide.compare", None)
    live = content()
    live["scheduled_plan"][0]["enabled"] = True

    decisions = plan_of(content(), live, state=SCHEDULE, schedules=False)

    assert by_address(decisions)["dashboard:42"].reason == "unchanged"
    assert by_address(decisions)["scheduled_plan:5"].reason == "unchanged"
