"""A soak: 5,000 items with every fault on, killed now and then, resumed to the end.

What is left in the dead letter queue after that is retried without faults; then a second plan must
be empty. `python -m tests.benchmarks.bench_soak 0.1` scales the number of items.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from lookervault_plan.planning.judge.guards import GUARD_NAMES
from lookervault_plan.sandbox.faults import Fault, Faults
from lookervault_plan.sandbox.server import Sandbox, SandboxProcess
from tests.benchmarks.setting import backed_up, people

COMPANY = {"dashboards": 1_000, "looks": 3_200, "folders": 700, "users": 40}
WRITES = "POST|PATCH|PUT|DELETE"
FAULTS = Faults(
    jitter_seconds=0.005,
    token_requests=400,
    rules=[
        Fault(kind="error", share=0.03, status=503),
        Fault(kind="error", share=0.02, status=500),
        Fault(kind="reset_before", share=0.03),
        Fault(kind="reset_after", share=0.03, method=WRITES),
        Fault(kind="error_after", share=0.02, method=WRITES, status=502),
        Fault(kind="slow", share=0.005, seconds=0.3),
        Fault(kind="too_many", skip=500, count=40, seconds=0.1),
        Fault(kind="too_many", skip=4_000, count=40, seconds=0.5),
    ],
)
KILLS = 5
PROGRAM = "from lookervault_plan.cli.app import run; run()"


def soak(scale: float, seed: int = 1) -> None:
    chance = random.Random(seed)
    company = {name: max(2, round(count * scale)) for name, count in COMPANY.items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with backed_up(folder, **company):
            pass
        with Sandbox(seed=42) as empty:
            people(empty.looker.call, company["users"])
            empty.looker.save(folder / "people.bin")
        with SandboxProcess(seed=42, load=folder / "people.bin") as sandbox:
            begun = time.perf_counter()
            allow = [word for guard in GUARD_NAMES for word in ("--allow", guard)]
            plan = ["plan", "--db-path", "backup.db", "--out", "plan.json", *allow]
            _ = finish(start(folder, sandbox, *plan))
            sandbox.set_faults(FAULTS)
            process = start(folder, sandbox, "apply", "plan.json", "--dlq-ok")
            for _ in range(KILLS):
                time.sleep(chance.uniform(3, 12) * max(scale, 0.3))
                if process.poll() is not None:
                    break
                process.send_signal(signal.SIGKILL)
                _ = process.communicate()
                process = start(folder, sandbox, "apply", "plan.json", "--dlq-ok")  # goes on
            last = finish(process)[-1]
            wall = time.perf_counter() - begun
            faults = sum(bool(each.fault) for each in sandbox.requests)
            requests = len(sandbox.requests)
            sandbox.set_faults(Faults())
            if last["dead_letters"]:
                _ = finish(start(folder, sandbox, "dlq", "retry", "--auto-approve"))
            again = finish(start(folder, sandbox, *plan[: -len(allow)]))[-1]["summary"]
    left = {word: again[word] for word in ("create", "update", "delete")}
    print(
        f"soak: {last['added']} items, {requests} requests, {faults} faults, {KILLS} kills in "
        f"{wall:.0f} s; dead letters before the retry {last['dead_letters']}; "
        f"a second plan has {left}",
        flush=True,
    )
    assert not any(left.values()), left


def start(folder: Path, sandbox: SandboxProcess, *words: str) -> subprocess.Popen[str]:
    own = {
        "LOOKERSDK_BASE_URL": sandbox.url,
        "LOOKERSDK_CLIENT_ID": sandbox.client_id,
        "LOOKERSDK_CLIENT_SECRET": sandbox.client_secret,
        "LOOKERVAULT_PLAN_RETRY_SECONDS": "0.05",
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words, "--json"],
        cwd=folder,
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> list[Any]:
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode}: {out[-2000:]}")
    try:
        return [msgspec.json.decode(line) for line in out.splitlines()]
    except msgspec.DecodeError:
        return [msgspec.json.decode(out)]


def main() -> None:
    soak(1.0)


if __name__ == "__main__":
    soak(float(sys.argv[1]))
