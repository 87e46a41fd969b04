"""Let one apply at a time write to a destination."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from lookervault_plan.errors import Refused
from lookervault_plan.state.locks import HeldLock
from lookervault_plan.state.store import State
from lookervault_plan.workflows.apply_options import ApplyOptions

_POLL_SECONDS = 0.25


@contextmanager
def destination_lock(
    state: State, destination: str, options: ApplyOptions
) -> Generator[Callable[[], None]]:
    """Hold the lock during the block. Raise Refused if it is still taken after the timeout.

    Give a function that raises PlanError once the lock is lost: call it before each write.
    """
    if state.held is not None and state.held.lock.destination == destination:
        held = state.held  # by a caller, who gives it back
        yield lambda: _check(held, state)
        return
    until = time.monotonic() + options.lock_timeout_seconds
    while True:
        try:
            held = state.acquire_lock(
                destination,
                holder=options.holder,
                host=options.host,
                since=options.now(),
                pid=options.pid,
            )
            break
        except Refused:
            left = until - time.monotonic()
            if left <= 0:
                raise
            time.sleep(min(_POLL_SECONDS, left))
    try:
        yield lambda: _check(held, state)
    finally:
        state.release_lock(held)


def _check(held: HeldLock, state: State) -> None:
    held.check()
    state.check_lease()
