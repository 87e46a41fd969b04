"""Rules that rename one name, or many by a pattern."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault_plan.content.name_rules import NameRules, Renamed, plain, stars


def test_a_pattern_keeps_what_the_star_stands_for():
    rules = NameRules({"*@dev.example.com": "*@example.com"}, ignores_case=True)

    assert rules.find("Ann.Lee@Dev.example.com") == Renamed(
        "Ann.Lee@example.com", "*@dev.example.com"
    )
    assert rules.find("ann@dev.example.org") is None


def test_a_rule_for_one_name_goes_before_patterns_and_a_longer_pattern_before_others():
    rules = NameRules({"*": "any-*", "a*": "a-*", "ab": "one"})

    assert [rules.find(name) for name in ("ab", "ac", "b")] == [
        Renamed("one", "ab"),
        Renamed("a-c", "a*"),
        Renamed("any-b", "*"),
    ]


def test_a_star_in_a_path_stays_within_one_folder_name():
    rules = NameRules({r"Shared/dev_*": "Shared/*", "A/*/B": "B/*"}, is_path=True)

    assert rules.find("Shared/dev_Sales") == Renamed("Shared/Sales", "Shared/dev_*")
    assert rules.find(r"Shared/dev_R\/D") == Renamed(r"Shared/R\/D", "Shared/dev_*")
    assert rules.find("Shared/dev_Sales/More") is None
    assert rules.find("A/x/B") == Renamed("B/x", "A/*/B")


def test_several_stars_are_filled_in_order_and_some_may_be_left_out():
    rules = NameRules({"*-*": "*+*", "x*y*": "*"})

    assert rules.find("a-b") == Renamed("a+b", "*-*")
    assert rules.find("x1y2") == Renamed("1", "x*y*")


def test_an_escaped_star_is_a_star():
    rules = NameRules({r"a\*": r"b\*", r"c\**": r"\**"})

    assert rules.find("a*") == Renamed("b*", r"a\*")
    assert rules.find("ab") is None
    assert rules.find("c*d") == Renamed("*d", r"c\**")
    assert (stars(r"a\*"), stars(r"\**"), plain(r"a\*")) == (0, 1, "a*")


def test_no_rules_are_false():
    assert not NameRules({})
    assert NameRules({"a": "b"})
    assert NameRules({"*": "b"})


@pytest.mark.parametrize("name", ["(a)", "a.b", "a+", "[x]", "a\nb"])
def test_other_signs_mean_themselves(name: str):
    assert NameRules({f"{name}*": "*"}).find(f"{name}c") == Renamed("c", f"{name}*")


@given(st.text("ab@.*\\/", max_size=8), st.text("ab@./", max_size=8))
def test_a_name_without_stars_is_renamed_by_itself_alone(old: str, name: str):
    escaped = old.replace("*", r"\*")
    rules = NameRules({escaped: "new"})

    assert (rules.find(name) is not None) == (name == plain(escaped))
