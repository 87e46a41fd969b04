"""A plan is refused if the destination has changed since, item by item."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan import plan_file
from lookervault_plan.backup.reader import Backup, open_backup
from lookervault_plan.errors import Refused
from lookervault_plan.execution.history import History
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.settings import resolve
from lookervault_plan.plan_file import Plan, Update
from lookervault_plan.sandbox.server import Sandbox
from lookervault_plan.workflows.apply import CheckedPlan, check_unchanged
from tests.cli.conftest import Run, settings


@pytest.fixture
def opened(backup: Path) -> Iterator[Backup]:
    with open_backup(backup) as opened:
        yield opened


def looks(sandbox: Sandbox) -> list[dict[str, Any]]:
    _, found = sandbox.looker.call("GET", "/looks/search", {"sorts": "id"})
    return list(found)


def patch(sandbox: Sandbox, path: str, **fields: object) -> None:
    status, reply = sandbox.looker.call("PATCH", path, None, fields)
    assert status == 200, reply


def planned(run: Run) -> Plan:
    assert run("plan", "--db-path", "backup.db", "--out", "plan.json", "-q").code == 0
    return plan_file.decode(Path("plan.json").read_bytes())


def checked(plan: Plan, backup: Backup, sandbox: Sandbox, *, skip: bool = False) -> CheckedPlan:
    with Client(resolve(settings(sandbox))) as client:
        return check_unchanged(plan, History(()), backup, client, skip_stale=skip)


@pytest.fixture
def repair(run: Run, prod: Sandbox, backup: Path) -> Plan:
    """A plan that gives two renamed looks their titles back."""
    assert run("apply", "--db-path", "backup.db", "--auto-approve", "-q").code == 0
    for look in looks(prod)[:2]:
        patch(prod, f"/looks/{look['id']}", title=f"{look['title']} (renamed)")
    plan = planned(run)
    assert len([each for each in plan.writing if isinstance(each, Update)]) == 2
    return plan


def test_an_unchanged_destination_passes(repair: Plan, opened: Backup, prod: Sandbox):
    result = checked(repair, opened, prod)

    assert result.plan == repair
    assert not result.without_stale.addresses


def test_a_changed_field_refuses_the_plan_and_is_named(repair: Plan, opened: Backup, prod: Sandbox):
    look = looks(prod)[0]
    patch(prod, f"/looks/{look['id']}", title="Changed since")

    with pytest.raises(Refused) as refused:
        _ = checked(repair, opened, prod)

    diagnostic = refused.value.diagnostic
    assert diagnostic.code == "plan.stale"
    assert diagnostic.summary.endswith("1 item of the plan")
    assert "'Changed since'" in diagnostic.detail


def test_skip_stale_leaves_out_only_the_changed_item(repair: Plan, opened: Backup, prod: Sandbox):
    look = looks(prod)[0]
    patch(prod, f"/looks/{look['id']}", title="Changed since")

    result = checked(repair, opened, prod, skip=True)

    assert len(result.without_stale.addresses) == 1
    (left,) = result.without_stale.addresses
    assert [each.address for each in result.plan.writing] == [
        each.address for each in repair.writing if each.address != left
    ]


def test_a_field_that_the_plan_does_not_write_may_change(
    repair: Plan, opened: Backup, prod: Sandbox
):
    unplanned = looks(prod)[3]
    patch(prod, f"/looks/{unplanned['id']}", title="Changed since")

    assert not checked(repair, opened, prod).without_stale.addresses


def test_a_create_is_stale_if_its_name_is_taken(
    run: Run, prod: Sandbox, backup: Path, opened: Backup
):
    plan = planned(run)
    wanted = next(each for each in plan.writing if each.type == "folder")
    status, reply = prod.looker.call(
        "POST", "/folders", None, {"name": wanted.name, "parent_id": "1"}
    )
    assert status == 200, reply

    with pytest.raises(Refused) as refused:
        _ = checked(plan, opened, prod)

    assert wanted.address in refused.value.diagnostic.detail
    assert "is taken by" in refused.value.diagnostic.detail


def test_items_that_depend_on_a_stale_one_are_left_out_too(
    run: Run, prod: Sandbox, backup: Path, opened: Backup
):
    plan = planned(run)
    wanted = next(each for each in plan.writing if each.type == "folder")
    _ = prod.looker.call("POST", "/folders", None, {"name": wanted.name, "parent_id": "1"})

    result = checked(plan, opened, prod, skip=True)

    dependents = {each.address for each in plan.writing if wanted.address in each.depends_on}
    assert dependents
    assert {wanted.address, *dependents} <= result.without_stale.addresses
