"""Each action links to the pages of its item on both sides."""

from lookervault_plan.plan_file import Links
from lookervault_plan.planning.report.links import with_links
from tests.builders import an_action

SIDES = {"source_url": "https://dev.example", "destination_url": "https://prod.example/"}


def test_an_update_links_to_both_sides_and_a_create_to_the_source():
    update, create = with_links(
        [an_action("update", "dashboard:42", destination_id="9/9"), an_action("create", "look:7")],
        **SIDES,
    )

    assert update.links == Links(
        source="https://dev.example/dashboards/42",
        destination="https://prod.example/dashboards/9%2F9",
    )
    assert create.links == Links(source="https://dev.example/looks/7")


def test_a_person_has_a_page_and_a_set_has_none():
    user, model_set = with_links(
        [an_action("update", "user:3"), an_action("create", "model_set:1")], **SIDES
    )

    assert user.links.source == "https://dev.example/admin/users/3/edit"
    assert model_set.links == Links()


def test_an_unknown_source_and_a_skipped_item_have_no_links():
    create, skip = with_links(
        [an_action("create", "look:7"), an_action("skip", "look:8")],
        source_url=None,
        destination_url="https://prod.example",
    )

    assert create.links == skip.links == Links()
