"""The log of what was asked."""

from collections.abc import Iterable
from typing import Final

import msgspec

WRITES: Final = frozenset({"POST", "PATCH", "PUT", "DELETE"})
SESSION: Final = frozenset({"/login", "/logout"})


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One API call as the sandbox saw it."""

    method: str
    path: str  # without /api/4.0, as it was sent
    query: dict[str, str]
    body: object  # JSON; None without one, and for /login
    status: int  # of the answer, sent or not; 0 if nothing was carried out or answered
    started: float  # monotonic seconds
    ended: float
    user: str  # the caller's id; "" before login
    fault: str = ""  # the Fault.kind that it met

    @property
    def is_write(self) -> bool:
        """Whether it changes content: neither reads nor login and logout do."""
        return self.method in WRITES and self.path not in SESSION


RequestLog = list[Request]


def writes(requests: Iterable[Request]) -> list[Request]:
    """Those that change content."""
    return [request for request in requests if request.is_write]
