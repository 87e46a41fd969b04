"""Values and changes as entries: before and after, so that the difference is what one sees."""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

import msgspec
from rich.cells import cell_len

from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, SENSITIVE, Change
from lookervault_plan.render.lines import Line, Role, Span
from lookervault_plan.render.safe_text import clip, counted, reads_right_to_left, visible, window

#: written without quotes: they are not values of the instance
_MARKS = frozenset((KNOWN_AFTER_APPLY, SENSITIVE))


class DetailLimits(msgspec.Struct, frozen=True):
    """How much of an item is shown."""

    #: cells for a change, or a line of one
    room: int = 66
    #: lines of the difference between two texts
    lines: int = 12
    #: changes of one item or part
    changes: int = 30
    #: parts of one collection that are named
    parts: int = 20
    #: name each part of an item that is created, instead of counting them
    spread: bool = False
    #: `before -> after` in a line where it fits; else a line for each, as diffs have it
    arrow: bool = True


def one_line_json(value: object) -> str:
    """The value as JSON on one line; marks of the plan without quotes."""
    if isinstance(value, str) and value in _MARKS:
        return value
    return visible(json.dumps(value, ensure_ascii=False, default=str))


def change_lines(changes: Sequence[Change], detail: DetailLimits) -> Iterator[Line]:
    """An entry for each change, then one that counts what is not shown."""
    shown = changes[: detail.changes]
    column = max((len(change.path) for change in shown if len(change.path) <= 24), default=0)
    for change in shown:
        yield from _change(change, detail, column if detail.arrow else 0)
    if len(shown) < len(changes):
        yield Line.of(" ", ("dim", f"… and {counted(len(changes) - len(shown), 'more change')}"))


def changes_on_one_line(changes: Sequence[Change], detail: DetailLimits) -> str | None:
    """All changes in one line, if they are few and short: `row = 0 -> 4`."""
    if not detail.arrow or not changes or len(changes) > 4:
        return None
    pieces = [
        f"{visible(change.path)} = {one_line_json(change.before)} -> {one_line_json(change.after)}"
        for change in changes
        if not change.sensitive and not _is_long(change.before) and not _is_long(change.after)
    ]
    text = ", ".join(pieces)
    if len(pieces) < len(changes) or cell_len(text) > detail.room - 20:
        return None
    return None if reads_right_to_left(text) else text


def _is_long(value: object) -> bool:
    return isinstance(value, str) and "\n" in value


def _change(change: Change, detail: DetailLimits, column: int) -> Iterator[Line]:
    path = visible(change.path)
    name = Span("field", path.ljust(column))
    if change.sensitive:
        yield Line("~", (name, Span("plain", " = "), Span("dim", SENSITIVE)))
        return
    before, after = one_line_json(change.before), one_line_json(change.after)
    fits = cell_len(path) + cell_len(before) + cell_len(after) <= detail.room
    turned = reads_right_to_left(before) or reads_right_to_left(after)
    if change.before is None and cell_len(path) + cell_len(after) <= detail.room:
        yield Line("+", (name, Span("plain", " = "), Span("after", after)))
    elif change.after is None and cell_len(path) + cell_len(before) <= detail.room:
        yield Line("-", (name, Span("plain", " = "), Span("before", before)))
    elif detail.arrow and fits and not turned and not _is_long(change.before):
        spans = (Span("before", before), Span("plain", " -> "), Span("after", after))
        yield Line("~", (name, Span("plain", " = "), *spans))
    elif not detail.arrow and fits and not _is_long(change.before):
        yield Line("-", (name, Span("plain", " = "), Span("before", before)))
        yield Line("+", (name, Span("plain", " = "), Span("after", after)))
    else:
        sign = "+" if change.before is None else "-" if change.after is None else "~"
        lines = tuple(_difference(change.before, change.after, detail))
        yield Line(sign, (Span("field", path),), lines)


def _difference(before: object, after: object, detail: DetailLimits) -> Iterator[Line]:
    """Line by line for texts and structures; around the first difference for one long line."""
    old, new = _lines(before), _lines(after)
    if old == new or (len(old) <= 1 and len(new) <= 1):
        one, other = window(one_line_json(before), one_line_json(after), detail.room)
        if before is not None:
            yield Line.of("-", ("before", one))
        if after is not None:
            yield Line.of("+", ("after", other))
        return
    rows = list(_diff_rows(old, new, max(detail.lines // 3, 3)))
    for sign, line in rows[: detail.lines]:
        yield Line.of(sign, (_LINE_ROLES[sign], clip(visible(line), detail.room)))
    if len(rows) > detail.lines:
        more = counted(len(rows) - detail.lines, "more line")
        yield Line.of(" ", ("dim", f"… and {more}"))


_LINE_ROLES: Mapping[str, Role] = {"-": "before", "+": "after", " ": "context"}


def _lines(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return value.splitlines() or [""]
    lines = json.dumps(value, ensure_ascii=False, default=str, indent=2).splitlines()
    # a comma behind every entry, so that one more entry is a difference of one line
    return [line if line.endswith(("{", "[", ",")) else f"{line}," for line in lines[:-1]] + [
        lines[-1]
    ]


def _diff_rows(old: list[str], new: list[str], longest: int) -> Iterator[tuple[str, str]]:
    """What differs with one line of context before and after; `…` for what is left out."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    last = len(blocks) - 1
    for number, (tag, start, end, new_start, new_end) in enumerate(blocks):
        if tag != "equal":
            yield from _run("-", old[start:end], longest)
            yield from _run("+", new[new_start:new_end], longest)
            continue
        head = old[start : start + 1] if number > 0 else []
        tail = old[end - 1 : end] if number < last else []
        hidden = end - start - len(head) - len(tail)
        if hidden < 0:
            yield " ", old[start]
            continue
        yield from ((" ", line) for line in head)
        if hidden:
            yield " ", "…"
        yield from ((" ", line) for line in tail)


def _run(sign: str, lines: Sequence[str], longest: int) -> Iterator[tuple[str, str]]:
    """Lines of one sign; a long run is cut, so that what replaces it is seen too."""
    shown = lines if len(lines) <= longest else lines[: longest - 1]
    yield from ((sign, line) for line in shown)
    if len(shown) < len(lines):
        yield sign, f"… {len(lines) - len(shown):,} more"
