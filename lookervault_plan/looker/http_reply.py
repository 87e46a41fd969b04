"""The answer to one request."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar, overload

import msgspec

from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.errors import ApiError, UnreadableReply
from lookervault_plan.looker.retry_after import retry_after_seconds

T = TypeVar("T")
_UNTYPED = msgspec.json.Decoder(object)
#: Characters of a header to show.
_HEADER_LENGTH = 80


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer with the request's method and path."""

    status: int
    #: By lower-case name.
    headers: Mapping[str, str]
    body: bytes
    #: Why the body is not whole, or was not unpacked. Empty: it is.
    damage: str = ""
    method: str = ""
    #: Without `/api/4.0`.
    path: str = ""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @overload
    def json(self) -> object: ...
    @overload
    def json(self, type: type[T]) -> T: ...
    def json(self, type: type[T] | None = None) -> T | object:  # noqa: A002 — msgspec's word
        """Decode the JSON body. Raises UnreadableReply."""
        try:
            if type is None:
                return _UNTYPED.decode(self.body)
            return msgspec.json.decode(self.body, type=type)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self.unreadable(error) from error

    def unreadable(self, reason: object) -> UnreadableReply:
        """Make the error for a body that can't be used. `reason` must not quote it."""
        kind = self.headers.get("content-type", "no content type")[:_HEADER_LENGTH]
        return UnreadableReply(
            Diagnostic(
                code="looker.reply",
                summary=f"the answer to {self.method} {self.path} cannot be read",
                detail=f"{reason} ({self.status}, {len(self.body)} bytes, {kind})",
                fix="try again later; if it stays, check that the base URL is the API's, and that "
                "no proxy answers in its place",
            )
        )


def api_error(reply: Reply) -> ApiError:
    """Make the error for an answer that is not 2xx."""
    now = datetime.now(UTC)  # noqa: TID251 — the edge of the world, where times come from
    return ApiError(
        reply.status,
        reply.method,
        reply.path,
        reply.body,
        reply.headers,
        retry_after=retry_after_seconds(reply.headers, now),
    )
