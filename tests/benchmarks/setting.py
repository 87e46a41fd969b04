"""What the benchmarks share: a company in a backup, a plan for it, a clock of the day."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lookervault_plan.backup.reader import Backup, open_backup
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.settings import Connection
from lookervault_plan.plan_file import Plan
from lookervault_plan.planning.judge.guards import GUARD_NAMES
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.state.store import open_state
from lookervault_plan.workflows.backup import BackupRequest, take_backup
from lookervault_plan.workflows.plan import PlanRequest, make_plan


def now() -> str:
    return datetime.now(tz=UTC).isoformat()  # noqa: TID251 - the edge of a benchmark


def connect(sandbox: Any, workers: int = 8) -> Client:
    connection = Connection(
        base_url=sandbox.url, client_id=sandbox.client_id, client_secret=sandbox.client_secret
    )
    return Client(connection, workers=workers)


@contextmanager
def backed_up(folder: Path, **company: int) -> Generator[Backup]:
    """A company's content in a backup."""
    with Sandbox(seed=21) as source:
        fill(source.looker.call, seed=1, **company)
        with connect(source) as client:
            take_backup(
                client,
                folder / "backup.db",
                BackupRequest(session="bench", now=now, tool_version="bench"),
            )
    with open_backup(folder / "backup.db") as backup:
        yield backup


def people(call: Any, users: int) -> None:
    """The same people as in the company, and nothing else."""
    fill(call, seed=1, dashboards=0, looks=0, folders=0, users=users)


def planned(backup: Backup, client: Client, state: Path) -> Plan:
    with open_state(state, readonly=True) as remembered:
        return make_plan(
            backup,
            client,
            remembered,
            PlanRequest(created_at=now(), tool_version="bench", allow=GUARD_NAMES),
        )
