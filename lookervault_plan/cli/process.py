"""Set up the process: streams, signals, garbage collection, and the last flush."""

import contextlib
import gc
import io
import os
import signal
import sys
from types import FrameType

from lookervault_plan.cli.start import signals_that_end


def prepare() -> None:
    """Make SIGTERM and SIGHUP end the program like Ctrl-C, and make streams take any character.

    A stream that the caller has closed (`>&-`) is replaced by /dev/null.
    """
    collect_garbage_rarely()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    for number in signals_that_end():
        _ = signal.signal(number, _end)


def collect_garbage_rarely() -> None:
    """Search for reference cycles less often: a plan makes millions of values, and few cycles."""
    gc.set_threshold(50_000, 20, 20)


def flush() -> None:
    """Flush stdout and stderr. A reader that has left is no error."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            from lookervault_plan.cli.screen import silence  # noqa: PLC0415

            silence(stream)
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                stream.close()


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt
