"""Recipients are named without the addresses that are secret."""

from lookervault_plan.content.recipients import recipients
from lookervault_plan.content.table.kinds import KINDS

SCHEDULE = KINDS["scheduled_plan"].field("scheduled_plan_destination")
ALERT = KINDS["alert"].field("destinations")


def test_emails_are_shown_and_other_addresses_are_not():
    found = recipients(
        SCHEDULE,
        [
            {"type": "webhook", "address": "https://hooks.example/s3cr3t", "format": "json"},
            {"type": "email", "address": "ann@example.com", "format": "csv"},
            {"address": "bob@example.com"},
        ],
    )

    assert found == [
        "(sensitive) (webhook, json)",
        "ann@example.com (email, csv)",
        "bob@example.com",
    ]


def test_a_recipient_without_an_address_is_named_by_the_rest():
    found = recipients(
        ALERT, [{"destination_type": "ACTION_HUB", "action_hub_integration_id": "1::slack"}]
    )

    assert found == ["ACTION_HUB, 1::slack"]


def test_what_is_no_list_names_nobody():
    assert recipients(SCHEDULE, "odd") == []
