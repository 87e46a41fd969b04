"""The history of items in a backup: on a terminal, as a Markdown or HTML page, and as rows of JSON.

Changes are shown as in a plan that would turn one snapshot into the next.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from rich.console import Group as Renderables
from rich.console import RenderableType
from rich.text import Text

from lookervault_plan.plan_file import Action, Change, ContentWriting, PartAction, parts_of
from lookervault_plan.render.amounts import counted
from lookervault_plan.render.html_page import page
from lookervault_plan.render.html_syntax import escaped, section
from lookervault_plan.render.lines import Line, Role
from lookervault_plan.render.markdown_syntax import diff_lines, fence_around
from lookervault_plan.render.plan.action_lines import item_line, item_spans
from lookervault_plan.render.plan.change_lines import DetailLimits
from lookervault_plan.render.plan.part_lines import noun_of
from lookervault_plan.render.safe_text import quoted, visible
from lookervault_plan.render.terminal import indented_tree

#: What happened to an item: it is in the first snapshot, was made, was changed, or is gone.
Happening = Literal["first", "new", "changed", "gone"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to an item between a snapshot and the one before. Times are UTC."""

    address: str
    type: str
    name: str
    happening: Happening
    snapshot: int
    #: When the snapshot was taken.
    seen_at: str
    #: The first snapshot without this version; None: the latest has it, or the item is gone.
    to_snapshot: int | None = None
    #: When Looker says the item was changed; None: it does not say.
    changed_at: str | None = None
    #: Who changed it last, as far as Looker says.
    changed_by: str | None = None
    #: The changes, as a plan has them. None: nothing that a plan compares has changed.
    action: Action | None = None


class VersionChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change of a version against the one before; of the item itself or of one of its parts."""

    action: Literal["create", "update", "delete"]
    #: Field of the item or part. None: the whole part came or went.
    path: str | None = None
    before: object = None
    after: object = None
    sensitive: bool = False
    #: The part, as in `tile "Revenue"`. None: the item itself.
    part: str | None = None


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an item for programs. One that is gone has no version of its own."""

    address: str
    type: str
    name: str
    event: Happening
    from_snapshot: int
    to_snapshot: int | None
    seen_at: str
    changed_at: str | None
    changed_by: str | None
    changes: tuple[VersionChange, ...]


def version_rows(events: Sequence[Event]) -> list[VersionRow]:
    """Write events as rows for JSON."""
    return [
        VersionRow(
            address=each.address,
            type=each.type,
            name=each.name,
            event=each.happening,
            from_snapshot=each.snapshot,
            to_snapshot=each.to_snapshot,
            seen_at=each.seen_at,
            changed_at=each.changed_at,
            changed_by=each.changed_by,
            changes=tuple(_changes(each.action)) if each.happening == "changed" else (),
        )
        for each in events
    ]


def _changes(action: Action | None) -> Iterator[VersionChange]:
    if not isinstance(action, ContentWriting):
        return
    yield from (_change(each) for each in action.changes)
    for collection, parts in parts_of(action).items():
        noun = noun_of(action, collection)
        for part in parts.create:
            yield VersionChange(action="create", part=_named(noun, part))
        for part in parts.update:
            yield from (_change(each, _named(noun, part)) for each in part.changes)
        for part in (*parts.delete, *parts.surplus):
            yield VersionChange(action="delete", part=_named(noun, part))


def _named(noun: str, part: PartAction) -> str:
    return f"{noun} {quoted(part.title)}" if part.title else f"{noun} {part.key or part.live_id}"


def _change(change: Change, part: str | None = None) -> VersionChange:
    return VersionChange(
        action="update",
        path=change.path,
        before=None if change.sensitive else change.before,
        after=None if change.sensitive else change.after,
        sensitive=change.sensitive,
        part=part,
    )


