"""Calls to one Looker: single requests for the walk, and reads that wait and retry."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Literal, Self, TypeVar

import msgspec

from lookervault_plan.content.node import Raw
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.looker.decode import (
    Decode,
    WrongShapeError,
    decoded,
    identified_object,
    one_object,
)
from lookervault_plan.looker.error_rules import Decision, Method, decide_after_error
from lookervault_plan.looker.errors import ApiError, AuthenticationFailed, ConnectionFailed
from lookervault_plan.looker.http_reply import Reply, api_error
from lookervault_plan.looker.pages import Page, page_of, read_pages
from lookervault_plan.looker.rate_limit import RateLimiter
from lookervault_plan.looker.retry import RetryPolicy
from lookervault_plan.looker.settings import Connection
from lookervault_plan.looker.urls import Query, encode_query

__all__ = ["Client", "ClientEvent", "Versions"]

T = TypeVar("T")


class ClientEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A login, a retry, a 429, or a list that changed while it was read.

    Events come from the thread that sends the request.
    """

    kind: Literal["login", "retry", "rate_limited", "list_changed"]
    method: str = ""
    path: str = ""
    #: Status of the answer; None if no answer came.
    status: int | None = None
    #: Number of the attempt that follows, from 1.
    attempt: int = 0
    #: How long this request waits; after a 429, how long all of them do.
    seconds: float = 0.0
    detail: str = ""


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """Looker's version and addresses. A missing value is ""."""

    looker_release_version: str = ""
    api_server_url: str = ""
    web_server_url: str = ""
    #: Status with which Looker refused to tell. None: it told.
    refused: int | None = None


