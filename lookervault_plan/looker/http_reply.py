"""An answer of 2xx."""

from collections.abc import Mapping
from typing import TypeVar, overload

import msgspec

from lookervault_plan.errors import Diagnostic
from lookervault_plan.looker.errors import UnreadableReply

T = TypeVar("T")
_UNTYPED = msgspec.json.Decoder(object)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """Header names are lower case; `method` and `path` are those of the request."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    method: str = ""
    path: str = ""

    @overload
    def json(self) -> object: ...
    @overload
    def json(self, type: type[T]) -> T: ...
    def json(self, type: type[T] | None = None) -> T | object:  # noqa: A002 — msgspec's word
        """The decoded body. Raises UnreadableReply (code looker.reply)."""
        try:
            if type is None:
                return _UNTYPED.decode(self.body)
            return msgspec.json.decode(self.body, type=type)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self.unreadable(error) from error

    def unreadable(self, error: Exception) -> UnreadableReply:
        kind = self.headers.get("content-type", "no content type")
        return UnreadableReply(
            Diagnostic(
                code="looker.reply",
                summary=f"the answer to {self.method} {self.path} cannot be read",
                detail=f"{error} ({self.status}, {len(self.body)} bytes, {kind})",
                fix="check that the base URL is the API's, and no proxy answers in its place",
            )
        )
