"""Options that are left open get the default that suits the destination."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

Use = Callable[[Sandbox], None]


def options(run: Run, *words: str) -> dict[str, Any]:
    return run("plan", "--db-path", "backup.db", "--json", *words).json["options"]


def test_schedules_are_kept_on_the_instance_of_the_backup(
    run: Run, dev: Sandbox, use: Use, backup: Path
):
    use(dev)

    made = options(run)

    assert (made["same_instance"], made["schedules"]) == (True, "keep")


def test_schedules_are_disabled_on_another_instance(run: Run, empty: Sandbox, backup: Path):
    made = options(run)

    assert (made["same_instance"], made["schedules"]) == (False, "disable")


@pytest.mark.parametrize("chosen", ["keep", "disable"])
def test_a_chosen_policy_for_schedules_wins_over_the_default(
    run: Run, empty: Sandbox, backup: Path, chosen: str
):
    assert options(run, "--schedules", chosen)["schedules"] == chosen
