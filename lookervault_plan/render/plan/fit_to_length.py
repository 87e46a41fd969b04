"""Sections of Markdown cut to a length. Each section says what it leaves out.

Small sections stay whole. A section that is too long first loses the details of its last items,
then its last items, and at last all of it.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from lookervault_plan.render.amounts import counted
from lookervault_plan.render.fair_shares import fair_shares
from lookervault_plan.render.markdown_syntax import fence_around

#: Characters kept for a section's note on what it leaves out.
_NOTE_ROOM = 110


#: How much a section matters. 0: it is whole while there is any room. 1: it gets what those leave.
#: 2: it gets what all others leave, and at least a fifth of what those of rank 0 leave.
Rank = Literal[0, 1, 2]
_RANKS: tuple[Rank, ...] = (0, 1, 2)


class ItemText(msgspec.Struct, frozen=True):
    """One item as a line, and in full. Both end with a line break."""

    short: str
    full: str


class Section(msgspec.Struct, frozen=True):
    """Items under a heading."""

    opening: str
    items: tuple[ItemText, ...]
    closing: str = ""
    #: Language of the code block around the items. None: no code block.
    fence: str | None = None
    #: Count of further items, which are not in `items`.
    beyond: int = 0
    rank: "Rank" = 1

    @property
    def whole(self) -> int:
        """Count the characters of the whole section, at most."""
        return self.frame + sum(len(item.full) for item in self.items)

    @property
    def frame(self) -> int:
        """Count the characters of the section without items, at most."""
        fences = 2 * len(self.backticks) + len(self.fence or "") + 3
        return len(self.opening) + len(self.closing) + fences + _NOTE_ROOM

    @property
    def backticks(self) -> str:
        """The code block's fence, longer than any run inside, so that no item ends the block."""
        if self.fence is None:
            return ""
        return max((fence_around(item.full) for item in self.items), key=len, default="```")


class LeftOut(msgspec.Struct, frozen=True):
    """Counts of what did not fit."""

    #: Items that are not shown.
    items: int = 0
    #: Items shown as a line, without their details.
    details: int = 0

    def __add__(self, other: "LeftOut") -> "LeftOut":
        return LeftOut(self.items + other.items, self.details + other.details)

    def __str__(self) -> str:
        pieces = [
            counted(self.items, "item") if self.items else "",
            f"the details of {counted(self.details, 'item')}" if self.details else "",
        ]
        return " and ".join(filter(None, pieces))


def fit_sections(sections: Sequence[Section], room: int) -> tuple[list[str], LeftOut]:
    """Write each section, in at most `room` characters together; "" for a section left out."""
    needs = [sum(each.whole for each in sections if each.rank == rank) for rank in _RANKS]
    first = min(needs[0], max(room, 0))
    last = min(needs[2], max(room - first - needs[1], (room - first) // 5))
    rooms = (first, room - first - last, last)
    written = {
        number: text
        for rank, share in zip(_RANKS, rooms, strict=True)
        for number, text in _share_room(sections, share, rank)
    }
    texts = [written[number][0] for number in range(len(sections))]
    return texts, sum((left_out for _, left_out in written.values()), LeftOut())


def _share_room(
    sections: Sequence[Section], room: int, rank: Rank
) -> Iterator[tuple[int, tuple[str, LeftOut]]]:
    chosen = [n for n, section in enumerate(sections) if section.rank == rank]
    given = fair_shares([sections[number].whole for number in chosen], room)
    for number, share in zip(chosen, given, strict=True):
        yield number, _fit_section(sections[number], share)


def _fit_section(section: Section, room: int) -> tuple[str, LeftOut]:
    left = room - section.frame
    count = len(section.items)
    if left < 0 or (count and len(section.items[0].short) > left):
        return "", LeftOut(items=count + section.beyond)
    pieces: list[str] = []
    for item in section.items:
        if len(item.short) > left:
            break
        pieces.append(item.short)
        left -= len(item.short)
    details = 0
    for number, item in enumerate(section.items[: len(pieces)]):
        if len(item.full) - len(item.short) > left:
            details = sum(one.full != one.short for one in section.items[number : len(pieces)])
            break
        left -= len(item.full) - len(item.short)
        pieces[number] = item.full
    left_out = LeftOut(items=count - len(pieces) + section.beyond, details=details)
    return _write_section(section, "".join(pieces), str(left_out)), left_out


def _write_section(section: Section, body: str, left_out: str) -> str:
    note = f"\nLeft out here: {left_out}.\n" if left_out else ""
    if backticks := section.backticks:
        body = f"{backticks}{section.fence}\n{body}{backticks}\n"
    return f"{section.opening}{body}{note}{section.closing}"
