"""Text cut to a number of terminal cells."""

from lookervault_plan.render.shorten import clip, window


def test_a_window_on_a_text_that_only_grows_shows_its_end():
    before, after = window("a" * 100, "a" * 200, 20)

    assert before == "…" + "a" * 16
    assert after == "…" + "a" * 18 + "…"


def test_a_clipped_text_fits_wide_characters_into_the_room():
    assert clip("売上ダッシュボード", 8) == "売上ダ…"
    assert clip("short", 5) == "short"


def test_short_texts_need_no_window():
    assert window("one", "two", 3) == ("one", "two")
