"""What a nightly backup costs: calls, seconds, bytes; and what its history adds to them.

`python -m tests.benchmarks backup 300` says how many dashboards and looks the company has.
"""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from lookervault_plan.backup.history_writer import HistoryWriter
from lookervault_plan.backup.reader import open_backup
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.workflows.backup import BackupRequest, BackupResult, take_backup
from tests.benchmarks.setting import connect, now, planned

#: Calls of a first backup, of an unchanged second one, and of a plan without changes.
GOALS = (450, 180, 60)
NIGHTS = 10
CHANGED_SHARE = 0.01


def night(sandbox: Sandbox, path: Path, number: int) -> BackupResult:
    with connect(sandbox) as client:
        request = BackupRequest(session=f"night-{number}", now=now, tool_version="bench")
        return take_backup(client, path, request)


def calls_and_sizes(folder: Path, dashboards: int) -> None:
    with Sandbox(seed=21) as source:
        fill(source.looker.call, seed=1, dashboards=dashboards, looks=dashboards, folders=50)
        path = folder / "company.db"
        first = night(source, path, 1)
        size, history = path.stat().st_size, history_bytes(path)
        second = night(source, path, 2)
        with open_backup(path) as backup, connect(source) as client:
            made = planned(backup, client, folder / "no-state.db")
            plan_calls = client.calls
        items = first.counts.total
        assert second.counts.unchanged == items
        assert made.summary.update == made.summary.create == 0
        for what, calls, goal in zip(
            ("first backup", "unchanged backup", "plan without changes"),
            (first.calls, second.calls, plan_calls),
            GOALS,
            strict=True,
        ):
            print(f"{what}, {items} items: {calls} calls (goal: {goal})", flush=True)
        print(
            f"file: {size / 1e6:.1f} MB, of which history {history / 1e6:.1f} MB, "
            f"{history / items:,.0f} bytes an item (goal: 2,000)",
            flush=True,
        )
        chance = Random(1)
        _, rows = source.looker.call("GET", "/dashboards/search", None, None)
        for number in range(3, 3 + NIGHTS):
            for row in chance.sample(rows, max(round(items * CHANGED_SHARE), 1)):
                body = {"description": f"changed in night {number}"}
                source.looker.call("PATCH", f"/dashboards/{row['id']}", None, body)
            _ = night(source, path, number)
        added = path.stat().st_size / size - 1
        print(f"{NIGHTS} nights with {CHANGED_SHARE:.0%} changed add {added:.1%} (goal: < 15%)")


def history_bytes(path: Path) -> int:
    """Bytes of the pages that hold the history."""
    with closing(sqlite3.connect(path)) as connection:
        ours = "name LIKE '%content_blobs%' OR name LIKE '%content_history%'"
        try:
            query = f"SELECT sum(pgsize) FROM dbstat WHERE {ours}"
            return int(connection.execute(query).fetchone()[0])
        except sqlite3.OperationalError:  # SQLite was built without dbstat
            return int(
                connection.execute("SELECT sum(length(data)) FROM content_blobs").fetchone()[0]
            )


def speed(folder: Path, dashboards: int) -> None:
    """Time the process itself: the sandbox is one of its own, so that its work is not counted."""
    from tests.acceptance.remote import Served  # noqa: PLC0415 — starts processes

    with Served(seed=21) as source:
        fill(source.call, seed=1, dashboards=dashboards, looks=dashboards, folders=50)
        spent = [0.0]

        def timed(method: Callable[..., Any]) -> Callable[..., Any]:
            def run(*args: Any, **more: Any) -> Any:
                with counted(spent):
                    return method(*args, **more)

            return run

        names = ("put", "remove", "keep_only", "begin", "finish")
        with ExitStack() as stack:
            for each in names:
                method = timed(getattr(HistoryWriter, each))
                stack.enter_context(mock.patch.object(HistoryWriter, each, method))
            begun = time.process_time()
            result = night(source, folder / "speed.db", 1)  # type: ignore[arg-type]
            seconds = time.process_time() - begun
        total = result.counts.total
        print(
            f"{total} items: {total / seconds:,.0f} items/s of CPU "
            f"(goal: 800); history takes {spent[0] / seconds:.1%} of it (goal: < 10%)"
        )


@contextmanager
def counted(into: list[float]) -> Generator[None]:
    begun = time.thread_time()
    yield
    into[0] += time.thread_time() - begun


def main(dashboards: int = 300) -> None:
    with tempfile.TemporaryDirectory() as name:
        calls_and_sizes(Path(name), dashboards)
        speed(Path(name), dashboards)
