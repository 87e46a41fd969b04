"""What a remote state costs: time to put back a large one, bytes per minute, ten runners at once.

Goals: 50,000 items are put back in less than 5 s; apply takes at most a tenth longer.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lookervault_plan.backup.reader import Backup
from lookervault_plan.content.node import LiveId, SourceId
from lookervault_plan.sandbox.server import Sandbox, SandboxProcess
from lookervault_plan.state.journal import Journal
from lookervault_plan.state.place import StatePlace
from lookervault_plan.state.remote import local_copy
from lookervault_plan.state.remote.lease import Holder
from lookervault_plan.state.remote.remote_state import change_remote
from lookervault_plan.state.rows import (
    ACTION,
    Applied,
    IdMapping,
    PartMapping,
    Session,
    StepIntent,
    StepOutcome,
)
from lookervault_plan.state.store import State
from lookervault_plan.workflows.apply import ApplyOptions, apply_plan
from tests.benchmarks.setting import backed_up, connect, now, people, planned
from tests.servers import postgres_server, s3_server

COMPANY = {"dashboards": 120, "looks": 120, "folders": 30, "users": 10, "tiles": 10}
LATENCY_SECONDS, WORKERS, ROUNDS, RUNNERS = 0.02, 8, 3, 10
SOURCE, DESTINATION = "https://dev.example.com", "https://prod.example.com"
AT = "2026-11-30T03:00:00Z"


def holder() -> Holder:
    return Holder(holder="bench", host="bench", pid=1, since=AT)


def fill(state: State, items: int, destination: str = DESTINATION, parts: int = 12) -> None:
    """Fill a state as an apply of so many items does: every fifth is a dashboard of 12 parts."""
    session = Session(
        id="bench",
        started_at=AT,
        source_instance=SOURCE,
        destination_instance=destination,
        plan_id="plan",
        fingerprint="print",
        backup_path="backup.db",
    )
    plan = "\n".join(f'{{"address":"look:{n}","title":"Look {n * 7919}"}}' for n in range(items))
    state.create_session(session, plan.encode())
    digest = "0123456789abcdef" * 4
    with Journal(state, session.id, 1000) as journal:
        for n in range(items):
            type_ = "dashboard" if n % 5 == 0 else "look"
            address = f"{type_}:{n}"
            journal.intend_ahead([StepIntent(step=address, kind=ACTION, at=AT)])
            part_ids = [f"{n}-{p}" for p in range(parts if n % 5 == 0 else 0)]
            for id_ in part_ids:
                step = f"{address}/dashboard_element:{id_}#create"
                journal.intend_ahead([StepIntent(step=step, kind="dashboard_element", at=AT)])
                journal.finish(StepOutcome(step=step, outcome="done", at=AT))
            journal.finish(
                StepOutcome(
                    step=address,
                    outcome="done",
                    at=AT,
                    mappings=(IdMapping(type_, SourceId(str(n)), LiveId(str(n + 9))),),
                    parts=tuple(
                        PartMapping(
                            address,
                            "dashboard_element",
                            SourceId(id_),
                            LiveId(f"live-{id_}"),
                        )
                        for id_ in part_ids
                    ),
                    applied=Applied(address, f"{n}{digest}"[:64], f"{n}x{digest}"[:64], "s", AT),
                )
            )


@contextmanager
def stores() -> Generator[dict[str, str]]:
    """Give the address of an empty store of each kind."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ.update(stack.enter_context(s3_server()))
        postgres = stack.enter_context(postgres_server())
        yield {"folder": Path(folder).as_uri(), "s3": "s3://bucket/bench", "postgres": postgres}


def large(urls: dict[str, str], items: int) -> None:
    print(f"a state of {items:,} items")
    for name, url in urls.items():
        sent: list[int] = []
        with change_remote(StatePlace(url), DESTINATION, holder, on_put=sent.append) as state:
            fill(state, items)
            size = state.path.stat().st_size
            began = time.monotonic()
        seconds = time.monotonic() - began
        print(
            f"  {name:<9} put back in {seconds:5.2f} s: {size / 1e6:6.1f} MB, "
            f"{sent[-1] / 1e6:5.1f} MB compressed"
        )


