"""`apply` killed in the middle, then `resume`: as if nothing had happened."""

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.looker import Looker
from lookervault_plan.sandbox.server import Sandbox, SandboxProcess
from tests.acceptance import judge
from tests.acceptance.command_line import Workdir
from tests.acceptance.companies import copy_people, link_up, overlap_ids
from tests.acceptance.judge import Reading
from tests.acceptance.objects import is_root

LATENCY_SECONDS = 0.01


@dataclass(repr=False)
class Start:
    """A backup, an empty instance to restore it into, and what must come of it."""

    backup: Path
    empty: Path
    source: Reading


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    folder = tmp_path_factory.mktemp("start")
    empty = Looker(seed=8)
    overlap_ids(empty, 8)
    with Sandbox(seed=7) as source:
        overlap_ids(source.looker, 7)
        fill(source.looker.call, seed=5, dashboards=12, looks=12, folders=8, users=4)
        link_up(source.looker.call)
        copy_people(source.looker.call, empty.call)
        empty.save(folder / "empty.msgpack")
        yield Start(
            backup=Workdir(folder).backup(source),
            empty=folder / "empty.msgpack",
            source=judge.read(source.looker.call),
        )


@pytest.mark.parametrize("seed", range(3))
def test_killed_anywhere_and_resumed(workdir: Workdir, start: Start, seed: int):
    """At a random moment of the run, three different ones."""
    share = (seed + Random(seed).random()) / 3
    with SandboxProcess(seed=8, latency_seconds=LATENCY_SECONDS, load=start.empty) as destination:
        planned = workdir.plan(destination, start.backup)
        destination.clear_requests()
        wanted = share * planned.document["summary"]["calls"]

        kill_after(
            workdir, destination, int(wanted), ("apply", planned.file, "--db-path", start.backup)
        )
        workdir.run(destination, "resume")

        after = restored(destination, workdir.path)
        assert judge.differences(start.source, after) == []
        assert judge.leaks(start.source, after) == []
        assert workdir.plan(destination, start.backup).counts == {}
        assert created(destination) == made(start.source)


def test_killed_again_and_again(workdir: Workdir, start: Start):
    """Each time it gets a little further."""
    with SandboxProcess(seed=8, latency_seconds=LATENCY_SECONDS, load=start.empty) as destination:
        planned = workdir.plan(destination, start.backup)
        step = planned.document["summary"]["calls"] // 4
        command: tuple[str | Path, ...] = ("apply", planned.file, "--db-path", start.backup)
        for _ in range(3):
            kill_after(workdir, destination, len(destination.requests) + step, command)
            command = ("resume",)

        workdir.run(destination, "resume")

        after = restored(destination, workdir.path)
        assert judge.differences(start.source, after) == []
        assert judge.leaks(start.source, after) == []
        assert created(destination) == made(start.source)


def test_killed_and_the_state_lost(workdir: Workdir, start: Start):
    """Planning anew completes what is half built, without twins."""
    with SandboxProcess(seed=8, latency_seconds=LATENCY_SECONDS, load=start.empty) as destination:
        planned = workdir.plan(destination, start.backup)
        destination.clear_requests()
        wanted = planned.document["summary"]["calls"] // 2
        kill_after(workdir, destination, wanted, ("apply", planned.file, "--db-path", start.backup))
        forgetful = Workdir(workdir.path / "elsewhere")
        forgetful.path.mkdir()

        # Tiles that look alike and are not complete may be made anew.
        allowed = ("--allow", "updates-share", "--allow", "part-deletes")
        _ = forgetful.restore(destination, start.backup, *allowed)

        after = restored(destination, workdir.path)
        assert judge.differences(start.source, after) == []
        assert judge.leaks(start.source, after) == []
        assert forgetful.plan(destination, start.backup).counts == {}


def kill_after(
    workdir: Workdir, destination: SandboxProcess, requests: int, command: tuple[str | Path, ...]
) -> None:
    """Run a command in a process of its own, and end it without mercy after so many requests."""
    process = workdir.start(destination, *command)
    assert process.stdout is not None
    with contextlib.closing(process.stdout):
        end = time.monotonic() + 60
        while len(destination.requests) < requests and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        told = process.stdout.read().decode()
    assert process.wait() == -signal.SIGKILL, f"it ended before it could be killed\n{told}"
    # What was on its way is carried out all the same.
    time.sleep(5 * LATENCY_SECONDS)


def restored(destination: SandboxProcess, folder: Path) -> Reading:
    destination.save(folder / "after.msgpack")
    looker = Looker(seed=8, load=folder / "after.msgpack")
    looker.instance.base_url = destination.url
    return judge.read(looker.call)


def created(destination: SandboxProcess) -> Counter[str]:
    """How many of each were made, in all runs together; equal queries are one however often."""
    paths = (
        request.path
        for request in destination.requests
        if request.method == "POST" and request.status == 200 and request.path in CREATES
    )
    return Counter(paths)


def made(source: Reading) -> Counter[str]:
    return Counter(
        {
            "/folders": sum(not is_root(folder) for folder in source.folders),
            "/looks": len(source.looks),
            "/dashboards": len(source.dashboards),
            "/dashboard_filters": len(list(source.parts("dashboard_filters"))),
            "/dashboard_elements": len(list(source.parts("dashboard_elements"))),
            "/dashboard_layouts": len(list(source.parts("dashboard_layouts")))
            - len(source.dashboards),
        }
    )


CREATES = (
    "/folders",
    "/looks",
    "/dashboards",
    "/dashboard_filters",
    "/dashboard_elements",
    "/dashboard_layouts",
)
