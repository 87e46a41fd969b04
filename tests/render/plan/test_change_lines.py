"""How changes are shown."""

from lookervault_plan.plan_file import KNOWN_AFTER_APPLY
from lookervault_plan.render.plan.text import plan_text
from tests.builders import a_change, a_plan, an_action
from tests.render.screen import shown


def test_a_long_value_is_cut_around_the_first_difference():
    same = "The quick brown fox jumps over the lazy dog. " * 20
    plan = a_plan([an_action("update", changes=[a_change("note", same + "Old", same + "New")])])

    text = shown(plan_text(plan))

    assert '- …r the lazy dog. Old"' in text
    assert '+ …r the lazy dog. New"' in text


def test_a_difference_in_line_ends_alone_is_shown():
    change = a_change("body", "one\ntwo\n", "one\r\ntwo\r\n")

    text = shown(plan_text(a_plan([an_action("update", changes=[change])])))

    assert r'- "one\ntwo\n"' in text
    assert r'+ "one\r\ntwo\r\n"' in text


def test_a_value_known_after_apply_has_no_quotes():
    changes = [a_change("folder_id", "12", KNOWN_AFTER_APPLY, after_is_unknown=True)]

    text = shown(plan_text(a_plan([an_action("update", changes=changes)])))

    assert '~ folder_id = "12" -> (known after apply)\n' in text


def test_a_long_value_with_an_early_difference_is_shown_from_its_start():
    changes = [a_change("note", "A" + "x" * 200, "B" + "x" * 200)]

    text = shown(plan_text(a_plan([an_action("update", changes=changes)])))

    assert '- "Axxx' in text
    assert '+ "Bxxx' in text


def test_a_text_that_grows_shows_its_new_lines():
    long = "word " * 60
    changes = [a_change("note", [long], [long + "more"]), a_change("x", long, long + "\nmore")]

    text = shown(plan_text(a_plan([an_action("update", changes=changes)])))

    assert "          + more\n" in text


def test_a_long_value_that_is_removed_is_shown_on_a_line_of_its_own():
    text = shown(
        plan_text(a_plan([an_action("update", changes=[a_change("note", "word " * 60, None)])]))
    )

    lines = text.splitlines()
    start = lines.index("      - note")
    assert lines[start + 1].startswith('          - "word word')
    assert lines[start + 1].endswith("…")
    assert "null" not in text


def test_right_to_left_values_stand_on_lines_of_their_own():
    changes = [a_change("title", "דוח", "דוח הכנסות")]

    text = shown(plan_text(a_plan([an_action("update", changes=changes)])))

    assert " -> " not in text
    assert '          - "דוח"\n          + "דוח הכנסות"\n' in text
