"""The options of an apply."""

from collections.abc import Callable, Mapping

import msgspec


class ApplyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to apply a plan, and who applies it."""

    #: Id of the session, if the plan has not been begun yet.
    session: str
    #: The time of day, ISO 8601 in UTC.
    now: Callable[[], str]
    #: Who holds the destination's lock: user, host and process id.
    holder: str
    host: str
    pid: int
    backup_path: str
    workers: int = 8
    checkpoint_interval: int = 100
    max_dlq_size: int | None = None
    verify: bool = True
    #: What the run was asked to do (`cli.asked`). Empty: to carry out a saved plan.
    asked: Mapping[str, object] = {}
    #: True: the plan was read from a file or a session, not made by this command.
    plan_is_saved: bool = True
    #: Seconds to wait while somebody else holds the lock.
    lock_timeout_seconds: float = 0.0
    #: Let Looker validate the content of the changed folders afterwards.
    check_content: bool = False
    #: Leave out items that have changed since the plan, and items that depend on them.
    skip_stale: bool = False
    #: As in `execution.run_types.RunSettings`.
    unanswered_seconds: float = 120.0
    broken_connection_seconds: float = 10.0
