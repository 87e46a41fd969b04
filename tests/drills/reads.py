"""Every endpoint that the table reads, and a Looker in this process that spoils the replies."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec

from lookervault_plan.content.table.kinds import EXTERNAL, KINDS, Kind, Listing
from lookervault_plan.looker.errors import ConnectionFailed
from lookervault_plan.looker.http_reply import Reply
from lookervault_plan.sandbox.http_messages import spoiled
from lookervault_plan.sandbox.looker import Looker

#: Bodies of replies with status 200 that no client can use.
BODIES = ("html", "cut", "null", "empty", "shape")
#: A reply that never comes.
LOST = "lost"
REFUSALS = (404, 403)
FAULTS = (*BODIES, LOST, *REFUSALS)
Fault = str | int

#: Reads that no row of the table names.
OTHERS = ("/versions", "/user")


class Endpoint(msgspec.Struct, frozen=True):
    """A read of the table, and whether a plan or backup can do without it."""

    path: str
    #: False: a refusal is an error.
    is_auxiliary: bool
    #: True: a refusal is answered by another read, which tells as much.
    has_substitute: bool = False

    def matches(self, path: str) -> bool:
        pattern = re.sub(r"\{[^}]*\}", "(?!search$)[^/]+", self.path)
        return re.fullmatch(pattern, path) is not None


def endpoints() -> list[Endpoint]:
    """All reads, by path; those that a row reads first come first."""
    found: dict[str, Endpoint] = {}
    for each in _all():
        _ = found.setdefault(each.path, each)
    return list(found.values())


def _all() -> Iterator[Endpoint]:
    for row in KINDS.values():
        if row.item.listing:
            yield from _of_listing(row.item.listing)
        yield from _of_row(row)
    for names in EXTERNAL.values():
        yield Endpoint(names.path, is_auxiliary=True)
    for path in OTHERS:
        yield Endpoint(path, is_auxiliary=True)


def _of_listing(listing: Listing) -> Iterator[Endpoint]:
    yield Endpoint(listing.path, is_auxiliary=bool(listing.fallback_path))
    if listing.fallback_path:
        yield Endpoint(listing.fallback_path, is_auxiliary=False)
    if listing.search_path:
        yield Endpoint(listing.search_path, is_auxiliary=False)
    if listing.complete_path:
        yield Endpoint(listing.complete_path, is_auxiliary=True, has_substitute=True)


def _of_row(row: Kind) -> Iterator[Endpoint]:
    if row.path and (row.is_item or row.content_addressed):
        yield Endpoint(f"{row.path}/{{id}}", is_auxiliary=row.content_addressed)
    for read in (*row.item.per_item_reads, *row.item.bulk_reads):
        yield Endpoint(read.path, is_auxiliary=True)
    if row.is_access_entry:
        yield Endpoint(row.path, is_auxiliary=True)
    if row.is_part and row.part.auto_created and not row.part.auto_created.owner_kind:
        yield Endpoint(row.path, is_auxiliary=True, has_substitute=True)
        yield Endpoint(f"{row.path}/{{id}}", is_auxiliary=True)


class InProcess:
    """Takes the place of `HttpTransport`: a Looker in this process, with faults."""

    def __init__(self, looker: Looker) -> None:
        self.looker = looker
        #: Path -> fault of every reply to a GET of it.
        self.always: Mapping[str, Fault] = {}
        #: The fault of the first reply to each path.
        self.first: Fault | None = None
        self.calls = 0
        self.paths: list[tuple[str, str]] = []

    def begin(self, always: Mapping[str, Fault] | None = None, first: Fault | None = None) -> None:
        """Forget the requests so far, and spoil replies from now on."""
        self.always, self.first = always or {}, first
        self.paths = []

    def send(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: bytes | None = None,
        headers: Mapping[str, str],
    ) -> Reply:
        del headers
        self.calls += 1
        if path == "/login":
            return Reply(status=200, headers={}, body=b'{"access_token": "t"}', path=path)
        is_first = (method, path) not in self.paths
        self.paths.append((method, path))
        fault = self._fault(method, path, is_first=is_first)
        if fault == LOST:
            raise ConnectionFailed("reset", sent=True, method=method, path=path)
        if isinstance(fault, str):
            data, kind = spoiled(fault)  # pyright: ignore[reportArgumentType]
            return Reply(
                status=200, headers={"content-type": kind}, body=data, method=method, path=path
            )
        if fault is not None:
            data = b'{"message": "Not found", "documentation_url": "https://x/"}'
            return Reply(status=fault, headers={}, body=data, method=method, path=path)
        asked = dict(parse_qsl(query, keep_blank_values=True))
        sent = msgspec.json.decode(body) if body else None
        status, answer, total = self.looker.answer(method, path, asked, sent, user_id=None)
        return Reply(
            status=status,
            headers={} if total is None else {"x-total-count": str(total)},
            body=msgspec.json.encode(answer),
            method=method,
            path=path,
        )

    def _fault(self, method: str, path: str, *, is_first: bool) -> Fault | None:
        if method != "GET":
            return None
        if self.first is not None and is_first:
            return self.first
        for template, fault in self.always.items():
            if Endpoint(template, is_auxiliary=True).matches(path):
                return fault
        return None

    def close(self) -> None:
        pass

    def has_read(self, endpoint: Endpoint) -> bool:
        return any(method == "GET" and endpoint.matches(path) for method, path in self.paths)


def copy_of(looker: Looker, path: Path, *, seed: int) -> Looker:
    """The same instance once more, to be changed."""
    looker.save(path)
    copied = Looker(seed=seed, load=path)
    copied.instance.base_url = looker.instance.base_url
    return copied
