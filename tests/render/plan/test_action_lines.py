"""How the action on an item is shown."""

import msgspec
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.content.node import Address
from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, LINK, ContentWriting, Interim
from lookervault_plan.render.plan.text import plan_text
from tests.builders import a_change, a_part, a_plan, a_reference, an_action, some_parts
from tests.render.screen import shown


def test_each_reference_shows_its_target_or_why_it_has_none(snapshot: SnapshotAssertion):
    parts = {"elements": some_parts(update=[a_part("5", "Forecast")])}
    plan = a_plan(
        [
            an_action(
                "update",
                parts=parts,
                references=[
                    a_reference("folder_id", "folder:12"),
                    a_reference("user_id", "user:7"),
                    a_reference("dashboard_layout_id", "dashboard_layout:1", part="elements/5"),
                    a_reference("look_id", "look:9", part="elements/gone"),
                    a_reference("look_id", "look:9", "19"),
                    a_reference("slug", "abc"),
                ],
            ),
            an_action("update", "unheard:1", references=[a_reference("x", "y:1", part="z/5")]),
        ]
    )

    assert shown(plan_text(plan)) == snapshot


def test_collections_are_shown_in_the_order_of_the_table():
    names = ("zebras", "components", "elements", "filters", "layouts")
    parts = {name: some_parts(create=[a_part(title=name)]) for name in names}

    lines = shown(plan_text(a_plan([an_action(parts=parts)]))).splitlines()

    found = [line.split()[1] for line in lines if line.startswith("      + ")]
    assert found == ["filter", "tab", "tile", "zebra"]  # places are shown with their tiles


def test_long_lists_are_cut_and_the_rest_is_counted():
    lines = "\n".join(map(str, range(40)))
    actions = [
        an_action(
            "update",
            changes=[
                a_change("body", lines, lines.replace("1", "x")),
                *(a_change(f"field_{number}") for number in range(40)),
            ],
            parts={"entries": some_parts(delete=[a_part(str(n), f"E{n}") for n in range(21)])},
            references=[
                a_reference(
                    "look_id", f"look:{number}", KNOWN_AFTER_APPLY, part=f"elements/{number}"
                )
                for number in range(9)
            ],
        )
    ]

    others = [an_action("update", f"look:{number}") for number in range(10)]

    text = shown(plan_text(a_plan([*actions, *others])))

    assert "  … and 12 more lines" in text
    assert "  … and 11 more changes" in text
    assert "  - … and 1 more entry" in text
    assert "look_id = look:4 and 4 more" in " ".join(text.split())


def test_an_interim_name_is_shown_with_the_item_that_ends_it():
    action = an_action(
        "update", changes=[a_change(after="KPIs")], deferred=["title", "description"]
    )
    assert isinstance(action, ContentWriting)
    interim = Interim(path="title", value="KPIs [dashboard:42]", until=Address("dashboard:43"))
    action = msgspec.structs.replace(action, interim=(interim,))

    text = shown(plan_text(a_plan([action]), width=120), width=120)

    assert 'temporary name: title = "KPIs [dashboard:42]" until dashboard:43 is done' in text
    assert "set in a second pass (circular reference): description" in text


def test_a_link_to_a_missing_item_leaves_the_text_as_it_is():
    action = an_action("update", references=[a_reference(LINK, "dashboard:9")])

    text = shown(plan_text(a_plan([action])))

    assert "link to dashboard:9 left as is: not found in the destination\n" in text
