"""Names of filters that a tile listens to, and tiles without some of them."""

from typing import Any

from lookervault_plan.content.normalise import normalise
from lookervault_plan.content.sibling_names import sibling_names, without_names

FILTERABLES = "result_maker.filterables"


def listening(*listen: Any) -> Any:
    filterables = [{"model": "m", "view": "v", "listen": [*listen]}]
    raw = {"id": "7", "type": "vis", "result_maker": {"filterables": filterables}}
    return normalise("dashboard_element", raw)


def to(name: str) -> dict[str, Any]:
    return {"dashboard_filter_name": name, "field": "orders.state"}


def test_a_listener_is_left_out_and_the_rest_stays():
    tile = listening(to("State"), to("Region"), "odd")

    found = without_names(tile, ["Region"])

    assert sibling_names(tile) == {"State", "Region"}
    assert sibling_names(found) == {"State"}
    assert found.fields[FILTERABLES] == listening(to("State"), "odd").fields[FILTERABLES]
    assert tile.fields == listening(to("State"), to("Region"), "odd").fields


def test_a_list_of_another_shape_stays_as_it_is():
    raw = {"id": "7", "result_maker": {"filterables": [{"listen": "odd"}]}}
    tile = normalise("dashboard_element", raw)

    assert without_names(tile, ["State"]) == tile


def test_a_part_that_names_no_siblings_is_returned():
    layout = normalise("dashboard_layout", {"id": "60", "label": "Tab"})

    assert sibling_names(layout) == frozenset()
    assert without_names(layout, ["Tab"]) is layout
