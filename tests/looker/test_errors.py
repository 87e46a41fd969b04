"""What Looker and others answer, and what a person is told about it."""

import errno
import socket
import ssl

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPConnectionPool
from urllib3 import exceptions as u3
from urllib3.connection import HTTPConnection

from lookervault_plan.errors import PlanError, failure
from lookervault_plan.looker.client import Client
from lookervault_plan.looker.error_messages import explain, explaining
from lookervault_plan.looker.errors import (
    ApiError,
    AuthenticationFailed,
    ConnectionFailed,
    FailureKind,
    FieldError,
)
from lookervault_plan.looker.settings import Connection
from lookervault_plan.looker.transport import _diagnose
from tests.looker.stub import Answer, Stub

HERE = Connection(
    base_url="https://looker.example:19999",
    client_id="the-id",
    client_secret="the-secret",
    origin="prod.ini",
)


def answered(status: int, body: object = b"", **more: object) -> ApiError:
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return ApiError(status, "GET", "/looks/1", data, **more)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("body", "message", "errors"),
    [
        ({"message": "Not found", "documentation_url": "https://x"}, "Not found", ()),
        ({"message": "Validation Failed", "errors": None}, "Validation Failed", ()),
        ({"message": None, "errors": []}, "", ()),
        ({}, "", ()),
        (
            {"message": "V", "errors": [{"field": "folder_id", "code": "missing"}]},
            "V",
            (FieldError(field="folder_id", code="missing"),),
        ),
        (
            {"message": "V", "errors": [{"field": None, "code": None, "message": None, "x": [1]}]},
            "V",
            (FieldError(),),
        ),
        ({"message": {"a": 1}, "errors": "many"}, '{"a":1}', ()),
        (["a"], '["a"]', ()),
        (b"", "", ()),
        (b"\xff\xfe", "\ufffd\ufffd", ()),
        (b"<html><head><title>502\n Bad Gateway</title></head></html>", "502 Bad Gateway", ()),
        (b"<p>no <b>title</b></p><script>x</script>", "no title", ()),
    ],
)
def test_any_body_is_understood(body: object, message: str, errors: tuple[FieldError, ...]):
    error = answered(422, body)

    assert (error.message, error.errors) == (message, errors)


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(msgspec.json.encode))
def test_no_body_makes_an_error_fail(body: bytes):
    error = answered(500, body)

    assert str(error)
    assert explain(error, HERE).diagnostic.summary


@pytest.mark.parametrize(
    ("status", "code", "message", "exists"),
    [
        (409, "", "", True),
        (422, "already_exists", "", True),
        (422, "invalid", "Filter with this title already exists.", True),
        (422, "invalid", "is not a number", False),
        (404, "already_exists", "", False),
    ],
)
def test_an_object_that_already_exists_is_seen(status: int, code: str, message: str, exists: bool):
    body = {"message": "x", "errors": [{"code": code, "message": message}]}

    assert answered(status, body).already_exists is exists


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (answered(401, {"message": "no"}), "looker.auth", "prod.ini"),
        (answered(403, {"message": "no"}), "looker.forbidden", "permission"),
        (answered(404, {"message": "Not found"}), "looker.missing", "may see it"),
        (answered(404, b"<html></html>"), "looker.url", "scheme, host and port"),
        (answered(301, b"", headers={"location": "/login?x"}), "looker.url", "301"),
        (answered(405, {"message": "no"}), "looker.builtin", "--exclude"),
        (answered(409, {"message": "no"}), "looker.exists", "--remaps"),
        (answered(422, {"message": "bad title"}), "looker.rejected", "bad title"),
        (answered(429, {"message": "no"}), "looker.throttled", "--workers"),
        (answered(500, {"message": "oh"}), "looker.unavailable", "oh"),
        (answered(502, b"<title>Bad Gateway</title>"), "looker.unavailable", "Bad Gateway"),
        (answered(404, {"message": "Not found"}, at_login=True), "looker.auth", "prod.ini"),
        (answered(503, {"message": "x"}, at_login=True), "looker.unavailable", "try again"),
        (answered(404, b"<html>", at_login=True), "looker.url", "prod.ini"),
        (ConnectionFailed("dns", sent=False), "looker.network", "host name"),
        (ConnectionFailed("refused", sent=False), "looker.network", "19999"),
        (ConnectionFailed("unreachable", sent=False), "looker.network", "VPN"),
        (ConnectionFailed("tls", sent=False), "looker.tls", "REQUESTS_CA_BUNDLE"),
        (ConnectionFailed("proxy", sent=False), "looker.network", "HTTPS_PROXY"),
        (ConnectionFailed("timeout", sent=False), "looker.timeout", "5 seconds"),
        (ConnectionFailed("timeout", sent=True), "looker.timeout", "120 seconds"),
        (ConnectionFailed("reset", sent=True), "looker.network", "broke"),
        (ConnectionFailed("reset", sent=False), "looker.network", "broke"),
        (ConnectionFailed("closed", sent=False), "looker.closed", "ended"),
        (ConnectionFailed("other", sent=True, detail="why"), "looker.network", "why"),
    ],
)
def test_each_failure_is_told_with_what_why_and_fix(
    error: ApiError | ConnectionFailed, code: str, words: str
):
    told = explain(error, HERE).diagnostic

    assert told.code == code
    assert words in f"{told.summary} {told.detail} {told.fix}"
    assert "the-secret" not in str(told)
    assert told.summary
    assert "{" not in told.summary + told.fix


