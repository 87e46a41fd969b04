"""Apply's write phase over the ideal schedule (design section 10).

The ideal is max(sum of service times / workers, longest chain of service times). Service times are
those that a bare threaded client sees replaying the same requests through the same transport with
the same workers. The replay meets its own twins, so that the sandbox often refuses, which is less
work than doing it: the ideal is a little too good, and the ratio a little too bad.
"""

import queue
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from lookervault_plan.content.node import Node, Ref
from lookervault_plan.execution.ids import Ids
from lookervault_plan.looker.errors import ApiError
from lookervault_plan.plan_file import Plan
from lookervault_plan.sandbox.requests import Request
from lookervault_plan.sandbox.server import Sandbox, SandboxProcess
from lookervault_plan.state.store import open_state
from lookervault_plan.steps.recipes import expand
from lookervault_plan.steps.step_id import StepId
from lookervault_plan.workflows.apply import ApplyOptions, apply_plan
from lookervault_plan.workflows.backup_items import BackupItems
from tests.benchmarks.setting import backed_up, connect, now, people, planned

COMPANY = {"dashboards": 240, "looks": 240, "folders": 50, "users": 20, "tiles": 12}


def measure(folder: Path, latency_seconds: float, workers: int, **company: int) -> None:
    """One size of latency and workers: apply, replay, compare."""
    with Sandbox(seed=22) as empty:
        people(empty.looker.call, company["users"])
        empty.looker.save(folder / "people.bin")
    with (
        backed_up(folder, **company) as backup,
        SandboxProcess(seed=22, load=folder / "people.bin", latency_seconds=latency_seconds) as sb,
    ):
        with connect(sb, workers) as client:
            plan = planned(backup, client, folder / "state.db")
            sb.clear_requests()
            cpu = _cpu()
            with open_state(folder / "state.db") as state:
                outcome, _ = apply_plan(
                    plan, backup=backup, client=client, state=state, options=_options(workers)
                )
            cpu = _cpu() - cpu
        writes = _write_phase(sb.requests)
        service, replay_cpu = replay(sb, writes, workers)
        chain = longest_chain(plan, BackupItems(backup), service)
    wall = writes[-1].ended - writes[0].started
    ideal = max(sum(service.values()) / workers, chain)
    print(
        f"apply: {len(writes)} requests, {outcome.added} items, {latency_seconds * 1000:.0f} ms, "
        f"{workers} workers: write phase {wall:.2f} s, ideal {ideal:.2f} s "
        f"(sum/workers {sum(service.values()) / workers:.2f}, chain {chain:.2f}), "
        f"ratio {wall / ideal:.3f} (goal 1.10); CPU per call {cpu / len(writes) * 1000:.2f} ms, "
        f"bare client {replay_cpu / len(writes) * 1000:.2f} ms; failed {outcome.failed}"
    )


def replay(
    sandbox: SandboxProcess, writes: list[Request], workers: int
) -> tuple[Mapping[int, float], float]:
    """Service time of each request, by its place, and the CPU a bare client takes."""
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    for place in range(len(writes)):
        todo.put(place)
    seconds: dict[int, float] = {}
    with connect(sandbox, workers) as client:
        client.versions()

        def work() -> None:
            while True:
                try:
                    place = todo.get_nowait()
                except queue.Empty:
                    return
                request = writes[place]
                begun = time.perf_counter()
                with suppress(ApiError):
                    client.request(cast("Any", request.method), request.path, body=request.body)
                seconds[place] = time.perf_counter() - begun

        cpu = _cpu()
        threads = [threading.Thread(target=work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return seconds, _cpu() - cpu


def longest_chain(plan: Plan, desired: BackupItems, service: Mapping[int, float]) -> float:
    """The longest chain of steps, in mean service times."""
    mean = sum(service.values()) / len(service)
    known = Ids(plan).known_queries()
    ends: dict[str, int] = {}
    for action in plan.writing:
        node = desired.node(Ref.parse(action.address))
        assert isinstance(node, Node)
        start = max((ends.get(address, 0) for address in action.depends_on), default=0)
        done: dict[StepId, int] = {}
        for step in expand(action, node, known):
            before = [done.get(id_, 0) for id_ in (*step.needs, *step.after)]
            done[step.id] = max(before, default=0) + 1
        ends[action.address] = start + max(done.values(), default=0)
    return max(ends.values(), default=0) * mean


def _write_phase(requests: list[Request]) -> list[Request]:
    """First write sent to last reply received, the reads in between included."""
    wrote = [place for place, each in enumerate(requests) if each.method != "GET"]
    return requests[wrote[0] : wrote[-1] + 1]


def _options(workers: int) -> ApplyOptions:
    return ApplyOptions(
        session="bench",
        now=now,
        holder="bench",
        host="bench",
        pid=1,
        backup_path="backup.db",
        workers=workers,
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    sizes = [(0.02, 8), (0.05, 16)]
    for latency_seconds, workers in sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), latency_seconds, workers, **COMPANY)
            sys.stdout.flush()
