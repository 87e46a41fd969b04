"""A sandbox behind HTTP: in a thread of this process, in one of its own, or in the foreground."""

import asyncio
import gc
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPResponse
from pathlib import Path
from types import TracebackType
from typing import Self, cast
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import msgspec
import uvicorn

from lookervault_plan.sandbox.app import App
from lookervault_plan.sandbox.behaviour import Behaviour
from lookervault_plan.sandbox.company import populate
from lookervault_plan.sandbox.context import Clock, system_clock
from lookervault_plan.sandbox.faults import Faults
from lookervault_plan.sandbox.http11 import Http11
from lookervault_plan.sandbox.looker import Looker, Overlap
from lookervault_plan.sandbox.requests import Request, RequestLog, writes

CLIENT_ID = "sandbox-id"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - of a simulator
START_SECONDS = 30.0


def _server(app: App) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=Http11,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        backlog=512,
    )
    return uvicorn.Server(config)


def _listen(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


class Sandbox:
    """A Looker in a thread of this process.

    `looker`, `faults` and `requests` may be looked at and changed while it runs.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        latency_seconds: float = 0.0,
        clock: Clock = system_clock,
        total_count: bool = True,
        strict: bool = True,
        looker_version: str = "26.12.3",
        behaviour: Behaviour | None = None,
        lacks: Iterable[str] = (),
        admin_reads: Mapping[str, int] | None = None,
        load: str | Path | None = None,
        port: int = 0,
    ) -> None:
        """Make it; `with` serves it.

        `lacks` are paths of routes that an older Looker does not have (`/groups/{id}/users`).
        `admin_reads` maps paths that only admins may read to the status that others get.
        """
        self.client_id: str = CLIENT_ID
        self.client_secret: str = CLIENT_SECRET
        self.looker: Looker = Looker(
            seed=seed,
            clock=clock,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            load=load,
        )
        self.faults: Faults = Faults(latency_seconds=latency_seconds)
        self.requests: RequestLog = []
        self.looker.instance.total_count = total_count
        self.looker.instance.strict = strict
        self.looker.instance.looker_version = looker_version
        self.looker.instance.behaviour = behaviour or Behaviour()
        self.looker.instance.lacks = frozenset(lacks)
        self.looker.instance.admin_reads = dict(admin_reads or {})
        self._socket: socket.socket = _listen("127.0.0.1", port)
        self.url: str = f"http://127.0.0.1:{cast('int', self._socket.getsockname()[1])}"
        self.looker.instance.base_url = self.url
        self.app: App = App(self.looker, self.faults, self.requests)
        self._server: uvicorn.Server = _server(self.app)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event = asyncio.Event()

    def __enter__(self) -> Self:
        """Start to serve."""
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve_until_stopped()), name="sandbox", daemon=True
        )
        self._thread.start()
        _wait_for(lambda: self._server.started)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        if self._thread is not None and self._loop is not None:
            _ = self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        self._socket.close()

    def writes(self) -> list[Request]:
        """Requests that change content."""
        return writes(self.requests)

    def expire_tokens(self) -> None:
        """Make all tokens worthless."""
        self.app.tokens.end_all()

    def wait_until_idle(self, timeout_seconds: float = 10.0) -> None:
        """Wait until no request is being carried out, late commits included."""
        _wait_for(lambda: self.app.pending == 0, timeout_seconds)

    def serve_here(self, announce: Callable[[str], None]) -> None:
        """Serve in this thread until SIGTERM or Ctrl-C."""
        self._socket.listen(512)
        announce(self.url)
        try:
            asyncio.run(self._server.serve(sockets=[self._socket]))
        except KeyboardInterrupt:
            return
        finally:
            self._socket.close()

    async def _serve_until_stopped(self) -> None:
        """Serve, and close all connections at once when stopped.

        uvicorn takes 0.2 s to stop. Let it do so only if requests are being carried out.
        """
        self._loop = asyncio.get_running_loop()
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        _ = await self._stop.wait()
        if self.app.pending:
            self._server.should_exit = True
            await serving
            return
        for server in self._server.servers:
            server.close()
        for connection in list(self._server.server_state.connections):
            connection.shutdown()
        _ = serving.cancel()


class SandboxProcess:
    """A Looker in a process of its own, steered over HTTP."""

    def __init__(
        self,
        *,
        seed: int = 7,
        latency_seconds: float = 0.0,
        company: str = "none",
        load: str | Path | None = None,
        port: int = 0,
    ) -> None:
        self.client_id: str = CLIENT_ID
        self.client_secret: str = CLIENT_SECRET
        self.url: str = ""
        self._command: list[str] = [
            sys.executable,
            *("-m", "lookervault_plan.sandbox"),
            *("--port", str(port)),
            *("--seed", str(seed)),
            *("--latency-ms", f"{latency_seconds * 1000:g}"),
            *("--company", company),
            *(("--load", str(load)) if load is not None else ()),
        ]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start, and wait until it serves."""
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            self._command, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = cast("str", self._process.stdout.readline()).strip()
        if not self.url:
            raise RuntimeError("the sandbox did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            _ = self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()

    @property
    def pid(self) -> int:
        """The process's id, to measure it by."""
        assert self._process is not None
        return self._process.pid

    @property
    def requests(self) -> list[Request]:
        """A copy of the log; `clear_requests` empties it."""
        return msgspec.json.decode(self._control("GET", "requests"), type=list[Request])

    def clear_requests(self) -> None:
        """Empty the log."""
        _ = self._control("DELETE", "requests")

    def writes(self) -> list[Request]:
        """Requests that change content."""
        return writes(self.requests)

    @property
    def overlaps(self) -> list[Overlap]:
        """Tiles of one dashboard that were made at the same time."""
        return msgspec.json.decode(self._control("GET", "overlaps"), type=list[Overlap])

    def set_faults(self, faults: Faults) -> None:
        """Replace all faults, latency too."""
        _ = self._control("PUT", "faults", faults)

    def save(self, path: str | Path) -> None:
        """Save its content, to `load` elsewhere."""
        _ = self._control("POST", "save", {"path": str(path)})

    def _control(self, method: str, name: str, body: object = None) -> bytes:
        request = HttpRequest(  # noqa: S310 - http to ourselves
            f"{self.url}/_sandbox/{name}",
            method=method,
            data=None if body is None else msgspec.json.encode(body),
        )
        with cast("HTTPResponse", urlopen(request)) as reply:  # noqa: S310
            return reply.read()


def serve(
    *,
    port: int = 8080,
    seed: int = 7,
    latency_seconds: float = 0.0,
    company: str = "small",
    load: str | Path | None = None,
    announce: Callable[[str], None],
) -> None:
    """Serve in the foreground until SIGTERM or Ctrl-C; `announce` gets the URL."""
    sandbox = Sandbox(seed=seed, latency_seconds=latency_seconds, load=load, port=port)
    if load is None:
        populate(sandbox.looker.call, company, seed=seed)
    # What is there stays: the collector need not look at it again.
    _ = gc.collect()
    gc.freeze()
    sandbox.serve_here(announce)


def _wait_for(ready: Callable[[], bool], seconds: float = START_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("the sandbox did not get ready")
        time.sleep(0.005)
