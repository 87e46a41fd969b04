"""Text cut to a number of terminal cells. Cuts are marked by an ellipsis."""

from rich.cells import cell_len, set_cell_size

#: Characters of the common beginning that stay in front of the first difference.
_CONTEXT = 16


def clip(text: str, room: int) -> str:
    """Cut the end off a text that takes more than `room` cells."""
    if cell_len(text) <= room:
        return text
    return set_cell_size(text, max(room - 1, 0)).rstrip() + "…"


def window(before: str, after: str, room: int) -> tuple[str, str]:
    """Cut both texts to `room` cells, so that their first difference shows."""
    if cell_len(before) <= room and cell_len(after) <= room:
        return before, after
    same = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        same += 1
    start = same - _CONTEXT
    if start > 0 and same > room // 2:
        before, after = "…" + before[start:], "…" + after[start:]
    return clip(before, room), clip(after, room)
