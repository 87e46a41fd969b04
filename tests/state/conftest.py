from collections.abc import Iterator
from pathlib import Path

import pytest

from lookervault_plan.state.rows import Session
from lookervault_plan.state.store import State, open_state

AT = "2025-03-01T10:00:00+00:00"
LATER = "2025-03-01T10:05:00+00:00"
DEV, PROD = "https://dev.example.com", "https://prod.example.com"


def a_session(
    id_: str = "s1", *, source: str | None = DEV, plan_id: str = "p1", started_at: str = AT
) -> Session:
    return Session(
        id=id_,
        started_at=started_at,
        source_instance=source,
        destination_instance=PROD,
        config={"workers": 8},
        plan_id=plan_id,
        fingerprint="f1",
        backup_path="backups/monday.db",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".lookervault-plan" / "state.db"


@pytest.fixture
def state(path: Path) -> Iterator[State]:
    with open_state(path) as opened:
        yield opened
