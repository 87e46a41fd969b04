"""Two runs at once against one Looker: one applies, the other is refused, nothing is made twice."""

import os
import shutil
import subprocess

import pytest

from tests.drills.conftest import SECONDS, Drill

NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="only root makes namespaces"
)
def test_two_containers_that_share_a_state(drill: Drill):
    """In both the program is process 1, as in two containers on one machine."""
    if subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no PID namespaces here")
    drill.sandbox.faults.latency_seconds = 0.01
    drill.prefix = NAMESPACE

    runs = [drill.apply(), drill.apply()]

    codes = sorted((run.communicate(timeout=SECONDS), run.returncode)[1] for run in runs)
    assert codes == [0, 4]
    drill.prefix = ()
    drill.check()
