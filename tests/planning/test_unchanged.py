"""A glance that finds an item as it is wanted finds no more than the long way does."""

from copy import deepcopy
from typing import Any

import pytest

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
    ]
    parts = [a_component(f"c{tile['id']}", tile["id"], row) for row, tile in enumerate(tiles)]
    return {
        "folder": [SHARED, a_folder(), a_folder("8", "Other")],
        "look": [a_look(), a_look("10", "More", query=a_query("902"))],
        "dashboard": [a_dashboard(tiles=tiles, components=parts, user_id="3")],
    }


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
    "no tiles": (("dashboard", 0, "dashboard_elements"), []),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("same_instance", [True, False])
def test_a_glance_decides_as_the_long_way_does(
    change: str, same_instance: bool, monkeypatch: pytest.MonkeyPatch
):
    (*way, last), value = CHANGES[change]
    live: Any = deepcopy(content())
    spot = live
    for step in way:
        spot = spot[step]
    spot[last] = value

    seen = plan_of(content(), live, same_instance=same_instance)
    monkeypatch.setattr("lookervault_plan.planning.decide.is_identical", lambda *_: False)
    compared = plan_of(content(), live, same_instance=same_instance)

    assert seen == compared


def test_an_unchanged_dashboard_is_seen_at_a_glance(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lookervault_plan.planning.decide.plan_parts", None)

    decisions = plan_of(content(), content())

    assert by_address(decisions)["dashboard:42"].reason == "unchanged"
