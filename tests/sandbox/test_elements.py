"""Tiles, filters, layouts and components (looker-api.md 3.2, 3.3)."""

import pytest

from tests.sandbox.conftest import name


@pytest.fixture
def dashboard(api):
    """A dashboard and its default layout."""
    made = api.ok("POST", "/dashboards", {"title": name("Tiles"), "folder_id": "1"})
    return made["id"], made["dashboard_layouts"][0]["id"]


def tile(api, dashboard_id, **body):
    return api.ok("POST", "/dashboard_elements", {"dashboard_id": dashboard_id} | body)


def a_filter(dashboard_id, title="Region", **more):
    return {
        "dashboard_id": dashboard_id,
        "name": title,
        "title": title,
        "type": "date_filter",
    } | more


def listening(title):
    listen = [{"dashboard_filter_name": title, "field": "orders.region"}]
    return {"filterables": [{"model": "finance", "view": "orders", "listen": listen}]}


def test_a_new_dashboard_has_one_active_layout(api, dashboard):
    id_, layout = dashboard

    assert [
        (row["id"], row["active"]) for row in api.ok("GET", f"/dashboards/{id_}/dashboard_layouts")
    ] == [(layout, True)]


def test_a_tile_places_itself_and_takes_its_component_along(api, dashboard):
    id_, layout = dashboard
    tiles = [tile(api, id_, type="text")["id"] for _ in range(4)]
    path = f"/dashboard_layouts/{layout}/dashboard_layout_components"

    places = {
        row["dashboard_element_id"]: (row["row"], row["column"]) for row in api.ok("GET", path)
    }
    assert places == dict(zip(tiles, ((0, 0), (0, 8), (0, 16), (6, 0)), strict=True))
    api.ok("DELETE", f"/dashboard_elements/{tiles[0]}")
    assert {row["dashboard_element_id"] for row in api.ok("GET", path)} == set(tiles[1:])


def test_a_component_is_moved_but_keeps_its_tile(api, dashboard):
    id_, layout = dashboard
    one, other = (tile(api, id_, type="text")["id"] for _ in range(2))
    path = f"/dashboard_layouts/{layout}/dashboard_layout_components"
    component = next(c for c in api.ok("GET", path) if c["dashboard_element_id"] == one)
    path = f"/dashboard_layout_components/{component['id']}"
    stranger = api.ok("POST", "/dashboards", {"title": name("x"), "folder_id": "1"})

    moved = api.ok("PATCH", path, {"row": 9, "granular_row": 3, "dashboard_layout_id": layout})
    assert (moved["row"], moved["granular_row"], moved["width"]) == (9, 3, 8)
    assert api.no("PATCH", path, {"dashboard_element_id": other})[0] == 422
    assert api.no("PATCH", path, {"group_id": "999999"}) == (422, [("group_id", "missing")])
    elsewhere = {"dashboard_layout_id": stranger["dashboard_layouts"][0]["id"]}
    assert api.no("PATCH", path, elsewhere) == (422, [("dashboard_layout_id", "missing")])
    assert api.no("DELETE", path) == 404


def test_a_tile_has_at_most_one_source(api, dashboard):
    id_, _ = dashboard
    query, look = api.new("/queries"), api.new("/looks")

    def refused(**body):
        return api.no("POST", "/dashboard_elements", {"dashboard_id": id_} | body)

    assert refused(query_id=query, look_id=look) == (422, [("query_id", "invalid")])
    assert refused(query_id=query, result_maker_id="1") == (422, [("result_maker_id", "invalid")])
    for field in ("query_id", "look_id", "merge_result_id"):
        assert refused(**{field: "999999"}) == (422, [(field, "missing")])
    for field in ("dashboard_layout_id", "filter_id"):
        assert refused(type="text", **{field: "999999"}) == (422, [(field, "missing")])
    assert refused(dashboard_id="999999") == (422, [("dashboard_id", "missing")])
    made = tile(api, id_, query_id=query)
    path = f"/dashboard_elements/{made['id']}"
    assert api.no("PATCH", path, {"look_id": look})[0] == 422
    changed = api.ok("PATCH", path, {"look_id": look, "query_id": None})
    assert (changed["query"], changed["look"]["id"]) == (None, look)


