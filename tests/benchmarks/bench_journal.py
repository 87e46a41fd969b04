"""The journal's share of apply's wall time: the same apply with it, and with one that forgets.

The goal is below 5 % (design section 10). Runs alternate, so that both see the same machine; the
median of each is compared.
"""

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from lookervault_plan.backup.reader import Backup
from lookervault_plan.sandbox.server import Sandbox, SandboxProcess
from lookervault_plan.state.journal import Journal, Ticket
from lookervault_plan.state.rows import StepIntent, StepOutcome, StepRecord
from lookervault_plan.state.store import open_state
from lookervault_plan.workflows.apply import ApplyOptions, apply_plan
from tests.benchmarks.setting import backed_up, connect, now, people, planned

COMPANY = {"dashboards": 120, "looks": 120, "folders": 30, "users": 10, "tiles": 10}
LATENCY_SECONDS, WORKERS, ROUNDS = 0.02, 8, 3


class Forgetful(Journal):
    """Takes everything, keeps nothing."""

    def intend(self, rows: Sequence[StepIntent]) -> None:
        pass

    def intend_ahead(self, rows: Sequence[StepIntent]) -> Ticket:
        return super().intend_ahead(rows[:0])

    def finish(self, outcome: StepOutcome) -> None:
        pass

    def flush(self) -> None:
        pass

    def steps(self) -> list[StepRecord]:
        return []


def once(folder: Path, backup: Backup, name: str, kind: type[Journal]) -> tuple[float, int]:
    """Wall time of one apply's write phase, first write sent to last reply received."""
    state = folder / f"{name}.db"
    with (
        SandboxProcess(
            seed=22, load=folder / "people.bin", latency_seconds=LATENCY_SECONDS
        ) as sandbox,
        connect(sandbox, WORKERS) as client,
    ):
        plan = planned(backup, client, state)
        sandbox.clear_requests()
        options = ApplyOptions(
            session=name,
            now=now,
            holder="bench",
            host="bench",
            pid=1,
            backup_path="backup.db",
            workers=WORKERS,
            verify=False,
        )
        with (
            open_state(state) as opened,
            mock.patch("lookervault_plan.workflows.apply.Journal", kind),
        ):
            _ = apply_plan(plan, backup=backup, client=client, state=opened, options=options)
        writes = sandbox.writes()
    return max(each.ended for each in writes) - min(each.started for each in writes), len(writes)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Sandbox(seed=22) as empty:
            people(empty.looker.call, COMPANY["users"])
            empty.looker.save(folder / "people.bin")
        took: dict[type[Journal], list[float]] = {Journal: [], Forgetful: []}
        count = 0
        with backed_up(folder, **COMPANY) as backup:
            for number in range(ROUNDS):
                for kind, times in took.items():
                    seconds, count = once(folder, backup, f"{kind.__name__}-{number}", kind)
                    times.append(seconds)
                    print(f"  {kind.__name__}: {seconds:.2f} s", flush=True)
    kept, forgotten = (statistics.median(times) for times in took.values())
    print(
        f"journal: {count} writes at {LATENCY_SECONDS * 1000:.0f} ms, {WORKERS} workers: "
        f"{kept:.2f} s with it, {forgotten:.2f} s without: "
        f"{(kept - forgotten) / kept:.1%} of wall time (goal 5 %)",
        flush=True,
    )
