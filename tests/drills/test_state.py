"""When the state can't be written: a clean stop, one message, nothing lost."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.drills.conftest import RETRY_SECONDS, SECONDS, Drill

LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from lookervault_plan.cli.app import run
run()
"""


def start_limited(drill: Drill, limit_bytes: int) -> subprocess.Popen[str]:
    """An apply that may write no file beyond this size: to it, the disk is full."""
    return subprocess.Popen(
        [
            *(sys.executable, "-c", LIMITED, str(limit_bytes)),
            *("apply", drill.plan, "--db-path", drill.rig.backup),
        ],
        cwd=drill.workdir.path,
        env=unmeasured(drill.workdir.environment(drill.sandbox))
        | {"LOOKERVAULT_PLAN_RETRY_SECONDS": RETRY_SECONDS},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def unmeasured(environment: dict[str, str]) -> dict[str, str]:
    """Leave coverage out: it could not write its file either, and would say so on stderr."""
    return {name: text for name, text in environment.items() if not name.startswith("COVERAGE_")}


def state_of(drill: Drill) -> Path:
    return drill.workdir.path / ".lookervault-plan" / "state.db"


def one_message(err: str, *words: str) -> None:
    assert err.count("Error:") == 1, err
    assert "Traceback" not in err
    for word in words:
        assert word in err, err


def test_a_full_disk_in_the_middle(drill: Drill):
    process = start_limited(drill, 400_000)
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 1, err
    one_message(err, "state", "can't be written", "resume")
    assert drill.sandbox.writes(), "it was full before anything began"
    drill.sandbox.wait_until_idle()

    while drill.kill_after(drill.resume(), 10_000):
        pass
    drill.check()


def test_a_full_disk_from_the_beginning(drill: Drill):
    process = start_limited(drill, 40_000)
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 1
    one_message(err, "can't be written")
    assert drill.sandbox.writes() == []
    drill.finish(drill.apply())
    drill.check()


def test_a_state_that_another_program_has_locked(drill: Drill, monkeypatch: pytest.MonkeyPatch):
    drill.sandbox.faults.jitter_seconds = 0.02
    process = drill.apply()
    end = time.monotonic() + SECONDS
    while len(drill.sandbox.writes()) < 10:
        assert time.monotonic() < end
        time.sleep(0.005)
    holder = sqlite3.connect(state_of(drill), timeout=20, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    before = len(drill.sandbox.writes())
    time.sleep(1.0)  # nobody sends what can't be recorded
    assert len(drill.sandbox.writes()) - before < 60
    paused = len(drill.sandbox.writes())
    time.sleep(0.5)
    assert len(drill.sandbox.writes()) == paused
    holder.execute("ROLLBACK")
    holder.close()

    drill.finish(process)
    drill.check()


@pytest.mark.skipif(os.geteuid() == 0, reason="to root nothing is read-only")
def test_a_state_in_a_read_only_place(drill: Drill):
    state_of(drill).parent.mkdir()
    state_of(drill).parent.chmod(0o500)
    process = drill.start("apply", drill.plan, "--db-path", drill.rig.backup)
    out, _ = process.communicate(timeout=SECONDS)

    assert process.returncode == 1
    assert "state.unusable" in out
    assert drill.sandbox.writes() == []
    state_of(drill).parent.chmod(0o700)


def test_a_state_that_is_a_directory(drill: Drill):
    state_of(drill).mkdir(parents=True)
    process = drill.start("apply", drill.plan, "--db-path", drill.rig.backup)
    out, _ = process.communicate(timeout=SECONDS)

    assert process.returncode == 1
    assert '"code":"state.' in out
    assert drill.sandbox.writes() == []