def test_wrong_credentials_are_an_authentication_failure():
    told = explain(answered(404, {"message": "Not found"}, at_login=True), HERE)

    assert isinstance(told, AuthenticationFailed)


def test_what_is_explained_already_stays_as_it_is():
    error = failure("x.y", "told")

    assert explain(error, HERE) is error
    with pytest.raises(PlanError) as caught, explaining(HERE):
        raise ApiError(403, "GET", "/x")
    assert caught.value.diagnostic.code == "looker.forbidden"


def _caused(error: u3.HTTPError, cause: BaseException) -> u3.HTTPError:
    error.__cause__ = cause
    return error


_CONNECTION = HTTPConnection("x")
_POOL = HTTPConnectionPool("x")
_UNTRUSTED = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed")


@pytest.mark.parametrize(
    ("error", "kind", "sent"),
    [
        (u3.NameResolutionError("x", _CONNECTION, socket.gaierror(1, "no")), "dns", False),
        (
            _caused(u3.NewConnectionError(_CONNECTION, "no"), ConnectionRefusedError()),
            "refused",
            False,
        ),
        (
            _caused(u3.NewConnectionError(_CONNECTION, "no"), OSError(errno.ENETUNREACH, "no")),
            "unreachable",
            False,
        ),
        (u3.ConnectTimeoutError(_CONNECTION, "no"), "timeout", False),
        (u3.ReadTimeoutError(_POOL, "/x", "late"), "timeout", True),
        (u3.ProtocolError("Connection aborted.", ConnectionResetError()), "reset", True),
        (u3.ProxyError("no", OSError("Tunnel connection failed: 407")), "proxy", False),
        (u3.SSLError(_UNTRUSTED), "tls", False),
        (u3.SSLError(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong")), "tls", False),
        (u3.SSLError(ssl.SSLEOFError(8, "EOF occurred")), "reset", True),
        (u3.ClosedPoolError(_POOL, "closed"), "closed", False),
        (u3.DecodeError("bad gzip"), "other", True),
    ],
)
def test_urllib3_s_errors_tell_whether_the_request_left(
    error: u3.HTTPError, kind: FailureKind, sent: bool
):
    assert _diagnose(error) == (kind, sent)


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with Client(HERE) as client, pytest.raises(ConnectionFailed) as caught:
        _ = client.request("GET", "/x")

    assert (caught.value.kind, caught.value.sent) == ("dns", False)
    assert "Name or service not known" in caught.value.detail


def test_a_server_that_never_accepts(monkeypatch: pytest.MonkeyPatch):
    def slow(*_: object, **__: object) -> None:
        raise TimeoutError

    with Stub() as stub, Client(stub.connection(connect_timeout=0.01)) as client:
        monkeypatch.setattr(socket.socket, "connect", slow)
        with pytest.raises(ConnectionFailed) as caught:
            _ = client.request("POST", "/x", body={})

    assert (caught.value.kind, caught.value.sent) == ("timeout", False)


def test_https_to_a_port_that_speaks_http():
    with (
        Stub(lambda _: Answer({})) as stub,
        Client(stub.connection(base_url=stub.url.replace("http:", "https:"))) as client,
        pytest.raises(ConnectionFailed) as caught,
    ):
        _ = client.request("GET", "/x")

    assert (caught.value.kind, caught.value.sent) == ("tls", False)
    assert stub.logins == 0
