"""Handle Ctrl-C, SIGTERM, SIGHUP during an apply: the first stops cleanly, the second at once."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Protocol

from lookervault_plan.cli.start import signals_that_end
from lookervault_plan.errors import Diagnostic, Exit, PlanError

#: Seconds that the second signal leaves before the process is ended.
_LAST_SECONDS = 1.0


class Interrupted(PlanError):  # noqa: N818 — says what happened
    """Stopped by Ctrl-C, SIGTERM or SIGHUP, with everything done so far recorded."""

    exit_code = Exit.INTERRUPTED


def interrupted(summary: str, *, resume: str) -> Interrupted:
    """Make the error to raise. `resume` is the command that goes on."""
    fix = f"`{resume}` goes on where it stopped"
    return Interrupted(Diagnostic(code="interrupted", summary=summary, fix=fix))


@contextmanager
def resumable(resume: str) -> Generator[None]:
    """Turn a KeyboardInterrupt into an error that names the command to go on with."""
    try:
        yield
    except KeyboardInterrupt:
        raise interrupted("interrupted; what was done is kept", resume=resume) from None


class Stoppable(Protocol):
    """A run that can be asked to stop. Asked again, it does not wait for requests in flight."""

    def ask(self) -> None: ...


@contextmanager
def stopping(
    stop: Stoppable, *, tell: Callable[[], str], end: Callable[[], None]
) -> Generator[None]:
    """Turn the first signal into a clean stop, and the second into an end at once.

    The text of `tell` is written at the first signal, if it is not empty. `end` restores the
    terminal before the process ends. The journal has every step before its request is sent, so
    an end at once loses nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def at_once() -> None:
        with suppress(Exception):
            end()
        os._exit(Exit.INTERRUPTED)

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        del number, frame
        stop.ask()
        if asked:
            timer = threading.Timer(_LAST_SECONDS, at_once)
            timer.daemon = True
            timer.start()
            return
        asked = True
        if text := tell():
            with suppress(OSError):  # not through a buffer that the signal may have interrupted
                stderr = sys.__stderr__.fileno() if sys.__stderr__ else 2
                _ = os.write(stderr, f"\n{text}\n".encode())

    before = {number: signal.signal(number, on_signal) for number in signals_that_end()}
    try:
        yield
    finally:
        for number, handler in before.items():
            _ = signal.signal(number, handler)
