"""A plan against a sandbox over HTTP; as a program, one that a test may kill.

`python -m tests.execution.rig URL STATE DASHBOARDS` goes on with the session in STATE.
"""

import sys
from pathlib import Path
from typing import Any

from lookervault_plan.execution.engine import Environment, RunResult, RunSettings, run
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.rate_limit import RateLimiter
from lookervault_plan.looker.retry import RetryPolicy
from lookervault_plan.looker.settings import Connection
from lookervault_plan.plan_file import Plan
from lookervault_plan.sandbox.company.lookml import EXPLORES
from lookervault_plan.sandbox.server import CLIENT_ID, CLIENT_SECRET
from lookervault_plan.state.journal import Journal
from lookervault_plan.state.rows import Session
from lookervault_plan.state.store import open_state
from tests.execution.content import (
    Raw,
    a_component,
    a_dashboard,
    a_filter,
    a_folder,
    a_layout,
    a_plan,
    a_query,
    a_tile,
    creating,
    loader,
)

TILES = 5


def a_company(dashboards: int) -> tuple[Plan, list[tuple[str, Raw]]]:
    """Dashboards in a folder that is new too: two tabs, a filter, tiles with shared queries."""
    objects: list[tuple[str, Raw]] = [("folder", a_folder())]
    for number in range(dashboards):
        base = 1000 * (number + 1)
        tiles = [
            a_tile(
                str(base + n),
                f"Tile {n}",
                layout=str(base + 60 + n % 2),
                query=a_query(str(900 + n), EXPLORES[n % 3]) if n else None,
            )
            for n in range(TILES)
        ]
        places: list[list[Raw]] = [[], []]
        for n in range(TILES):
            place = a_component(str(base + 80 + n), str(base + n), row=5 * n, height=5)
            places[n % 2].append(place | {"dashboard_layout_id": str(base + 60 + n % 2)})
        layouts = [
            a_layout(str(base + 60 + n), *places[n], active=not n, label=f"Tab {n}")
            for n in range(2)
        ]
        dashboard = a_dashboard(
            str(number + 1),
            title=f"Dashboard {number}",
            filters=[a_filter(str(base + 90))],
            tiles=tiles,
            layouts=layouts,
        )
        objects.append(("dashboard", dashboard))
    plan = a_plan(*(creating(kind, raw, **_after(kind)) for kind, raw in objects))
    return plan, objects


def _after(kind: str) -> dict[str, Any]:
    return {"depends_on": ("folder:7",)} if kind != "folder" else {}


def apply(url: str, state_file: Path, dashboards: int, *, workers: int = 8) -> RunResult:
    """Begin the session, or go on with it."""
    plan, objects = a_company(dashboards)
    connection = Connection(
        base_url=url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, timeout=1
    )
    policy = RetryPolicy(base_seconds=0.02, max_seconds=0.1, attempts=10)
    limiter = RateLimiter(pause_seconds=0.02)
    with (
        Client(connection, workers=workers, policy=policy, limiter=limiter) as client,
        open_state(state_file) as state,
    ):
        if state.session("s1") is None:
            session = Session(
                id="s1",
                started_at="2026-01-01T00:00:00Z",
                source_instance="https://dev",
                destination_instance=url,
                plan_id="p",
                fingerprint="f",
                backup_path="b",
            )
            state.create_session(session, b"{}")
        with Journal(state, "s1") as journal:
            return run(
                plan,
                Environment(
                    looker=client,
                    limiter=client.limiter,
                    journal=journal,
                    load=loader(*objects),
                    now=lambda: "2026-01-01T00:00:00Z",
                ),
                RunSettings(
                    session="s1",
                    workers=workers,
                    policy=policy,
                    unanswered_seconds=2,
                    broken_connection_seconds=0.2,
                ),
            )


def shape(call: Any) -> list[Any]:
    """All dashboards, without ids: titles, tabs, tiles with query and place."""
    status, found = call("GET", "/dashboards/search", {"limit": 500}, None)
    assert status == 200
    return sorted(_shape_of(dashboard) for dashboard in found)


def _shape_of(dashboard: Any) -> Any:
    tabs = sorted(layout["label"] or "" for layout in dashboard["dashboard_layouts"])
    places = {
        place["dashboard_element_id"]: (
            *(place["row"], place["column"], place["width"], place["height"]),
            layout["label"] or "",
        )
        for layout in dashboard["dashboard_layouts"]
        for place in layout["dashboard_layout_components"]
    }
    tiles = sorted(
        (tile["title"], (tile["query"] or {}).get("view") or "", places.get(tile["id"], ()))
        for tile in dashboard["dashboard_elements"]
    )
    filters = sorted(each["name"] for each in dashboard["dashboard_filters"])
    return dashboard["title"], tabs, filters, tiles


def wanted(dashboards: int) -> list[Any]:
    """What `shape` gives when all is well."""
    tiles = sorted(
        (f"Tile {n}", EXPLORES[n % 3] if n else "", (5 * n, 0, 12, 5, f"Tab {n % 2}"))
        for n in range(TILES)
    )
    return sorted(
        (f"Dashboard {number}", ["Tab 0", "Tab 1"], ["Region"], tiles)
        for number in range(dashboards)
    )


if __name__ == "__main__":
    _ = apply(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
