"""The report of an apply, in each of its formats."""

import json
import re

import pytest
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.render.apply.formats import REPORT_FORMATS
from lookervault_plan.render.apply.report import ApplyReport, ItemReport
from tests.render.examples import NASTY_NAMES

NOTHING_MADE = ApplyReport(
    session="s-1",
    plan_id="5f1c" * 16,
    backup="looker.db",
    destination="https://target.looker.example",
    imported=0,
    added=0,
    changed=0,
    destroyed=0,
    is_complete=True,
    calls=3,
    items=(),
)


def a_report(*items: ItemReport) -> ApplyReport:
    return ApplyReport(
        session="s-1",
        plan_id="5f1c" * 16,
        backup="looker.db",
        destination="https://target.looker.example",
        imported=1,
        added=1,
        changed=0,
        destroyed=0,
        is_complete=False,
        calls=1234,
        items=items,
        not_stored=("user:8: locale",),
        unlinked=("dashboard:41: look:51",),
    )


def an_item(name: str = "Costs", reason: str = "422\nhas been taken") -> ItemReport:
    return ItemReport(
        address="dashboard:42",
        action="create",
        name=name,
        path=("Shared", "Finance"),
        result="failed",
        reason=reason,
    )


ITEMS = (
    ItemReport(address="folder:12", action="create", name="EMEA", result="done"),
    an_item(),
    ItemReport(address="look:51", action="update", name="Leads", result="not tried"),
)


@pytest.mark.parametrize("name", REPORT_FORMATS)
def test_a_report_reads_top_down(name: str, snapshot: SnapshotAssertion):
    assert REPORT_FORMATS[name](a_report(*ITEMS)) == snapshot


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_a_report_without_trouble_has_no_lists(name: str):
    text = REPORT_FORMATS[name](NOTHING_MADE)

    assert "Apply complete! Resources: 0 added, 0 changed, 0 destroyed." in text
    assert "Not taken" not in text
    assert "Done, with links" not in text


def test_only_unfinished_items_are_listed_in_the_text():
    text = REPORT_FORMATS["text"](a_report(*ITEMS))

    assert "done: 1\n" in text
    assert "folder:12" not in text
    assert 'dashboard:42 "Costs" in Shared/Finance: failed\n    422\n    has been taken\n' in text


def test_json_has_every_item_and_its_result():
    document = json.loads(REPORT_FORMATS["json"](a_report(*ITEMS)))

    assert [item["result"] for item in document["items"]] == ["done", "failed", "not tried"]
    assert document["is_complete"] is False


def tags(page: str) -> list[str]:
    return re.findall(r"<[^>]*>?", page)


@pytest.mark.parametrize("name", NASTY_NAMES)
def test_names_add_no_tags_to_the_page(name: str):
    html = REPORT_FORMATS["html"]

    assert tags(html(a_report(an_item(name, name)))) == tags(html(a_report(an_item())))


@pytest.mark.parametrize("name", NASTY_NAMES)
def test_names_add_no_markup_to_the_markdown(name: str):
    text = REPORT_FORMATS["markdown"](a_report(an_item(name, name)))

    kinds = {
        token.type
        for block in MarkdownIt("gfm-like", {"linkify": False}).parse(text)
        for token in (block, *(block.children or ()))
    }
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "em_open"}
