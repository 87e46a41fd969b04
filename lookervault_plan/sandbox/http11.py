"""HTTP/1.1 connections for uvicorn, made for API clients.

Requests come with or without Content-Length, one after the other on a connection. Chunked bodies
are refused. The application may drop the connection.

uvicorn's own httptools protocol costs more CPU per request: 12 % for a bare GET and 23 % for a bare
POST from 8 connections, 37 % for the reads and 68 % for the writes of a company from one. It wakes
a task for each piece of a request, and sends head and body of a reply apart. Through h11 a request
costs three times as much.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from lookervault_plan.sandbox.http_messages import Message, Receive, Send

HEAD_END: Final = b"\r\n\r\n"
LARGEST_HEAD: Final = 65_536
REASONS: Final = {one.value: f"{one.value} {one.phrase}".encode() for one in HTTPStatus}
Application = Callable[[Message, Receive, Send], Awaitable[None]]
LOG: Final = logging.getLogger("lookervault_plan.sandbox")


class Http11(asyncio.Protocol):
    """One connection; uvicorn makes it and asks it to shut down."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # uvicorn's own type
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._app: Application = cast("Application", config.loaded_app)
        self._connections: set[Any] = server_state.connections
        self._tasks: set[asyncio.Task[None]] = server_state.tasks
        self._buffer: bytearray = bytearray()
        self._busy: bool = False
        self._closing: bool = False
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        _ = app_state

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone; what it asked for is carried out all the same."""
        _ = exc
        self._connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Another piece of a request."""
        self._buffer += data
        if not self._busy:
            self._next()

    def shutdown(self) -> None:
        """Close, at once or after the answer that is being made."""
        self._closing = True
        if not self._busy:
            self._transport.close()

    def _next(self) -> None:
        """Start on the request in the buffer, once it is there in full."""
        end = self._buffer.find(HEAD_END)
        if end < 0:
            if len(self._buffer) > LARGEST_HEAD:
                self._refuse(431)
            return
        first, *lines = bytes(self._buffer[:end]).split(b"\r\n")
        headers = [
            (name.lower(), value.strip())
            for name, _, value in (line.partition(b":") for line in lines)
        ]
        by_name = dict(headers)
        parts, length = first.split(b" "), by_name.get(b"content-length", b"0")
        if len(parts) != 3 or not length.isdigit():
            self._refuse(400)
            return
        if b"transfer-encoding" in by_name:
            self._refuse(501)
            return
        whole = end + len(HEAD_END) + int(length)
        if len(self._buffer) < whole:
            if by_name.get(b"expect", b"").lower() == b"100-continue":
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        body = bytes(self._buffer[end + len(HEAD_END) : whole])
        del self._buffer[:whole]
        if by_name.get(b"connection", b"").lower() == b"close" or parts[2] == b"HTTP/1.0":
            self._closing = True
        path, _, query = parts[1].partition(b"?")
        scope: Message = {
            "type": "http",
            "method": parts[0].decode("latin-1"),
            "raw_path": path,
            "query_string": query,
            "headers": headers,
            "state": {"drop": self._drop},
        }
        self._busy = True
        task = asyncio.get_running_loop().create_task(self._answer(scope, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, scope: Message, body: bytes) -> None:
        head = b""

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                head = _head(message)
            elif not self._transport.is_closing():
                self._transport.write(head + cast("bytes", message["body"]))

        try:
            await self._app(scope, receive, send)
        except Exception:
            LOG.exception("answering %r", cast("bytes", scope["raw_path"]))
            self._refuse(500)
        finally:
            self._busy = False
        if self._closing:
            self._transport.close()
        elif self._buffer:
            self._next()

    def _refuse(self, status: int) -> None:
        """Answer without the application, and close: the stream can't be trusted any more."""
        if not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % REASONS[status]
            )
        self._transport.close()

    def _drop(self) -> None:
        """Close with a TCP reset, as a broken proxy does."""
        sock = cast("socket.socket | None", self._transport.get_extra_info("socket"))
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


def _head(message: Message) -> bytes:
    headers = cast("list[tuple[bytes, bytes]]", message["headers"])
    lines = [b"HTTP/1.1 %s" % REASONS[cast("int", message["status"])]]
    lines.extend(b"%s: %s" % header for header in headers)
    return b"\r\n".join(lines) + HEAD_END
