"""Start the program. This module imports next to nothing, so that a Ctrl-C can't come too early."""

import os
import signal
import sys
from types import FrameType

#: `errors.Exit.INTERRUPTED`, whose module takes 60 ms to import.
INTERRUPTED = 130


def run() -> None:
    """Run the program as the console script."""
    end_quietly()
    from lookervault_plan.cli.app import main  # noqa: PLC0415 — takes 0.1 s
    from lookervault_plan.cli.process import flush, prepare  # noqa: PLC0415

    try:
        prepare()
        code = main()
    except KeyboardInterrupt:  # once more, while the first was being reported
        code = INTERRUPTED
    end_quietly()
    flush()
    sys.exit(code)


def end_quietly() -> None:
    """Let a signal end the process at once and without a word.

    For the time before the program has begun and after it has shown its result.
    """
    for number in signals_that_end():
        _ = signal.signal(number, _exit)


def signals_that_end() -> tuple[signal.Signals, ...]:
    """Return Ctrl-C, SIGTERM and SIGHUP, less those that the caller has ignored (`nohup`)."""
    known = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    return tuple(
        one
        for one in known
        if isinstance(one, signal.Signals) and signal.getsignal(one) != signal.SIG_IGN
    )


def _exit(number: int, frame: FrameType | None) -> None:
    del number, frame
    os._exit(INTERRUPTED)
