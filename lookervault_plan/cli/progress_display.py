"""Show the progress of an apply: a live display, a line every 5 seconds, or JSON events."""

import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from lookervault_plan.cli.clock import timestamp
from lookervault_plan.cli.json_lines import line, message
from lookervault_plan.cli.screen import Screen
from lookervault_plan.content.node import Address
from lookervault_plan.execution.events import ApplyErrored, Event
from lookervault_plan.plan_file import Plan
from lookervault_plan.render.apply.progress import (
    STOPPING,
    Progress,
    progress_line,
    progress_text,
)
from lookervault_plan.render.apply.progress_counter import ProgressCounter
from lookervault_plan.render.safe_text import visible

_FRAMES_PER_SECOND = 5
_LINE_EVERY_SECONDS = 5.0


class ProgressDisplay:
    """Shows events as the common options say. Threads may call it at the same time."""

    def __init__(
        self,
        screen: Screen,
        plan: Plan,
        *,
        workers: int,
        calls: Callable[[], int | None] = lambda: None,
        is_stopping: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._screen = screen
        self._clock = clock
        self._calls = calls
        self._is_stopping = is_stopping
        self._lock = threading.Lock()
        self._counter = ProgressCounter(plan, workers=workers, at_seconds=clock())
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._live: Live | None = None

    def __enter__(self) -> Self:
        common = self._screen.common
        if common.quiet or common.json:
            return self
        if self._screen.err.is_terminal:
            self._live = Live(
                console=self._screen.err,
                get_renderable=self._frame,
                refresh_per_second=_FRAMES_PER_SECOND,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        else:
            self._thread = threading.Thread(target=self._tick, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._live is not None:
            self._live.stop()
        if self._thread is not None:
            self._thread.join()

    def stopping_text(self) -> str:
        """Return the words for the first Ctrl-C; "" if the live area shows them by itself."""
        return "" if self._live is not None else STOPPING

    def count_earlier(self, over: Mapping[Address, bool]) -> None:
        """Count items that earlier runs of the session have done (True) or failed at (False)."""
        with self._lock:
            for address, is_done in over.items():
                self._counter.count_earlier(address, failed=not is_done)

    def take(self, event: Event) -> None:
        """Count an event and show it."""
        with self._lock:
            self._counter.count(event, at_seconds=self._clock())
        common = self._screen.common
        if common.json:
            self._screen.write(line(event, timestamp=timestamp()))
        elif isinstance(event, ApplyErrored) or common.verbose:
            style = "red" if isinstance(event, ApplyErrored) else "dim"
            lines = message(event).splitlines()
            self._screen.note(Text("\n".join(map(visible, lines)), style))

    def _frame(self) -> RenderableType:
        return progress_text(self._snapshot())

    def _tick(self) -> None:
        while not self._over.wait(_LINE_EVERY_SECONDS):
            text = progress_line(self._snapshot())
            self._screen.note(Text(text, no_wrap=True, overflow="ignore"))

    def _snapshot(self) -> Progress:
        with self._lock:
            return self._counter.snapshot(
                at_seconds=self._clock(), calls=self._calls(), is_stopping=self._is_stopping()
            )
