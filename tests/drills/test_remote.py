"""Runs on several machines that share a state: a folder, S3, PostgreSQL.

A machine is a working directory with the backup and nothing else. DRILL_RACES makes more races.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import psycopg
import pytest

from tests.acceptance.command_line import Workdir
from tests.drills.conftest import ALLOWED, SECONDS, Drill
from tests.drills.proxy import Proxy

RACES = int(os.environ.get("DRILL_RACES", "1"))
#: seconds that a lock holds in these tests: 60 is usual
LEASE = "8"
STORES = ("folder", "s3", "postgres")
FAILURES = [
    (kind, mode)
    for kind in ("s3", "postgres")
    for mode in ("refuse", "hang", "lose")
    if RACES > 1 or (kind, mode) in {("s3", "refuse"), ("s3", "lose"), ("postgres", "hang")}
]


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, drill: Drill, tmp_path: Path) -> str:
    """The address of an empty store, for all machines of the drill."""
    name = f"place_{os.getpid()}_{random.getrandbits(40):x}"
    if request.param == "folder":
        return (tmp_path / "store").as_uri()
    if request.param == "s3":
        drill.more |= request.getfixturevalue("s3")
        return f"s3://bucket/{name}"
    server = request.getfixturevalue("postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.replace("/postgres", f"/{name}")


def machine(drill: Drill, name: str) -> Drill:
    """Another machine: a folder of its own, the same Looker."""
    folder = drill.workdir.path / name
    folder.mkdir(exist_ok=True)
    more = {"LOOKERVAULT_PLAN_LEASE_SECONDS": LEASE, **drill.more}
    return Drill(drill.rig, drill.sandbox, Workdir(folder), more=more)


def at_once(drill: Drill, url: str, *words: str) -> subprocess.Popen[str]:
    """Plan and apply in one go."""
    return drill.start(
        *("apply", "--db-path", drill.rig.backup, "--auto-approve", "--state", url),
        *(*ALLOWED, *words),
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    try:
        out, err = process.communicate(timeout=SECONDS * 3)
    finally:
        process.kill()
    return process.returncode, out + err


@pytest.mark.parametrize("race", range(RACES))
def test_of_two_runs_at_once_one_is_refused(
    drill: Drill, url: str, chance: random.Random, race: int
):
    first = at_once(machine(drill, "one"), url)
    time.sleep(chance.random() * 0.3)
    second = at_once(machine(drill, "two"), url)

    ends = sorted([ended(first), ended(second)], key=lambda end: end[0])

    assert [code for code, _ in ends] == [0, 4], ends
    assert '"code":"state.locked"' in ends[1][1]
    assert f" on {os.uname().nodename} since " in ends[1][1]
    drill.check()


@pytest.mark.parametrize("race", range(RACES))
def test_of_two_runs_that_wait_for_each_other_both_succeed(
    drill: Drill, url: str, chance: random.Random, race: int
):
    first = at_once(machine(drill, "one"), url, "--lock-timeout", "120")
    time.sleep(chance.random() * 0.3)
    second = at_once(machine(drill, "two"), url, "--lock-timeout", "120")

    ends = [ended(first), ended(second)]

    assert [code for code, _ in ends] == [0, 0], ends
    drill.check()


@pytest.mark.parametrize("race", range(RACES))
@pytest.mark.parametrize("url", STORES if RACES > 1 else ["s3", "postgres"], indirect=True)
def test_killed_on_one_machine_and_planned_again_on_another(
    drill: Drill, url: str, chance: random.Random, race: int
):
    drill.sandbox.faults.jitter_seconds = 0.01
    here, there = machine(drill, "one"), machine(drill, "two")
    was_killed = here.kill_after(at_once(here, url), chance.randint(5, 120))
    drill.sandbox.faults.clear()

    begun = time.monotonic()
    code, text = ended(at_once(there, url, "--lock-timeout", "90"))

    assert code == 0, text
    if was_killed:  # the lock of a dead holder ends by itself
        assert time.monotonic() - begun < 45
    drill.check()


@pytest.mark.parametrize("url", STORES if RACES > 1 else ["s3"], indirect=True)
def test_a_stopped_holder_writes_nothing_after_its_lease(drill: Drill, url: str):
    """SIGSTOP for longer than the lease, as a machine that sleeps; another run has begun since."""
    drill.sandbox.faults.latency_seconds = 0.05
    here, there = machine(drill, "one"), machine(drill, "two")
    process = at_once(here, url)
    while len(drill.sandbox.writes()) < 10:
        time.sleep(0.005)
    process.send_signal(signal.SIGSTOP)
    drill.sandbox.wait_until_idle()
    drill.sandbox.faults.clear()
    code, text = ended(at_once(there, url, "--lock-timeout", "60"))
    assert code == 0, text
    settled = len(drill.sandbox.writes())

    process.send_signal(signal.SIGCONT)
    code, text = ended(process)

    assert code == 1, text
    assert '"code":"state.' in text
    assert len(drill.sandbox.writes()) == settled
    drill.check()


@pytest.mark.parametrize(("kind", "mode"), FAILURES)
def test_when_the_store_fails_the_run_ends_cleanly_and_its_copy_is_pushed_later(
    drill: Drill, request: pytest.FixtureRequest, kind: str, mode: str
):
    server = request.getfixturevalue(kind)
    address = urlsplit(server if kind == "postgres" else server["AWS_ENDPOINT_URL"])
    with Proxy(address.hostname or "", address.port or 0) as proxy:
        if kind == "postgres":
            url = server.replace(f":{address.port}", f":{proxy.port}")
        else:
            endpoint = f"http://127.0.0.1:{proxy.port}"
            drill.more |= {**server, "AWS_ENDPOINT_URL": endpoint}
            url = f"s3://bucket/proxied-{mode}-{random.getrandbits(40):x}"
        here = machine(drill, "one")
        drill.sandbox.faults.latency_seconds = 0.02
        process = at_once(here, url)
        while len(drill.sandbox.writes()) < 20 and process.poll() is None:
            time.sleep(0.005)
        proxy.fail(mode)  # pyright: ignore[reportArgumentType]
        code, text = ended(process)

        assert code == 1, text
        error = msgspec.json.decode(text.splitlines()[-1])["error"]
        assert error["code"] == "state.put-back", error
        assert "local copy" in error["detail"]
        proxy.fail("ok")
        command = error["fix"].split("`")[1].split()[1:]
        code, text = ended(here.start(*command[: command.index("--state")], "--state", url))
        assert code == 0, text
        status = ("status", "--state", url, "--destination", drill.sandbox.url)
        _, text = ended(machine(drill, "two").start(*status))
        (session,) = json.loads(text)
        assert session["status"] in {"completed", "failed"}
        drill.sandbox.faults.clear()
        if session["status"] == "failed":  # the lease could not be renewed in time
            code, text = ended(here.start("resume", "--db-path", drill.rig.backup, "--state", url))
            assert code == 0, text
    drill.check()


def test_a_copy_lost_with_its_machine_is_planned_again(drill: Drill, tmp_path: Path):
    url = (tmp_path / "store").as_uri()
    here = machine(drill, "one")
    drill.sandbox.faults.jitter_seconds = 0.01
    assert here.kill_after(at_once(here, url), 30)
    drill.sandbox.faults.clear()
    shutil.rmtree(here.workdir.path)

    code, text = ended(at_once(machine(drill, "two"), url, "--lock-timeout", "60"))

    assert code == 0, text
    drill.check()
