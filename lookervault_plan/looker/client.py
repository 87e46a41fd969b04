"""Calls to one Looker: login, one request, reads with retries, bulk reads by page."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, Literal, Self, TypeVar, overload
from urllib.parse import quote, urlencode

import msgspec

from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.looker.errors import (
    ApiError,
    AuthenticationFailed,
    ConnectionFailed,
    FieldError,
    UnreadableReply,
    explain,
    explaining,
)
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.looker.retry import (
    Decision,
    Method,
    RateLimiter,
    RetryPolicy,
    decide_after_error,
)
from lookervault_plan.looker.settings import Connection

__all__ = [
    "ApiError",
    "AuthenticationFailed",
    "Client",
    "ConnectionFailed",
    "Event",
    "FieldError",
    "Query",
    "Reply",
    "UnreadableReply",
    "Versions",
    "explain",
    "explaining",
    "path",
]

T = TypeVar("T")
QueryValue = str | int | float | bool | Sequence[str] | Sequence[int] | None
Query = Mapping[str, QueryValue]
Decode = Callable[[bytes], list[T]]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth telling, from whichever thread it happened in."""

    kind: Literal["login", "retry", "rate_limited", "list_changed"]
    method: str = ""
    path: str = ""
    status: int | None = None
    attempt: int = 0
    seconds: float = 0.0  # how long it waits, or everyone does
    detail: str = ""


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """Which Looker this is. A missing value is ""."""

    looker_release_version: str = ""
    api_server_url: str = ""
    web_server_url: str = ""


class _Page(msgspec.Struct, Generic[T], frozen=True):
    items: list[T]
    total: int | None  # x-total-count, which not every endpoint sends
    has_next: bool | None  # what the link header says, if there is one

    def says_more(self, offset: int) -> bool:
        """Whether the server itself says that the list goes on after these items."""
        if not self.items:
            return False
        if self.total is not None:
            return offset + len(self.items) < self.total
        return self.has_next is True

    def is_last(self, step: int) -> bool:
        """Without a total: the link header's word, else a page that is not full is the last."""
        if self.total is not None:
            return False
        return len(self.items) < step if self.has_next is None else not self.has_next


def path(template: str, **ids: str | int) -> str:
    """`path("/dashboards/{id}", id="model::name")`, with each id quoted."""
    return template.format_map({name: _segment(name, id_) for name, id_ in ids.items()})


def raw_items(body: bytes) -> list[msgspec.Raw]:
    """The elements of a JSON array, undecoded. Each keeps the memory of the whole page alive."""
    return msgspec.json.decode(body, type=list[msgspec.Raw])


