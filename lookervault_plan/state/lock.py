"""Who may have a lock: its holder, and whoever comes after a holder that is gone."""

import os
import sys

from lookervault_plan.errors import Refused, refusal
from lookervault_plan.state.rows import Lock


def may_take_over(current: Lock, wanted: Lock) -> bool:
    """Whether the holder is the same run, or is gone from the same host."""
    if current.host != wanted.host:
        return False
    is_own = (current.pid, current.holder) == (wanted.pid, wanted.holder)
    return is_own or not _is_alive(current.pid)


def is_at_work(current: Lock, host: str) -> bool:
    """Whether the holder is another process of this `host` that runs."""
    return current.host == host and current.pid != os.getpid() and _is_alive(current.pid)


def locked(current: Lock) -> Refused:
    """What to raise where somebody else has it."""
    return refusal(
        "state.locked",
        f"{current.destination} is locked by {current.holder} "
        f"on {current.host} since {current.since}",
        detail=f"process {current.pid} on {current.host} may be applying to it",
        fix="wait for it, or use --lock-timeout; if it is gone for good: "
        "`lookervault-plan state unlock`",
    )


def alive(current: Lock) -> Refused:
    """What to raise where the lock of a living holder is to be removed."""
    return refusal(
        "state.lock-alive",
        f"{current.holder} still runs (process {current.pid}) and has locked {current.destination}",
        fix="wait for it, or end it",
    )


def _is_alive(pid: int) -> bool:
    """Whether a process runs on this host; yes, where asking is not safe."""
    if sys.platform == "win32":  # there, signal 0 would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
