"""Trouble on demand: what may happen to a request between the client and the instance."""

import re
from random import Random
from typing import Literal

import msgspec

Kind = Literal[
    "slow",  # wait, then carry out and answer
    "slow_reply",  # carry out at once, answer late
    "late_commit",  # drop the connection at once, carry out later all the same
    "reset_before",  # drop the connection, carry out nothing
    "reset_after",  # carry out, drop the connection
    "error",  # answer with `status`, carry out nothing
    "error_after",  # carry out, answer with `status`: a gateway that lost patience
    "spoil",  # answer 200 with `body`, carry out nothing
    "spoil_after",  # carry out, answer 200 with `body`
    "too_many",  # 429 with Retry-After, carry out nothing
    "expire_token",  # the caller's token is no longer valid
]

Body = Literal[
    "html",  # a login page
    "cut",  # JSON that ends too early
    "null",
    "empty",
    "shape",  # JSON that is neither an object of Looker's nor a list of them
]


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of trouble, and for which requests."""

    kind: Kind
    share: float = 1.0  # of the requests that match, 0 to 1
    method: str = ""  # a regular expression for the whole method: "POST|PATCH"
    path: str = ""  # a regular expression searched in the path, /api/4.0 left out
    skip: int = 0  # let so many matching requests pass first
    count: int | None = None  # happen at most so often
    seconds: float = 1.0  # how slow, how late, or what Retry-After says
    status: int = 503  # of error and error_after
    html: bool = False  # the error's body is a proxy's page
    body: Body = "html"  # of spoil and spoil_after
    as_date: bool = False  # Retry-After is an HTTP date


class Faults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All trouble of a sandbox; change it while it runs."""

    latency_seconds: float = 0.0
    jitter_seconds: float = 0.0  # added to the latency, evenly between 0 and this
    requests_per_second: float | None = None  # more than this in a second are 429
    retry_after_seconds: float = 1.0  # what those say
    retry_after_as_date: bool = False
    expires_in: int = 3600  # what login promises
    token_seconds: float | None = None  # how long a token really lasts
    token_requests: int | None = None  # for how many requests it is good
    ignore_fields: dict[str, list[str]] = {}  # {"dashboard": ["user_id"]}: silently not taken
    edge_exists_status: int | None = None  # answers the adding of an edge that is there already
    rules: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a rule; counts of the others go on."""
        self.rules = [*self.rules, fault]

    def clear(self) -> None:
        """No more trouble of any kind."""
        fresh = Faults()
        for name in self.__struct_fields__:
            setattr(self, name, getattr(fresh, name))


class Dice:
    """Which of the rules a request meets: seeded, and counting."""

    def __init__(self, seed: int) -> None:
        self._random: Random = Random(f"{seed}:faults")  # noqa: S311 - no secret
        self._seen: dict[int, tuple[Fault, int, int]] = {}

    def latency(self, faults: Faults) -> float:
        """How long this request takes, in seconds."""
        jitter = self._random.random() * faults.jitter_seconds if faults.jitter_seconds else 0.0
        return faults.latency_seconds + jitter

    def throw(self, faults: Faults, method: str, path: str) -> Fault | None:
        """The first rule that hits this request, if any does."""
        for fault in faults.rules:
            if not re.fullmatch(fault.method or ".*", method) or not re.search(fault.path, path):
                continue
            # Kept with its count, so that a freed rule's id() can't be taken for another's.
            _, matched, happened = self._seen.get(id(fault), (fault, 0, 0))
            matched += 1
            hit = (
                matched > fault.skip
                and (fault.count is None or happened < fault.count)
                and (fault.share >= 1 or self._random.random() < fault.share)
            )
            self._seen[id(fault)] = (fault, matched, happened + hit)
            if hit:
                return fault
        return None
