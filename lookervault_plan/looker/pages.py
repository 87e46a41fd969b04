"""Read paged lists: one page after the other, or many at once where the total is known.

Source: docs/looker-api.md, section 1.5.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Generic, TypeVar

import msgspec

from lookervault_plan.looker.http_reply import Reply

T = TypeVar("T")
Decode = Callable[[bytes], list[T]]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list, with what its headers say of the rest."""

    items: list[T]
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
    fetch: Callable[[int], Page[T]],
    *,
    submit: Callable[[int], Future[Page[T]]],
    limit: int,
    workers: int,
    on_total_changed: Callable[[int | None, int], None],
) -> Iterator[list[T]]:
    """Yield the items of all pages, in order of offset.

    `fetch` reads the page at an offset; `submit` does so in another thread. If the server tells
    the total, as many pages as there are workers are read ahead, else two. `on_total_changed` is
    called with the old and the new total if the list changes while it is read.
    """
    page = fetch(0)
    # A server may cap `limit`. All its pages are then as long as the first one.
    page_size = len(page.items) if page.is_followed(0) else limit
    total, offset, is_over = page.total, page_size, page.is_last(page_size)
    pending: deque[Future[Page[T]]] = deque()
    try:
        while True:
            ahead = 2 if total is None else workers
            while len(pending) < ahead and not is_over and (total is None or offset < total):
                pending.append(submit(offset))
                offset += page_size
            if page.items:
                yield page.items
            if not pending:
                return
            page = pending.popleft().result()
            if page.total is not None and page.total != total:
                on_total_changed(total, page.total)
                total = page.total
            is_over = is_over or page.is_last(page_size)
    finally:
        for future in pending:
            _ = future.cancel()


def page_of(reply: Reply, decode: Decode[T]) -> Page[T]:
    """Decode one page. Raises UnreadableReply."""
    try:
        items = decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise reply.unreadable(error) from error
    total, links = reply.headers.get("x-total-count", ""), reply.headers.get("link")
    return Page(
        items=items,
        total=int(total) if total.isascii() and total.isdigit() else None,
        has_next=None if links is None else 'rel="next"' in links,
    )


def raw_items(body: bytes) -> list[msgspec.Raw]:
    """Split a JSON array into undecoded elements.

    Each element keeps the memory of the whole page alive.
    """
    return msgspec.json.decode(body, type=list[msgspec.Raw])