def test_a_visualization_needs_a_source(api, dashboard):
    id_, _ = dashboard
    refused = (422, [("query_id", "missing_field")])

    for body in ({}, {"type": "vis"}, {"type": None}, {"type": "vis", "query_id": None}):
        assert api.no("POST", "/dashboard_elements", {"dashboard_id": id_} | body) == refused
    path = f"/dashboard_elements/{tile(api, id_, query_id=api.new('/queries'))['id']}"
    assert api.no("PATCH", path, {"query_id": None}) == refused
    text = f"/dashboard_elements/{tile(api, id_, type='text')['id']}"
    assert api.no("PATCH", text, {"type": "vis"}) == refused


def test_a_tile_whose_look_is_gone_can_still_be_changed(api, dashboard):
    id_, _ = dashboard
    look = api.new("/looks")
    path = f"/dashboard_elements/{tile(api, id_, look_id=look)['id']}"
    api.ok("DELETE", f"/looks/{look}")

    assert api.ok("PATCH", path, {"title": "Empty"})["look_id"] is None


def test_null_leaves_a_component_in_its_place(api, dashboard):
    id_, layout = dashboard
    tile(api, id_, type="text")
    (component,) = api.ok("GET", f"/dashboard_layouts/{layout}/dashboard_layout_components")
    path = f"/dashboard_layout_components/{component['id']}"
    place = {"row": 3, "column": 4, "width": 5, "height": 6}
    api.ok("PATCH", path, place)

    kept = api.ok("PATCH", path, dict.fromkeys(place))

    assert {field: kept[field] for field in place} == place
    assert api.ok("PATCH", path, {"row": None, "column": 0})["column"] == 0
    assert api.ok("GET", path)["row"] == 3


def test_each_source_reads_back_in_its_way(api, dashboard):
    id_, _ = dashboard
    query, look = api.new("/queries"), api.new("/looks")
    merge = api.new("/merge_queries", source_queries=[{"query_id": query}])

    by_query = tile(api, id_, query_id=query)
    assert by_query["query"]["id"] == by_query["result_maker"]["query"]["id"] == query
    by_look = tile(api, id_, look_id=look)
    assert by_look["query_id"] is None
    assert by_look["look"]["query"] == by_look["result_maker"]["query"]
    by_merge = tile(api, id_, merge_result_id=merge)
    assert by_merge["result_maker"]["merge_result_id"] == merge
    assert by_merge["result_maker"]["query"] is None
    text = tile(api, id_, type="text", body_text="<b>")
    assert text["result_maker"] is None
    assert text["body_text_as_html"] == "<p>&lt;b&gt;</p>"


def test_a_tile_listens_only_to_filters_that_are_there(api, dashboard):
    id_, _ = dashboard
    query = api.new("/queries")
    body = {"dashboard_id": id_, "query_id": query, "result_maker": listening("Region")}

    status, [(field, code)] = api.no("POST", "/dashboard_elements", body)
    assert (status, code) == (422, "missing")
    assert field.endswith("dashboard_filter_name")
    api.ok("POST", "/dashboard_filters", a_filter(id_))
    made = api.ok("POST", "/dashboard_elements", body)
    (filterable,) = made["result_maker"]["filterables"]
    assert filterable["listen"] == listening("Region")["filterables"][0]["listen"]
    assert tile(api, id_, query_id=query)["result_maker"]["filterables"][0]["listen"] == []


def test_filters_need_four_things_and_a_title_of_their_own(api, dashboard):
    id_, _ = dashboard
    path = "/dashboard_filters"
    made = api.ok("POST", path, a_filter(id_))

    assert (made["row"], made["explore"], made["listens_to_filters"]) == (0, "", [])
    assert api.no("POST", path, a_filter(id_)) == (422, [("title", "already_exists")])
    _, errors = api.no("POST", path, {"dashboard_id": id_})
    assert {field for field, _ in errors} == {"name", "title", "type"}
    field_filter = a_filter(id_, "F", type="field_filter", model="finance", explore="orders")
    assert api.no("POST", path, field_filter) == (422, [("dimension", "missing_field")])
    full = api.ok("POST", path, field_filter | {"dimension": "orders.region"})
    assert (full["row"], full["field"]["view"]) == (1, "orders")
    same = {"dashboard_id": id_}
    assert api.no("PATCH", f"{path}/{made['id']}", same) == (422, [("dashboard_id", "read_only")])


