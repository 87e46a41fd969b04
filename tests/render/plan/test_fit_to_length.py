"""Sections cut to a length."""

from lookervault_plan.render.plan.fit_to_length import ItemText, Rank, Section, fit_sections


def a_section(title: str, *, items: int, rank: Rank = 1) -> Section:
    lines = tuple(ItemText(f"{title} {n:03}\n", f"{title} {n:03}\n") for n in range(items))
    return Section(opening=f"# {title}\n", items=lines, rank=rank)


def test_a_minor_section_keeps_a_fifth_of_the_room():
    sections = [a_section("change", items=1000), a_section("import", items=1000, rank=2)]

    (major, minor), left_out = fit_sections(sections, 5000)

    assert 800 < len(minor) <= 1000
    assert 3500 < len(major) <= 4000
    shown = major.count("change ") + minor.count("import ")
    assert shown + left_out.items == 2000


def test_a_minor_section_gets_what_the_others_leave():
    sections = [a_section("change", items=3), a_section("import", items=100, rank=2)]

    (major, minor), left_out = fit_sections(sections, 1300)

    assert major == "# change\nchange 000\nchange 001\nchange 002\n"
    assert 900 < len(minor) < 1150
    assert "Left out here: " in minor
    assert left_out.items == 100 - minor.count("import 0")


def test_a_section_without_room_for_one_item_is_left_out():
    texts, left_out = fit_sections([a_section("change", items=3)], 60)

    assert texts == [""]
    assert str(left_out) == "3 items"


def test_a_dangerous_section_is_whole_before_any_other_gets_room():
    sections = [a_section("danger", items=100, rank=0), a_section("change", items=1000)]

    (danger, change), left_out = fit_sections(sections, 2000)

    assert danger.count("danger ") == 100
    assert "Left out" not in danger
    assert 0 < change.count("change 0") == 1000 - left_out.items
