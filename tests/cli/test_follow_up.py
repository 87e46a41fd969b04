"""Commands that are printed lead to the same Looker and state as the run that prints them."""

from collections.abc import Iterator

import pytest

from lookervault_plan.cli import follow_up


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    follow_up.remember({})


def test_a_command_repeats_the_options_that_were_typed():
    follow_up.remember({"state": "my state.db", "env": "prod", "workers": "3"})

    assert (
        follow_up.command("apply", "a plan.json")
        == "lookervault-plan apply --env prod --state 'my state.db' 'a plan.json'"
    )


def test_a_command_gets_no_option_that_it_does_not_take():
    follow_up.remember({"section": "prod", "state": "s.db"})

    assert follow_up.command("show", "plan.json") == "lookervault-plan show plan.json"
    assert follow_up.command("dlq", "list") == "lookervault-plan dlq list --state s.db"


def test_commands_in_a_text_are_completed_once():
    follow_up.remember({"section": "prod", "state": "s.db"})
    text = "see `lookervault-plan dlq list`; `lookervault-plan resume --state t.db` goes on"

    told = follow_up.with_options(text)

    assert told == (
        "see `lookervault-plan dlq list --state s.db`; "
        "`lookervault-plan resume --section prod --state t.db` goes on"
    )
    assert follow_up.with_options(told) == told


@pytest.mark.parametrize(
    "text", ["lookervault-plan will do so", "lookervault-plan 1.0", "nothing here", ""]
)
def test_texts_without_a_command_stay(text: str):
    follow_up.remember({"section": "prod"})

    assert follow_up.with_options(text) == text


def test_nothing_is_repeated_without_options():
    follow_up.remember({})

    assert follow_up.command("resume") == "lookervault-plan resume"
