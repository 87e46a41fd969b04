"""The HTTP layer: what clients may send, and how."""

import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest

LOGIN = b"client_id=sandbox-id&client_secret=sandbox-secret"
HEAD = (
    b"POST /api/4.0/login HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n" % len(LOGIN)
)


@pytest.fixture
def connection(sandbox):
    address = urlsplit(sandbox.url)
    with closing(socket.create_connection((address.hostname, address.port), timeout=5)) as sock:
        yield sock


def read_all(sock) -> bytes:
    data = b""
    while piece := sock.recv(65_536):
        data += piece
    return data


def test_requests_come_in_pieces_and_after_each_other(connection):
    for piece in (
        HEAD[:30],
        HEAD[30:] + b"\r\n",
        LOGIN[:5],
        LOGIN[5:] + HEAD + b"Connection: close\r\n",
    ):
        connection.sendall(piece)
    connection.sendall(b"\r\n" + LOGIN)

    assert read_all(connection).count(b"HTTP/1.1 200 OK") == 2


def test_a_client_may_wait_for_leave_to_send(connection):
    connection.sendall(HEAD + b"Expect: 100-continue\r\n\r\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
    connection.sendall(LOGIN)

    assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"501"),
        (b"GET /" + b"x" * 70_000, b"431"),
        (b"GET /api/4.0/user HTTP/1.0\r\n\r\n", b"401"),
    ],
)
def test_what_it_does_not_take_ends_the_connection(connection, sent, status):
    connection.sendall(sent)

    assert read_all(connection).startswith(b"HTTP/1.1 " + status)


def test_a_bug_is_a_500_and_is_logged(fresh, monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        raise ValueError("bug")

    monkeypatch.setattr(fresh.app.tokens, "login", broken)
    address = urlsplit(fresh.url)
    with closing(socket.create_connection((address.hostname, address.port), timeout=5)) as sock:
        sock.sendall(HEAD + b"\r\n" + LOGIN)
        assert read_all(sock).startswith(b"HTTP/1.1 500")
    assert "bug" in caplog.text
