"""Send single requests to one Looker over a pool of connections.

requests would merge proxies, cookies, netrc and redirects anew for every call, which costs more
CPU than the call itself. So `HttpTransport` asks requests once for the proxy, the certificates
and the pool of its one server, and then sends each request through that pool of urllib3's.

Importing this module imports requests, which takes 0.1 s: only `Client` does, when it is made.
"""

import ssl
import threading
from collections.abc import Mapping

import msgspec
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as u3

from lookervault_plan.errors import failure
from lookervault_plan.looker.errors import CallLimitReached, ConnectionFailed, FailureKind
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.looker.reply_body import ACCEPTED, read_body
from lookervault_plan.looker.settings import Connection

API_PATH = "/api/4.0"

#: Sent with every request. Looker counts its API's users by the first.
_HEADERS = {
    "x-looker-appid": "PY SDK lookervault-plan",
    "Content-Type": "application/json",
    "Accept-Encoding": ACCEPTED,
}
#: Words in OpenSSL's reasons that only occur before the request is sent.
_HANDSHAKE = ("CERTIFICATE", "HANDSHAKE", "WRONG_VERSION", "PROTOCOL", "UNSUPPORTED", "CIPHER")


class HttpTransport:
    """A pool of at most `workers` connections to one server. A thread waits for a free one."""

    def __init__(self, connection: Connection, *, workers: int) -> None:
        self._connection = connection
        self._session = requests.Session()
        self._session.verify = connection.verify_ssl
        adapter = HTTPAdapter(pool_maxsize=workers, pool_block=True)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        if not connection.verify_ssl:  # the user's choice: no warning at each connection
            urllib3.disable_warnings(u3.InsecureRequestWarning)
        self._pool, self._prefix = _pool(self._session, adapter, f"{connection.base_url}/")
        defaults = {name: _text(value) for name, value in self._session.headers.items()}
        self._headers = defaults | _HEADERS
        self._timeout = urllib3.Timeout(connect=connection.connect_timeout, read=connection.timeout)
        self._write_timeout = self._timeout
        self._lock = threading.Lock()
        #: Requests sent so far, failed ones included.
        self.calls = 0
        #: Requests that may be sent in all. None: any number.
        self.max_calls: int | None = None

    def send(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: bytes | None = None,
        headers: Mapping[str, str],
    ) -> Reply:
        """Send one request and return its answer, whatever the status.

        `path` is below `/api/4.0`, with ids quoted. Raises ConnectionFailed if no answer came,
        CallLimitReached if `max_calls` were sent already.
        """
        with self._lock:
            if self.max_calls is not None and self.calls >= self.max_calls:
                raise CallLimitReached(self.calls)
            self.calls += 1
        target = f"{self._prefix}{API_PATH}{path}"
        try:
            answer = self._pool.urlopen(
                method,
                f"{target}?{query}" if query else target,
                body=body,
                headers={**self._headers, **headers},
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=self._timeout if method == "GET" else self._write_timeout,
                preload_content=False,
            )
            data, damage = read_body(answer)
            answer.release_conn()  # one whose body was not read to its end is closed by now
        except u3.HTTPError as error:
            kind, sent = _diagnose(error)
            raise ConnectionFailed(
                kind, sent=sent, method=method, path=path, detail=_reason(error)
            ) from error
        return Reply(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=data,
            damage=damage,
            method=method,
            path=path,
        )

    def limit_writes(self, seconds: float) -> None:
        """Give up requests other than GET after so long, connecting included."""
        connect = min(self._connection.connect_timeout, seconds / 6)
        read = min(self._connection.timeout, seconds - connect)
        self._write_timeout = urllib3.Timeout(connect=connect, read=read)

    def close(self) -> None:
        self._pool.close()
        self._session.close()


class _Environment(msgspec.Struct):
    """Settings that requests takes from HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE and the like."""

    proxies: dict[str, str]
    verify: bool | str
    cert: str | None


def _pool(
    session: requests.Session, adapter: HTTPAdapter, url: str
) -> tuple[urllib3.HTTPConnectionPool, str]:
    """Find the pool and the prefix of request paths, with proxy and certificates set.

    The prefix is "" or, for a plain http proxy, the whole URL.
    """
    request = requests.Request("GET", url).prepare()
    settings = msgspec.convert(
        session.merge_environment_settings(url, {}, None, session.verify, None), _Environment
    )
    proxies, verify, cert = dict(settings.proxies), settings.verify, settings.cert
    try:
        pool = adapter.get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
        adapter.cert_verify(pool, url, verify, cert)
    except OSError as error:
        raise failure(
            "looker.tls",
            "the certificates to check Looker's with cannot be read",
            detail=str(error),
            fix="check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE",
        ) from error
    return pool, adapter.request_url(request, proxies).rstrip("/")


#: Error, its kind, and whether the request may have reached the server. The first match counts.
_DIAGNOSES: tuple[tuple[type[u3.HTTPError], FailureKind, bool], ...] = (
    (u3.NameResolutionError, "dns", False),
    (u3.NewConnectionError, "unreachable", False),
    (u3.ConnectTimeoutError, "timeout", False),
    (u3.ProxyError, "proxy", False),
    (u3.ClosedPoolError, "closed", False),
    (u3.TimeoutError, "timeout", True),
    (u3.ProtocolError, "reset", True),
    (u3.SSLError, "reset", True),
    (u3.HTTPError, "other", True),
)


def _diagnose(error: u3.HTTPError) -> tuple[FailureKind, bool]:
    if isinstance(error, u3.SSLError) and _is_handshake(error):
        return "tls", False
    if isinstance(error.__cause__, ConnectionRefusedError):
        return "refused", False
    return next((kind, sent) for type_, kind, sent in _DIAGNOSES if isinstance(error, type_))


def _is_handshake(error: u3.SSLError) -> bool:
    """Return whether TLS failed before the request was sent, not in the middle of it."""
    cause: object = error.args[0] if error.args else None
    reason = str(getattr(cause, "reason", None) or cause).upper()
    return isinstance(cause, ssl.CertificateError) or any(word in reason for word in _HANDSHAKE)


def _reason(error: u3.HTTPError) -> str:
    cause: object = error.__cause__ or (error.args[-1] if error.args else None)
    return str(cause if isinstance(cause, Exception) else error)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