class Client:
    """One connection's pool, token and limiter, for any number of threads.

    `request` makes one attempt and waits for nothing, so that a scheduler can: it asks
    `limiter.reserve()` before, and `decide_after_error` after. `read`, `pages` and what is built
    on them wait and retry by themselves.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        workers: int = 8,
        limiter: RateLimiter | None = None,
        policy: RetryPolicy | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        from lookervault_plan.looker import transport  # noqa: PLC0415 — imports looker-sdk

        self.connection = connection
        self.workers = workers
        self.limiter = limiter if limiter is not None else RateLimiter()
        self.policy = policy if policy is not None else RetryPolicy()
        self._tell = on_event if on_event is not None else _ignore
        self._module = transport
        settings = transport.FixedSettings(connection, "lookervault-plan")
        self._transport = transport.StatusTransport(settings, connection, workers=workers)
        self._auth = transport.LockedAuth(
            settings,
            self._transport,
            connection,
            on_login=lambda: self._tell(Event(kind="login", method="POST", path="/login")),
        )
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="looker-read")
        self._closed = threading.Event()
        self._has_answered = False
        self._accepted_at = float("-inf")  # when an answer last came that was not 401

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def calls(self) -> int:
        """Every HTTP request so far, logins and failed ones too."""
        return self._transport.calls

    def close(self) -> None:
        """Wake what waits for a retry, drop reads not begun, close idle connections."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._transport.close()

    def request(
        self, method: Method, path: str, *, query: Query | None = None, body: object = None
    ) -> Reply:
        """One attempt, plus one login if the token is dead.

        `path` is below `/api/4.0`, with ids quoted (see `path`). `body` is sent as it is if
        bytes, and as JSON otherwise; None is no body. Raises ApiError for any other status
        than 2xx, ConnectionFailed, and AuthenticationFailed if a token fresh from the login
        is not accepted or the login is refused.
        """
        if self._closed.is_set():
            raise ConnectionFailed("closed", sent=False, method=method, path=path)
        asked = encode_query(query) if query else ""
        data = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        try:
            logged_in_at = self.limiter.now()
            token, is_fresh = self._auth.bearer()
            while True:
                sent_at = self.limiter.now()
                reply = self._transport.send(
                    method,
                    path,
                    query=asked,
                    body=data,
                    headers={"Authorization": f"Bearer {token}"},
                )
                self._has_answered = True
                if reply.status != 401:
                    self._accepted_at = self.limiter.now()
                    break
                # Others may have used the fresh token up; then someone was let in since.
                if is_fresh and self._accepted_at < logged_in_at:
                    raise self._rejected(reply)
                logged_in_at = self.limiter.now()
                token, is_fresh = self._auth.replace(token)
        except ApiError as error:  # of the login
            self._has_answered = True
            self._slow_down(error, None)
            raise
        if self._module.is_success(reply):
            self.limiter.succeeded()
            return reply
        error = self._module.error_of(reply)
        self._slow_down(error, sent_at)
        raise error

    def read(self, path: str, *, query: Query | None = None) -> Reply:
        """GET, repeated by the policy and slowed by the limiter. Raises as `request`."""
        return self._read(path, query, _as_it_is)

    @overload
    def pages(
        self, path: str, query: Query | None = None, *, limit: int
    ) -> Iterator[list[msgspec.Raw]]: ...
    @overload
    def pages(
        self, path: str, query: Query | None = None, *, limit: int, decode: Decode[T]
    ) -> Iterator[list[T]]: ...
    def pages(
        self, path: str, query: Query | None = None, *, limit: int, decode: Decode[T] | None = None
    ) -> Iterator[list[T]] | Iterator[list[msgspec.Raw]]:
        """All pages of a list, in order of offset, `sorts=id` unless the query says otherwise.

        Where Looker tells the total, the rest is read by all workers at once; where it does
        not, one page ahead, so that at most one request is made in vain. No more pages are
        held than there are workers. `decode` runs in the worker. If the total changes on the
        way, rows may have moved across a page's edge unseen: a `list_changed` event says so.
        """
        if decode is None:
            return self._pages(path, query, limit, raw_items)
        return self._pages(path, query, limit, decode)

    def _pages(
        self, path: str, query: Query | None, limit: int, decode: Decode[T]
    ) -> Iterator[list[T]]:
        def fetch(offset: int) -> _Page[T]:
            asked = {"sorts": "id", **(query or {}), "limit": limit, "offset": offset}
            return self._read(path, asked, lambda reply: _page(reply, decode))

        page = fetch(0)
        # A server may cap `limit`: then its pages are as long as the first one was.
        step = len(page.items) if page.says_more(0) else limit
        total, offset, is_over = page.total, step, page.is_last(step)
        pending: deque[Future[_Page[T]]] = deque()
        try:
            while True:
                ahead = 2 if total is None else self.workers
                while len(pending) < ahead and not is_over and (total is None or offset < total):
                    pending.append(self._pool.submit(fetch, offset))
                    offset += step
                if page.items:
                    yield page.items
                if not pending:
                    return
                page = pending.popleft().result()
                if page.total is not None and page.total != total:
                    changed = f"{total} → {page.total}"
                    self._tell(Event(kind="list_changed", path=path, detail=changed))
                    total = page.total
                is_over = is_over or page.is_last(step)
        finally:
            for future in pending:
                _ = future.cancel()

    def versions(self) -> Versions:
        """Which Looker this is, and the addresses it knows itself by."""
        raw = self._read("/versions", None, _object)
        known = {name: raw.get(name) for name in Versions.__struct_fields__}
        return Versions(**{name: value for name, value in known.items() if isinstance(value, str)})

    def me(self) -> dict[str, object]:
        """The user that the API key belongs to."""
        return self._read("/user", None, _object)

    def _read(self, path: str, query: Query | None, convert: Callable[[Reply], T]) -> T:
        attempt, throttled = 1, 0
        while True:
            while (seconds := self.limiter.reserve()) > 0:
                self._sleep(seconds, path)
            try:
                return convert(self.request("GET", path, query=query))
            except (ApiError, ConnectionFailed, PlanError) as error:
                decision = decide_after_error(
                    error,
                    method="GET",
                    attempt=attempt,
                    throttled=throttled,
                    policy=self.policy,
                )
                if decision is not Decision.RETRY or self._is_nobody_there(error):
                    raise
                status = error.status if isinstance(error, ApiError) else None
                seconds = self.policy.wait_seconds(error, attempt)
                if status == 429:
                    throttled += 1
                else:
                    attempt += 1
                    told = Event(
                        kind="retry",
                        method="GET",
                        path=path,
                        status=status,
                        attempt=attempt,
                        seconds=seconds,
                        detail=str(error),
                    )
                    self._tell(told)
            self._sleep(seconds, path)

    def _is_nobody_there(self, error: Exception) -> bool:
        """A wrong address rather than a server that is away: waiting would not help."""
        return (
            not self._has_answered
            and isinstance(error, ConnectionFailed)
            and error.kind in {"dns", "refused", "unreachable"}
        )

    def _sleep(self, seconds: float, path: str) -> None:
        if self._closed.wait(seconds):
            raise ConnectionFailed("closed", sent=False, method="GET", path=path)

    def _slow_down(self, error: ApiError, sent_at: float | None) -> None:
        if error.status != 429:
            return
        seconds = self.limiter.throttle(error.retry_after, sent_at=sent_at)
        self._tell(
            Event(
                kind="rate_limited",
                method=error.method,
                path=error.path,
                status=429,
                seconds=seconds,
            )
        )

    def _rejected(self, reply: Reply) -> AuthenticationFailed:
        said = self._module.error_of(reply)
        return AuthenticationFailed(
            Diagnostic(
                code="looker.auth",
                summary=f"{self.connection.base_url} does not accept its own, fresh login",
                detail=str(said),
                fix="check that the API user is not disabled and may use the API",
            )
        )


def encode_query(query: Query) -> str:
    """As Looker reads it: None left out, true and false in lower case, lists joined by commas."""
    return urlencode(
        {name: _query_text(value) for name, value in query.items() if value is not None},
        quote_via=quote,
        safe=",",
    )


def _query_text(value: QueryValue) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case None:
            return ""
        case _:
            return ",".join(map(str, value))


def _segment(name: str, id_: str | int) -> str:
    text = str(id_)
    if not text:
        raise ValueError(f"an empty {name} would make this the path of a whole collection")
    quoted = quote(text, safe="")
    return quoted.replace(".", "%2E") if set(text) == {"."} else quoted


def _page(reply: Reply, decode: Decode[T]) -> _Page[T]:
    try:
        items = decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise reply.unreadable(error) from error
    total, links = reply.headers.get("x-total-count", ""), reply.headers.get("link")
    return _Page(
        items=items,
        total=int(total) if total.isascii() and total.isdigit() else None,
        has_next=None if links is None else 'rel="next"' in links,
    )


def _as_it_is(reply: Reply) -> Reply:
    return reply


def _object(reply: Reply) -> dict[str, object]:
    return reply.json(dict[str, object])


def _ignore(event: Event) -> None:
    del event
