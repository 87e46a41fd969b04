"""Terraform's sentence is said only of a destination whose writable values equal the backup's.

Another hand changes one writable value of the instance at a time, as it could in Looker.
"""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

import pytest

from lookervault_plan.content.json_path import find
from lookervault_plan.content.table.kinds import ITEM_KINDS, KINDS
from lookervault_plan.render.summary_lines import NO_CHANGES, NOTHING_TO_DO
from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

#: Values that are changed beside those that are always changed: a plan takes 0.2 s.
SAMPLE = 24


class Edit(NamedTuple):
    """One value that another hand changes."""

    kind: str
    path: str
    field: str
    before: Any
    after: Any


@pytest.fixture
def instance(run: Run, use: Callable[[Sandbox], None]) -> Iterator[Sandbox]:
    """An instance, and a backup of all of it."""
    with Sandbox(seed=7) as sandbox:
        fill(sandbox.looker.call, seed=1, dashboards=2, looks=2, folders=2, users=3)
        use(sandbox)
        assert run("backup", "--db-path", "b.db").code == 0
        yield sandbox


def headline(run: Run) -> str:
    ran = run("plan", "--db-path", "b.db", "--quiet")
    assert ran.code == 0, ran.err or ran.out
    return ran.out.splitlines()[0]


def test_an_untouched_instance_matches(run: Run, instance: Sandbox):
    assert headline(run) == NO_CHANGES


def test_no_edit_of_a_writable_value_is_called_a_match(run: Run, instance: Sandbox):
    edits = {(edit.kind, edit.field): edit for edit in all_edits(instance)}
    always = [edit for key, edit in edits.items() if is_not_written(*key)]
    assert always
    others = sorted(edits[key] for key in edits if edits[key] not in always)
    for edit in (*always, *Random(4).sample(others, SAMPLE)):
        status, reply = instance.looker.call("PATCH", edit.path, None, {edit.field: edit.after})
        if status < 300 and reply.get(edit.field) != edit.before:
            said = headline(run)
            assert said != NO_CHANGES, edit
            assert said == NOTHING_TO_DO or not is_not_written(edit.kind, edit.field), edit
        _ = instance.looker.call("PATCH", edit.path, None, {edit.field: edit.before})


def test_content_made_in_the_destination_is_counted(run: Run, instance: Sandbox):
    status, _ = instance.looker.call("POST", "/folders", None, {"name": "New", "parent_id": "1"})
    assert status == 200

    planned = run("plan", "--db-path", "b.db", "--json").json

    assert planned["summary"]["unmanaged"] == {"folder": 1}
    assert headline(run) == NOTHING_TO_DO
    assert '"New"' in run("plan", "--db-path", "b.db", "--verbose").out


def test_notes_do_not_count_for_strict(run: Run, instance: Sandbox):
    _ = instance.looker.call("POST", "/folders", None, {"name": "New", "parent_id": "1"})

    assert run("plan", "--db-path", "b.db", "--strict").code == 0


def is_not_written(kind: str, field: str) -> bool:
    """Whether a plan with the usual options compares the value and never writes it."""
    row = KINDS[kind]
    if reference := row.find_reference(field):
        return reference.policy == "owners"
    return row.field(field).create_only


def all_edits(instance: Sandbox) -> Iterator[Edit]:
    """Yield an edit for each top-level scalar and each owner of the first item of each kind."""
    call = instance.looker.call
    users = [user["id"] for user in call("GET", "/users", {})[1]]
    for kind in ITEM_KINDS:
        row = KINDS[kind]
        if row.item.listing is None:
            continue
        query = {key: str(value).lower() for key, value in row.item.listing.query.items()}
        listed = json.loads(json.dumps(call("GET", row.item.listing.path, query)[1]))
        for raw in [each for each in listed if row.item.built_in(each) is None][:1]:
            for part_kind, part in with_parts(kind, raw):
                yield from edits_of(part_kind, part, users)


def with_parts(kind: str, raw: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield kind, raw
    for collection in KINDS[kind].item.collections:
        for _, part in find(raw, collection.path + "[]"):
            if isinstance(part, dict) and "{" not in KINDS[collection.kind].path:
                yield collection.kind, part


def edits_of(kind: str, raw: dict[str, Any], users: list[str]) -> Iterator[Edit]:
    row = KINDS[kind]
    path = f"{row.path}/{raw[row.id_field]}"
    for field in row.fields:
        before = raw.get(field.path)
        if isinstance(before, bool):
            yield Edit(kind, path, field.path, before, not before)
        elif isinstance(before, int | float):
            yield Edit(kind, path, field.path, before, before + 1)
        elif isinstance(before, str):
            yield Edit(kind, path, field.path, before, f"{before}x")
    for reference in row.refs:
        if reference.policy == "owners" and (before := raw.get(reference.path)):
            other = next(user for user in users if user != before)
            yield Edit(kind, path, reference.path, before, other)
