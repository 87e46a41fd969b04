"""What content mentions and the destination lacks is named, and asked for only if needed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lookervault_plan.sandbox.faults import Fault
from lookervault_plan.sandbox.server import Sandbox
from tests.cli.conftest import Run

LISTS = ("/user_attributes", "/themes", "/color_collections", "/integrations")


@pytest.fixture
def source(run: Run, use: Callable[[Sandbox], None]) -> Iterator[Path]:
    """A backup of a dashboard with a chart, a text, and a schedule."""
    with Sandbox(seed=41) as sandbox:

        def make(path: str, body: Any) -> str:
            status, made = sandbox.looker.call("POST", path, None, body)
            assert status == 200, made
            return made["id"]

        query = make(
            "/queries",
            {
                "model": "finance",
                "view": "orders",
                "fields": ["orders.count", "orders.gone"],
                "vis_config": {"color_application": {"collection_id": "their-own"}},
            },
        )
        dashboard = make("/dashboards", {"title": "Sales", "folder_id": "1"})
        chart = {"type": "vis", "title": "Chart", "query_id": query}
        text = {"type": "text", "body_text": "{{ _user_attributes['region'] }}"}
        for tile in (chart, text):
            _ = make("/dashboard_elements", {"dashboard_id": dashboard, **tile})
        use(sandbox)
        assert run("backup", "folders", "dashboards", "--db-path", "b.db").code == 0
        yield Path("b.db")


@pytest.fixture
def there() -> Iterator[Sandbox]:
    with Sandbox(seed=42) as sandbox:
        yield sandbox


def with_fields(sandbox: Sandbox, *names: str) -> None:
    lookml = sandbox.looker.instance.lookml
    models = tuple(
        msgspec.structs.replace(model, fields={"orders": names}) for model in lookml.models
    )
    sandbox.looker.instance.lookml = msgspec.structs.replace(lookml, models=models)


def diagnostics(run: Run, *more: str) -> list[dict[str, Any]]:
    ran = run("plan", "--db-path", "b.db", "--json", *more)
    assert ran.code == 0, ran.err or ran.out
    return ran.json["diagnostics"]


def test_each_missing_thing_is_named_with_what_needs_it(
    run: Run, source: Path, there: Sandbox, use: Callable[[Sandbox], None]
):
    use(there)

    found = [one for one in diagnostics(run) if one["code"] == "outside.lacking"]

    assert [(one["summary"], one["detail"].partition(" of ")[0]) for one in found] == [
        ("the destination has no color collection their-own", 'named by "Chart"'),
        (
            "the destination has no user attribute region",
            """named by "{{ _user_attributes['region'] }}\"""",
        ),
    ]
    asked = [each.path for each in there.requests if each.path.removeprefix("/api/4.0") in LISTS]
    assert len(asked) == 2


def test_nothing_is_said_or_asked_of_items_that_are_not_written(
    run: Run, source: Path, there: Sandbox, use: Callable[[Sandbox], None]
):
    use(there)

    assert [one["code"] for one in diagnostics(run, "--select", "folder:1")] == []
    assert not [each for each in there.requests if each.path.removeprefix("/api/4.0") in LISTS]


def test_a_list_that_can_not_be_read_is_unknown_not_empty(
    run: Run, source: Path, there: Sandbox, use: Callable[[Sandbox], None]
):
    use(there)
    there.faults.add(Fault(kind="error", path="/user_attributes", status=403))

    found = diagnostics(run)

    assert [one["summary"] for one in found if one["code"] == "outside.lacking"] == [
        "the destination has no color collection their-own"
    ]
    (note,) = [one for one in found if one["code"] == "unseen.user-attributes"]
    assert note["summary"].startswith("the user attributes of the destination could not be read")


def test_fields_are_asked_for_once_an_explore_and_only_on_request(
    run: Run, source: Path, there: Sandbox, use: Callable[[Sandbox], None]
):
    use(there)
    with_fields(there, "orders.count")

    unasked = diagnostics(run)
    before = len(there.requests)
    asked = diagnostics(run, "--check-fields")

    assert not [one for one in unasked if one["code"] == "field.missing"]
    (warning,) = [one for one in asked if one["code"] == "field.missing"]
    assert (
        warning["summary"] == "the destination's explore finance::orders has no field orders.gone"
    )
    assert '"Chart" of dashboard:' in warning["detail"]
    assert sum("/explores/" in each.path for each in there.requests[before:]) == 1


def test_an_explore_that_lists_no_fields_is_unknown(
    run: Run, source: Path, there: Sandbox, use: Callable[[Sandbox], None]
):
    use(there)

    found = diagnostics(run, "--check-fields")

    assert not [one for one in found if one["code"] == "field.missing"]
    assert any("fields of explore finance::orders" in one["summary"] for one in found)
