"""Sandboxes that the command line serves, in processes of their own, and calls to them."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import requests

from lookervault_plan.sandbox.server import SandboxProcess
from tests.acceptance.command_line import PROGRAM


class Served(SandboxProcess):
    """`lookervault-plan sandbox serve`; call it as one would a sandbox of this process."""

    def __init__(self, *, seed: int, load: Path | None = None, port: int = 0) -> None:
        super().__init__()
        words = ("sandbox", "serve", "--json", "--company", "none")
        self._command = [
            *(sys.executable, "-c", PROGRAM, *words, "--seed", str(seed), "--port", str(port)),
            *(("--load", str(load)) if load else ()),
        ]
        self._session = requests.Session()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.url = told["url"]
        key = {"client_id": told["client_id"], "client_secret": told["client_secret"]}
        reply = self._session.post(f"{self.url}/api/4.0/login", data=key, timeout=60)
        token = reply.json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()
        super().__exit__(kind, error, trace)

    def call(self, method: str, path: str, query: Any = None, body: Any = None) -> tuple[int, Any]:
        """As the admin: status and JSON."""
        asked = {
            name: json.dumps(value) if isinstance(value, bool) else value
            for name, value in (query or {}).items()
        }
        reply = self._session.request(
            method,
            f"{self.url}/api/4.0{path}",
            params=asked,
            data=None if body is None else msgspec.json.encode(body),
            timeout=60,
        )
        return reply.status_code, msgspec.json.decode(reply.content) if reply.content else None


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
