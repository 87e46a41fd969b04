"""How a change is shown: before and after, cut so that the difference stands out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

import msgspec
from rich.cells import cell_len

from lookervault_plan.content.redact import SENSITIVE
from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, Change
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.lines import Line, Role, Span
from lookervault_plan.render.safe_text import reads_right_to_left, visible
from lookervault_plan.render.shorten import clip, window

#: Longer paths do not widen the column of paths, in characters.
_COLUMN_WIDTH = 24
#: Changes of a part that may share a line.
_CHANGES_ON_ONE_LINE = 4


class DetailLimits(msgspec.Struct, frozen=True):
    """How much of an item is shown."""

    #: Terminal cells of a change, or of one line of a difference.
    width: int = 66
    #: Lines of the difference between two values.
    diff_lines: int = 12
    #: Changes of one item or part.
    changes: int = 30
    #: Parts of one collection that are named.
    parts: int = 20
    #: Give each part of a created item a line. False: count the parts of a collection.
    names_created_parts: bool = False
    #: Show a short change as `before -> after`. False: a line for each value, as diffs do.
    uses_arrows: bool = True


def change_lines(changes: Sequence[Change], limits: DetailLimits) -> Iterator[Line]:
    """Show each change, then count the changes beyond the limit."""
    shown = changes[: limits.changes]
    widths = [len(change.path) for change in shown if len(change.path) <= _COLUMN_WIDTH]
    column = max(widths, default=0) if limits.uses_arrows else 0
    for change in shown:
        yield from _change(change, limits, column)
    if len(shown) < len(changes):
        yield Line.of(" ", ("dim", f"… and {counted(len(changes) - len(shown), 'more change')}"))


def changes_on_one_line(changes: Sequence[Change], limits: DetailLimits) -> str | None:
    """Show all changes on one line, as `row = 0 -> 4`; None unless they are few and short."""
    if not limits.uses_arrows or not changes or len(changes) > _CHANGES_ON_ONE_LINE:
        return None
    pieces = [
        f"{visible(change.path)} = {_one_line(change.before)} -> {_after(change)}"
        for change in changes
        if not change.sensitive and not _has_lines(change.before) and not _has_lines(change.after)
    ]
    text = ", ".join(pieces)
    if len(pieces) < len(changes) or cell_len(text) > limits.width - 20:
        return None
    return None if reads_right_to_left(text) else text


def _one_line(value: object) -> str:
    return visible(json.dumps(value, ensure_ascii=False, default=str))


def _after(change: Change) -> str:
    """Write the new value as JSON on one line, or say without quotes that apply will learn it."""
    return KNOWN_AFTER_APPLY if change.after_is_unknown else _one_line(change.after)


def _has_lines(value: object) -> bool:
    return isinstance(value, str) and "\n" in value


def _change(change: Change, limits: DetailLimits, column: int) -> Iterator[Line]:
    """Show a change on one line if it fits, else as a difference below its path.

    A sensitive change shows `(sensitive)` in place of its values.
    """
    path = visible(change.path)
    name = Span("field", path.ljust(column))
    if change.sensitive:
        yield Line("~", (name, Span("plain", " = "), Span("dim", SENSITIVE)))
        return
    before, after = _one_line(change.before), _after(change)
    fits = cell_len(path) + cell_len(before) + cell_len(after) <= limits.width
    is_turned = reads_right_to_left(before) or reads_right_to_left(after)
    if change.before is None and cell_len(path) + cell_len(after) <= limits.width:
        yield Line("+", (name, Span("plain", " = "), Span("after", after)))
    elif change.after is None and cell_len(path) + cell_len(before) <= limits.width:
        yield Line("-", (name, Span("plain", " = "), Span("before", before)))
    elif limits.uses_arrows and fits and not is_turned and not _has_lines(change.before):
        spans = (Span("before", before), Span("plain", " -> "), Span("after", after))
        yield Line("~", (name, Span("plain", " = "), *spans))
    elif not limits.uses_arrows and fits and not _has_lines(change.before):
        yield Line("-", (name, Span("plain", " = "), Span("before", before)))
        yield Line("+", (name, Span("plain", " = "), Span("after", after)))
    else:
        sign = "+" if change.before is None else "-" if change.after is None else "~"
        below = tuple(_difference(change, limits))
        yield Line(sign, (Span("field", path),), below)


def _difference(change: Change, limits: DetailLimits) -> Iterator[Line]:
    """Compare texts and structures line by line; cut single lines around the first difference."""
    before, after = change.before, change.after
    old, new = _value_lines(before), _value_lines(after)
    if old == new or (len(old) <= 1 and len(new) <= 1):
        old_text, new_text = window(_one_line(before), _after(change), limits.width)
        if before is not None:
            yield Line.of("-", ("before", old_text))
        if after is not None:
            yield Line.of("+", ("after", new_text))
        return
    rows = list(_diff_rows(old, new, max(limits.diff_lines // 3, 3)))
    for sign, text in rows[: limits.diff_lines]:
        yield Line.of(sign, (_DIFF_ROLES[sign], clip(visible(text), limits.width)))
    if len(rows) > limits.diff_lines:
        more = counted(len(rows) - limits.diff_lines, "more line")
        yield Line.of(" ", ("dim", f"… and {more}"))


_DIFF_ROLES: Mapping[str, Role] = {"-": "before", "+": "after", " ": "context"}


def _value_lines(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return value.splitlines() or [""]
    lines = json.dumps(value, ensure_ascii=False, default=str, indent=2).splitlines()
    # A comma after every element: one element more is then a difference of one line.
    return [line if line.endswith(("{", "[", ",")) else f"{line}," for line in lines[:-1]] + [
        lines[-1]
    ]


def _diff_rows(old: list[str], new: list[str], longest: int) -> Iterator[tuple[str, str]]:
    """Yield signs and lines that differ, with one line of context around each difference.

    `…` stands for left-out context. A run of one sign is cut to `longest` lines.
    """
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
        if hidden < 0:  # head and tail are the same line
            yield " ", old[start]
            continue
        yield from ((" ", line) for line in head)
        if hidden:
            yield " ", "…"
        yield from ((" ", line) for line in tail)


def _run(sign: str, lines: Sequence[str], longest: int) -> Iterator[tuple[str, str]]:
    """Cut a long run of one sign, so that the lines that replace it are seen too."""
    shown = lines if len(lines) <= longest else lines[: longest - 1]
    yield from ((sign, line) for line in shown)
    if len(shown) < len(lines):
        yield sign, f"… {len(lines) - len(shown):,} more"