class Client:
    """One connection pool, one login and one rate limiter, for any number of threads.

    `request` sends once and never sleeps, so that the walk of an apply can call it: it asks
    `limiter.reserve` before, and `decide_after_error` after. `read`, `pages`, `versions` and `me`
    wait and retry by themselves.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        workers: int = 8,
        limiter: RateLimiter | None = None,
        policy: RetryPolicy | None = None,
        on_event: Callable[[ClientEvent], None] | None = None,
    ) -> None:
        from lookervault_plan.looker.login import Login  # noqa: PLC0415 — imports requests
        from lookervault_plan.looker.transport import HttpTransport  # noqa: PLC0415

        self.connection = connection
        self.workers = workers
        self.limiter = limiter if limiter is not None else RateLimiter()
        self.policy = policy if policy is not None else RetryPolicy()
        self._tell = on_event if on_event is not None else _ignore
        self._transport = HttpTransport(connection, workers=workers)
        self._login = Login(
            self._transport,
            connection,
            on_login=lambda: self._tell(ClientEvent(kind="login", method="POST", path="/login")),
        )
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="looker-read")
        self._closed = threading.Event()
        self._has_answered = False
        #: Called right before each request that writes; it raises PlanError to stop them.
        self.before_write: Callable[[], None] = lambda: None
        #: When an answer other than 401 last came, by the limiter's clock.
        self._accepted_at = float("-inf")

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
        """Number of HTTP requests so far, logins and failed requests included."""
        return self._transport.calls

    def limit_calls(self, max_calls: int | None) -> None:
        """Raise CallLimitReached instead of sending more requests than that in all."""
        self._transport.max_calls = max_calls

    def token_seconds(self) -> float | None:
        """Return how long a login lasts, as Looker said at the latest one. None: it did not say."""
        return self._login.lifetime_seconds

    def limit_writes(self, seconds: float) -> None:
        """Give up requests that write after so long, even if the settings allow them more."""
        self._transport.limit_writes(seconds)

    def close(self) -> None:
        """End all waits for a retry, drop the reads not yet begun, and close the connections."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._transport.close()

    def request(
        self, method: Method, path: str, *, query: Query | None = None, body: object = None
    ) -> Reply:
        """Send one request, and log in anew once if Looker has dropped the token.

        `path` is below `/api/4.0`, with ids quoted (see `api_path`). Bytes are sent as they are,
        any other `body` as JSON, None as no body.

        Raises:
            ApiError: the status is not 2xx.
            ConnectionFailed: no answer came.
            UnreadableReply: the answer came, but its body could not be unpacked.
            AuthenticationFailed: Looker refuses the login, or a token fresh from it.
            PlanError: `before_write` forbids the request.

        """
        if self._closed.is_set():
            raise ConnectionFailed("closed", sent=False, method=method, path=path)
        asked = encode_query(query) if query else ""
        data = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        try:
            logged_in_at = self.limiter.now()
            token = self._login.token()
            while True:
                if method != "GET":
                    self.before_write()
                sent_at = self.limiter.now()
                reply = self._transport.send(
                    method,
                    path,
                    query=asked,
                    body=data,
                    headers={"Authorization": f"Bearer {token.text}"},
                )
                self._has_answered = True
                if reply.status != 401:
                    self._accepted_at = self.limiter.now()
                    break
                # Refuse a fresh token only if it never worked: other threads may have used it
                # since the login, until it expired.
                if token.is_fresh and self._accepted_at < logged_in_at:
                    raise self._rejected(reply)
                logged_in_at = self.limiter.now()
                token = self._login.replace(token.text)
        except ApiError as error:  # of the login
            self._has_answered = True
            self._slow_down(error, None)
            raise
        if reply.is_success:
            self.limiter.succeeded()
            if reply.damage:
                raise reply.unreadable(reply.damage)
            return reply
        error = api_error(reply)
        self._slow_down(error, sent_at)
        raise error

    def read(self, path: str, decode: Decode[T], *, query: Query | None = None) -> T:
        """GET and decode, with retries, as fast as the rate limiter allows.

        A reply that `decode` refuses counts as lost: it is asked for again.

        Raises:
            UnreadableReply: no reply could be decoded.
            ApiError, ConnectionFailed, AuthenticationFailed: as for `request`.

        """
        return self._read(path, query, lambda reply: decoded(reply, decode))

    def count(self, path: str, query: Query) -> int | None:
        """Return the length of a list without reading it. None: the server does not tell."""
        asked = {**query, "limit": 1, "fields": "id"}

        return self._read(path, asked, lambda reply: page_of(reply, "id").total)

    def pages(
        self, path: str, query: Query | None = None, *, limit: int
    ) -> Iterator[list[msgspec.Raw]]:
        """Yield all pages of a list in order, `limit` items each, sorted by id by default.

        If the list changes meanwhile, rows may have moved across a page's edge unseen: a
        `list_changed` event says so.
        """

        def fetch(offset: int) -> Page:
            asked = {"sorts": "id", **(query or {}), "limit": limit, "offset": offset}
            return self._read(path, asked, lambda reply: page_of(reply, "id"))

        def tell(old: int | None, new: int) -> None:
            self._tell(ClientEvent(kind="list_changed", path=path, detail=f"{old} → {new}"))

        return read_pages(
            fetch,
            submit=lambda offset: self._pool.submit(fetch, offset),
            limit=limit,
            workers=self.workers,
            on_total_changed=tell,
            path=path,
        )

    def versions(self) -> Versions:
        """Read Looker's version and its addresses, if Looker shows them."""
        try:
            return self.read("/versions", _versions)
        except ApiError as error:
            if error.is_refusal:
                return Versions(refused=error.status)
            raise

    def me(self) -> Raw:
        """Read the user whom the API key belongs to."""
        return self.read("/user", identified_object)

    def _read(self, path: str, query: Query | None, convert: Callable[[Reply], T]) -> T:
        throttled = 0

        def attempt() -> T:
            """Send when the limiter allows. Answers of 429 don't count as attempts."""
            nonlocal throttled
            while True:
                while (seconds := self.limiter.reserve()) > 0:
                    self._sleep(seconds, path)
                try:
                    return convert(self.request("GET", path, query=query))
                except ApiError as error:
                    if error.status != 429 or throttled >= self.policy.max_throttled:
                        raise
                    throttled += 1

        def tell(error: BaseException, next_attempt: int, seconds: float) -> None:
            status = error.status if isinstance(error, ApiError) else None
            self._tell(
                ClientEvent(
                    kind="retry",
                    method="GET",
                    path=path,
                    status=status,
                    attempt=next_attempt,
                    seconds=seconds,
                    detail=str(error),
                )
            )

        retrying = self.policy.retrying(
            is_retried=self._is_read_again,
            sleep=lambda seconds: self._sleep(seconds, path),
            before_wait=tell,
        )
        return retrying(attempt)

    def _is_read_again(self, error: BaseException) -> bool:
        if not isinstance(error, (ApiError, ConnectionFailed, PlanError)):
            return False
        # `_read` has counted the answers of 429: one that arrives here is one too many.
        decision = decide_after_error(error, method="GET", throttled=self.policy.max_throttled)
        return decision is Decision.RETRY and not self._is_wrong_address(error)

    def _is_wrong_address(self, error: Exception) -> bool:
        """Return whether nothing has ever answered there: waiting would not help."""
        return (
            not self._has_answered
            and isinstance(error, ConnectionFailed)
            and error.kind in {"dns", "refused", "unreachable"}
        )

    def _sleep(self, seconds: float, path: str) -> None:
        if self._closed.wait(seconds):
            raise ConnectionFailed("closed", sent=False, method="GET", path=path)

    def _slow_down(self, error: ApiError, sent_at: float | None) -> None:
        """Make all requests wait after a 429."""
        if error.status != 429:
            return
        seconds = self.limiter.throttle(error.retry_after, sent_at=sent_at)
        self._tell(
            ClientEvent(
                kind="rate_limited",
                method=error.method,
                path=error.path,
                status=429,
                seconds=seconds,
            )
        )

    def _rejected(self, reply: Reply) -> AuthenticationFailed:
        return AuthenticationFailed(
            Diagnostic(
                code="looker.auth",
                summary=f"{self.connection.base_url} does not accept its own, fresh login",
                detail=str(api_error(reply)),
                fix="check that the API user is not disabled and may use the API",
            )
        )


def _versions(body: bytes) -> Versions:
    raw = one_object(body)

    def text(name: str) -> str:
        value = raw.get(name)
        return value if isinstance(value, str) else ""

    found = Versions(
        looker_release_version=text("looker_release_version"),
        api_server_url=text("api_server_url"),
        web_server_url=text("web_server_url"),
    )
    if found == Versions():
        raise WrongShapeError("it names no version")
    return found


def _ignore(event: ClientEvent) -> None:
    del event
