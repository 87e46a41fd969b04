"""A proxy on 127.0.0.1 that forwards to a server, and fails as it is told."""

import socket
import threading
from contextlib import suppress
from typing import Literal, Self

#: `ok`: forward. `refuse`: close new connections at once, and cut those that are open.
#: `hang`: take what comes and answer nothing. `lose`: forward requests, cut before the answer.
Mode = Literal["ok", "refuse", "hang", "lose"]


class Proxy:
    """Forwards bytes; knows nothing of HTTP or PostgreSQL."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._mode: Mode = "ok"
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread in `accept` keeps a closed socket alive: wake it.
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._cut()
        self._thread.join()

    def fail(self, mode: Mode) -> None:
        self._mode = mode
        if mode == "refuse":
            self._cut()

    def _cut(self) -> None:
        for one in [*self._open]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            if self._mode == "refuse":
                client.close()
                continue
            server = socket.create_connection(self._target)
            self._open |= {client, server}
            for source, sink, is_answer in ((client, server, False), (server, client, True)):
                arguments = (source, sink, is_answer)
                threading.Thread(target=self._forward, args=arguments, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self._mode == "hang":
                    continue
                if self._mode == "lose" and is_answer:
                    break
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            self._open.discard(one)
        source.close()
