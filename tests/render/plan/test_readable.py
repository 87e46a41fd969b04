"""References, lists, recipients, new content, tiles and access, as people read them."""

import msgspec
import pytest

from lookervault_plan.content.node import LiveId, SourceId
from lookervault_plan.plan_file import (
    KNOWN_AFTER_APPLY,
    LINK,
    LISTENS_TO,
    Action,
    Change,
    Grid,
    GridTab,
    GridTile,
    Links,
    PartAction,
    Parts,
    Place,
)
from lookervault_plan.render.guards import GuardRow, guards_text
from lookervault_plan.render.plan.markdown import plan_markdown
from lookervault_plan.render.plan.text import plan_text
from tests.builders import a_change, a_part, a_plan, a_reference, an_action, some_parts
from tests.render.screen import shown


def text_of(*actions: Action, verbose: bool = False, width: int = 100) -> str:
    return shown(plan_text(a_plan([*actions]), verbose=verbose, width=width), width=width)


def with_changes(*changes: Change, verb: str = "update", address: str = "dashboard:42") -> str:
    action = an_action("create" if verb == "create" else "update", address, changes=changes)
    return text_of(action)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            Change(
                path="folder_id",
                before="1",
                after="259",
                before_name="Shared",
                after_name="Shared/Finance",
            ),
            "~ folder: Shared -> Shared/Finance (259)",
        ),
        (
            Change(path="folder_id", after="259", after_name="Shared/Finance"),
            "+ folder: Shared/Finance (259)",
        ),
        (
            Change(
                path="folder_id",
                after=KNOWN_AFTER_APPLY,
                after_is_unknown=True,
                after_name="Shared/New",
            ),
            "+ folder: Shared/New (known after apply)",
        ),
        (Change(path="user_id", before="7", before_name="Ann (ann@x.example)"), "- owner: Ann"),
        (
            Change(path="permissions", before=[], after=[], added=("a",), removed=("b",)),
            "~ permissions: + a, - b",
        ),
        (
            Change(path="fields", before=[], after=[], added=(), removed=()),
            "~ fields: in another order",
        ),
        (
            Change(path="x", before=[], after=[], added=(), removed=(), sensitive=True),
            "~ recipients: (sensitive)",
        ),
        (Change(path="deleted", before=True, after=False), "~ deleted: taken out of the trash"),
    ],
)
def test_a_change_reads_in_names(change: Change, line: str):
    assert f"      {line}" in with_changes(change)


def test_a_long_list_has_a_line_for_each_entry_that_differs():
    added = tuple(f"permission_number_{number}" for number in range(30))
    change = Change(path="permissions", before=[], after=[], added=added, removed=("gone",))

    text = with_changes(change, address="permission_set:1")

    assert "          + permission_number_0\n" in text
    assert "          - gone\n" in text


def test_recipients_of_something_new_are_listed():
    few = Change(path="d", after=["ann@x.example (email, csv)"], sensitive=True)
    many = Change(path="d", after=[f"a{n}@x.example (email)" for n in range(9)], sensitive=True)

    assert "+ recipients = ann@x.example (email, csv)\n" in with_changes(few, verb="create")
    assert "          + a8@x.example (email)\n" in with_changes(many, verb="create")


def test_a_new_query_reads_from_model_to_visualization():
    query = {
        "visualization": "table",
        "fields": ["a.b", "a.c"],
        "filters": {"a.b": "7 days"},
        "explore": "orders",
        "model": "shop",
    }
    text = with_changes(a_change("query", None, query), verb="create")

    assert [line.strip() for line in text.splitlines() if line.startswith("          + ")] == [
        '+ model = "shop"',
        '+ explore = "orders"',
        "+ fields = a.b, a.c",
        '+ filters = a.b = "7 days"',
        '+ visualization = "table"',
    ]


def test_the_queries_of_a_merge_are_numbered():
    merge = {"queries": [{"model": "a"}, {"model": "b"}], "visualization": "table"}

    text = with_changes(a_change("merge_result", None, merge), verb="create")

    assert "+ query 1\n" in text
    assert '+ model = "b"\n' in text


# --- tiles and access -------------------------------------------------------------------------


def a_dashboard(*tiles: GridTile, parts: dict[str, Parts] | None = None) -> Action:
    grid = Grid(tabs=(GridTab(key=SourceId("60")), GridTab(key=SourceId("61"))), tiles=tiles)
    return msgspec.structs.replace(an_action("update", parts=parts or {}), grid=grid)


