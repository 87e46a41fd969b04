"""looker-sdk's transport and login, with what they throw away put back.

Importing this module imports looker-sdk, which takes 0.6 s and more: only `Client` does,
when it is made. What is used of the SDK beyond its documentation is pinned by
tests/looker/test_transport.py.

`RequestsTransport` hides status and headers, and has `requests` merge proxies, cookies,
netrc and redirects anew for each call, which costs more than the call. Here the session
is asked once for the proxies, certificates and pool of our one server, and each call goes
to that pool: less than half the CPU.
"""

import math
import ssl
import threading
import time
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec
import requests
import urllib3
from looker_sdk.rtl import api_settings, auth_session, auth_token, requests_transport, transport
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as u3

from lookervault_plan.errors import PlanError, failure
from lookervault_plan.looker.errors import ApiError, ConnectionFailed, FailureKind, explain
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.looker.retry import retry_after_seconds
from lookervault_plan.looker.settings import Connection

API_VERSION = "4.0"
API_PATH = f"/api/{API_VERSION}"

#: OpenSSL's reasons that can only come up before the request is sent.
_HANDSHAKE = ("CERTIFICATE", "HANDSHAKE", "WRONG_VERSION", "PROTOCOL", "UNSUPPORTED", "CIPHER")


class FixedSettings(api_settings.ApiSettings):
    """The SDK's settings, without its habit of reading the environment at every login."""

    def __init__(self, connection: Connection, agent: str) -> None:
        self._fixed: api_settings.SettingsConfig = {
            "base_url": connection.base_url,
            "client_id": connection.client_id,
            "client_secret": connection.client_secret,
            "verify_ssl": str(connection.verify_ssl),
        }
        super().__init__(sdk_version=agent)  # becomes a header: ASCII only

    def read_config(self) -> api_settings.SettingsConfig:
        return self._fixed


class StatusTransport(requests_transport.RequestsTransport):
    """Keeps status and headers, and raises before the SDK can lose them.

    One pool of at most `workers` connections to one server; who comes too many waits.
    """

    def __init__(self, settings: FixedSettings, connection: Connection, *, workers: int) -> None:
        session = requests.Session()
        super().__init__(settings, session)
        adapter = HTTPAdapter(pool_maxsize=workers, pool_block=True)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        if not connection.verify_ssl:  # the user said so; no need to be told at each connection
            urllib3.disable_warnings(u3.InsecureRequestWarning)
        self._base = connection.base_url
        self._pool, self._prefix = _pool(session, adapter, f"{connection.base_url}/")
        self._headers = {name: _text(value) for name, value in session.headers.items()}
        self._timeout = urllib3.Timeout(connect=connection.connect_timeout, read=connection.timeout)
        self._lock = threading.Lock()
        self.calls = 0

    def send(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: bytes | None = None,
        headers: Mapping[str, str],
    ) -> Reply:
        """One request, whatever its status. Raises ConnectionFailed if no answer came."""
        with self._lock:
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
                timeout=self._timeout,
            )
        except u3.HTTPError as error:
            kind, sent = _diagnose(error)
            raise ConnectionFailed(
                kind, sent=sent, method=method, path=path, detail=_reason(error)
            ) from error
        return Reply(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=answer.data,
            method=method,
            path=path,
        )

    def close(self) -> None:
        self._pool.close()
        self.session.close()

    def request(  # noqa: PLR0917 — the SDK's signature
        self,
        method: transport.HttpMethod,
        path: str,
        query_params: MutableMapping[str, str] | None = None,
        body: bytes | None = None,
        authenticator: transport.TAuthenticator = None,
        transport_options: transport.TransportOptions | None = None,
    ) -> transport.Response:
        """The SDK's own door, which its login uses. Raises ApiError, so that no SDKError comes."""
        options = transport_options or {}
        headers = dict(authenticator(options)) if authenticator else {}
        headers |= options.get("headers") or {}
        reply = self.send(
            method.name,
            path.removeprefix(self._base).removeprefix(API_PATH),
            query=urlencode(query_params or {}),
            body=body,
            headers=headers,
        )
        if not is_success(reply):
            raise error_of(reply)
        mode = transport.response_mode(reply.headers.get("content-type"))
        return transport.Response(True, reply.body, mode)  # noqa: FBT003 — the SDK's signature


