"""Explain errors of calls to Looker to people: what went wrong, why, and what to do."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from lookervault_plan.errors import PlanError, failure
from lookervault_plan.looker.errors import (
    ApiError,
    AuthenticationFailed,
    ConnectionFailed,
    FailureKind,
    shortened,
)
from lookervault_plan.looker.settings import Connection

#: Kind, and whether the server took too long to answer -> code, why, fix.
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
#: Status -> code, summary, fix.
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


def explain(error: ApiError | ConnectionFailed | PlanError, connection: Connection) -> PlanError:
    """Make the error that a person reads. It never holds a secret."""
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
    """Turn ApiError and ConnectionFailed into PlanError."""
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
        message = shortened(error.message)
        known = failure(
            "looker.auth",
            f"{connection.base_url} does not accept the API credentials",
            detail=f"the login was answered with {error.status} {message}".rstrip(),
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
    elif 200 <= error.status < 300:
        answered += ", but without an access token"
    elif error.message:
        answered += f": {shortened(error.message)}"
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
        detail=shortened(str(error)),
        fix=fix.format(origin=connection.origin),
    )


def _origin(url: str) -> str:
    """Return a redirect's target without path and query: they can hold tokens."""
    found = re.match(r"[a-z]+://[^/?#@]+", url)
    return found.group(0) if found else "another page"