_WORDS: dict[Happening, str] = {
    "first": "in the first snapshot",
    "new": "new",
    "changed": "changed",
    "gone": "gone",
}
_SIGNS: dict[Happening, str] = {"first": "=", "new": "+", "changed": "~", "gone": "-"}


def history_text(
    events: Sequence[Event], *, of_one: bool, width: int = 80, verbose: bool = False
) -> RenderableType:
    """Show events, oldest first. `of_one` leaves out the item's name in each line."""
    if not events:
        return Text("Nothing has changed.")
    room = max(width - 14, 24)
    limits = DetailLimits.none(room) if verbose else DetailLimits(width=room)
    shown: list[RenderableType] = []
    if of_one:
        last = events[-1]
        shown += [Text(f"{visible(last.address)} {quoted(last.name)}", "bold"), Text()]
    told = [each for each in events if of_one or verbose or _is_remarkable(each)]
    shown += [indented_tree(_lines(told, limits, of_one=of_one), indent=0), Text()]
    count = f"{counted(len(events), 'event')}."
    if left := len(events) - len(told):
        count += f" {left:,} not shown: nothing that a plan compares (--verbose shows them)."
    return Renderables(*shown, Text(count))


def _is_remarkable(event: Event) -> bool:
    return event.happening != "changed" or event.action is not None


def history_markdown(events: Sequence[Event], *, of_one: bool) -> str:
    """Write events as a Markdown page."""
    limits = DetailLimits(width=100, uses_arrows=True)
    title = f"History of {events[-1].address}" if of_one and events else "History"
    trees = "".join(map(diff_lines, _lines(events, limits, of_one=of_one)))
    body = trees or "  Nothing has changed.\n"
    fence = fence_around(body)
    return f"## {visible(title)}\n\n{fence}diff\n{body}{fence}\n"


def history_html(events: Sequence[Event], *, of_one: bool) -> str:
    """Write events as a self-contained page."""
    last = events[-1] if events else None
    title = f"History of {last.address} {quoted(last.name)}" if of_one and last else "History"
    limits = DetailLimits(width=120, diff_lines=200, changes=500, parts=500)

    def body() -> Iterator[str]:
        yield (
            '<header>\n<p class="kicker">lookervault-plan</p>\n'
            f"<h1>{escaped(title)}</h1>\n"
            f"<p>{counted(len(events), 'event')}</p>\n</header>\n<main>\n"
        )
        yield from section(
            "Events", "oldest first", _lines(events, limits, of_one=of_one), are_open=True
        )
        yield "</main>\n"

    return "".join(page(title, body()))


def _lines(events: Sequence[Event], limits: DetailLimits, *, of_one: bool) -> Iterator[Line]:
    for event in events:
        line = item_line(event.action, limits) if event.action else None
        children = line.children if line and event.happening == "changed" else ()
        if event.happening == "changed" and not children:
            children = (Line.of(" ", ("dim", "nothing that a plan compares")),)
        name = () if of_one else _name_spans(event)
        yield Line.of(
            _SIGNS[event.happening],
            ("plain", f"{visible(event.seen_at)}  snapshot {event.snapshot}  "),
            *name,
            ("plain", f"{_WORDS[event.happening]}{_who(event)}"),
            children=children,
        )


def _name_spans(event: Event) -> tuple[tuple[Role, str], ...]:
    if event.action is not None:
        spans = item_spans(event.action)
        return (*((span.role, span.text) for span in spans), ("plain", "  "))
    return (
        ("address", visible(event.address)),
        ("name", f" {quoted(event.name)}"),
        ("plain", "  "),
    )


def _who(event: Event) -> str:
    if event.happening == "gone":
        return ""
    by = f" by {visible(event.changed_by)}" if event.changed_by else ""
    at = f" at {visible(event.changed_at)}" if event.changed_at else ""
    if event.happening == "changed":
        return f"{by}{at}"
    return f", last changed{by}{at}" if by or at else ""
