"""The real program in a process of its own: signals, pipes, the console script."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookervault_plan import plan_file
from lookervault_plan.sandbox.server import Sandbox
from tests.builders import a_plan, an_action
from tests.cli.conftest import Run, settings

PROGRAM = Path(sys.executable).with_name("lookervault-plan")
SECONDS = 60


def start(*words: str, sandbox: Sandbox | None = None, stdout: Any = subprocess.PIPE):
    return subprocess.Popen(
        [PROGRAM, *words],
        env={**os.environ, **(settings(sandbox) if sandbox else {})},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def wait_for(ready: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not ready():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_the_console_script():
    process = start("--version")
    out, err = process.communicate(timeout=SECONDS)

    assert (process.returncode, err) == (0, "")
    assert out.strip()


def test_nothing_is_broken_over_lines_in_a_pipe(
    run: Run, prod: Sandbox, backup: Path, monkeypatch: pytest.MonkeyPatch
):
    run("apply", "--db-path", backup, "--auto-approve")
    _, found = prod.looker.call("GET", "/dashboards/search", {"sorts": "id"})
    prod.looker.call("PATCH", f"/dashboards/{found[0]['id']}", None, {"title": "x"})
    run("apply", "--db-path", backup, "--auto-approve", "--allow", "hand-edits")
    sessions = [each["session"] for each in run("status", "--json").json]
    monkeypatch.delenv("COLUMNS")

    out, _ = start("status").communicate(timeout=SECONDS)

    _, *lines = out.splitlines()
    assert len(lines) == len(sessions) == 2
    for line, session in zip(lines, sessions, strict=True):
        assert session in line
        assert prod.url in line


def stop(prod: Sandbox, number: int) -> str:
    """Begin an apply, and stop it in the middle; what it said on stderr."""
    prod.faults.latency_seconds = 0.02
    process = start("apply", "--db-path", "backup.db", "--auto-approve", sandbox=prod)
    wait_for(lambda: len(prod.writes()) > 10)
    process.send_signal(number)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    prod.faults.latency_seconds = 0.0
    return err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_apply_says_how_to_resume(run: Run, prod: Sandbox, backup: Path, number: int):
    err = stop(prod, number)

    (listed,) = run("status", "--json").json
    assert "Stopping: waiting for requests in flight." in err
    assert f"`lookervault-plan resume {listed['session']}`" in err
    assert "Traceback" not in err
    assert (listed["status"], listed["can_resume"]) == ("interrupted", True)


def test_a_stopped_apply_can_be_resumed(run: Run, prod: Sandbox, dev: Sandbox, backup: Path):
    _ = stop(prod, signal.SIGINT)
    resumed = run("resume")

    assert resumed.code == 0, resumed.err
    assert dashboards(prod) == dashboards(dev)


def test_an_ignored_hangup_does_not_stop_an_apply(prod: Sandbox, backup: Path):
    """As under `nohup`."""
    prod.faults.latency_seconds = 0.02
    words = ("apply", "--db-path", "backup.db", "--auto-approve")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = start(*words, sandbox=prod)
    finally:
        signal.signal(signal.SIGHUP, before)
    wait_for(lambda: len(prod.writes()) > 5)
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 0, err


def test_an_early_interrupt_gives_no_traceback():
    """Once Python itself has started, which the program has no say in."""
    begun = "from lookervault_plan.cli.start import run; print(flush=True); run()"
    for delay in (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3):
        command = [sys.executable, "-c", begun, "status"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay + 0.01)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=SECONDS)
        assert b"Traceback" not in err, (delay, err)
        # At its very end Python leaves the signal to the system; the shell sees 130 then, too.
        assert process.returncode in {0, 130, -signal.SIGINT}, (delay, err)


def test_on_a_terminal_an_interrupt_is_told_once_and_the_live_area_is_cleared(
    prod: Sandbox, backup: Path
):
    prod.faults.latency_seconds = 0.05
    pid, terminal = pty.fork()
    if not pid:
        words = [str(PROGRAM), "apply", "--db-path", str(backup), "--auto-approve"]
        environment = {**os.environ, **settings(prod), "TERM": "xterm", "COLUMNS": "100"}
        os.execve(PROGRAM, words, environment)
    shown, is_sent = b"", False
    with contextlib.suppress(OSError):  # the end of the program closes the terminal
        while part := os.read(terminal, 65536):
            shown += part
            if not is_sent and len(prod.writes()) > 10:
                os.write(terminal, b"\x03")
                is_sent = True
    _, status = os.waitpid(pid, 0)
    os.close(terminal)

    assert os.waitstatus_to_exitcode(status) == 130
    last = shown.rpartition(b"\x1b[?25h")[2].decode()  # after the live area
    assert "Stopping" not in last
    assert last.count("interrupted") == 1
    assert last.count("lookervault-plan resume") == 1
    assert re.sub(r"\x1b\[[0-9;]*[a-zA-Z]", "", last).strip().startswith("Apply incomplete")
    assert (
        b"\nStopping: waiting for requests in flight. Press Ctrl-C again to stop at once.\r\n\r"
        not in shown
    )


def dashboards(sandbox: Sandbox) -> list[tuple[str, int]]:
    _, found = sandbox.looker.call("GET", "/dashboards/search", {"sorts": "id"})
    return sorted((each["title"], len(each["dashboard_elements"])) for each in found)


def test_a_second_interrupt_ends_the_program_at_once(prod: Sandbox, backup: Path):
    process = start("apply", "--db-path", "backup.db", "--auto-approve", sandbox=prod)
    wait_for(lambda: len(prod.writes()) > 3)
    prod.faults.latency_seconds = 20.0
    time.sleep(0.3)
    began = time.monotonic()
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 130, err
    assert time.monotonic() - began < 10
    prod.faults.latency_seconds = 0.0


def test_an_interrupted_plan_leaves_nothing(empty_and_slow: Sandbox, backup: Path):
    before = sorted(Path().iterdir())
    process = start("plan", "--db-path", "backup.db", "--out", "plan.json", sandbox=empty_and_slow)
    wait_for(lambda: empty_and_slow.requests)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=SECONDS)

    assert (process.returncode, out) == (130, "")
    assert "Error: interrupted" in err
    assert "Traceback" not in err
    assert sorted(Path().iterdir()) == before


@pytest.fixture
def empty_and_slow(prod: Sandbox):
    prod.faults.latency_seconds = 1.0
    yield prod
    prod.faults.latency_seconds = 0.0


def test_a_reader_that_leaves_is_borne_in_silence():
    plan = a_plan([an_action(address=f"dashboard:{number}") for number in range(3000)])
    Path("plan.json").write_bytes(plan_file.encode(plan))
    for words in (["show", "plan.json", "-v"], ["show", "plan.json", "--json"]):
        process = start(*words)
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()

        err = process.stderr.read()

        assert (process.wait(SECONDS), err) == (0, "")
        process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout():
    Path("plan.json").write_bytes(plan_file.encode(a_plan([an_action()])))
    with Path("/dev/full").open("w") as full:
        process = start("show", "plan.json", stdout=full)
        _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 1
    assert "no space left on device" in err.lower()
    assert "Traceback" not in err


def test_text_that_the_terminal_cannot_show_is_escaped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    Path("plan.json").write_bytes(plan_file.encode(a_plan([an_action(name="Umsätze 📈")])))
    process = start("show", "plan.json")
    out, err = process.communicate(timeout=SECONDS)

    assert (process.returncode, err) == (0, "")
    assert "Ums\\xe4tze" in out


def test_a_sandbox_that_is_served(run: Run, backup: Path, monkeypatch: pytest.MonkeyPatch):
    process = start("sandbox", "serve", "--port", "0", "--company", "none", "--json")
    try:
        assert process.stdout
        served = json.loads(process.stdout.readline())
        Path("looker.ini").write_text(
            f"[sandbox]\nbase_url={served['url']}\nclient_id={served['client_id']}\n"
            f"client_secret={served['client_secret']}\n"
        )
        assert run("plan", "--db-path", backup, "-q").code == 0
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, "")


def test_the_settings_that_a_sandbox_prints_can_be_pasted():
    process = start("sandbox", "serve", "--port", "0", "--company", "none")
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS)

    assert lines[1:] == [
        "[sandbox]\n",
        f"base_url={lines[0].split()[4].rstrip(':')}\n",
        "client_id=sandbox-id\n",
        "client_secret=sandbox-secret\n",
    ]
    assert process.returncode == 0


def test_a_port_that_is_taken(prod: Sandbox):
    process = start("sandbox", "serve", "--port", prod.url.rpartition(":")[2])
    _, err = process.communicate(timeout=SECONDS)

    assert process.returncode == 1
    assert "address already in use" in err.lower()
    assert "--port" in err


def test_help_whose_reader_leaves():
    """A help of a few hundred lines is written in several goes."""
    for words in (("--help",), ("plan", "--help"), ("dlq", "list", "--json")):
        reading, writing = os.pipe()
        os.close(reading)
        process = start(*words, stdout=writing)
        os.close(writing)
        _, err = process.communicate(timeout=SECONDS)

        assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_stream_that_is_closed_from_the_beginning(stream: str):
    for words in ("--help", "dlq list --json"):
        ran = subprocess.run(
            ["bash", "-c", f"{PROGRAM} {words} {stream}>&-"], capture_output=True, check=False
        )

        assert (ran.returncode, ran.stderr) == (0, b"")
