"""How a change is shown: before and after, cut so that the difference stands out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import cast

import msgspec
from msgspec import UnsetType
from msgspec.structs import replace
from rich.cells import cell_len

from lookervault_plan.content.redact import SENSITIVE
from lookervault_plan.content.table.columns import DefinitionColumns
from lookervault_plan.content.table.kinds import KINDS
from lookervault_plan.plan_file import KNOWN_AFTER_APPLY, Change, Origin
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.lines import Line, Role, Span
from lookervault_plan.render.safe_text import reads_right_to_left, visible
from lookervault_plan.render.shorten import clip, window

#: Longer paths do not widen the column of paths, in characters.
_COLUMN_WIDTH = 24
#: Changes of a part that may share a line.
_CHANGES_ON_ONE_LINE = 4
#: More lines, changes or parts than any item has.
_ALL = 10_000
#: Policy of references to owners.
_OWNERS = "owners"
#: Names of the values of a new query, in reading order.
_SUMMARY_ORDER = {
    name: number
    for number, name in enumerate(
        name
        for row in KINDS.values()
        if isinstance(row.columns, DefinitionColumns)
        for name in (*row.columns.summary, "queries")
    )
}

#: Sign of a line -> what somebody has done by hand that the plan undoes.
_BY_HAND: Mapping[str, str] = {"+": "removed", "-": "made", "~": "changed"}


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

    @classmethod
    def none(cls, width: int) -> "DetailLimits":
        """Cut nothing but to the width: every line, change and part is shown."""
        return cls(width=width, diff_lines=_ALL, changes=_ALL, parts=_ALL, names_created_parts=True)


def change_lines(
    changes: Sequence[Change], limits: DetailLimits, *, kind: str = ""
) -> Iterator[Line]:
    """Show each change of an object of a kind, then count the changes beyond the limit."""
    shown = changes[: limits.changes]
    plain = [label_of(change, kind) for change in shown if not _is_reference(change)]
    widths = [len(label) for label in plain if len(label) <= _COLUMN_WIDTH]
    column = max(widths, default=0) if limits.uses_arrows else 0
    for change in shown:
        yield from _change(change, limits, column, kind)
    if len(shown) < len(changes):
        yield Line.of(" ", ("dim", f"… and {counted(len(changes) - len(shown), 'more change')}"))


def changes_on_one_line(changes: Sequence[Change], limits: DetailLimits) -> str | None:
    """Show all changes on one line, as `row = 0 -> 4`; None unless they are few and short."""
    if not limits.uses_arrows or not changes or len(changes) > _CHANGES_ON_ONE_LINE:
        return None
    pieces = [_brief(change) for change in changes if _is_brief(change)]
    text = ", ".join(pieces)
    if len(pieces) < len(changes) or cell_len(text) > limits.width - 20:
        return None
    return None if reads_right_to_left(text) else text


def _is_brief(change: Change) -> bool:
    """Say whether the change of a part may share a line with others."""
    return not (
        change.sensitive
        or origin_mark(change.origin)
        or _is_reference(change)
        or _is_long(change.before)
        or _is_long(change.after)
    )


def _is_long(value: object) -> bool:
    return isinstance(value, (Mapping, list, tuple)) or _has_lines(value)


def _brief(change: Change) -> str:
    before = "" if change.before is None else f"{_one_line(change.before)} -> "
    return f"{visible(change.path)} = {before}{_after(change)}"


def label_of(change: Change, kind: str = "") -> str:
    """Name the field of a change for people: `folder` for `folder_id`, `owner`, `recipients`."""
    if _is_reference(change):
        reference = KINDS[kind].find_reference(change.path) if kind in KINDS else None
        if reference and reference.policy == _OWNERS:
            return "owner"
        return visible(change.path.removesuffix("_id"))
    if change.sensitive and isinstance(change.after, (list, tuple)):
        return "recipients"
    return visible(change.path)


def _is_reference(change: Change) -> bool:
    return bool(change.before_name or change.after_name)


def _one_line(value: object) -> str:
    return visible(json.dumps(value, ensure_ascii=False, default=str))


def _after(change: Change) -> str:
    """Write the new value as JSON on one line, or say without quotes that apply will learn it."""
    return KNOWN_AFTER_APPLY if change.after_is_unknown else _one_line(change.after)


def _has_lines(value: object) -> bool:
    return isinstance(value, str) and "\n" in value


def origin_mark(origin: Origin | UnsetType, sign: str = "~") -> Span | None:
    """Say who has changed something since the last apply. None: the source has, or nobody knows.

    `sign` is what the plan does about it: it adds a part that was removed by hand.
    """
    if origin == "both":
        return Span("alarm", "  # changed on both sides")
    return Span("alarm", f"  # {_BY_HAND[sign]} by hand") if origin == "destination" else None


def _change(change: Change, limits: DetailLimits, column: int, kind: str) -> Iterator[Line]:
    """Show a change, and who has made it."""
    first, *rest = _unmarked(change, limits, column, kind)
    mark = origin_mark(change.origin)
    yield replace(first, spans=(*first.spans, mark)) if mark else first
    yield from rest


def _unmarked(change: Change, limits: DetailLimits, column: int, kind: str) -> Iterator[Line]:
    """Show a change on one line if it fits, else as a difference below its path.

    A sensitive change shows `(sensitive)` in place of its values.
    """
    if _is_reference(change):
        yield from _reference(change, limits, kind)
    elif _leaves_trash(change, kind):
        words = "taken out of the trash"
        yield Line.of("~", ("field", visible(change.path)), ("alarm", f": {words}"))
    elif isinstance(change.added, tuple):
        yield _list(change, limits)
    elif change.sensitive and isinstance(change.after, (list, tuple)):
        yield from _new_list(change, limits, column)
    elif change.sensitive:
        name = Span("field", visible(change.path).ljust(column))
        yield Line("~", (name, Span("plain", " = "), Span("dim", SENSITIVE)))
    else:
        yield from _values(change, limits, column)


def _leaves_trash(change: Change, kind: str) -> bool:
    """Say whether a change takes an item out of the trash."""
    row = KINDS.get(kind)
    field = row.find_field(change.path) if row and row.is_item else None
    # Only flags of the trash are never part of a create.
    return field is not None and not field.on_create and bool(change.before) and not change.after


def _new_object(before: object, after: object) -> Mapping[str, object] | None:
    """Return the new value if it is an object that was not there before."""
    is_new = before is None and isinstance(after, Mapping)
    return cast("Mapping[str, object]", after) if is_new else None


def _values(change: Change, limits: DetailLimits, column: int) -> Iterator[Line]:
    if (new := _new_object(change.before, change.after)) is not None:
        yield _object(change.path, new, limits)
        return
    path = visible(change.path)
    name = Span("field", path.ljust(column))
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


# --- references -------------------------------------------------------------------------------


def _reference(change: Change, limits: DetailLimits, kind: str) -> Iterator[Line]:
    """Name both targets, with the id of the new one: `folder: Shared -> Shared/Finance (259)`."""
    name = Span("field", f"{label_of(change, kind)}: ")
    after_id = KNOWN_AFTER_APPLY[1:-1] if change.after_is_unknown else _plain(change.after)
    new = _target(change.after_name or "", after_id)
    old = visible(change.before_name or "") or _plain(change.before)
    before, after = Span("before", old), Span("after", new)
    if change.before is None:
        yield Line("+", (name, after))
    elif change.after is None:
        yield Line("-", (name, Span("before", _target(change.before_name or "", old))))
    elif limits.uses_arrows and not reads_right_to_left(f"{old}{new}"):
        yield Line("~", (name, before, Span("plain", " -> "), after))
    else:
        yield Line("-", (name, before))
        yield Line("+", (name, after))


def _target(name: str, id_: str) -> str:
    return f"{visible(name)} ({id_})" if name else id_


def _plain(value: object) -> str:
    return visible(value) if isinstance(value, str) else _one_line(value)


# --- lists ------------------------------------------------------------------------------------


def _list(change: Change, limits: DetailLimits) -> Line:
    """Show what comes into a list and what goes, whatever the order."""
    added, removed = change.added or (), change.removed or ()
    name = Span("field", label_of(change))
    if not (added or removed):
        words = SENSITIVE if change.sensitive else "in another order"
        return Line("~", (name, Span("plain", ": "), Span("dim", words)))
    signs = [("+", "after", one) for one in added] + [("-", "before", one) for one in removed]
    texts = [f"{sign} {clip(visible(one), limits.width)}" for sign, _, one in signs]
    if limits.uses_arrows and len(", ".join(texts)) + len(name.text) <= limits.width:
        return Line("~", (name, Span("plain", f": {', '.join(texts)}")))
    shown = signs[: limits.parts]
    lines = [
        Line.of(sign, ("after" if sign == "+" else "before", clip(visible(one), limits.width)))
        for sign, _, one in shown
    ]
    if len(shown) < len(signs):
        lines.append(Line.of(" ", ("dim", f"… and {len(signs) - len(shown):,} more")))
    return Line("~", (name,), tuple(lines))


def _new_list(change: Change, limits: DetailLimits, column: int) -> Iterator[Line]:
    """Show the recipients of something new."""
    listed = cast("Sequence[object]", change.after)
    name = Span("field", label_of(change).ljust(column))
    texts = [visible(str(one)) for one in listed]
    if cell_len(joined := ", ".join(texts)) + column <= limits.width:
        yield Line("+", (name, Span("plain", " = "), Span("after", joined)))
        return
    lines = (Line.of("+", ("after", clip(text, limits.width))) for text in texts)
    yield Line("+", (name,), tuple(lines))


# --- objects ----------------------------------------------------------------------------------


def _object(path: str, value: Mapping[str, object], limits: DetailLimits) -> Line:
    """Show a new object with a line for each of its values."""
    names = sorted(value, key=lambda name: (_SUMMARY_ORDER.get(name, len(_SUMMARY_ORDER)), name))
    lines = [line for name in names for line in _member(name, value[name], limits)]
    shown = lines[: limits.changes]
    if len(lines) > len(shown):
        shown.append(Line.of(" ", ("dim", f"… and {len(lines) - len(shown):,} more")))
    return Line("+", (Span("field", visible(path)),), tuple(shown))


def _member(name: str, value: object, limits: DetailLimits) -> Iterator[Line]:
    """Show one value of an object: lists as `a, b`, filters as `field = "value"`."""
    if isinstance(value, (list, tuple)):
        listed = cast("Sequence[Mapping[str, object] | str | int]", value)
        title = f"{name[:-3]}y" if name.endswith("ies") else name
        plain = [one for one in listed if not isinstance(one, Mapping)]
        for number, one in enumerate(listed, 1):
            if isinstance(one, Mapping):
                yield _object(f"{title} {number}", one, limits)
        if not plain:
            return
        text = ", ".join(map(_plain, plain))
    elif isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value).items()
        text = ", ".join(f"{visible(key)} = {_one_line(one)}" for key, one in pairs)
    else:
        text = _one_line(value)
    yield _named_value(name, text, limits)


def _named_value(name: str, text: str, limits: DetailLimits) -> Line:
    return Line.of(
        "+",
        ("field", visible(name)),
        ("plain", " = "),
        ("after", clip(text, max(limits.width * 3, 200))),
    )


# --- texts and structures ---------------------------------------------------------------------


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
