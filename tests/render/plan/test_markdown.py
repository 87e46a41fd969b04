"""The plan as a comment on a pull request."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.plan_file import Counts, Plan, Summary
from lookervault_plan.render.plan.markdown import plan_markdown
from tests.builders import (
    a_change,
    a_diagnostic,
    a_guard,
    a_plan,
    a_remap,
    an_action,
)
from tests.render.examples import NASTY_NAMES, everything, many, nasty
from tests.render.strategies import SLOW, plans

#: all HTML that the document may bring
_OWN_HTML = re.compile(
    r"<!-- lookervault-plan -->|</?details( open)?>|</?summary>|</?b>|"
    r"\d[\d,]* (to add|to change|to destroy|unchanged|other|imports?|problems?|warnings?|notes?)|"
    r"Blocked: apply skips these items|: differences that apply leaves as is|"
    r"Deletes|Access|Updates|Creates|Left as is|"
    r": found in the destination, not in the state yet|[:,\s]"
)


def tokens(text: str) -> list[Token]:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(text)


def inline(parsed: list[Token]) -> Iterator[Token]:
    for token in parsed:
        yield token
        yield from token.children or ()


def test_a_comment_reads_top_down(snapshot: SnapshotAssertion):
    assert plan_markdown(everything()) == snapshot


def test_names_from_an_instance_add_no_markup(snapshot: SnapshotAssertion):
    text = plan_markdown(nasty())

    assert_harmless(text)
    assert text == snapshot


@pytest.mark.parametrize("name", NASTY_NAMES)
def test_no_name_is_a_mention_or_a_link(name: str):
    """Outside code, where GitHub looks for them."""
    plan = a_plan(guards=[a_guard(summary=name)], diagnostics=[a_diagnostic(name)])

    for token in inline(tokens(plan_markdown(plan))):
        if token.type == "text":
            assert not re.search(r"[@#]\w|://|www\.", token.content.replace("://", ""))


def assert_harmless(text: str) -> None:
    parsed = list(inline(tokens(text)))
    kinds = {token.type for token in parsed}
    assert not kinds & {"link_open", "image", "s_open", "em_open", "heading_open", "code_block"}
    assert text.count("<details") == text.count("</details>\n")
    for token in parsed:
        if token.type in {"html_block", "html_inline"}:
            assert not _OWN_HTML.sub("", token.content).strip(" abcdefghijklmnopqrstuvwxyz_")
    rows = table_rows(parsed)
    assert all(count == 8 for count in rows)


def table_rows(parsed: list[Token]) -> list[int]:
    counts: list[int] = []
    for token in parsed:
        if token.type == "tr_open":
            counts.append(0)
        elif token.type in {"td_open", "th_open"}:
            counts[-1] += 1
    return counts


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(plan=plans())
def test_every_plan_makes_a_well_formed_comment(plan: Plan):
    assert_harmless(plan_markdown(plan))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(plan=plans(), limit=st.integers(0, 6000))
def test_every_comment_keeps_to_the_limit(plan: Plan, limit: int):
    assert len(plan_markdown(plan, limit_characters=limit)) <= limit


@pytest.mark.parametrize("limit", [1_000, 3_000, 10_000, 65_000])
def test_a_long_plan_fills_the_limit_and_counts_what_is_left_out(limit: int):
    text = plan_markdown(many(items=4000), limit_characters=limit)

    assert 0.5 * limit < len(text) <= limit
    assert_harmless(text)
    assert text.endswith("`lookervault-plan show PLAN --format html` shows everything.\n")
    assert text.startswith(
        "<!-- lookervault-plan -->\n**Plan: 1333 to add, 1334 to change, 0 to destroy.**\n"
    )
    shown = len(re.findall(r"^[+!] \w+\.\d", text, re.MULTILINE))
    omitted = re.search(r"comment: (?:the|(\S+) item)", text)
    assert omitted is not None
    assert shown + int((omitted[1] or "0").replace(",", "")) == 2667


def test_details_are_left_out_before_items():
    changes = [a_change(f"field_{number}") for number in range(8)]
    plan = a_plan([an_action("update", f"look:{n}", changes=changes) for n in range(60)])
    whole = plan_markdown(plan)

    text = plan_markdown(plan, limit_characters=len(whole) - 1)

    assert plan_markdown(plan, limit_characters=len(whole)) == whole
    assert "Left out to fit into a comment: the details of 1 item." in text
    assert all(f".{n} " in text for n in range(60))


def test_imports_leave_room_for_changes():
    plan = a_plan(
        [an_action("create", f"look:{n}", name=f"L{n}") for n in range(50)],
        remaps=[a_remap(source_id=str(n)) for n in range(1000)],
    )

    text = plan_markdown(plan, limit_characters=5000)

    assert all(f'look.{n} "L{n}"' in text for n in range(50))
    assert "= user.1 " in text
    assert "<b>1,000 imports: " in text


def test_guards_are_the_last_to_be_left_out():
    plan = a_plan(
        [an_action("blocked", f"look:{n}", reason="x" * 50) for n in range(50)],
        guards=[a_guard(f"guard-{n}", "x" * 300) for n in range(5)],
    )

    text = plan_markdown(plan, limit_characters=620)

    assert "> **Apply will refuse this plan: 5 guards not allowed.**" in text
    assert "> - 5 guards: `guard-0, guard-1, guard-2, guard-3, guard-4`" in text
    assert "Left out to fit into a comment: 50 items." in text


def test_a_bar_in_a_type_stays_in_its_cell():
    plan = a_plan(summary=Summary(create=1, by_type={"a|b\\|c": Counts(create=1)}))

    cells = [token.content for token in tokens(plan_markdown(plan)) if token.type == "inline"]

    assert "`a|b\\|c`" in cells


def test_allowed_guards_are_a_note():
    text = plan_markdown(a_plan(guards=[a_guard(allowed=True)]))

    assert "> [!NOTE]\n> **These guards tripped and were allowed.**\n" in text
    assert "Allowed with `--allow updates-share`." in text


def test_a_plan_without_changes_is_a_short_comment():
    text = plan_markdown(a_plan(summary=Summary(skip=1204)))

    assert (
        "**No changes. Your infrastructure matches the configuration.**\nUnchanged: 1,204." in text
    )
    assert "<details" not in text


def test_a_sensitive_change_shows_no_value():
    changes = [a_change("token", "hunter1", "hunter2", sensitive=True)]

    text = plan_markdown(a_plan([an_action("update", changes=changes)]))

    assert "!     token = (sensitive)\n" in text
    assert "hunter" not in text


def test_notes_have_a_section_of_their_own():
    note = a_diagnostic("slug differs", severity="note", code="note.not-written", detail="", fix="")

    text = plan_markdown(a_plan(diagnostics=[note]))

    assert "**No changes.**" in text
    assert "<b>1 note: differences that apply leaves as is</b>" in text
    assert "dashboard:42: slug differs" in text
    assert "warning" not in text
