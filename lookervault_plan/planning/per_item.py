"""Keep what deciding finds by item, so that an item can be decided again."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, Self, TypeVar

from lookervault_plan.content.node import SourceRef

T = TypeVar("T")


class PerItem(Generic[T]):
    """A list of findings. Each belongs to the item that was being decided when it was added."""

    def __init__(self, deciding: Sequence[SourceRef]) -> None:
        """`deciding` lists the items being decided; the last one needs a decision now."""
        self._deciding = deciding
        self._found: dict[SourceRef, list[T]] = {}

    def append(self, one: T) -> None:
        """Add one finding."""
        self._found.setdefault(self._deciding[-1], []).append(one)

    def __iadd__(self, found: Iterable[T]) -> Self:
        """Add several findings. Computing them may decide other items."""
        for one in list(found):
            self.append(one)
        return self

    def forget(self, ref: SourceRef) -> None:
        """Drop the findings of an item."""
        _ = self._found.pop(ref, None)

    def in_order(self, refs: Iterable[SourceRef]) -> Iterator[T]:
        """Yield the findings of these items, in this order."""
        for ref in refs:
            yield from self._found.get(ref, ())
