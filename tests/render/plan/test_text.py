"""The plan on a terminal."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from syrupy.assertion import SnapshotAssertion

from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, Selection, Summary
from lookervault_plan.render.plan.text import plan_text
from lookervault_plan.render.shorten import window
from tests.builders import (
    a_change,
    a_diagnostic,
    a_guard,
    a_part,
    a_plan,
    a_reference,
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


def test_names_do_no_harm(snapshot: SnapshotAssertion):
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
        assert max(map(cell_len, lines)) <= width
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


def test_without_imports_the_summary_names_none():
    plan = a_plan(summary=Summary(create=1200, update=40))

    assert "\nPlan: 1200 to add, 40 to change, 0 to destroy.\n" in shown(plan_text(plan))


def test_nothing_to_do_says_so(snapshot: SnapshotAssertion):
    plan = a_plan([an_action("skip", reason="unchanged", calls=0)])

    text = shown(plan_text(plan))

    assert "\nNo changes. The destination matches the backup.\nUnchanged: 1. Remapped: 0." in text
    assert text == snapshot


def test_blocked_alone_is_not_nothing():
    assert "\nPlan: 0 to add, 0 to change, 0 to destroy.\n" in shown(
        plan_text(a_plan([an_action("blocked", reason="found twice")]))
    )


def test_the_summary_is_never_broken():
    plan = a_plan(summary=Summary(create=123456, update=123456, skip=12345678, calls=12345678))
    file = io.StringIO()

    Console(file=file, width=30).print(plan_text(plan, width=30), crop=False)

    assert "\nPlan: 123456 to add, 123456 to change, 0 to destroy.\n" in file.getvalue()


def test_many_items_are_cut_fairly_and_counted(snapshot: SnapshotAssertion):
    lines = shown(plan_text(many())).splitlines()

    items = [line for line in lines if line.startswith(("  + ", "  ~ "))]
    assert len(items) == 200
    assert "\n".join(lines[-9:]) == snapshot


def test_many_items_are_all_there_when_verbose():
    lines = shown(plan_text(many(), verbose=True)).splitlines()

    assert sum(line.startswith(("  + ", "  ~ ", "  = ")) for line in lines) == 600


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


def test_long_values_are_cut_around_the_difference():
    same = "The quick brown fox jumps over the lazy dog. " * 20
    plan = a_plan([an_action("update", changes=[a_change("note", same + "Old", same + "New")])])

    text = shown(plan_text(plan))

    assert '- …r the lazy dog. Old"' in text
    assert '+ …r the lazy dog. New"' in text


def test_text_that_differs_only_in_line_ends_still_differs():
    change = a_change("body", "one\ntwo\n", "one\r\ntwo\r\n")

    text = shown(plan_text(a_plan([an_action("update", changes=[change])])))

    assert r'- "one\ntwo\n"' in text
    assert r'+ "one\r\ntwo\r\n"' in text


def test_long_lists_of_lines_changes_and_parts_are_counted():
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

    text = shown(plan_text(a_plan(actions)))

    assert "  … and 12 more lines" in text
    assert "  … and 11 more changes" in text
    assert "  - … and 1 more entry" in text
    assert "look_id = look:4 and 4 more" in " ".join(text.split())


def test_references_tell_what_becomes_of_them(snapshot: SnapshotAssertion):
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


def test_blocked_chains_and_cycles_become_trees(snapshot: SnapshotAssertion):
    chain = [
        an_action(
            "blocked",
            f"folder:{n}",
            name="",
            path=(),
            references=[a_reference(from_=f"folder:{n - 1}")] if n > 100 else [],
        )
        for n in range(100, 112)
    ]
    ring = [
        an_action("blocked", "look:1", name="A", references=[a_reference(from_="look:2")]),
        an_action("blocked", "look:2", name="B", references=[a_reference(from_="look:1")]),
        an_action("blocked", "look:3", name="C", references=[a_reference(from_="look:2")]),
    ]

    text = shown(plan_text(a_plan([*chain, *ring])))

    assert text == snapshot
    assert all(text.count(f"{action.address} ") == 1 for action in [*chain, *ring])


def test_many_blocked_are_cut_and_counted():
    alone = [an_action("blocked", f"look:{n}", reason="found twice") for n in range(100)]
    under = [
        an_action("blocked", f"look:9{n}", references=[a_reference(from_="folder:1")])
        for n in range(100)
    ]

    assert "  … and 40 more" in shown(plan_text(a_plan(alone)))
    assert "  … and 41 more" in shown(
        plan_text(a_plan([an_action("blocked", "folder:1", reason="no"), *under]))
    )


def test_what_blocks_others_is_named_if_the_plan_knows_it():
    reason = "built-in, not in the destination"
    home = an_action("skip", "folder:9", name="Ada", path=("Users",), reason=reason)
    missing = [a_reference("folder_id", "folder:9")]
    lost = [
        an_action("blocked", f"look:{n}", references=missing, reason="needs folder:9, query:7")
        for n in range(2)
    ]

    text = shown(plan_text(a_plan([home, *lost]), width=120), width=120)

    assert (
        f'  ! folder:9 "Ada" in Users ({reason}) is missing; it blocks 2 items:\n'
        '      ! look:0 "Revenue" in Shared/Finance: needs folder:9, query:7\n'
    ) in text


def test_parts_stand_in_the_order_in_which_looker_has_them():
    names = ("zebras", "components", "elements", "filters", "layouts")
    parts = {name: some_parts(create=[a_part(title=name)]) for name in names}

    lines = shown(plan_text(a_plan([an_action(parts=parts)]))).splitlines()

    found = [line.split()[2].rstrip(":") for line in lines if line.startswith("      + 1 ")]
    assert found == ["filter", "layout", "element", "component", "zebra"]


def test_many_imports_are_cut_and_counted():
    plan = a_plan(remaps=[a_remap(source_id=str(number)) for number in range(25)])

    text = shown(plan_text(plan))

    assert "  … and 5 more" in text
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
    assert "        If you mean it: plan again with --allow deletes\n" in text


def test_the_selection_is_told():
    selection = Selection(select=("folder:Shared/**",), exclude=("title:*draft*",), selector="fin")

    text = shown(plan_text(a_plan(selection=selection)))

    assert "\nSelected:    folder:Shared/**, not title:*draft*, selector fin\n" in text


def test_values_known_after_apply_are_no_strings():
    changes = [a_change("folder_id", "12", KNOWN_AFTER_APPLY)]

    text = shown(plan_text(a_plan([an_action("update", changes=changes)])))

    assert '~ folder_id = "12" -> (known after apply)\n' in text


def test_an_early_difference_needs_no_window():
    changes = [a_change("note", "A" + "x" * 200, "B" + "x" * 200)]

    text = shown(plan_text(a_plan([an_action("update", changes=changes)])))

    assert '- "Axxx' in text
    assert '+ "Bxxx' in text


def test_a_text_that_only_grows_shows_its_end():
    long = "word " * 60
    changes = [a_change("note", [long], [long + "more"]), a_change("x", long, long + "\nmore")]

    text = shown(plan_text(a_plan([an_action("update", changes=changes)])))

    assert "          + more\n" in text


def test_a_window_takes_texts_of_which_one_begins_the_other():
    before, after = window("a" * 100, "a" * 200, 20)

    assert before == "…" + "a" * 16
    assert after == "…" + "a" * 18 + "…"
