"""Plan's CPU and memory over the number of items (design section 10).

Each plan is made by a process of its own, so that peak memory is its own; the destination is a
sandbox in another process. Planned twice: into an empty instance, and against the source itself.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox, SandboxProcess
from lookervault_plan.workflows.backup import BackupRequest, take_backup
from tests.benchmarks.setting import connect, now, people

#: 10,000 dashboards of 12 tiles in 50,000 items; `python -m tests.benchmarks.bench_plan 0.1` scales
FULL = {"dashboards": 10_000, "looks": 35_000, "folders": 4_800, "users": 200, "tiles": 12}

CHILD = """
import resource, sys
from pathlib import Path
from types import SimpleNamespace
from lookervault_plan.backup.reader import open_backup
from lookervault_plan.cli.process import collect_garbage_rarely
from lookervault_plan.plan_file import encode
from tests.benchmarks.setting import connect, planned
collect_garbage_rarely()
url, key, secret, folder = sys.argv[1:]
sandbox = SimpleNamespace(url=url, client_id=key, client_secret=secret)
with open_backup(Path(folder) / "backup.db") as backup, connect(sandbox) as client:
    plan = planned(backup, client, Path(folder) / "state.db")
data = encode(plan)
used = resource.getrusage(resource.RUSAGE_SELF)
s = plan.summary
print(f"{len(plan.actions)} items ({s.create} create, {s.update} update, {s.skip} skip): "
      f"{used.ru_utime + used.ru_stime:.1f} s of CPU, {used.ru_maxrss / 1024:.0f} MB, "
      f"plan file {len(data) / 1e6:.1f} MB, {client.calls} calls")
"""


def measure(scale: float) -> None:
    company = {name: max(1, round(count * scale)) for name, count in FULL.items()}
    company["tiles"] = FULL["tiles"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Sandbox(seed=31) as source:
            fill(source.looker.call, seed=1, queries=200, **company)
            with connect(source) as client:
                take_backup(
                    client,
                    folder / "backup.db",
                    BackupRequest(session="bench", now=now, tool_version="bench"),
                )
            source.looker.save(folder / "source.bin")
        with Sandbox(seed=32) as empty:
            people(empty.looker.call, company["users"])
            empty.looker.save(folder / "empty.bin")
        for what, seed in (("empty", 32), ("source", 31)):
            with SandboxProcess(seed=seed, load=folder / f"{what}.bin") as sandbox:
                keys = (sandbox.client_id, sandbox.client_secret)
                told = subprocess.run(
                    [sys.executable, "-c", CHILD, sandbox.url, *keys, name],
                    capture_output=True,
                    text=True,
                    check=True,
                )
            print(f"plan against {what}: {told.stdout.strip()}", flush=True)


def main() -> None:
    for scale in (0.25, 1.0):
        measure(scale)


if __name__ == "__main__":
    measure(float(sys.argv[1]))
