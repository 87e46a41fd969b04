"""A company in a backup, an empty instance to restore it to, and what it looks like if all is well.

The program runs in a process of its own, as it does at three in the morning.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.server import Sandbox
from tests.acceptance import judge
from tests.acceptance.command_line import Workdir

COMPANY = {"dashboards": 4, "looks": 4, "folders": 4, "users": 3, "tiles": 3}
SECONDS = 60
#: what a first retry waits in these tests; everything else is scaled with it
RETRY_SECONDS = "0.02"
#: lists of what the judge does not read, and what an object in them is called
OTHERS: Mapping[str, tuple[str, ...]] = {
    "/groups": ("name",),
    "/roles": ("name",),
    "/permission_sets": ("name",),
    "/model_sets": ("name",),
    "/boards": ("title",),
    "/board_sections": ("title",),
    "/scheduled_plans": ("name", "title"),
    "/alerts/search": ("custom_title",),
    "/lookml_models": ("name",),
}


@dataclass(frozen=True)
class Rig:
    """What all drills begin with."""

    people: Path
    backup: Path
    source: judge.Reading
    #: what is there when nothing went wrong
    census: Mapping[str, Counter[str]]


@dataclass
class Drill:
    """One instance, one working directory, one plan."""

    rig: Rig
    sandbox: Sandbox
    workdir: Workdir
    plan: Path = Path("plan.json")
    more: dict[str, str] = field(default_factory=dict)
    #: a command that starts the program, such as `unshare`
    prefix: tuple[str, ...] = ()

    def make_plan(self) -> None:
        self.workdir.run(
            self.sandbox, "plan", "--db-path", self.rig.backup, "--out", self.plan, *ALLOWED
        )

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        program = "from lookervault_plan.cli.app import run; run()"
        return subprocess.Popen(
            [*self.prefix, sys.executable, "-c", program, *map(str, words), "--json"],
            cwd=self.workdir.path,
            env=self.workdir.environment(self.sandbox)
            | {"LOOKERVAULT_PLAN_RETRY_SECONDS": RETRY_SECONDS}
            | self.more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def apply(self) -> subprocess.Popen[str]:
        return self.start("apply", self.plan, "--db-path", self.rig.backup)

    def resume(self) -> subprocess.Popen[str]:
        return self.start("resume", "--db-path", self.rig.backup)

    def finish(self, process: subprocess.Popen[str], code: int = 0) -> list[Any]:
        """Wait for the end; its events."""
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert process.returncode == code, f"{process.returncode}\n{out[-3000:]}\n{err}"
        return [msgspec.json.decode(line) for line in out.splitlines()]

    def kill_after(
        self, process: subprocess.Popen[str], writes: int, *, settle: bool = True
    ) -> bool:
        """Kill -9 once so many more writes were carried out; False if it was through before.

        With `settle` nothing is in flight any more when this returns.
        """
        wanted = len(self.sandbox.writes()) + writes
        end = time.monotonic() + SECONDS
        while len(self.sandbox.writes()) < wanted and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=SECONDS)
        assert process.returncode in {0, -signal.SIGKILL}, f"{out[-3000:]}\n{err}"
        if settle:
            self.sandbox.wait_until_idle()
        return process.returncode != 0

    def check(self) -> None:
        """The destination is what it would be if nothing had happened, exactly once."""
        self.sandbox.faults.clear()
        self.sandbox.wait_until_idle()
        found = judge.differences(self.rig.source, read(self.sandbox))
        assert found == []
        assert census(self.sandbox) == self.rig.census
        self.plan = Path("again.json")
        self.make_plan()
        summary = msgspec.json.decode((self.workdir.path / self.plan).read_bytes())["summary"]
        counts = {name: summary[name] for name in ("create", "update", "delete")}
        assert counts == {"create": 0, "update": 0, "delete": 0}


ALLOWED = [
    word
    for guard in (
        *("updates-share", "part-deletes", "users-across", "schedules-across", "lockout"),
        *("access-widened", "users-enable", "alerts-lost"),
    )
    for word in ("--allow", guard)
]


def read(sandbox: Sandbox) -> judge.Reading:
    return judge.read(sandbox.looker.call)


def census(sandbox: Sandbox) -> Mapping[str, Counter[str]]:
    """How many of each name there are, of what the judge does not read."""
    found: dict[str, Counter[str]] = {}
    for path, names in OTHERS.items():
        query = {"all_users": True} if path == "/scheduled_plans" else None
        status, rows = sandbox.looker.call("GET", path, query)
        if status == 200:
            found[path] = Counter(" ".join(str(row.get(name)) for name in names) for row in rows)
    return found


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    place = tmp_path_factory.mktemp("drills")
    workdir = Workdir(place)
    with Sandbox(seed=61) as source:
        fill(source.looker.call, seed=5, **COMPANY)
        workdir.run(source, "backup", "--db-path", place / "backup.db")
        reading = read(source)
    with Sandbox(seed=62) as empty:
        fill(empty.looker.call, seed=5, dashboards=0, looks=0, folders=0, users=COMPANY["users"])
        empty.looker.save(place / "people.bin")
    rig = Rig(place / "people.bin", place / "backup.db", reading, {})
    with Sandbox(seed=62, load=rig.people) as calm:
        drill = Drill(rig, calm, workdir)
        drill.make_plan()
        drill.finish(drill.apply())
        settled = Rig(rig.people, rig.backup, reading, census(calm))
        Drill(settled, calm, workdir).check()
    return settled


@pytest.fixture
def drill(rig: Rig, tmp_path: Path) -> Iterator[Drill]:
    with Sandbox(seed=62, load=rig.people) as sandbox:
        drill = Drill(rig, sandbox, Workdir(tmp_path))
        drill.make_plan()
        yield drill


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Random points that are the same in every run; DRILL_SEED gives others."""
    return random.Random(f"{os.environ.get('DRILL_SEED', '')}{request.node.name}")
