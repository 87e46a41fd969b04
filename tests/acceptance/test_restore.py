"""A backup of one instance, restored into an empty one: equal, and no call wasted."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.requests import Request
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance import judge
from tests.acceptance.command_line import Workdir
from tests.acceptance.companies import copy_people, link_up, make_dense
from tests.acceptance.conftest import Serve
from tests.acceptance.judge import Raw, Reading
from tests.acceptance.objects import is_root
from tests.acceptance.patch_recorder import PatchRecorder, repeated

#: Guards that may trip where the destination is not empty.
ALLOWED = (
    *("--allow", "updates-share", "--allow", "part-deletes"),
    *("--allow", "access-widened"),
)


def test_a_company_with_every_field_in_use(workdir: Workdir, serve: Serve):
    source, destination = serve(7), serve(8)
    make_dense(source.looker.call, host=source.url)

    restore_into_empty(workdir, source, destination)


def test_a_company_with_links_in_its_texts(workdir: Workdir, serve: Serve):
    source, destination = serve(7), serve(8)
    fill(source.looker.call, seed=1, dashboards=25, looks=25, folders=10, users=6)
    link_up(source.looker.call)

    restore_into_empty(workdir, source, destination)


def test_300_dashboards_300_looks_and_50_folders(workdir: Workdir, serve: Serve):
    source, destination = serve(9), serve(10)
    fill(source.looker.call, seed=2, dashboards=313, looks=316, folders=50, users=20)
    link_up(source.looker.call, count=40)
    reading = judge.read(source.looker.call)
    assert len(reading.dashboards) >= 300
    assert len(reading.looks) >= 300

    restore_into_empty(workdir, source, destination)


def test_a_restored_instance_restores_the_first_one(workdir: Workdir, serve: Serve, tmp_path: Path):
    """There and back: nothing is lost on the way, and what stayed there is left alone."""
    first, second, third = serve(7), serve(8), serve(11)
    make_dense(first.looker.call, host=first.url)
    copy_people(first.looker.call, second.looker.call)
    copy_people(first.looker.call, third.looker.call)
    workdir.restore(second, workdir.backup(first))

    workdir.restore(third, workdir.backup(second))

    ends = judge.read(first.looker.call), judge.read(third.looker.call)
    assert judge.differences(*ends) == []
    assert judge.leaks(*ends) == []


def test_what_the_destination_has_besides_is_left_alone(workdir: Workdir, serve: Serve):
    source, destination = serve(7), serve(8)
    fill(source.looker.call, seed=1, dashboards=10, looks=10, folders=8, users=3)
    copy_people(source.looker.call, destination.looker.call)
    fill(destination.looker.call, seed=2, dashboards=12, looks=12, folders=9, users=0)
    wanted, before = judge.read(source.looker.call), judge.read(destination.looker.call)
    besides = {path: row for path, row in items(before).items() if not_in(wanted, before, row)}
    assert len(besides) > 20
    destination.requests.clear()

    _ = workdir.restore(destination, workdir.backup(source), *ALLOWED)

    after = judge.read(destination.looker.call)
    left = items(after)
    assert {path: left[path]["updated_at"] for path in besides if "updated_at" in left[path]} == {
        path: row["updated_at"] for path, row in besides.items() if "updated_at" in row
    }
    assert [request.path for request in destination.writes() if request.path in besides] == []
    # What was there under the same title keeps its URL and its owner.
    found = judge.differences(wanted, after, ignore=["WriteDashboard.slug"], owners=False)
    too_many = re.compile(r" is too many$")
    assert [line for line in found if not too_many.search(line)] == []


def items(reading: Reading) -> dict[str, Raw]:
    """All items by their path in the API."""
    kinds = {"folders": reading.folders, "looks": reading.looks, "dashboards": reading.dashboards}
    return {f"/{kind}/{row['id']}": row for kind, rows in kinds.items() for row in rows}


def not_in(wanted: Reading, reading: Reading, row: Raw) -> bool:
    """Whether an item of one reading is none of another's, by natural keys."""
    mine, theirs = judge.Side(reading, judge.Options()), judge.Side(wanted, judge.Options())
    if "title" not in row:
        keys = {theirs.folder_key(folder["id"]) for folder in wanted.folders}
        return mine.folder_key(row["id"]) not in keys
    return mine.key(row) not in {theirs.key(one) for one in (*wanted.looks, *wanted.dashboards)}


