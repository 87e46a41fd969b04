"""README tells users of every guard before it trips."""

import re
from pathlib import Path

import pytest

from lookervault_plan.planning.judge.guards import GUARDS, kinds_of_guards

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([\w-]+)` \| (.*) \|$", README, re.MULTILINE))


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_has_a_row_in_the_readme_that_says_when_it_trips(name: str):
    text = ROWS[name].replace("`", "")

    assert text.startswith(GUARDS[name].when)
    for kind in kinds_of_guards().get(name, ()):
        assert f"{name}:{kind}" in text
