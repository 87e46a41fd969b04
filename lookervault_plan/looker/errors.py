"""The errors that a call to Looker raises.

ApiError             Looker, or a gateway in front of it, answered with another status than 2xx
ConnectionFailed     no answer came; `sent` says whether the request may have arrived
PlanError
├── AuthenticationFailed   Looker refuses the credentials, so every other call would fail too
├── CallLimitReached       the run has made as many calls as it may
└── UnreadableReply        the status is 2xx, but the body can't be decoded

`error_rules` says which of them are retried, `error_messages` explains them to people.
"""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from lookervault_plan.errors import Diagnostic, Exit, PlanError

FailureKind = Literal[
    "timeout", "reset", "refused", "unreachable", "dns", "tls", "proxy", "closed", "other"
]

_MESSAGE_CHARACTERS = 300
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAGS = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


class CallLimitReached(PlanError):  # noqa: N818 — the run ends as it was asked to
    """The run has made as many requests as it may (`--max-calls`). The next one was not sent."""

    exit_code = Exit.INCOMPLETE

    def __init__(self, calls: int) -> None:
        super().__init__(
            Diagnostic(
                code="looker.call-limit",
                summary=f"stopped after {calls:,} calls, as --max-calls says",
            )
        )


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of Looker's ValidationError.

    `field` can be a printed Ruby array. Source: docs/looker-api.md, section 1.2.
    """

    field: str = ""
    code: str = ""
    message: str = ""


class ApiError(Exception):
    """An answer that is not 2xx. `path` is without `/api/4.0`; header names are lower case.

    `at_login` marks the answer to a login made for another request; that request was not sent.
    `retry_after` is the Retry-After header in seconds, None without one.
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
        self.is_json, self.message, self.errors = _parse(body)
        super().__init__(status, method, path)

    def __str__(self) -> str:
        texts = [self.message, *(_field_text(error) for error in self.errors)]
        unique = "; ".join(dict.fromkeys(text for text in texts if text))
        return f"{self.status} {self.method} {self.path}" + (f": {unique}" if unique else "")

    @property
    def is_refusal(self) -> bool:
        """Looker does not show the object to the API user, or has no such object or endpoint.

        Source: docs/looker-api.md, section 1.3.
        """
        return self.status in {403, 404}

    @property
    def already_exists(self) -> bool:
        """Looker already has an object of that name, title, slug or email.

        Source: docs/looker-api.md, sections 1.2 and 1.3.
        """
        return self.status == 409 or (
            self.status == 422
            and any(
                error.code == "already_exists" or "already exists" in error.message.lower()
                for error in self.errors
            )
        )


class ConnectionFailed(Exception):  # noqa: N818 — says what happened
    """No answer came. `sent` is False only if the request certainly never reached the server."""

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
    """Looker refuses the credentials, or a token fresh from the login."""


class UnreadableReply(PlanError):  # noqa: N818 — says what happened
    """The status is 2xx, but the body can't be decoded. A write was probably carried out."""


def _parse(body: bytes) -> tuple[bool, str, tuple[FieldError, ...]]:
    """Return whether the body is a JSON object, its message, and its field errors.

    Tolerate every body seen in the wild. Source: docs/looker-api.md, section 1.2.
    """
    try:
        parsed = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False, _page_text(body), ()
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


def _page_text(body: bytes) -> str:
    """Return the title of a gateway's HTML page, else its text, cut short."""
    text = body[:20_000].decode("utf-8", "replace")
    title = _TITLE.search(text)
    return shortened(title.group(1) if title else _TAGS.sub(" ", text))


def _field_text(error: FieldError) -> str:
    what = error.message or error.code
    return f"{error.field}: {what}" if error.field and not error.field.startswith("[") else what


def shortened(text: str) -> str:
    """Put a text on one line of at most 300 characters."""
    joined = " ".join(text.split())
    if len(joined) <= _MESSAGE_CHARACTERS:
        return joined
    return joined[: _MESSAGE_CHARACTERS - 1] + "…"
