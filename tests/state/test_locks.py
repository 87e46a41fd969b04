"""The lock of a destination: who has it, who may take it, and how it ends with its process."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from lookervault_plan.errors import Exit, PlanError, Refused
from lookervault_plan.state import os_lock
from lookervault_plan.state.store import State, open_state
from tests.state.conftest import AT, DEV, LATER, PROD

HOLDER = """
import os, socket, sys, time
from pathlib import Path
from lookervault_plan.state.store import open_state
state = open_state(Path(sys.argv[1]))
state.acquire_lock(sys.argv[2], holder="ann", host=sys.argv[3], since="then", pid=os.getpid())
print(os.getpid(), flush=True)
time.sleep(60)
"""


@contextmanager
def holder(path: Path, host: str = "here", prefix: tuple[str, ...] = ()) -> Generator[int]:
    """Let a process of its own hold the lock, and kill it at the end; its pid as it sees it."""
    command = [*prefix, sys.executable, "-c", HOLDER, str(path), PROD, host]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def acquire(state: State, host: str = "here", holder: str = "bob"):
    return state.acquire_lock(PROD, holder=holder, host=host, since=LATER, pid=1)


def refused(state: State, host: str = "here") -> Refused:
    with pytest.raises(Refused) as caught:
        acquire(state, host)
    assert caught.value.exit_code is Exit.REFUSED
    assert caught.value.diagnostic.code == "state.locked"
    return caught.value


def test_a_destination_is_locked_for_others_alone(state: State, path: Path):
    acquire(state, holder="s1 by ann")

    with open_state(path) as other:
        error = refused(other)
        other.acquire_lock(DEV, holder="bob", host="here", since=AT, pid=1)
        assert [lock.destination for lock in state.locks()] == [DEV, PROD]

    for fact in ("s1 by ann", "here", LATER):
        assert fact in error.diagnostic.summary


def test_a_holder_that_runs_keeps_the_lock_and_a_killed_one_does_not(state: State, path: Path):
    with holder(path) as pid:
        assert f"process {pid}" in refused(state).diagnostic.detail
        assert state.is_running(PROD, host="here")
        with pytest.raises(Refused):
            state.unlock(PROD)

    assert not state.is_running(PROD, host="here")
    held = acquire(state)
    assert held.lock.holder == "bob"
    state.release_lock(held)
    assert state.lock(PROD) is None
    assert list(path.parent.glob("*.lock")) == []


@pytest.mark.skipif(not Path("/proc/sys/kernel/random/boot_id").exists(), reason="needs Linux")
def test_a_killed_holder_in_another_container_of_this_machine_is_known_to_be_gone(
    state: State, path: Path
):
    with holder(path, host="container-1"):
        refused(state, "container-2")

    acquire(state, "container-2")


def test_a_holder_elsewhere_is_removed_by_hand_alone(
    state: State, path: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        patch.setattr(os_lock, "boot_id", lambda: "another machine")
        with holder(path, host="there"):
            pass
        with open_state(path) as other:
            other.acquire_lock(PROD, holder="ann", host="there", since=AT, pid=1).file.release()

    error = refused(state)
    assert "can't be seen from here" in error.diagnostic.detail
    assert f"state unlock --state {path}" in error.diagnostic.fix
    assert state.is_running(PROD, host="here")
    removed = state.unlock(PROD)
    assert removed is not None
    assert removed.holder == "ann"
    assert state.unlock(PROD) is None
    acquire(state)


def test_the_pid_of_another_process_after_a_restart_means_nothing(state: State, path: Path):
    with state.writing() as connection:
        connection.execute(
            "INSERT INTO lock (destination_instance, holder, host, since, pid)"
            " VALUES (?, 'ann', 'here', 'then', 1)",
            (PROD,),
        )

    acquire(state)


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="only root makes namespaces"
)
def test_two_pid_namespaces_do_not_take_each_others_lock(path: Path, state: State):
    """In each of them the run is process 1 or 2, as in two containers."""
    space = ("unshare", "--pid", "--fork", "--mount-proc")
    if subprocess.run([*space, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no PID namespaces here")
    with holder(path, "c1", space) as first:
        command = [*space, sys.executable, "-c", HOLDER, str(path), PROD, "c2"]
        second = subprocess.run(command, check=False, capture_output=True, text=True)

    assert first < 10, "it sees the pid of its own namespace"
    assert "Refused" in second.stderr
    acquire(state)


def test_unlocking_by_force_stops_the_holder(state: State, path: Path):
    held = acquire(state, holder="ann")
    held.check()

    with open_state(path) as other:
        with pytest.raises(Refused):
            other.unlock(PROD)
        assert other.unlock(PROD, force=True) == held.lock
        with pytest.raises(PlanError) as caught:
            held.check()
        assert caught.value.diagnostic.code == "state.lock-lost"
        next_one = acquire(other)
        state.release_lock(held)
        next_one.check()
        assert other.lock(PROD) == next_one.lock


def test_only_one_of_many_gets_the_lock(path: Path):
    everybody_tried = Event()
    results: list[bool] = []

    def attempt(number: int) -> None:
        with open_state(path) as state:
            try:
                held = acquire(state, holder=f"s{number}")
            except Refused:
                results.append(False)
            else:
                results.append(True)
                assert everybody_tried.wait(30)
                state.release_lock(held)
            if len(results) == 16:
                everybody_tried.set()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(attempt, range(16)))

    assert sum(results) == 1


def test_a_lock_given_back_twice_is_not_taken_from_the_next(path: Path):
    path.parent.mkdir()
    one = os_lock.take(path)
    assert one is not None
    assert os_lock.is_taken(path)
    assert os_lock.take(path) is None
    one.release()
    assert not os_lock.is_taken(path)
    two = os_lock.take(path)
    assert two is not None

    one.release()

    assert two.is_held()
    two.release()


def test_a_place_without_room_for_a_lock_says_so(tmp_path: Path):
    with pytest.raises(PlanError) as caught:
        os_lock.take(tmp_path / "missing" / "file")

    assert caught.value.diagnostic.code == "state.unusable"
