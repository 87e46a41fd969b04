"""How far an apply is: a snapshot, and what it looks like. No clock, no thread: callers tick."""

from collections.abc import Sequence

import msgspec
from rich.console import Group as Renderables
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from lookervault_plan.render.safe_text import clip, counted, visible


class TypeProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Items of one type. `done` are those that succeeded; `failed` are not among them."""

    type: str
    done: int = 0
    failed: int = 0
    total: int = 0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot of a session. Units are in the names; None means not known yet."""

    types: tuple[TypeProgress, ...] = ()
    #: requests answered per second, lately
    calls_per_second: float | None = None
    calls: int = 0
    calls_total: int | None = None
    in_flight: int = 0
    workers: int = 0
    #: addresses now being worked on
    current: tuple[str, ...] = ()
    #: what holds the workers back, in words; empty when nothing does
    throttle: str = ""
    retries: int = 0
    elapsed_seconds: float = 0
    eta_seconds: float | None = None
    #: Ctrl-C was pressed: what is in flight is being finished
    is_stopping: bool = False

    @property
    def done(self) -> int:
        return sum(one.done for one in self.types)

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.types)

    @property
    def total(self) -> int:
        return sum(one.total for one in self.types)


#: addresses in flight that are named
_CURRENT_SHOWN = 4


def progress_text(snapshot: Progress) -> Renderables:
    """A bar for each type, and a line each on pace and on what is in flight."""
    blocks = [type_table(snapshot.types, bars=True), Text(" ".join(_pace(snapshot)), "dim")]
    if held := _held(snapshot):
        blocks.append(Text(held, "yellow"))
    if snapshot.current:
        shown = ", ".join(visible(address) for address in snapshot.current[:_CURRENT_SHOWN])
        more = len(snapshot.current) - _CURRENT_SHOWN
        also = f" and {more:,} more" if more > 0 else ""
        blocks.append(Text(f"Now: {shown}{also}", "dim", no_wrap=True, overflow="ellipsis"))
    return Renderables(*blocks)


def progress_line(snapshot: Progress) -> str:
    """The same for logs: one line, no colour, no cursor."""
    failed = f", {snapshot.failed:,} failed" if snapshot.failed else ""
    items = f"Applying: {snapshot.done:,}/{snapshot.total:,} items{failed}."
    held = _held(snapshot)
    return " ".join([items, *_pace(snapshot), *([held] if held else [])])


def type_table(types: Sequence[TypeProgress], *, bars: bool = False) -> Table:
    """Done, failed and total by type; types without items are left out."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for one in types:
        if not one.total:
            continue
        is_over = one.done + one.failed >= one.total
        cells = [
            Text(clip(visible(one.type), 24), "green" if is_over and not one.failed else ""),
            Text(f"{one.done:,}/{one.total:,}", justify="right"),
            Text(f"{one.failed:,} failed" if one.failed else "", "red"),
        ]
        if bars:
            bar = ProgressBar(total=one.total, completed=one.done + one.failed, width=24)
            table.add_row(cells[0], bar, *cells[1:])
        else:
            table.add_row(*cells)
    return table


def _pace(snapshot: Progress) -> list[str]:
    pieces: list[str] = []
    if snapshot.calls:
        of = f" of about {snapshot.calls_total:,}" if snapshot.calls_total else ""
        pieces.append(f"{snapshot.calls:,}{of} API calls,")
    if snapshot.calls_per_second is not None:
        pieces.append(f"{snapshot.calls_per_second:,.1f}/s,")
    pieces.append(f"{snapshot.in_flight} in flight,")
    if snapshot.retries:
        pieces.append(f"{counted(snapshot.retries, 'retry', 'retries')},")
    pieces.append(f"{duration(snapshot.elapsed_seconds)} elapsed")
    if snapshot.eta_seconds is not None:
        pieces[-1] += ","
        pieces.append(f"about {duration(snapshot.eta_seconds)} left")
    pieces[-1] += "."
    return pieces


def _held(snapshot: Progress) -> str:
    if snapshot.is_stopping:
        return "Stopping: finishing what is in flight. Ctrl-C again stops at once."
    return f"Throttled: {visible(snapshot.throttle)}." if snapshot.throttle else ""


def duration(seconds: float) -> str:
    """`8s`, `2m 05s`, `1h 02m`."""
    whole = max(round(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"
