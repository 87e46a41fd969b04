"""The plan on a terminal."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.plan_file import Selection, Summary
from lookervault_plan.render.plan.text import plan_text
from tests.builders import (
    a_change,
    a_diagnostic,
    a_guard,
    a_part,
    a_plan,
    a_remap,
    an_action,
    some_parts,
)
from tests.render.examples import everything, many, nasty
from tests.render.screen import shown


def test_a_plan_reads_top_down(snapshot: SnapshotAssertion):
    assert shown(plan_text(everything())) == snapshot


def test_verbose_names_skips_and_every_part(snapshot: SnapshotAssertion):
    assert shown(plan_text(everything(), verbose=True, width=100), width=100) == snapshot


def test_names_from_an_instance_add_no_markup_and_no_controls(
    snapshot: SnapshotAssertion,
):
    assert shown(plan_text(nasty())) == snapshot


def test_colour_only_adds_to_what_is_there():
    plain = shown(plan_text(everything()))

    coloured = shown(plan_text(everything()), colour=True)

    assert "\x1b[" in coloured
    assert Console(file=io.StringIO()).render_str("x").plain == "x"
    assert strip_colour(coloured) == plain


def strip_colour(text: str) -> str:
    return "\n".join(Text.from_ansi(line).plain for line in text.split("\n"))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_lines_fit_the_terminal(width: int):
    for plan in (everything(), nasty(), many()):
        lines = shown(plan_text(plan, width=width), width=width).splitlines()
        # Other tools read the lines of items and counts, so they are never broken.
        unbroken = ("  # ", "Plan: ", "Unchanged: ", "Parts: ")
        wrapped = [line for line in lines if not line.startswith(unbroken)]
        assert max(map(cell_len, wrapped)) <= width
        assert not [line for line in lines if line != line.rstrip()]


def test_the_summary_is_terraforms_to_the_byte():
    plan = a_plan(
        summary=Summary(create=12, update=40, skip=1204, blocked=2, remap=31, calls=214),
        remaps=[a_remap()] + [a_remap(new=False)] * 30,
    )

    assert shown(plan_text(plan)).endswith(
        "\nPlan: 1 to import, 12 to add, 40 to change, 0 to destroy.\n"
        "Unchanged: 1,204. Remapped: 31. Blocked: 2. API calls: about 214.\n"
    )


def test_the_summary_leaves_out_imports_if_there_are_none():
    plan = a_plan(summary=Summary(create=1200, update=40))

    assert "\nPlan: 1200 to add, 40 to change, 0 to destroy.\n" in shown(plan_text(plan))


def test_a_plan_without_changes_says_so(snapshot: SnapshotAssertion):
    plan = a_plan([an_action("skip", reason="unchanged", calls=0)])

    text = shown(plan_text(plan))

    assert (
        "\nNo changes. Your infrastructure matches the configuration.\nUnchanged: 1. Remapped: 0."
        in text
    )
    assert text == snapshot


def test_a_plan_that_only_blocks_items_has_terraforms_line():
    assert "\nPlan: 0 to add, 0 to change, 0 to destroy.\n" in shown(
        plan_text(a_plan([an_action("blocked", reason="found twice")]))
    )


def test_the_summary_is_one_line_on_a_narrow_terminal():
    plan = a_plan(summary=Summary(create=123456, update=123456, skip=12345678, calls=12345678))
    file = io.StringIO()

    Console(file=file, width=30).print(plan_text(plan, width=30), crop=False)

    assert "\nPlan: 123456 to add, 123456 to change, 0 to destroy.\n" in file.getvalue()


def test_many_items_are_cut_fairly_and_the_rest_is_counted(snapshot: SnapshotAssertion):
    lines = shown(plan_text(many())).splitlines()

    assert sum(line.startswith("  # ") for line in lines) == 220
    assert "\n".join(lines[-9:]) == snapshot


def test_verbose_shows_every_item_of_a_long_plan():
    lines = shown(plan_text(many(), verbose=True)).splitlines()

    assert sum(line.startswith("  # ") for line in lines) == 600


def test_a_sensitive_change_shows_no_value():
    change = a_change("secret_parameters", "hunter1", "hunter2", sensitive=True)
    plan = a_plan(
        [
            an_action(
                "update",
                changes=[change],
                parts={"alerts": some_parts(update=[a_part(changes=[change])])},
            )
        ]
    )

    text = shown(plan_text(plan, verbose=True))

    assert "secret_parameters = (sensitive)" in text
    assert "hunter" not in text


def test_many_imports_are_cut_and_the_rest_is_counted():
    plan = a_plan(remaps=[a_remap(source_id=str(number)) for number in range(25)])

    text = shown(plan_text(plan))

    assert "  … and 19 more" in text
    assert "\nPlan: 25 to import, 0 to add, 0 to change, 0 to destroy.\n" in text


def test_warnings_of_one_code_share_a_block(snapshot: SnapshotAssertion):
    plan = a_plan(
        diagnostics=[
            *(a_diagnostic(f"user:{n} is missing", code="owner.missing") for n in range(9)),
            a_diagnostic("the row can't be read", severity="error", code="backup.corrupt"),
        ]
    )

    assert shown(plan_text(plan)) == snapshot


def test_a_guard_says_how_to_allow_it():
    text = shown(plan_text(a_plan(guards=[a_guard("deletes", "3 items", fix="use --exclude")])))

    assert "  ! deletes: 3 items\n" in text
    assert "        Fix: use --exclude\n" in text
    assert "        To allow it, plan again with --allow deletes\n" in text


def test_the_selection_is_shown_as_it_was_written():
    selection = Selection(select=("folder:Shared/**",), exclude=("title:*draft*",), selector="fin")

    text = shown(plan_text(a_plan(selection=selection)))

    assert "\nSelected:    folder:Shared/**, not title:*draft*, selector fin\n" in text


def test_a_plan_that_leaves_differing_items_alone_does_not_claim_a_match():
    text = shown(plan_text(a_plan([an_action("skip", reason="modified-in-destination")])))

    assert "\nNo changes.\n" in text
    assert "matches" not in text


def test_built_in_items_are_counted_by_kind():
    personal, embed = (
        "built-in, a personal folder comes with its user",
        "built-in, an embed folder is made by signing in",
    )
    plan = a_plan(
        [
            an_action("skip", "folder:1", reason="built-in, a root folder"),
            an_action("skip", "folder:2", reason=personal),
            an_action("skip", "folder:3", reason=personal),
            an_action("skip", "folder:4", reason=f"{embed}, not in the destination"),
            an_action("skip", "explore:a::b", reason="reference-only"),
        ]
    )

    told = " ".join(shown(plan_text(plan)).split())
    assert (
        "Left alone: 3 built-in (2 personal folders, 1 root folder); "
        "1 built-in, not in the destination (1 embed folder); 1 reference-only." in told
    )


def test_a_value_that_is_left_out_keeps_the_plan_from_claiming_a_match():
    warning = a_diagnostic("models can't be kept", code="value.left-out")

    text = shown(plan_text(a_plan([an_action("skip", reason="unchanged")], diagnostics=[warning])))

    assert "\nNo changes.\n" in text


def test_notes_follow_the_summary_and_equal_ones_are_one_line():
    alike = [
        a_diagnostic("a", severity="note", code="note.x", address=f"look:{n}", detail="", fix="")
        for n in range(3)
    ]
    others = [
        a_diagnostic(f"b{n}", severity="note", code="note.y", address=None, detail="more", fix="")
        for n in range(8)
    ]
    plan = a_plan([an_action("skip", reason="unchanged")], diagnostics=[*alike, *others])

    text = shown(plan_text(plan))

    assert text.endswith(
        "\nNo changes.\nUnchanged: 1. Remapped: 0. Blocked: 0. API calls: about 0.\n\n"
        "Notes  differences that apply leaves as is\n"
        "    look:0: a (and on look:1, look:2)\n"
        "    b0\n    b1\n    b2\n    b3\n    b4\n    b5\n"
        "    … and 2 more (--verbose lists them)\n"
    )


def test_verbose_lists_every_note_with_its_detail():
    notes = [
        a_diagnostic(f"b{n}", severity="note", code="note.y", address=None, detail="more", fix="")
        for n in range(8)
    ]

    text = shown(plan_text(a_plan(diagnostics=notes), verbose=True))

    assert text.endswith("    b7\n        more\n")
