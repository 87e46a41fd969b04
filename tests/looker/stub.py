"""A server that says what a test tells it to, for what the sandbox does not do."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from lookervault_plan.looker.settings import Connection


@dataclass
class Request:
    method: str
    path: str  # as sent, quoted, below /api/4.0
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def token(self) -> str:
        return (self.headers.get("authorization") or "").removeprefix("Bearer ")


@dataclass
class Answer:
    body: object = None  # bytes as they are, None as nothing, else as JSON
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_seconds: float = 0.0
    is_reset: bool = False
    is_cut: bool = False


def not_found(_: Request) -> Answer:
    return Answer({"message": "Not found", "documentation_url": "https://x/"}, 404)


@dataclass
class Stub:
    """One instance with one API key; `answer` is asked for all but the login."""

    answer: Callable[[Request], Answer] = not_found
    login: Callable[[Request], Answer] | None = None
    client_id: str = "an-id"
    client_secret: str = "a-secret"
    expires_in: float | None = 3600
    requests: list[Request] = field(default_factory=list)
    logins: int = 0
    connections: int = 0
    live_tokens: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                with stub.lock:
                    stub.connections += 1
                super().setup()

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, TimeoutError, ValueError):
                    self.close_connection = True

            def do_GET(self) -> None:
                stub._serve(self)

            do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 — http.server's

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def connection(self, **changes: object) -> Connection:
        settings = {
            "base_url": self.url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "timeout": 5.0,
            "origin": "the test",
        }
        return Connection(**(settings | changes))  # pyright: ignore[reportArgumentType]

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        size = int(handler.headers.get("content-length") or 0)
        request = Request(
            method=handler.command,
            path=parts.path.removeprefix("/api/4.0"),
            query={name: values[0] for name, values in parse_qs(parts.query).items()},
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=handler.rfile.read(size),
        )
        self._send(handler, self._answer(request))

    def _answer(self, request: Request) -> Answer:
        if request.path == "/login":
            with self.lock:
                self.logins += 1
                number = self.logins
            return self._log_in(request, number)
        with self.lock:
            self.requests.append(request)
            is_live = request.token in self.live_tokens
        if not is_live:
            return Answer({"message": "Requires authentication."}, 401)
        return self.answer(request)

    def _log_in(self, request: Request, number: int) -> Answer:
        if self.login is not None:
            return self.login(request)
        sent = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if sent != {"client_id": self.client_id, "client_secret": self.client_secret}:
            return not_found(request)
        time.sleep(0.02)  # long enough for others to find no token meanwhile
        token = f"{self.client_id}-{number}"
        self.live_tokens.add(token)
        granted = {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}
        return Answer(granted)

    def _send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        time.sleep(answer.wait_seconds)
        if answer.is_reset:
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        body = answer.body
        data = (
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        handler.send_response(answer.status)
        headers = {"Content-Type": "application/json", **answer.headers}
        for name, value in headers.items():
            handler.send_header(name, value)
        if answer.status != 204:
            handler.send_header("Content-Length", str(len(data) + (10 if answer.is_cut else 0)))
        handler.end_headers()
        _ = handler.wfile.write(data)
        handler.wfile.flush()
        if answer.is_cut:
            handler.close_connection = True


def rows(count: int, *, total: bool, cap: int = 10_000) -> Callable[[Request], Answer]:
    """A paged list of `count` objects, with or without x-total-count."""

    def answer(request: Request) -> Answer:
        offset = int(request.query["offset"])
        limit = min(int(request.query["limit"]), cap)
        page = [{"id": str(number)} for number in range(offset, min(offset + limit, count))]
        return Answer(page, headers={"X-Total-Count": str(count)} if total else {})

    return answer