class LockedAuth(auth_session.AuthSession):
    """The SDK's login: once per expired token, however many threads find it expired."""

    def __init__(
        self,
        settings: FixedSettings,
        transport_: StatusTransport,
        connection: Connection,
        *,
        on_login: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(settings, transport_, _access_token, API_VERSION)
        self._connection = connection
        self._on_login = on_login
        self._clock = clock
        self._lock = threading.Lock()
        self._current = ("", 0.0)  # token, and when to replace it, by the clock
        self._refused: PlanError | None = None

    def bearer(self) -> tuple[str, bool]:
        """A token to try, and whether it was fetched for this very call."""
        token, expires_at = self._current
        if token and self._clock() < expires_at:
            return token, False
        return self.replace(token)

    def replace(self, dead: str) -> tuple[str, bool]:
        """As `bearer`, knowing that `dead` will not do.

        Raises PlanError for good if the login is refused, ApiError if Looker cannot say at
        present, ConnectionFailed; in all of these the request itself was never sent.
        """
        with self._lock:
            if self._refused is not None:
                raise type(self._refused)(self._refused.diagnostic)
            token, _ = self._current
            if token not in ("", dead):
                return token, False
            try:
                self._login({})
            except ApiError as error:
                error.at_login = True
                if error.status in {408, 429} or error.status >= 500:
                    raise
                self._refused = explain(error, self._connection)
                raise self._refused from error
            except ConnectionFailed as error:
                error.sent = False  # the login may have arrived; what waits for it has not
                raise
            lifetime = self.token.expires_in or math.inf
            # Renewed a little early, but never at once: the SDK logs in anew for each call
            # if tokens live ten seconds or less.
            early = min(float(self.token.lag_time), lifetime / 10)
            self._current = (self.token.access_token, self._clock() + lifetime - early)
        self._on_login()
        return self._current[0], True

    def _get_token(self, transport_options: transport.TransportOptions) -> auth_token.AuthToken:
        """For the SDK's own methods, should anyone call them with this session."""
        del transport_options
        _ = self.bearer()
        return self.token


def is_success(reply: Reply) -> bool:
    return 200 <= reply.status < 300


def error_of(reply: Reply) -> ApiError:
    now = datetime.now(UTC)  # noqa: TID251 — the edge of the world, where times come from
    return ApiError(
        reply.status,
        reply.method,
        reply.path,
        reply.body,
        reply.headers,
        retry_after=retry_after_seconds(reply.headers, now),
    )


class _Environment(msgspec.Struct):
    """What requests makes of HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE and the like."""

    proxies: dict[str, str]
    verify: bool | str
    cert: str | None


class _Token(msgspec.Struct):
    access_token: str
    token_type: str | None = None
    expires_in: float | None = None


def _access_token(data: str | bytes, structure: object) -> auth_token.AccessToken:
    """Takes the place of the SDK's deserializer, whose errors are of many kinds."""
    del structure
    try:
        token = msgspec.json.decode(data, type=_Token)
    except msgspec.DecodeError:
        raise ApiError(200, "POST", "/login") from None
    return auth_token.AccessToken(
        access_token=token.access_token,
        token_type=token.token_type,
        expires_in=math.ceil(token.expires_in or 0),
    )


def _pool(
    session: requests.Session, adapter: HTTPAdapter, url: str
) -> tuple[urllib3.HTTPConnectionPool, str]:
    """What the session would find out for each request: proxy, certificates, pool."""
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
    # "/", or the whole URL if it goes through a proxy for plain http.
    return pool, adapter.request_url(request, proxies).rstrip("/")


#: First hit wins. `sent`: whether the request may have reached the server.
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
    """Whether TLS failed before the request left; it can also break in the middle of one."""
    cause: object = error.args[0] if error.args else None
    reason = str(getattr(cause, "reason", None) or cause).upper()
    return isinstance(cause, ssl.CertificateError) or any(word in reason for word in _HANDSHAKE)


def _reason(error: u3.HTTPError) -> str:
    cause: object = error.__cause__ or (error.args[-1] if error.args else None)
    return str(cause if isinstance(cause, Exception) else error)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
