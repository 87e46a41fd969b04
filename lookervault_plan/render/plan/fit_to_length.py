"""A document made to fit: sections share the room, and say what they leave out.

Small sections stay whole. A section that is too long first loses the
details of its last items, then its last items, and at last all of it.
"""

from collections.abc import Iterator, Sequence

import msgspec

from lookervault_plan.render.markdown_syntax import longest_backtick_run
from lookervault_plan.render.plan.view import fair_shares
from lookervault_plan.render.safe_text import counted

#: room for what a section says about what it leaves out
_NOTE_ROOM = 110


class ItemText(msgspec.Struct, frozen=True):
    """One item, in a line and in full. Both end with a line break."""

    short: str
    full: str


class Section(msgspec.Struct, frozen=True):
    """Blocks under a heading; fenced ones stand in a code block of that language."""

    opening: str
    blocks: tuple[ItemText, ...]
    closing: str = ""
    fence: str | None = None
    #: items there are beyond `blocks`
    beyond: int = 0
    #: gets what the others leave, and a fifth of the room if they leave nothing
    is_minor: bool = False

    @property
    def whole(self) -> int:
        """Characters it takes in full, at most."""
        return self.frame + sum(len(block.full) for block in self.blocks)

    @property
    def frame(self) -> int:
        """Characters it takes without any block, at most."""
        fences = 2 * len(self.ticks) + len(self.fence or "") + 3
        return len(self.opening) + len(self.closing) + fences + _NOTE_ROOM

    @property
    def ticks(self) -> str:
        """Longer than any ticks inside, so that nothing inside ends the code block."""
        if self.fence is None:
            return ""
        longest = max((longest_backtick_run(block.full) for block in self.blocks), default=0)
        return "`" * max(longest + 1, 3)


class LeftOut(msgspec.Struct, frozen=True):
    """What did not fit: whole items, and items of which only a line is there."""

    items: int = 0
    details: int = 0

    def __add__(self, other: "LeftOut") -> "LeftOut":
        return LeftOut(self.items + other.items, self.details + other.details)

    def __str__(self) -> str:
        pieces = [
            f"{counted(self.items, 'item')}" if self.items else "",
            f"the details of {counted(self.details, 'item')}" if self.details else "",
        ]
        return " and ".join(filter(None, pieces))


def fit_sections(sections: Sequence[Section], room: int) -> tuple[list[str], LeftOut]:
    """Text for each section, at most `room` characters in all; empty for one left out."""
    minor = sum(section.whole for section in sections if section.is_minor)
    major = sum(section.whole for section in sections if not section.is_minor)
    for_minor = min(minor, max(room - major, room // 5))
    rooms = {True: for_minor, False: room - for_minor}
    filled = {
        number: text
        for is_minor in (False, True)
        for number, text in _shared(sections, rooms[is_minor], is_minor=is_minor)
    }
    texts = [filled[number][0] for number in range(len(sections))]
    return texts, sum((omitted for _, omitted in filled.values()), LeftOut())


def _shared(
    sections: Sequence[Section], room: int, *, is_minor: bool
) -> Iterator[tuple[int, tuple[str, LeftOut]]]:
    chosen = [n for n, section in enumerate(sections) if section.is_minor is is_minor]
    given = fair_shares([sections[number].whole for number in chosen], room)
    for number, share in zip(chosen, given, strict=True):
        yield number, _filled(sections[number], share)


def _filled(section: Section, room: int) -> tuple[str, LeftOut]:
    left = room - section.frame
    count = len(section.blocks)
    if left < 0 or (count and len(section.blocks[0].short) > left):
        return "", LeftOut(items=count + section.beyond)
    pieces: list[str] = []
    for block in section.blocks:
        if len(block.short) > left:
            break
        pieces.append(block.short)
        left -= len(block.short)
    details = 0
    for number, block in enumerate(section.blocks[: len(pieces)]):
        if len(block.full) - len(block.short) > left:
            details = sum(one.full != one.short for one in section.blocks[number : len(pieces)])
            break
        left -= len(block.full) - len(block.short)
        pieces[number] = block.full
    omitted = LeftOut(items=count - len(pieces) + section.beyond, details=details)
    return _framed(section, "".join(pieces), str(omitted)), omitted


def _framed(section: Section, body: str, left_out: str) -> str:
    note = f"\nLeft out here: {left_out}.\n" if left_out else ""
    ticks = section.ticks
    if ticks:
        body = f"{ticks}{section.fence}\n{body}{ticks}\n"
    return f"{section.opening}{body}{note}{section.closing}"
