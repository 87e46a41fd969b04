"""Run backup, plan and apply against sandboxes through the command line, as a user would."""

import contextlib
import io
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from unittest import mock

from lookervault_plan.cli.app import main
from lookervault_plan.sandbox.server import Sandbox

#: Content types of most tests: content, and the people who own it.
CONTENT = ("folders", "looks", "dashboards", "users")


#: Code that runs the program, for `python -c`.
PROGRAM = "from lookervault_plan.cli.app import run; run()"


class Served(Protocol):
    """A sandbox, in this process or its own."""

    url: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Planned:
    """A saved plan, and its JSON as the standard library reads it."""

    file: Path
    backup: Path
    document: Mapping[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """Number of actions by kind, without zeros."""
        words = ("create", "update", "delete", "blocked")
        summary = self.document["summary"]
        return {word: summary[word] for word in words if summary[word]}

    @property
    def actions(self) -> dict[str, dict[str, Any]]:
        return {action["address"]: action for action in self.document["actions"]}


@dataclass
class Workdir:
    """A directory to run commands in; holds backups, plans and the state."""

    path: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def backup(self, source: Served, *types: str) -> Path:
        file = self.path / f"backup-{next(self._numbers)}.db"
        self.run(source, "backup", *(types or CONTENT), "--db-path", file)
        return file

    def plan(self, destination: Served, backup: Path, *options: str) -> Planned:
        file = self.path / f"plan-{next(self._numbers)}.json"
        self.run(destination, "plan", "--db-path", backup, "--out", file, *options)
        return Planned(file, backup, json.loads(file.read_bytes()))

    def apply(self, destination: Served, planned: Planned, *options: str, code: int = 0) -> None:
        self.run(
            destination, "apply", planned.file, "--db-path", planned.backup, *options, code=code
        )

    def restore(self, destination: Served, backup: Path, *options: str) -> Planned:
        """Plan and apply."""
        planned = self.plan(destination, backup, *options)
        self.apply(destination, planned)
        return planned

    def restore_at_once(self, destination: Served, backup: Path, *options: str) -> None:
        """Plan and apply in one command, without reading back."""
        words = ("--db-path", backup, "--auto-approve", "--no-verify", "--workers", "2", *options)
        _ = self.run(destination, "apply", *words)

    def run(self, sandbox: Served, *words: str | Path, code: int = 0) -> str:
        """Run a command; return what it printed. Fail unless its exit code is `code`."""
        out, err = io.StringIO(), io.StringIO()
        command = [*map(str, words), "--no-color"]
        with (
            mock.patch.dict(os.environ, self.environment(sandbox), clear=True),
            contextlib.chdir(self.path),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            ended = main(command)
        assert ended == code, f"{command} ended with {ended}\n{out.getvalue()}\n{err.getvalue()}"
        return out.getvalue()

    def start(self, sandbox: Served, *words: str | Path) -> subprocess.Popen[bytes]:
        """Start a command in a process of its own, which can be killed."""
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *map(str, words)],
            cwd=self.path,
            env=self.environment(sandbox),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def environment(self, sandbox: Served) -> dict[str, str]:
        """Return the environment with the settings of the sandbox alone."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LOOKERSDK_", "LOOKERVAULT"))
        }
        return kept | {
            "LOOKERSDK_BASE_URL": sandbox.url,
            "LOOKERSDK_CLIENT_ID": sandbox.client_id,
            "LOOKERSDK_CLIENT_SECRET": sandbox.client_secret,
            # Requests of a killed run end soon.
            "LOOKERVAULT_PLAN_RETRY_SECONDS": "0.2",
        }


def call_sandbox(sandbox: Sandbox, method: str, path: str, body: Any = None, **query: Any) -> Any:
    """Call the sandbox without HTTP, to prepare or to check; fail unless it succeeds."""
    status, reply = sandbox.looker.call(method, path, query or None, body)
    assert status < 300, (method, path, status, reply)
    return reply