def test_a_filter_stays_whole_when_it_changes(api, dashboard):
    made = api.ok("POST", "/dashboard_filters", a_filter(dashboard[0]))["id"]
    path = f"/dashboard_filters/{made}"

    assert api.no("PATCH", path, {"type": "field_filter"}) == (422, [("model", "missing_field")])
    assert api.no("PATCH", path, {"name": None}) == (422, [("name", "missing_field")])
    assert api.no("PATCH", path, {"listens_to_filters": "x"})[0] == 422
    assert api.ok("PATCH", path, {"default_value": "7 days"})["default_value"] == "7 days"


def test_a_changed_query_brings_its_own_filterables(api, dashboard):
    made = tile(api, dashboard[0], query={"model": "finance", "view": "orders"})
    path = f"/dashboard_elements/{made['id']}"
    other = api.new("/queries", view="users")

    changed = api.ok("PATCH", path, {"query_id": other})["result_maker"]
    assert (changed["id"], changed["filterables"][0]["view"]) == (made["result_maker_id"], "users")
    assert api.no("PATCH", path, {"result_maker_id": "1"})[0] == 422


def test_a_tile_outlives_its_look(api, dashboard):
    look = api.new("/looks")
    element = tile(api, dashboard[0], look_id=look)["id"]

    api.ok("DELETE", f"/looks/{look}")

    assert api.ok("GET", f"/dashboard_elements/{element}")["look_id"] is None


def test_a_filter_tile_loses_a_filter_that_goes(api, dashboard):
    id_, _ = dashboard
    made = api.ok("POST", "/dashboard_filters", a_filter(id_))["id"]
    element = tile(api, id_, type="filter", filter_id=made)["id"]

    api.ok("DELETE", f"/dashboard_filters/{made}")

    assert api.ok("GET", f"/dashboard_elements/{element}")["filter_id"] is None


def test_tabs_one_of_them_active(api, dashboard):
    id_, first = dashboard
    second = api.new("/dashboard_layouts", dashboard_id=id_, label="Two", order=2)
    element = tile(api, id_, type="text", dashboard_layout_id=second)

    assert api.no("DELETE", f"/dashboard_layouts/{first}")[0] == 422
    api.ok("PATCH", f"/dashboard_layouts/{second}", {"active": True})
    assert not api.ok("GET", f"/dashboard_layouts/{first}")["active"]
    path = f"/dashboard_elements/{element['id']}"
    api.ok("PATCH", path, {"dashboard_layout_id": first})
    shown = {row["id"]: row for row in api.ok("GET", f"/dashboards/{id_}")["dashboard_layouts"]}
    assert len(shown[first]["dashboard_layout_components"]) == 1
    assert shown[second]["dashboard_layout_components"] == []
    assert api.no("PATCH", f"/dashboard_layouts/{second}", {"active": False})[0] == 422
    api.ok("DELETE", f"/dashboard_layouts/{first}")
    assert api.ok("GET", path)["dashboard_layout_id"] is None


def test_parts_stay_with_their_dashboard(api, dashboard):
    id_, layout = dashboard
    other = api.ok("POST", "/dashboards", {"title": name("x"), "folder_id": "1"})
    element = tile(api, id_, type="text")["id"]
    foreign = {"dashboard_layout_id": other["dashboard_layouts"][0]["id"]}

    path = f"/dashboard_elements/{element}"
    assert api.no("PATCH", path, {"dashboard_id": other["id"]})[0] == 422
    assert api.no("PATCH", path, foreign) == (422, [("dashboard_layout_id", "missing")])
    moved = {"dashboard_id": other["id"]}
    assert api.no("PATCH", f"/dashboard_layouts/{layout}", moved)[0] == 422


@pytest.mark.parametrize(
    ("interval", "milliseconds"),
    [("30", 30_000), ("2 hours 30 minutes", 9_000_000), ("1 day", 86_400_000)],
)
def test_refresh_intervals_are_words(api, dashboard, interval, milliseconds):
    made = tile(api, dashboard[0], type="text", refresh_interval=interval)

    assert made["refresh_interval"] == interval
    assert made["refresh_interval_to_i"] == milliseconds


def test_an_interval_that_is_none_is_refused(api, dashboard):
    body = {"dashboard_id": dashboard[0], "refresh_interval": "soon"}

    assert api.no("POST", "/dashboard_elements", body) == (422, [("refresh_interval", "invalid")])


def test_tiles_are_searched_by_dashboard(api, dashboard):
    id_, _ = dashboard
    made = tile(api, id_, type="text", title="Find me")

    found = api.ok("GET", "/dashboard_elements/search", dashboard_id=id_, title="find%")

    assert [row["id"] for row in found] == [made["id"]]
