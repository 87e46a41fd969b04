"""Killed at any point, a session is resumed to the end; without its state, planned anew."""

import random
import shutil
import time

import pytest

from lookervault_plan.sandbox.faults import Fault
from tests.drills.conftest import Drill


@pytest.mark.parametrize("round_", range(2))
def test_killed_again_and_again_and_resumed(drill: Drill, chance: random.Random, round_: int):
    drill.sandbox.faults.jitter_seconds = 0.01
    process = drill.apply()
    while drill.kill_after(process, chance.randint(5, 90)):
        process = drill.resume()
    drill.check()


def test_killed_while_replies_are_lost(drill: Drill, chance: random.Random):
    drill.sandbox.faults.jitter_seconds = 0.005
    drill.sandbox.faults.add(Fault(kind="reset_after", share=0.1, method="POST|PATCH|PUT"))
    process = drill.apply()
    while drill.kill_after(process, chance.randint(20, 80)):
        process = drill.resume()
    drill.check()


@pytest.mark.parametrize("round_", range(2))
def test_killed_and_the_state_is_gone(drill: Drill, chance: random.Random, round_: int):
    drill.sandbox.faults.jitter_seconds = 0.01
    assert drill.kill_after(drill.apply(), chance.randint(5, 120))
    shutil.rmtree(drill.workdir.path / ".lookervault-plan")

    drill.make_plan()
    drill.finish(drill.apply())

    drill.check()


def test_resumed_while_requests_of_the_killed_run_are_carried_out(drill: Drill):
    """They take longer than the next run takes to begin."""
    drill.more = {"LOOKERVAULT_PLAN_RETRY_SECONDS": "0.6"}  # looked for for 3 s
    slow = Fault(kind="slow", method="POST", path="^/(dashboard_elements|looks)$", seconds=2.0)
    drill.sandbox.faults.add(slow)
    process = drill.apply()
    end = time.monotonic() + 30
    while not sum(each.path == "/dashboard_elements" for each in drill.sandbox.writes()):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert drill.kill_after(process, 1, settle=False)
    drill.sandbox.faults.clear()

    drill.finish(drill.resume())

    drill.check()
