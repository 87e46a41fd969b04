"""Items that Looker or its administrators make: no plan creates, changes or deletes them."""

from typing import Any

import pytest

from lookervault_plan.content.table.built_in import NOUNS
from lookervault_plan.content.table.kinds import KINDS

EMAIL = {"credentials_email": {"email": "ann@x.example"}}


@pytest.mark.parametrize(
    ("kind", "raw", "reason"),
    [
        ("dashboard", {"id": "shop::sales"}, "a LookML dashboard lives in its project"),
        ("dashboard", {"id": "7", "readonly": True}, "a LookML dashboard lives in its project"),
        ("user", {"is_service_account": True, **EMAIL}, "a service account"),
        ("user", {"verified_looker_employee": True, **EMAIL}, "a Looker employee"),
        ("user", {"presumed_looker_employee": True, **EMAIL}, "a Looker employee"),
        (
            "user",
            {"credentials_embed": [{"id": "1"}]},
            "an embed user is made by signing in",
        ),
        ("user", {}, "a user without email credentials is made by signing in"),
        ("group", {"externally_managed": True}, "a group managed outside Looker"),
        ("group", {"name": "All Users"}, "a group of Looker's own"),
        ("permission_set", {"name": "Admin", "all_access": True}, "a set of Looker's own"),
        ("model_set", {"name": "All", "built_in": True}, "a set of Looker's own"),
        ("role", {"name": "Admin", "permission_set": {"id": "1"}}, "a role of Looker's own"),
        (
            "role",
            {"name": "Support", "internal": True, "permission_set": {"id": "1"}},
            "a role of Looker's own",
        ),
        ("role", {"name": "Empty"}, "a role without permissions"),
        ("folder", {"name": "Shared", "is_shared_root": True}, "a root folder"),
        ("folder", {"id": "lookml"}, "a root folder"),
        ("folder", {"is_embed": True}, "an embed folder is made by signing in"),
        ("folder", {"is_personal": True}, "a personal folder comes with its user"),
        ("lookml_model", {"name": "system__activity"}, "a model of Looker's own"),
        ("scheduled_plan", {"run_once": True}, "a schedule that runs once"),
    ],
)
def test_an_item_that_no_plan_makes_says_why(kind: str, raw: dict[str, Any], reason: str):
    assert KINDS[kind].item.built_in(raw) == reason
    assert reason in NOUNS


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("dashboard", {"id": "7"}),
        ("user", EMAIL),
        ("user", {"credentials_embed": [{"id": "1"}], **EMAIL}),
        ("group", {"name": "Sales"}),
        ("permission_set", {"name": "Viewer"}),
        ("role", {"name": "Viewer", "permission_set": {"id": "1"}}),
    ],
)
def test_an_ordinary_item_is_not_built_in(kind: str, raw: dict[str, Any]):
    assert KINDS[kind].item.built_in(raw) is None