def applied(backup: Backup, folder: Path, url: str | None, name: str) -> tuple[float, int, int]:
    """Wall time of the write phase of one apply, and the number and the bytes of puts."""
    sent: list[int] = []
    with (
        SandboxProcess(
            seed=22, load=folder / "people.bin", latency_seconds=LATENCY_SECONDS
        ) as sandbox,
        connect(sandbox, WORKERS) as client,
    ):
        plan = planned(backup, client, folder / f"{name}.db")
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
        place = StatePlace(url) if url else StatePlace((folder / name).as_uri())
        with change_remote(place, plan.destination.instance, holder, on_put=sent.append) as state:
            _ = apply_plan(plan, backup=backup, client=client, state=state, options=options)
        writes = sandbox.writes()
    wall = max(each.ended for each in writes) - min(each.started for each in writes)
    return wall, len(sent), sum(sent)


def ratio(urls: dict[str, str]) -> None:
    """Compare the same apply with a copy that is put back at the end only, and every 5 s."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Sandbox(seed=22) as empty:
            people(empty.looker.call, COMPANY["users"])
            empty.looker.save(folder / "people.bin")
        with backed_up(folder, **COMPANY) as backup:
            took: dict[float, list[float]] = {3600.0: [], 5.0: []}
            puts = size = 0
            for round_ in range(ROUNDS):
                for every, walls in took.items():
                    local_copy.EVERY_SECONDS = every
                    wall, puts, size = applied(backup, folder, urls["s3"], f"r{round_}-{every:g}")
                    walls.append(wall)
            rest, often = (statistics.median(walls) for walls in took.values())
    print("apply with the state in S3, put back every 5 s, four times as often as usual")
    print(
        f"  {often:.2f} s against {rest:.2f} s when it is put back at the end: {often / rest:.3f}"
    )
    print(f"  {puts} puts, {size / 1e3:.0f} kB; {size / often * 60 / 1e6:.2f} MB a minute")


def runners(url: str) -> None:
    """Ten runners, one destination each, beneath one PostgreSQL."""
    local_copy.EVERY_SECONDS = 2.0

    def run(number: int) -> tuple[float, float, int, int]:
        sent: list[int] = []
        destination = f"https://prod-{number}.example.com"
        began = time.monotonic()
        with change_remote(StatePlace(url), destination, holder, on_put=sent.append) as state:
            opened = time.monotonic() - began
            for part in range(5):
                fill_part(state, destination, part)
                time.sleep(2)
            ending = time.monotonic()
        return opened, time.monotonic() - ending, len(sent), sum(sent)

    began = time.monotonic()
    with ThreadPoolExecutor(RUNNERS) as pool:
        found = list(pool.map(run, range(RUNNERS)))
    seconds = time.monotonic() - began
    print(f"{RUNNERS} runners with one destination each beneath one PostgreSQL, {seconds:.0f} s")
    print(f"  locked and fetched in {max(each[0] for each in found):.2f} s at most")
    print(f"  put back at the end in {max(each[1] for each in found):.2f} s at most")
    total = sum(each[3] for each in found)
    print(f"  {sum(each[2] for each in found)} puts, {total / 1e6:.1f} MB in all")


def fill_part(state: State, destination: str, part: int) -> None:
    state.import_mappings(
        SOURCE,
        destination,
        (
            IdMapping("look", SourceId(str(n)), LiveId(str(n + 9)))
            for n in range(part * 1000, part * 1000 + 1000)
        ),
        at=AT,
    )


def main(items: int = 50_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        try:
            with stores() as urls:
                large(urls, items)
                ratio(urls)
                runners(urls["postgres"])
        finally:
            os.chdir(before)
