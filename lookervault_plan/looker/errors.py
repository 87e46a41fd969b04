"""What a call to Looker can end in, other than a reply.

ApiError             Looker, or something in front of it, answered with another status than 2xx
ConnectionFailed     no answer at all; `sent` says whether the request may have arrived
PlanError
├── AuthenticationFailed   Looker does not accept the credentials: nothing else will work either
└── UnreadableReply        2xx, and a body that is not what was promised
"""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Literal

import msgspec

from lookervault_plan.errors import PlanError, failure
from lookervault_plan.looker.settings import Connection

FailureKind = Literal[
    "timeout", "reset", "refused", "unreachable", "dns", "tls", "proxy", "closed", "other"
]

_MESSAGE_CHARACTERS = 300
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


#: kind, and whether it was an answer that took too long -> code, why, fix
_NO_ANSWER: Mapping[tuple[FailureKind, bool], tuple[str, str, str]] = {
    ("dns", False): (
        "looker.network",
        "the host name cannot be resolved",
        "check the base URL in {origin}, and the network or VPN",
    ),
    ("refused", False): (
        "looker.network",
        "nothing answers at that host and port",
        "check host and port in {origin}; older instances serve the API on port 19999",
    ),
    ("unreachable", False): (
        "looker.network",
        "there is no way to that host",
        "check host and port in {origin}, and the network or VPN",
    ),
    ("tls", False): (
        "looker.tls",
        "no secure connection could be made",
        (
            "check that the port speaks https; for a private certificate authority set "
            "REQUESTS_CA_BUNDLE to its certificates"
        ),
    ),
    ("proxy", False): (
        "looker.network",
        "the proxy does not let the request through",
        "check HTTPS_PROXY and NO_PROXY",
    ),
    ("timeout", False): (
        "looker.timeout",
        "no connection within {connect:g} seconds",
        "check host and port in {origin}, and whether a firewall or VPN is in between",
    ),
    ("timeout", True): (
        "looker.timeout",
        "no answer within {read:g} seconds",
        "try again later, or raise LOOKERSDK_TIMEOUT",
    ),
    ("reset", False): (
        "looker.network",
        "the connection broke before the answer was complete",
        "try again; if it stays, look for a proxy or firewall that cuts connections",
    ),
    ("closed", False): ("looker.closed", "the work was ended meanwhile", ""),
    ("other", False): ("looker.network", "the connection failed", "try again"),
}
_Row = tuple[str, str, str]
#: status -> code, what, fix
_ANSWERS: Mapping[int, _Row] = {
    401: (
        "looker.auth",
        "{url} does not accept the login any more",
        "check client id and secret in {origin}",
    ),
    403: (
        "looker.forbidden",
        "the API user is not allowed to do this",
        "give the user of the API key the missing permission, or use an admin's key",
    ),
    404: (
        "looker.missing",
        "Looker has no such object, or the API user cannot see it",
        "check that it exists, and that the user of the API key may see it",
    ),
    405: (
        "looker.builtin",
        "Looker does not let this object be changed",
        "leave it out with --exclude",
    ),
    429: (
        "looker.throttled",
        "{url} limits the rate of requests",
        ("try again later, or lower --workers, --rate-limit-per-minute or --rate-limit-per-second"),
    ),
}
_EXISTS: _Row = (
    "looker.exists",
    "Looker already has an object of that name",
    "rename one of the two, or map them onto each other with --remaps",
)
_UNAVAILABLE: _Row = (
    "looker.unavailable",
    "{url} is not able to answer at present",
    "try again later; if it stays, look at the instance's own status and logs",
)
_REJECTED: _Row = ("looker.rejected", "Looker does not accept the request", "")


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of Looker's ValidationError; `field` can be a printed Ruby array."""

    field: str = ""
    code: str = ""
    message: str = ""


class ApiError(Exception):
    """An answer that is not 2xx. `path` is without `/api/4.0`; header names are lower case.

    `at_login` marks the answer to a login made on behalf of another request, which then
    was never sent. `retry_after` is the server's wish in seconds, if it had one.
    """

    def __init__(
        self,
        status: int,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        retry_after: float | None = None,
        at_login: bool = False,
    ) -> None:
        self.status = status
        self.method = method
        self.path = path
        self.body = body
        self.headers: Mapping[str, str] = headers or {}
        self.retry_after = retry_after
        self.at_login = at_login
        self.is_json, self.message, self.errors = _understand(body)
        super().__init__(status, method, path)

    def __str__(self) -> str:
        said = "; ".join(dict.fromkeys(filter(None, [self.message, *map(_say, self.errors)])))
        return f"{self.status} {self.method} {self.path}" + (f": {said}" if said else "")

    @property
    def already_exists(self) -> bool:
        """Looker has one of that name, title, slug or email: 409, or 422 with that code."""
        return self.status == 409 or (
            self.status == 422
            and any(
                error.code == "already_exists" or "already exists" in error.message.lower()
                for error in self.errors
            )
        )


