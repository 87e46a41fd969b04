"""Other tools read our plans: tfcmt and Atlantis the text, others the JSON."""

import json
import re
from typing import Any

import msgspec
import pytest

from lookervault_plan.plan_file import Plan
from lookervault_plan.render.plan.terraform_json import plan_gitlab, plan_terraform_json
from lookervault_plan.render.plan.text import plan_text
from tests.builders import a_change, a_guard, a_part, a_plan, a_remap, an_action, some_parts
from tests.render.examples import everything
from tests.render.screen import shown

#: tfcmt, pkg/terraform/parser.go: expressions for lines of the plan.
TFCMT = {
    "create": re.compile(r"^ *# (.*) will be created$"),
    "update": re.compile(r"^ *# (.*) will be updated in-place$"),
    "delete": re.compile(r"^ *# (.*) will be destroyed$"),
    "import": re.compile(r"^ *# (.*?) will be imported$"),
}
TFCMT_IMPORTED_FROM = re.compile(r"^ *# \(imported from (.*?)\)$")
TFCMT_FAIL = re.compile(r"^([│|] )?(Error: )", re.MULTILINE)
TFCMT_PASS = re.compile(r"^(Plan: \d|No changes.)", re.MULTILINE)
#: Atlantis, server/events/models: the summary of a plan.
ATLANTIS_PLAN = re.compile(
    r"Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy."
)
ATLANTIS_NO_CHANGES = re.compile(
    r"No changes. (Infrastructure is up-to-date|Your infrastructure matches the configuration)."
)


def lines_of(plan: Plan) -> list[str]:
    return shown(plan_text(plan, width=60), width=60).splitlines()


def test_tfcmt_finds_each_item_and_what_becomes_of_it():
    lines = lines_of(everything())

    found = {
        word: [match[1] for line in lines if (match := expression.match(line))]
        for word, expression in TFCMT.items()
    }
    assert found == {
        "create": [
            'dashboard.41 "Costs" in Shared/Finance',
            'folder.12 "EMEA" in Shared/Finance\\/Controlling',
        ],
        "update": ['dashboard.42 "Finance overview" in Shared/Finance'],
        "delete": ['board.3 "Unused"'],
        "import": ['user.7 "Ada" (id 107, matched by email)'],
    }


def test_tfcmt_finds_an_import_below_its_update():
    lines = lines_of(everything())

    (place,) = [n for n, line in enumerate(lines) if TFCMT_IMPORTED_FROM.match(line)]
    assert TFCMT["update"].match(lines[place - 1])


def test_a_plan_with_blocked_items_is_no_failed_plan_to_tfcmt():
    plan = everything()
    error = msgspec.structs.replace(plan.diagnostics[0], severity="error")
    text = "\n".join(lines_of(msgspec.structs.replace(plan, diagnostics=(error,))))

    assert "│ Blocked: " in text
    assert not TFCMT_FAIL.search(text)
    assert TFCMT_PASS.search(text)


def test_atlantis_reads_the_counts_and_the_sentence():
    found = ATLANTIS_PLAN.search("\n".join(lines_of(everything())))

    assert found
    assert found.groups() == ("2", "2", "1", "1")
    assert ATLANTIS_NO_CHANGES.search("\n".join(lines_of(a_plan([an_action("skip")]))))


# --- terraform-json ---------------------------------------------------------------------------


def terraform(plan: Plan) -> dict[str, Any]:
    return json.loads(plan_terraform_json(plan))


def changes_by_address(plan: Plan) -> dict[str, dict[str, Any]]:
    return {each["address"]: each["change"] for each in terraform(plan)["resource_changes"]}


def test_terraform_json_lists_what_changes_and_imports_and_nothing_else():
    found = {
        address: (change["actions"], change.get("importing"))
        for address, change in changes_by_address(everything()).items()
    }

    assert found == {
        "folder.12": (["create"], None),
        "dashboard.41": (["create"], None),
        "dashboard.42": (["update"], {"id": "1042"}),
        "board.3": (["delete"], None),
        "user.7": (["no-op"], {"id": "107"}),
    }


def test_terraform_json_has_both_sides_with_unknown_and_sensitive_values_marked():
    changes = [
        a_change("title", "Old", "New"),
        a_change("query.limit", "500", "100"),
        a_change("folder_id", "1", "(known after apply)", after_is_unknown=True),
        a_change("token", "(sensitive)", "(sensitive)", sensitive=True),
    ]
    parts = {
        "elements": some_parts(
            delete=[a_part(None, "Gone")], create=[a_part("3", "New", changes=[a_change("type")])]
        )
    }
    action = an_action("update", changes=changes, parts=parts)

    change = changes_by_address(a_plan([action]))["dashboard.42"]

    assert change["before"]["title"] == "Old"
    assert change["after"]["title"] == "New"
    assert change["after"]["query"] == {"limit": "100"}
    assert change["before"]["elements"] == [{"title": "Gone"}]
    assert change["after"]["elements"] == [{"title": "New", "key": "3", "type": "New"}]
    assert change["after_unknown"] == {"folder_id": True}
    assert change["before_sensitive"] == change["after_sensitive"] == {"token": True}
    assert change["before"]["path"] == "Shared/Finance"


def test_a_create_has_no_side_before_and_a_delete_none_after():
    found = changes_by_address(
        a_plan([an_action("create", "look:1"), an_action("delete", "look:2", name="Old")])
    )

    assert found["look.1"]["before"] is None
    assert found["look.1"]["after_unknown"] == {"id": True}
    assert found["look.2"]["after"] is None
    assert found["look.2"]["before"]["name"] == "Old"


def test_terraform_json_says_whether_the_plan_can_be_applied_whole():
    refused = terraform(everything())
    fine = terraform(a_plan([an_action()], guards=[a_guard(allowed=True)]))

    assert (refused["applyable"], refused["complete"]) == (False, False)
    assert (fine["applyable"], fine["complete"]) == (True, True)
    assert fine["format_version"] == "1.2"


@pytest.mark.parametrize(
    "path", ["a.b", "a", "a.b.c"], ids=["below a value", "the value itself", "far below a value"]
)
def test_changes_at_and_below_one_path_are_no_trouble(path: str):
    action = an_action("update", changes=[a_change("a", "x", "y"), a_change(path, "1", "2")])

    assert changes_by_address(a_plan([action]))["dashboard.42"]["after"]["a"] in ("y", "2")


def test_conftest_s_documented_queries_work():
    """Policies ask `input.resource_changes[_].change.actions[_]` and for types."""
    changes = terraform(everything())["resource_changes"]

    deleted = [each["address"] for each in changes if "delete" in each["change"]["actions"]]
    assert deleted == ["board.3"]
    assert {each["type"] for each in changes} == {"folder", "dashboard", "board", "user"}
    assert all(each["mode"] == "managed" for each in changes)


def test_gitlab_gets_the_counts_of_the_summary():
    plan = everything()

    counts = json.loads(plan_gitlab(plan))

    summary = plan.summary
    assert counts == {
        "create": summary.create,
        "update": summary.update,
        "delete": summary.delete,
    }


def test_imports_of_parts_are_listed_by_their_own_address():
    plan = a_plan(remaps=[a_remap("query", "abc", "9", matched_by="content", name="")])

    assert changes_by_address(plan)["query.abc"]["importing"] == {"id": "9"}
