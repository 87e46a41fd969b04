"""What source and destination agree on is remembered, and only by apply."""

import json
from collections.abc import Callable
from pathlib import Path

from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.state.rows import Base
from lookervault_plan.state.store import open_state
from tests.cli.conftest import Run

Use = Callable[[Sandbox], None]

STATE = Path(".lookervault-plan/state.db")


def bases(dev: Sandbox, prod: Sandbox) -> dict[str, Base]:
    with open_state(STATE, readonly=True) as state:
        return state.bases(dev.url, prod.url)


def test_applied_items_are_remembered(run: Run, dev: Sandbox, prod: Sandbox, backup: Path):
    run("plan", "--db-path", backup)
    assert not STATE.exists()

    assert run("apply", "--db-path", backup, "--auto-approve").code == 0

    found = bases(dev, prod)
    _, dashboards = dev.looker.call("GET", "/dashboards/search", {"sorts": "id"})
    for dashboard in dashboards:
        item = found[f"dashboard:{dashboard['id']}"].item
        assert item["title"] == dashboard["title"]
        assert len(item["dashboard_elements"]) == len(dashboard["dashboard_elements"])


def test_a_plan_without_changes_is_remembered_too(
    run: Run, use: Use, dev: Sandbox, prod: Sandbox, backup: Path
):
    assert run("apply", "--db-path", backup, "--auto-approve").code == 0
    known = bases(dev, prod)
    STATE.unlink()
    assert run("plan", "--db-path", backup, "--out", "plan.json").code == 0

    assert run("apply", "plan.json").code == 0

    assert bases(dev, prod).keys() == known.keys()


def test_what_is_remembered_stays_as_it_is(run: Run, dev: Sandbox, prod: Sandbox, backup: Path):
    for _ in range(2):
        assert run("plan", "--db-path", backup, "--out", "plan.json").code == 0
        assert run("apply", "plan.json").code == 0
        assert len({base.session for base in bases(dev, prod).values()}) == 1


def test_secrets_are_not_remembered(run: Run, use: Use, dev: Sandbox, prod: Sandbox):
    with Sandbox(seed=3) as source:
        body = {"model": "ecommerce", "view": "orders", "vis_config": {"api_key": "sk-very-secret"}}
        _, query = source.looker.call("POST", "/queries", None, body)
        look = {"title": "Map", "folder_id": "1", "query_id": query["id"]}
        source.looker.call("POST", "/looks", None, look)
        use(source)
        assert run("backup", "--db-path", "b.db").code == 0
        use(prod)
        assert (
            run("apply", "--db-path", "b.db", "--auto-approve", "--select", "type:look").code == 0
        )

    text = json.dumps([base.item for base in bases(source, prod).values()])
    assert '"(sensitive)"' in text
    assert b"sk-very-secret" not in STATE.read_bytes() + text.encode()