def restore_into_empty(workdir: Workdir, source: Sandbox, destination: Sandbox) -> None:
    """Restore, and check contents, calls, order of tiles, and that a second plan is empty."""
    copy_people(source.looker.call, destination.looker.call)
    backup = workdir.backup(source)
    before = len(source.writes())
    planned = workdir.plan(destination, backup)
    assert planned.document["guards"] == []
    assert planned.counts.keys() == {"create"}
    destination.requests.clear()

    with PatchRecorder(destination.looker) as patches:
        workdir.apply(destination, planned)

    asked = list(destination.requests)
    readings = judge.read(source.looker.call), judge.read(destination.looker.call)
    assert judge.differences(*readings) == []
    assert judge.leaks(*readings) == []
    assert len(source.writes()) == before

    # No call in vain, and none refused; tiles of a dashboard one after the other.
    assert [request for request in asked if request.status >= 400] == []
    assert patches.redundant == []
    assert destination.looker.overlaps == []
    assert recipe_breaches(readings[0], asked) == []
    deferred = sum(len(action["deferred"]) for action in planned.document["actions"])
    assert len(repeated(patches.patched)) <= deferred
    assert abs(planned.document["summary"]["calls"] - len(asked)) <= 10 + 0.1 * len(asked)

    # Nothing to change, with what the state remembers and without it.
    destination.requests.clear()
    assert workdir.plan(destination, backup).counts == {}
    forgetful = Workdir(workdir.path / "elsewhere")
    forgetful.path.mkdir()
    assert forgetful.plan(destination, backup).counts == {}
    assert destination.writes() == []


def recipe_breaches(source: Reading, asked: Iterable[Request]) -> list[str]:
    """List how the writes of a restore differ from the recipes (looker-api.md 3)."""
    posts, patches = Counter[str](), list[str]()
    bodies: Counter[bytes] = Counter()
    for request in asked:
        if request.path.startswith("/content_metadata"):
            continue  # access lists are judged in test_relations
        if request.method == "POST" and request.is_write:
            posts[request.path] += 1
            if request.path in ("/queries", "/merge_queries"):
                bodies[msgspec.json.encode([request.path, request.body], order="sorted")] += 1
        elif request.is_write:
            # An alert in a cycle of links is written whole, later.
            is_put = request.method == "PUT" and request.path.startswith("/alerts/")
            assert request.method == "PATCH" or is_put, request
            patches.append(request.path)
    wanted = Counter(
        {
            "/folders": sum(not is_root(folder) for folder in source.folders),
            "/looks": len(source.looks),
            "/dashboards": len(source.dashboards),
            "/dashboard_filters": len(list(source.parts("dashboard_filters"))),
            "/dashboard_elements": len(list(source.parts("dashboard_elements"))),
            # The first tab comes with its dashboard.
            "/dashboard_layouts": len(list(source.parts("dashboard_layouts")))
            - len(source.dashboards),
            "/queries": len(source.queries),
            "/merge_queries": len(source.merges),
            "/alerts": len(source.alerts),
        }
    )
    found = [
        f"{path}: {posts[path]} POSTs, not {wanted[path]}"
        for path in posts | wanted
        if posts[path] != wanted[path]
    ]
    found += [f"created {count} times: {body!r}" for body, count in bodies.items() if count > 1]
    kinds = (
        "dashboard_layout_components|dashboard_layouts|dashboard_elements|dashboards|looks|alerts"
    )
    expected = rf"/({kinds})/\d+"
    found += [f"what for? {path}" for path in patches if not re.fullmatch(expected, path)]
    return found


@pytest.mark.parametrize("workers", [1, 16])
def test_any_number_of_workers_gives_the_same(workdir: Workdir, serve: Serve, workers: int):
    source, destination = serve(7), serve(8)
    fill(source.looker.call, seed=3, dashboards=8, looks=8, folders=6, users=3)
    copy_people(source.looker.call, destination.looker.call)
    planned = workdir.plan(destination, workdir.backup(source))

    workdir.apply(destination, planned, "--workers", str(workers))

    readings = judge.read(source.looker.call), judge.read(destination.looker.call)
    assert judge.differences(*readings) == []
    assert judge.leaks(*readings) == []
    assert destination.looker.overlaps == []
