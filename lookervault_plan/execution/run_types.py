"""Types of a run: its environment, its settings, its result."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import msgspec

from lookervault_plan.content.node import (
    Address,
    DesiredNode,
    LiveId,
    LiveNode,
    LiveRef,
    Raw,
    SourceRef,
)
from lookervault_plan.content.text_links import Instances
from lookervault_plan.errors import Diagnostic, PlanError
from lookervault_plan.execution.events import Event
from lookervault_plan.execution.ids import Ids
from lookervault_plan.execution.ports import Journal, Limiter, Looker
from lookervault_plan.looker.errors import ApiError, ConnectionFailed
from lookervault_plan.looker.retry import DEFAULT_RETRY_POLICY, RetryPolicy
from lookervault_plan.plan_file import Plan, Update

Load: TypeAlias = Callable[[SourceRef], DesiredNode | Diagnostic]
ItemOutcome = Literal["done", "failed", "not tried"]


class SecondLook(msgspec.Struct, frozen=True, kw_only=True):
    """The live item of an update that Looker answered with "not found"."""

    #: None if it is gone
    live: LiveNode | None
    #: why a gone item can't be created again, in words; "" if it can
    obstacle: str = ""


#: looks for the live item of an action; also takes the backup's item and how ids are resolved
LookAgain: TypeAlias = Callable[
    [Update, DesiredNode, Callable[[SourceRef], LiveId | None]], SecondLook
]


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """The outside world of a run, as functions and ports."""

    looker: Looker
    limiter: Limiter
    journal: Journal
    #: returns an item of the backup, or why it can't be read
    load: Load
    #: returns the bytes of an item that can't be decoded; None if there are none
    corrupt: Callable[[SourceRef], bytes | None] = lambda _: None
    #: returns a live item by destination id, as it was read before the run; None if it was not
    live_before: Callable[[LiveRef], Raw | None] = lambda _: None
    #: looks for the live item of a failed update; None: a gone item is not created again
    look_again: LookAgain | None = None
    #: returns the time of day, ISO 8601 in UTC
    now: Callable[[], str]
    on_event: Callable[[Event], None] = lambda _: None


class RunSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Options of a run."""

    session: str
    workers: int = 8
    policy: RetryPolicy = DEFAULT_RETRY_POLICY
    #: stop the session when the queue holds this many letters of it; None: never
    max_dead_letters: int | None = None
    #: steps between two `Checkpoint` events
    checkpoint_interval: int = 100
    #: how long Looker may still carry out a request that timed out
    unanswered_seconds: float = 120.0
    #: how long Looker may still carry out a request whose connection broke, or whose run was killed
    broken_connection_seconds: float = 10.0
    instances: Instances = Instances()


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a run and earlier runs of its session did."""

    #: the plan, with creates in place of updates whose live item was gone
    plan: Plan
    outcomes: Mapping[Address, ItemOutcome]
    ids: Ids
    #: done items -> failed items that they refer to softly: the references were left out
    unlinked: Mapping[Address, tuple[Address, ...]] = {}
    #: items with a step that counts as done, though no reply of its own said so
    in_doubt: frozenset[Address] = frozenset()
    dead_letters: int = 0
    #: items that this run put into the dead letter queue
    buried: frozenset[Address] = frozenset()
    #: actions left over because the run was stopped
    left: tuple[Address, ...] = ()
    #: the error that stopped it; None if nothing or a person did
    error: ApiError | ConnectionFailed | PlanError | None = None
    #: True if it stopped because the dead letter queue was full
    dlq_is_full: bool = False

    def count(self, outcome: ItemOutcome) -> int:
        return sum(each == outcome for each in self.outcomes.values())

    @property
    def is_complete(self) -> bool:
        """Whether this run and earlier ones did everything."""
        return not self.left and all(outcome == "done" for outcome in self.outcomes.values())
