"""The nightly backup: silent when all is well, and loud when something is not."""

import os
import subprocess
import sys
from pathlib import Path

from lookervault_plan.backup.reader import open_backup
from lookervault_plan.sandbox.server import Sandbox

SCRIPT = Path(__file__).parents[2] / "examples" / "cron" / "looker-backup.sh"


def run(folder: Path, sandbox: Sandbox) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LOOKER_BACKUP_DIR": str(folder),
        "LOOKERSDK_BASE_URL": sandbox.url,
        "LOOKERSDK_CLIENT_ID": sandbox.client_id,
        "LOOKERSDK_CLIENT_SECRET": sandbox.client_secret,
        "LOOKERVAULT_PLAN_RETRY_SECONDS": "0.1",
    }
    return subprocess.run([SCRIPT], env=env, capture_output=True, text=True, check=False)


def test_each_night_adds_a_snapshot_in_silence(dev: Sandbox, tmp_path: Path):
    for _ in range(2):
        ran = run(tmp_path, dev)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")

    with open_backup(tmp_path / "backup.db") as backup:
        assert len(backup.snapshots) == 1  # of one day, the last is kept
        assert backup.rows()
    assert (tmp_path / "backup.db").stat().st_mode & 0o077 == 0


def test_a_night_without_looker_is_told(tmp_path: Path):
    with Sandbox(seed=3) as gone:
        pass

    ran = run(tmp_path, gone)

    assert ran.returncode == 1
    assert "Error" in ran.stderr
