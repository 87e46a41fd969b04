"""The progress of an apply: a snapshot of it, as a live display or as a line of a log."""

from collections.abc import Sequence

import msgspec
from rich.console import Group as Renderables
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from lookervault_plan.render.amounts import counted, duration
from lookervault_plan.render.safe_text import visible
from lookervault_plan.render.shorten import clip

#: What Ctrl-C has set off, and what a second one does.
STOPPING = "Stopping: waiting for requests in flight. Press Ctrl-C again to stop at once."


class TypeProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of the items of one type."""

    type: str
    #: Items that succeeded. `failed` does not count among them.
    done: int = 0
    failed: int = 0
    total: int = 0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an apply is at one moment."""

    types: tuple[TypeProgress, ...] = ()
    #: Average over the last seconds. None: not known yet.
    calls_per_second: float | None = None
    calls: int = 0
    #: Calls that the plan expects. None: unknown.
    calls_total: int | None = None
    #: Items that workers are applying.
    in_flight: int = 0
    workers: int = 0
    #: Addresses of the items in flight.
    current: tuple[str, ...] = ()
    #: Why the workers wait, for people. Empty if they do not wait.
    throttle: str = ""
    retries: int = 0
    elapsed_seconds: float = 0
    #: Forecast of the time left. None: not known yet.
    eta_seconds: float | None = None
    #: True after Ctrl-C, while items in flight are finished.
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


#: Addresses in flight that are named.
_CURRENT_SHOWN = 4


def progress_text(snapshot: Progress) -> Renderables:
    """Show a bar for each type, the pace, and the items in flight."""
    blocks = [type_table(snapshot.types, bars=True), Text(" ".join(_pace(snapshot)), "dim")]
    if waiting := _waiting(snapshot):
        blocks.append(Text(waiting, "yellow"))
    if snapshot.current:
        shown = ", ".join(visible(address) for address in snapshot.current[:_CURRENT_SHOWN])
        more = len(snapshot.current) - _CURRENT_SHOWN
        also = f" and {more:,} more" if more > 0 else ""
        blocks.append(Text(f"Now: {shown}{also}", "dim", no_wrap=True, overflow="ellipsis"))
    return Renderables(*blocks)


def progress_line(snapshot: Progress) -> str:
    """Write the progress as one line of a log."""
    failed = f", {snapshot.failed:,} failed" if snapshot.failed else ""
    items = f"Applying: {snapshot.done:,}/{snapshot.total:,} items{failed}."
    return " ".join(filter(None, [items, *_pace(snapshot), _waiting(snapshot)]))


def type_table(types: Sequence[TypeProgress], *, bars: bool = False) -> Table:
    """Count done, failed and total items of each type; leave out types without items."""
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


def _waiting(snapshot: Progress) -> str:
    if snapshot.is_stopping:
        return STOPPING
    return f"Throttled: {visible(snapshot.throttle)}." if snapshot.throttle else ""