class ConnectionFailed(Exception):  # noqa: N818 — says what happened
    """No answer. `sent` is False only if the request surely never reached the server."""

    def __init__(
        self, kind: FailureKind, *, sent: bool, method: str = "", path: str = "", detail: str = ""
    ) -> None:
        self.kind: FailureKind = kind
        self.sent = sent
        self.method = method
        self.path = path
        self.detail = detail
        super().__init__(kind, method, path)

    def __str__(self) -> str:
        return f"{self.kind} on {self.method} {self.path}" + (
            f": {self.detail}" if self.detail else ""
        )


class AuthenticationFailed(PlanError):  # noqa: N818 — says what happened
    """The credentials are not accepted, or a token fresh from the login is not."""


class UnreadableReply(PlanError):  # noqa: N818 — says what happened
    """Looker said 2xx, but the body cannot be decoded. A write has probably happened."""


def explain(error: ApiError | ConnectionFailed | PlanError, connection: Connection) -> PlanError:
    """What a person is told: what went wrong, why, and what to do. Never holds a secret."""
    match error:
        case PlanError():
            return error
        case ConnectionFailed():
            return _explain_connection(error, connection)
        case ApiError(at_login=True):
            return _explain_login(error, connection)
        case ApiError():
            return _explain_answer(error, connection)


@contextmanager
def explaining(connection: Connection) -> Generator[None]:
    """Turn what reading or writing may raise into a PlanError."""
    try:
        yield
    except (ApiError, ConnectionFailed) as error:
        raise explain(error, connection) from error


def _explain_connection(error: ConnectionFailed, connection: Connection) -> PlanError:
    code, why, fix = _NO_ANSWER[error.kind, error.sent and error.kind == "timeout"]
    why, fix = (
        text.format(
            origin=connection.origin,
            connect=connection.connect_timeout,
            read=connection.timeout,
        )
        for text in (why, fix)
    )
    where = f" during {error.method} {error.path}" if error.path else ""
    return failure(
        code,
        f"cannot reach Looker at {connection.base_url}{where}",
        detail=f"{why} ({error.detail})" if error.detail else why,
        fix=fix,
    )


def _explain_login(error: ApiError, connection: Connection) -> PlanError:
    if error.status == 429 or error.status >= 500:
        return _explain_answer(error, connection)
    if error.is_json and error.status in (400, 401, 403, 404, 422):
        known = failure(
            "looker.auth",
            f"{connection.base_url} does not accept the API credentials",
            detail=f"the login was answered with {error.status} {_short(error.message)}".rstrip(),
            fix=f"check client id and secret in {connection.origin}: are both of this instance, "
            "and is the key still there?",
        )
        return AuthenticationFailed(known.diagnostic)
    return _not_looker(error, connection)


def _not_looker(error: ApiError, connection: Connection) -> PlanError:
    location = error.headers.get("location", "")
    answered = f"{error.method} {error.path} was answered with {error.status}"
    if 300 <= error.status < 400 and location:
        answered += f" and sent to {_origin(location)}"
    elif error.message:
        answered += f": {_short(error.message)}"
    return failure(
        "looker.url",
        f"there is no Looker API at {connection.base_url}",
        detail=answered,
        fix=f"check the base URL in {connection.origin}: scheme, host and port of the API, "
        "such as https://example.cloud.looker.com",
    )


def _explain_answer(error: ApiError, connection: Connection) -> PlanError:
    status = error.status
    if 300 <= status < 400 or (status == 404 and not error.is_json):
        return _not_looker(error, connection)
    if error.already_exists:
        row = _EXISTS
    elif status >= 500:
        row = _UNAVAILABLE
    else:
        row = _ANSWERS.get(status, _REJECTED)
    code, what, fix = row
    return failure(
        code,
        what.format(url=connection.base_url),
        detail=_short(str(error)),
        fix=fix.format(origin=connection.origin),
    )


def _understand(body: bytes) -> tuple[bool, str, tuple[FieldError, ...]]:
    """Whether it is Looker's JSON, its message, its errors: tolerant of all that was seen."""
    try:
        parsed = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False, _text_of(body), ()
    try:
        entries = msgspec.convert(parsed.get("errors") or [], list[dict[str, object]])
    except msgspec.ValidationError:
        entries = []
    errors = tuple(
        FieldError(**{name: _plain(entry.get(name)) for name in ("field", "code", "message")})
        for entry in entries
    )
    return True, _plain(parsed.get("message")), errors


def _plain(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _text_of(body: bytes) -> str:
    """The title of a gateway's HTML page, or what text there is."""
    text = body[:20_000].decode("utf-8", "replace")
    title = _TITLE.search(text)
    return _short(title.group(1) if title else _TAGS.sub(" ", text))


def _short(text: str) -> str:
    joined = " ".join(text.split())
    if len(joined) <= _MESSAGE_CHARACTERS:
        return joined
    return joined[: _MESSAGE_CHARACTERS - 1] + "…"


def _say(error: FieldError) -> str:
    what = error.message or error.code
    return f"{error.field}: {what}" if error.field and not error.field.startswith("[") else what


def _origin(url: str) -> str:
    """A redirect's target without path or query, which can hold tokens."""
    found = re.match(r"[a-z]+://[^/?#@]+", url)
    return found.group(0) if found else "another page"
