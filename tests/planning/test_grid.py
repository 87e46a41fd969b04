"""The tiles of a dashboard, laid out before and after."""

from typing import Any

from lookervault_plan.plan_file import Create, Grid, GridTab, GridTile, Place, Update
from tests.planning.objects import (
    SHARED,
    a_component,
    a_dashboard,
    a_folder,
    a_query,
    a_tile,
    by_address,
    plan_of,
)

FOLDERS = [SHARED, a_folder()]


def a_place(row: int = 0, *, tab: int = 0, width: int = 8) -> Place:
    return Place(tab=tab, row=row, column=0, width=width, height=4)


def a_visual(id_: str, title: str, **more: Any) -> dict[str, Any]:
    query = a_query(vis_config={"type": "looker_line"})
    return a_tile(id_, title, query_id="900", query=query, **more)


def grid_of(desired: dict[str, Any], *live: dict[str, Any], **more: Any) -> Grid:
    """The grid of the only dashboard."""
    decisions = plan_of(
        {"folder": FOLDERS, "dashboard": [desired]},
        {"folder": FOLDERS, "dashboard": list(live)},
        same_instance=True,
        **more,
    )
    action = by_address(decisions)[f"dashboard:{desired['id']}"]
    assert isinstance(action, (Create, Update))
    assert action.grid
    return action.grid


def test_a_new_dashboard_has_its_tiles_after_alone():
    tiles = [a_visual("70", "Revenue"), a_tile("71", "About", type="text")]
    components = [a_component("1", "70"), a_component("2", "71", row=4)]

    grid = grid_of(a_dashboard(tiles=tiles, components=components))

    assert grid.tabs == (GridTab(key="60"),)
    assert grid.tiles == (
        GridTile(key="70", title="Revenue", type="looker_line", after=a_place()),
        GridTile(key="71", title="About", type="text", after=a_place(4)),
    )


def test_tiles_that_come_go_move_and_stay_are_told_apart():
    live = a_dashboard(
        tiles=[a_visual("70", "Stays"), a_visual("71", "Moves"), a_visual("72", "Goes")],
        components=[
            a_component("1", "70"),
            a_component("2", "71", row=4),
            a_component("3", "72", row=8),
        ],
    )
    desired = a_dashboard(
        tiles=[a_visual("70", "Stays"), a_visual("71", "Moves"), a_visual("73", "Comes")],
        components=[
            a_component("1", "70"),
            a_component("2", "71", row=12, width=24),
            a_component("4", "73", row=4),
        ],
    )

    found = {tile.title: (tile.before, tile.after) for tile in grid_of(desired, live).tiles}

    assert found == {
        "Stays": (a_place(), a_place()),
        "Moves": (a_place(4), a_place(12, width=24)),
        "Goes": (a_place(8), None),
        "Comes": (None, a_place(4)),
    }


def test_a_tile_that_stays_as_the_destination_s_own_is_on_both_sides():
    live = a_dashboard(
        tiles=[a_visual("71", "Theirs")], components=[a_component("2", "71")], slug="s"
    )
    desired = a_dashboard(
        title="New",
        tiles=[a_tile("70", "Ours", type="text")],
        components=[a_component("1", "70", row=4)],
        slug="s",
    )

    tiles = grid_of(desired, live, keeps_surplus=True).tiles

    assert (
        GridTile(
            live_id="71", title="Theirs", type="looker_line", before=a_place(), after=a_place()
        )
        in tiles
    )


def test_a_tile_without_a_place_in_the_backup_keeps_the_one_it_has():
    live = a_dashboard(tiles=[a_visual("70", "Revenue")], components=[a_component("1", "70")])
    desired = a_dashboard(title="New", tiles=[a_visual("70", "Revenue")], components=[])

    (tile,) = grid_of(desired, live).tiles

    assert (tile.before, tile.after) == (a_place(), a_place())


def test_a_tile_that_moves_to_another_tab_names_both():
    def tabs(of_tile: str) -> list[dict[str, Any]]:
        return [
            {
                "id": id_,
                "dashboard_id": "42",
                "type": "newspaper",
                "active": id_ == "60",
                "order": number,
                "label": label,
                "dashboard_layout_components": [a_component("1", "70", layout=id_)]
                if id_ == of_tile
                else [],
            }
            for number, (id_, label) in enumerate([("60", "First"), ("61", "Second")])
        ]

    live = a_dashboard(tiles=[a_visual("70", "Revenue")], dashboard_layouts=tabs("60"))
    desired = a_dashboard(
        tiles=[a_visual("70", "Revenue", layout="61")], dashboard_layouts=tabs("61")
    )

    grid = grid_of(desired, live)

    assert [tab.title for tab in grid.tabs] == ["First", "Second"]
    (tile,) = grid.tiles
    assert (tile.before, tile.after) == (a_place(tab=0), a_place(tab=1))


def test_a_tab_that_only_the_destination_has_is_listed_without_a_key():
    extra = {
        "id": "61",
        "dashboard_id": "42",
        "type": "newspaper",
        "order": 1,
        "label": "Old",
        "dashboard_layout_components": [a_component("9", "71", layout="61")],
    }
    live = a_dashboard(tiles=[a_visual("70", "Revenue"), a_visual("71", "Old tile", layout="61")])
    live["dashboard_layouts"][0]["dashboard_layout_components"] = [a_component("1", "70")]
    live["dashboard_layouts"].append(extra)
    desired = a_dashboard(tiles=[a_visual("70", "Revenue")], components=[a_component("1", "70")])

    grid = grid_of(desired, live)

    assert grid.tabs[1] == GridTab(live_id="61", title="Old")
    assert grid.tiles[1].before == a_place(tab=1)


def test_a_deleted_place_and_one_without_numbers_are_no_places():
    tiles = [a_visual("70", "Gone"), a_visual("71", "Nowhere"), a_visual("72", "Here")]
    components = [
        a_component("1", "70", deleted=True),
        a_component("2", "71", width=None),
        a_component("3", "72"),
    ]

    grid = grid_of(a_dashboard(tiles=tiles, components=components))

    assert [tile.title for tile in grid.tiles] == ["Here"]


def test_a_dashboard_without_tiles_has_no_grid():
    action = by_address(
        plan_of({"folder": FOLDERS, "dashboard": [a_dashboard()]}, {"folder": FOLDERS})
    )["dashboard:42"]

    assert action.grid is None
