"""HTTP in and out: requests taken apart, replies put together, connections dropped."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from typing import Any, Final, TypeAlias, cast
from urllib.parse import parse_qsl

import msgspec

from lookervault_plan.sandbox.faults import Body, Fault
from lookervault_plan.sandbox.json_fields import Json, Row
from lookervault_plan.sandbox.refusals import DOCS, RefusedError, documentation_url

Message: TypeAlias = MutableMapping[str, Any]  # ASGI's own type
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
API: Final = "/api/4.0"
LOGOUTS: Final = frozenset({"/api/logout", f"{API}/logout"})
JSON_TYPE: Final = "application/json"
LOGIN_PAGE: Final = b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>"
PAGE: Final = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class Call:
    """One HTTP request on its way through."""

    __slots__: tuple[str, ...] = (
        "authorization", "body", "content_type", "method", "path", "query", "raw", "started", "user"
    )  # fmt: skip

    def __init__(self, scope: Message, raw: bytes) -> None:
        self.started: float = time.monotonic()
        self.method: str = scope["method"]
        self.path: str = cast("bytes", scope["raw_path"]).decode("latin-1")
        query = cast("bytes", scope["query_string"]).decode("latin-1")
        self.query: dict[str, str] = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        self.raw: bytes = raw
        self.body: Json = None
        self.user: str = ""
        headers = dict(cast("list[tuple[bytes, bytes]]", scope["headers"]))
        self.authorization: str = headers.get(b"authorization", b"").decode("latin-1")
        self.content_type: str = headers.get(b"content-type", b"").decode("latin-1")

    def decode_body(self) -> None:
        """JSON, said to be JSON or nothing at all (looker-sdk sends no type); else 400."""
        if not self.raw or self.method in {"GET", "DELETE"}:
            return
        if self.content_type and not self.content_type.startswith(JSON_TYPE):
            raise RefusedError(400, f"the body is of type {self.content_type}")
        try:
            self.body = msgspec.json.decode(self.raw)
        except msgspec.DecodeError as error:
            raise RefusedError(400, f"the body is no JSON: {error}") from None


class Reply:
    """Status, body and headers, before they are bytes."""

    __slots__: tuple[str, ...] = ("body", "headers", "status")

    def __init__(self, status: int, body: Json = None, headers: Row | None = None) -> None:
        self.status: int = status
        self.body: Json = body
        self.headers: Row = headers or {}


class TooManyError(RefusedError):
    """429."""

    def __init__(self, retry_after: str) -> None:
        super().__init__(429)
        self.retry_after: str = retry_after


class BrokenError(RefusedError):
    """5xx before anything was done."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.status)
        self.fault: Fault = fault


def retry_after(seconds: float, *, as_date: bool) -> str:
    """Retry-After in either of its forms (RFC 9110, 10.2.3)."""
    if as_date:
        return formatdate(time.time_ns() / 1e9 + seconds + 1, usegmt=True)
    return f"{seconds:g}"


def refused(refusal: RefusedError, method: str, path: str) -> Reply:
    """The reply that says no."""
    if isinstance(refusal, BrokenError):
        return broken(refusal.fault)
    body = refusal.body(documentation_url(refusal.status, method, path))
    headers: Row = {}
    if isinstance(refusal, TooManyError):
        headers["retry-after"] = refusal.retry_after
    return Reply(refusal.status, body, headers)


def broken(fault: Fault) -> Reply:
    """A 5xx, as JSON or as a proxy's page."""
    if fault.html:
        return Reply(fault.status, None, {"content-type": "text/html"})
    return Reply(fault.status, RefusedError(fault.status).body(DOCS))


def spoiled(body: Body) -> tuple[bytes, str]:
    """Return a body that no client can use, and its content type."""
    match body:
        case "html":
            return LOGIN_PAGE, "text/html"
        case "cut":
            return b'{"id": "1", "title": "Rev', JSON_TYPE
        case "null":
            return b"null", JSON_TYPE
        case "empty":
            return b"", JSON_TYPE
        case "shape":
            return b'["ok"]', JSON_TYPE


async def read(receive: Receive) -> bytes:
    """The whole body."""
    message = await receive()
    raw = cast("bytes", message.get("body", b""))
    while message.get("more_body", False):
        message = await receive()
        raw += cast("bytes", message.get("body", b""))
    return raw


async def send_reply(send: Send, reply: Reply) -> None:
    """Answer."""
    if reply.headers.get("content-type") == "text/html":
        await send_bytes(send, reply.status, PAGE, {**reply.headers})
    elif reply.status == 204:
        await send_bytes(send, 204, b"", reply.headers)
    else:
        await send_bytes(send, reply.status, msgspec.json.encode(reply.body), reply.headers)


async def send_bytes(send: Send, status: int, body: bytes, headers: Row | None = None) -> None:
    """Answer with a body that is encoded already."""
    named: Row = {"content-type": f"{JSON_TYPE};charset=utf-8", **(headers or {})}
    pairs = [(name.encode(), str(value).encode("latin-1")) for name, value in named.items()]
    if status != 204:
        pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def drop(scope: Message) -> None:
    """Close the connection without a word; http11.py says how."""
    cast("Callable[[], None]", scope["state"]["drop"])()
