"""Read paged lists: one page after the other, or many at once where the total is known.

Source: docs/looker-api.md, section 1.5.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future

import msgspec

from lookervault_plan.errors import PlanError, failure
from lookervault_plan.looker.decode import decoded, undecoded_objects
from lookervault_plan.looker.http_reply import Reply

#: Items after which a list is taken for endless.
MAX_ITEMS = 5_000_000
#: A total with more digits is taken for none.
_TOTAL_DIGITS = 12


class Page(msgspec.Struct, frozen=True):
    """One page of a list, with what its headers say of the rest."""

    items: Sequence[msgspec.Raw]
    #: Length of the whole list; None if the server does not tell.
    total: int | None
    #: Whether the Link header names a next page; None without that header.
    has_next: bool | None

    def is_followed(self, offset: int) -> bool:
        """Return whether the server itself says that the list goes on after this page."""
        if not self.items:
            return False
        if self.total is not None:
            return offset + len(self.items) < self.total
        return self.has_next is True

    def is_last(self, page_size: int) -> bool:
        """Return whether the list ends here, for a server that tells no total.

        The Link header decides; without it, the first page that is not full is the last.
        """
        if self.total is not None:
            return False
        return len(self.items) < page_size if self.has_next is None else not self.has_next


def read_pages(
    fetch: Callable[[int], Page],
    *,
    submit: Callable[[int], Future[Page]],
    limit: int,
    workers: int,
    on_total_changed: Callable[[int | None, int], None],
    path: str,
) -> Iterator[list[msgspec.Raw]]:
    """Yield the items of all pages, in order of offset.

    `fetch` reads the page at an offset; `submit` does so in another thread. If the server tells
    the total, as many pages as there are workers are read ahead, else two. `on_total_changed` is
    called with the old and the new total if the list changes while it is read. An empty page ends
    the list, whatever the total. Raises PlanError if the list never ends.
    """
    page = fetch(0)
    # A server may cap `limit`. All its pages are then as long as the first one.
    page_size = len(page.items) if page.is_followed(0) else limit
    total, offset, is_over = page.total, page_size, page.is_last(page_size)
    pending: deque[Future[Page]] = deque()
    seen = _SeenItems(path, page_size)
    try:
        while True:
            ahead = 2 if total is None else workers
            while len(pending) < ahead and not is_over and (total is None or offset < total):
                pending.append(submit(offset))
                offset += page_size
            if page.items:
                if pending:
                    seen.add(page.items)
                yield list(page.items)
            if not pending:
                return
            page = pending.popleft().result()
            if page.total is not None and page.total != total:
                on_total_changed(total, page.total)
                total = page.total
            is_over = is_over or not page.items or page.is_last(page_size)
            seen.check(page.items)
    finally:
        for future in pending:
            _ = future.cancel()


class _SeenItems:
    """Recognises a list that never ends: the server ignores `offset`, or makes items up."""

    def __init__(self, path: str, page_size: int) -> None:
        self._path = path
        self._page_size = page_size
        self._keys: set[object] = set()

    def add(self, items: Sequence[msgspec.Raw]) -> None:
        self._keys.update(map(_key, items))

    def check(self, items: Sequence[msgspec.Raw]) -> None:
        """Raise PlanError if a full page holds only items that came before."""
        if len(self._keys) > MAX_ITEMS:
            raise self._endless(f"it has more than {MAX_ITEMS:,} items")
        if len(items) >= self._page_size and self._keys.issuperset(map(_key, items)):
            raise self._endless("a later page repeats the items of earlier ones")

    def _endless(self, why: str) -> PlanError:
        return failure(
            "looker.endless",
            f"the list GET {self._path} does not end",
            detail=f"{why}; the server, or a proxy before it, seems to ignore the offset",
            fix="check that the base URL is the API's, and that no proxy or cache answers in its "
            "place",
        )


class _Identified(msgspec.Struct):
    id: str | int | None = None


_identified = msgspec.json.Decoder(_Identified)


def _key(item: msgspec.Raw) -> object:
    """Return the id of an item, or the hash of an item without one."""
    try:
        id_ = _identified.decode(item).id
    except (msgspec.DecodeError, UnicodeDecodeError):
        id_ = None
    return hash(bytes(item)) if id_ is None else str(id_)


def page_of(reply: Reply, id_field: str) -> Page:
    """Decode one page. Raises UnreadableReply."""
    links = reply.headers.get("link")
    return Page(
        items=decoded(reply, undecoded_objects(id_field)),
        total=total_of(reply),
        has_next=None if links is None else 'rel="next"' in links,
    )


def total_of(reply: Reply) -> int | None:
    """Return the length of the whole list as the server tells it, or None."""
    total = reply.headers.get("x-total-count", "")
    is_number = total.isascii() and total.isdigit() and len(total) <= _TOTAL_DIGITS
    return int(total) if is_number else None
