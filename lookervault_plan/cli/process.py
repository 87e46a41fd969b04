"""What the process as a whole needs: streams that take any text, signals, a quiet end."""

import contextlib
import io
import os
import signal
import sys
from types import FrameType


def prepare() -> None:
    """Before anything else: SIGTERM ends like Ctrl-C, and no text is too exotic for a stream.

    A stream that the caller has closed (`>&-`) takes what is written to it, and loses it.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    _ = signal.signal(signal.SIGTERM, _end)


def settle() -> None:
    """Flush here, where a reader that left can still be borne in silence."""
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
