"""How an apply is asked for, and what it comes to."""

from collections.abc import Callable, Collection, Mapping

import msgspec

from lookervault_plan.content.node import Address
from lookervault_plan.execution.engine import Result
from lookervault_plan.plan_file import Create, Delete, Plan, Update
from lookervault_plan.state.rows import Session, SessionStatus
from lookervault_plan.steps.read_back import Untaken
from lookervault_plan.workflows.preconditions import Left


class ApplyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to apply; who does it, for the lock."""

    session: str
    now: Callable[[], str]
    holder: str
    host: str
    pid: int
    backup_path: str
    workers: int = 8
    checkpoint_interval: int = 100
    max_dlq_size: int | None = None
    verify: bool = True
    #: wait so long for somebody else's lock
    lock_timeout_seconds: float = 0.0
    #: leave out what has changed since the plan, and what depends on it
    skip_stale: bool = False
    #: as in `execution.session.Settings`
    settle_seconds: float = 120.0
    linger_seconds: float = 10.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a session has come to."""

    session: str
    imported: int
    added: int
    changed: int
    destroyed: int
    failed: int
    blocked: int
    not_tried: int
    left: int
    calls: int
    queue_is_full: bool = False
    #: left out since they, or what they depend on, have changed since the plan
    stale: tuple[Address, ...] = ()
    #: what has changed of them, a line each
    stale_details: tuple[str, ...] = ()
    #: what Looker did not take as it was sent
    untaken: tuple[Untaken, ...] = ()
    #: items that are done, with links left as they were to others that have failed
    unlinked: Mapping[Address, tuple[Address, ...]] = {}
    error: Exception | None = None

    @property
    def is_incomplete(self) -> bool:
        """Something is in the dead letter queue, was blocked, is stale, or is left over."""
        return bool(self.failed or self.blocked or self.not_tried or self.left or self.stale)

    @property
    def is_complete(self) -> bool:
        """As `is_incomplete` has it, and nothing stopped it either."""
        return not self.is_incomplete and self.error is None


def status_of(plan: Plan, result: Result, stale: Collection[Address]) -> SessionStatus:
    """How a session ends."""
    if result.error is not None:
        return "failed"
    if result.left:
        return "interrupted"
    is_complete = result.is_complete and not plan.summary.blocked and not stale
    return "completed" if is_complete else "incomplete"


def outcome_of(
    plan: Plan,
    session: Session,
    result: Result,
    *,
    calls: int,
    untaken: tuple[Untaken, ...],
    stale: Left,
) -> Outcome:
    """What to tell of a session."""
    done = [action for action in plan.writing if result.outcomes.get(action.address) == "done"]
    return Outcome(
        session=session.id,
        imported=plan.summary.remap,
        added=sum(isinstance(action, Create) for action in done),
        changed=sum(isinstance(action, Update) for action in done),
        destroyed=sum(isinstance(action, Delete) for action in done),
        failed=result.count("failed"),
        blocked=plan.summary.blocked,
        not_tried=result.count("not tried"),
        left=len(result.left),
        calls=calls,
        queue_is_full=result.queue_is_full,
        stale=tuple(sorted(stale.addresses)),
        stale_details=stale.details,
        untaken=untaken,
        unlinked=result.unlinked,
        error=result.error,
    )