def a_tile(key: str, before: Place, after: Place) -> GridTile:
    return GridTile(
        key=SourceId(key), live_id=LiveId(key), title=f"Tile {key}", before=before, after=after
    )


def at(row: int, *, tab: int = 0, width: int = 8) -> Place:
    return Place(tab=tab, row=row, column=0, width=width, height=4)


def places(*keys: str, path: str = "row") -> Parts:
    """Updates of the places of tiles."""
    return Parts(
        update=tuple(
            PartAction(
                key=SourceId(f"c{key}"), places=SourceId(key), changes=(a_change(path, 0, 4),)
            )
            for key in keys
        )
    )


def test_element_and_place_of_a_tile_are_one_line():
    tile = a_part("1", "Tile 1", live_id="1", changes=[a_change("type", "a", "b")])
    action = a_dashboard(
        a_tile("1", at(0), at(4, width=12)),
        parts={"elements": some_parts(update=[tile]), "components": places("1")},
    )

    text = text_of(action)

    assert text.count("Tile 1") == 1
    moved = "moved from row 0, column 0 to row 4, column 0; resized from 8x4 to 12x4"
    assert moved in " ".join(text.split())
    assert "component" not in text


def test_a_tile_that_only_moves_says_where_to():
    text = text_of(a_dashboard(a_tile("1", at(0), at(0, tab=1)), parts={"components": places("1")}))

    assert '~ tile "Tile 1": moved to another tab\n' in text


def test_many_moves_share_a_line_in_a_long_plan():
    tiles = [a_tile(str(number), at(number), at(number + 4)) for number in range(9)]
    action = a_dashboard(*tiles, parts={"components": places(*map(str, range(9)))})
    others = [an_action("update", f"look:{number}") for number in range(12)]

    assert '~ 9 tiles moved or resized: "Tile 0"' in text_of(action, *others)


def test_how_a_tile_is_placed_otherwise_is_shown_with_the_tile():
    action = a_dashboard(
        a_tile("1", at(0), at(0)), parts={"components": places("1", path="granular_row")}
    )

    assert '~ tile "Tile 1": granular_row = 0 -> 4\n' in text_of(action)


def test_a_deleted_tile_counts_its_alerts():
    parts = [PartAction(live_id=LiveId(str(n)), title=f"T{n}", alerts=n) for n in (1, 2)]
    text = text_of(an_action("update", parts={"elements": Parts(delete=tuple(parts))}))

    assert '- tile "T1" (1 alert goes with it)\n' in text
    assert '- tile "T2" (2 alerts go with it)\n' in text


def test_access_says_who_gets_what():
    raised = PartAction(title="All Users", changes=(a_change("permission_type", "view", "edit"),))
    new = PartAction(title="Sales", changes=(a_change("permission_type", None, "view"),))
    entries = Parts(update=(raised,), create=(new,), delete=(PartAction(live_id=LiveId("9")),))

    text = text_of(an_action("update", "folder:1", parts={"entries": entries}))

    assert '~ access entry "All Users": view -> edit\n' in text
    assert '+ access entry "Sales": view\n' in text
    assert "- access entry 9\n" in text


def test_the_only_untitled_tab_of_a_new_dashboard_is_not_mentioned():
    parts = {"layouts": some_parts(create=[a_part("60", "")])}

    assert "tab" not in text_of(an_action("create", parts=parts))


# --- items and notes --------------------------------------------------------------------------


def test_an_item_links_to_both_sides():
    links = Links(source="https://dev.example/looks/1", destination="https://prod.example/looks/2")
    update = an_action("update", "look:1", destination_id="2", matched_by="state")

    text = text_of(msgspec.structs.replace(update, links=links))

    assert f"{links.source} -> {links.destination} (matched by state)\n" in text


def test_equal_broken_links_are_one_note():
    broken = [a_reference(LINK, "look:9")]
    actions = [an_action("update", f"look:{number}", references=broken) for number in range(3)]

    for text in (text_of(*actions), plan_markdown(a_plan(actions))):
        assert text.count("look:9") == 1
        assert "3 items link to look:9" in " ".join(text.split())
    assert text_of(*actions, verbose=True).count("link to look:9 left as is") == 3


def test_a_listener_that_is_left_out_is_named():
    reference = a_reference(LISTENS_TO, "dashboard_filter:State", part="elements/1")

    text = text_of(an_action("update", references=[reference]))

    assert "State left out: the dashboard has no such filter" in text


def test_guards_are_listed_with_their_kinds():
    text = shown(guards_text([GuardRow("deletes", "an item would go", kinds=("tiles",))]))

    assert "deletes  an item would go\n" in text
    assert "kinds: tiles" in text
